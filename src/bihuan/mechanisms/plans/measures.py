"""Today's number about plans, for the clauses that they fulfil."""

from __future__ import annotations

from typing import Any

from bihuan.foundation.actors import Actor
from bihuan.foundation.packs.measures import counted
from bihuan.mechanisms.plans.queries import plans_in_force


@counted("plans-in-force", "份预案施行中", "/plans/")
def in_force(viewer: Actor) -> Any:
    """Plans that are published and not retired."""
    return plans_in_force(viewer)
