"""Today's number about ledgers, for the clauses that they fulfil."""

from __future__ import annotations

from typing import Any

from bihuan.foundation.actors import Actor
from bihuan.foundation.packs.measures import counted
from bihuan.mechanisms.ledgers.queries import covered_rows, leaves_today


@counted("ledgers-today", "页台账今天已登记", "/ledgers/")
def ledgers_today(viewer: Actor) -> Any:
    """Ledger pages that were begun (or reported as nil) for today."""
    return leaves_today(viewer)


@counted("covered-this-term", "次家校、法治等活动已登记（本学期）", "/ledgers/coverage/")
def covered_this_term(viewer: Actor) -> Any:
    """Rows of the ledgers in which every school has to have something."""
    return covered_rows(viewer)
