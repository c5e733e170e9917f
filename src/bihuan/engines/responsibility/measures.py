"""Today's number about the net, for the clauses that it fulfils."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from bihuan.engines.responsibility.queries import gaps, serving_at_schools
from bihuan.foundation import clock
from bihuan.foundation.actors import Actor
from bihuan.foundation.packs.measures import Measured, capped, counted, measure


@measure("net-gaps")
def net_gaps(viewer: Actor) -> Measured:
    """Places and posts that nobody answers for today."""
    today = timezone.localdate(clock.now())
    if not (viewer.may_anywhere("see-net") or viewer.may_anywhere("manage-net")):
        return Measured("—", "请有查看责任网职责的人看", "/")
    return Measured(capped(len(gaps(viewer, since=today, until=today))), "处今天没有人负责", "/net/gaps/")


@counted("law-vice-heads", "处法治副校长在任（每校至少一名）", "/net/posts/law-vice-head/holders/")
def law_vice_heads(viewer: Actor) -> Any:
    """Appointments of 法治副校长 at schools that are in force today."""
    return serving_at_schools(viewer, "law-vice-head", on=timezone.localdate(clock.now()))
