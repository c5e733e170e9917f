"""This term's number about drills, for the clauses that they fulfil."""

from __future__ import annotations

from bihuan.foundation.actors import Actor
from bihuan.foundation.packs.measures import Measured, capped, measure
from bihuan.mechanisms.training.queries import drills_since


@measure("drills-this-term")
def drills_this_term(viewer: Actor) -> Measured:
    """Drills that were carried out to their end in about a term."""
    return Measured(capped(drills_since(viewer)), "次演练（近五个月）", "/training/")
