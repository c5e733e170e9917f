"""Today's number about important periods, for the clauses that they fulfil."""

from __future__ import annotations

from bihuan.foundation.actors import Actor
from bihuan.foundation.packs.measures import Measured, measure
from bihuan.mechanisms.periods.queries import live_count


@measure("periods-today")
def periods_today(viewer: Actor) -> Measured:
    """Daily reports of the periods that last today that have not come."""
    live, waiting = live_count(viewer)
    if not live:
        return Measured("0", "个战备期正在进行", "/periods/")
    return Measured(f"{waiting:,}", "份战备日报今天还没有报", "/periods/")
