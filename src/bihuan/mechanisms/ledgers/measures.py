"""Today's number about ledgers, for the clauses that they fulfil."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from bihuan.foundation import clock
from bihuan.foundation.actors import Actor
from bihuan.foundation.packs.measures import Measured, counted, measure
from bihuan.mechanisms.ledgers.queries import coverage, coverages, leaves_today


@counted("ledgers-today", "页台账今天已登记", "/ledgers/")
def ledgers_today(viewer: Actor) -> Any:
    """Ledger pages that were begun (or reported as nil) for today."""
    return leaves_today(viewer)


@measure("ledgers-covered")
def ledgers_covered(viewer: Actor) -> Measured:
    """Schools that have everything they have to have in the ledgers with a coverage, this term or year."""
    today = timezone.localdate(clock.now())
    pages = [coverage(viewer, ledger.code, on=today) for ledger in coverages(viewer.bureau_id)]
    whole, schools = sum(page.whole for page in pages), sum(len(page.lines) for page in pages)
    return Measured(f"{whole:,} / {schools:,}", "所学校的家校、法治活动样样都有", "/ledgers/coverage/")
