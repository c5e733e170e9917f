"""Today's numbers about cases, for the clauses that they fulfil."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from bihuan.engines.cases.queries import Filters, counted
from bihuan.foundation import clock
from bihuan.foundation.actors import Actor
from bihuan.foundation.packs.measures import CAP, Measured, capped, measure, once

SPAN = timedelta(days=30)


def _counts(viewer: Actor) -> dict[str, int]:
    """All of this room's numbers in one statement."""
    since = timezone.localdate(clock.now() - SPAN)
    parts = {
        "open": Filters(),
        "closed": Filters(stage="closed", since=since),
        "recurring": Filters(stage="all", recurring=True),
    }
    return once(("cases", viewer), lambda: counted(viewer, parts, cap=CAP))


@measure("hazards-open")
def hazards_open(viewer: Actor) -> Measured:
    """Hazards that are not closed."""
    return Measured(capped(_counts(viewer)["open"]), "件没有销号", "/hazards/")


@measure("hazards-closed")
def hazards_closed(viewer: Actor) -> Measured:
    """Hazards of the last thirty days that were closed with evidence and a second person."""
    since = timezone.localdate(clock.now() - SPAN)
    number = capped(_counts(viewer)["closed"])
    return Measured(number, "件近 30 天上报的已复查销号", f"/hazards/?stage=closed&since={since}")


@measure("hazards-recurring")
def hazards_recurring(viewer: Actor) -> Measured:
    """Hazards that came back."""
    return Measured(capped(_counts(viewer)["recurring"]), "件回潮", "/hazards/?stage=all&recurring=1")
