"""A term of history, lived day by day: the real commands, sent by the people whose duty it is, with a moving clock.

``term`` is the clock and the queue; every other module is one part of life (inspections, snaps, rounds, daily reports …)
and says what happens on a day. Which parts a district lives, and how often, stands in the pack's ``demo/history.yaml``.
Choices follow from the seed; a case that a visitor of the demo has moved is left to the visitor.
"""
