"""Today's number about ratings, for the clauses that they fulfil."""

from __future__ import annotations

from typing import Any

from bihuan.foundation.actors import Actor
from bihuan.foundation.packs.measures import counted
from bihuan.mechanisms.ratings.queries import ratings_told


@counted("ratings-told", "次考评已公布并反馈", "/ratings/")
def told(viewer: Actor) -> Any:
    """Ratings whose results were told."""
    return ratings_told(viewer)
