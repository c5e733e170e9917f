"""Today's number about ledgers, for the clauses that they fulfil."""

from __future__ import annotations

from typing import Any

from bihuan.foundation.actors import Actor
from bihuan.foundation.packs.measures import counted
from bihuan.mechanisms.ledgers.queries import leaves_today


@counted("ledgers-today", "页台账今天已登记", "/ledgers/")
def ledgers_today(viewer: Actor) -> Any:
    """Ledger pages that were begun (or reported as nil) for today."""
    return leaves_today(viewer)
