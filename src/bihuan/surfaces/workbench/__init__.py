"""The desk: home with my todo, sign-in, notices, packs, and the pages where two rooms meet."""
