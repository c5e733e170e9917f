"""The desk: home with my todo, notices, saved views, search, the live feed, and the pages where two rooms meet."""
