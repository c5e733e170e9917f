"""Today's number about risk points, for the clauses that they fulfil."""

from __future__ import annotations

from typing import Any

from bihuan.foundation.actors import Actor
from bihuan.foundation.packs.measures import counted
from bihuan.mechanisms.risks.queries import chosen


@counted("points-in-use", "个风险点在管", "/points/")
def points_in_use(viewer: Actor) -> Any:
    """Risk points that are registered and in use."""
    return chosen(viewer)
