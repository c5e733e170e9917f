"""Today's number about ledgers, for the clauses that they fulfil."""

from __future__ import annotations

from bihuan.foundation.actors import Actor
from bihuan.foundation.packs.measures import Measured, capped, measure
from bihuan.mechanisms.ledgers.queries import leaves_today


@measure("ledgers-today")
def ledgers_today(viewer: Actor) -> Measured:
    """Ledger pages that were begun (or reported as nil) for today."""
    return Measured(capped(leaves_today(viewer)), "页台账今天已登记", "/ledgers/")
