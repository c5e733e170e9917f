"""Today's number about risk points, for the clauses that they fulfil."""

from __future__ import annotations

from bihuan.foundation.actors import Actor
from bihuan.foundation.packs.measures import Measured, capped, measure
from bihuan.mechanisms.risks.queries import colours_of


@measure("points-in-use")
def points_in_use(viewer: Actor) -> Measured:
    """Risk points that are registered and in use."""
    return Measured(capped(sum(four.count for four in colours_of(viewer))), "个风险点在管", "/points/")
