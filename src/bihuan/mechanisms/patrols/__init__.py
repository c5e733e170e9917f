"""Rounds along risk points: routes, walks, hand-overs, and honesty signals that explain and never block.

Promises: a round is one row however often it is sent; what a phone says and what the server saw are both kept."""
