"""How many assignments are under way, for the clauses that they fulfil."""

from __future__ import annotations

from typing import Any

from bihuan.foundation.actors import Actor
from bihuan.foundation.packs.measures import counted
from bihuan.mechanisms.mandates.queries import under_way


@counted("mandates-open", "件上级任务在办", "/mandates/?state=live")
def mandates_open(viewer: Actor) -> Any:
    """Assignments that are neither accepted nor withdrawn."""
    return under_way(viewer)
