"""Today's number about plans, for the clauses that they fulfil."""

from __future__ import annotations

from bihuan.foundation.actors import Actor
from bihuan.foundation.packs.measures import Measured, capped, measure
from bihuan.mechanisms.plans.queries import plans_in_force


@measure("plans-in-force")
def in_force(viewer: Actor) -> Measured:
    """Plans that are published and not retired."""
    return Measured(capped(plans_in_force(viewer)), "份预案施行中", "/plans/")
