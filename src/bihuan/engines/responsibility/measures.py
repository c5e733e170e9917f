"""Today's number about the net, for the clauses that it fulfils."""

from __future__ import annotations

from django.utils import timezone

from bihuan.engines.responsibility.queries import gaps, post_roster
from bihuan.foundation import clock
from bihuan.foundation.actors import Actor
from bihuan.foundation.packs.measures import Measured, capped, measure


@measure("net-gaps")
def net_gaps(viewer: Actor) -> Measured:
    """Places and posts that nobody answers for today."""
    today = timezone.localdate(clock.now())
    if not (viewer.may_anywhere("see-net") or viewer.may_anywhere("manage-net")):
        return Measured("—", "请有查看责任网职责的人看", "/")
    return Measured(capped(len(gaps(viewer, since=today, until=today))), "处今天没有人负责", "/net/gaps/")


@measure("law-vice-heads")
def law_vice_heads(viewer: Actor) -> Measured:
    """Schools that have a 法治副校长 today."""
    if not viewer.may_anywhere("see-net"):
        return Measured("—", "请有查看责任网职责的人看", "/")
    found = post_roster(viewer, "law-vice-head", on=timezone.localdate(clock.now()))
    return Measured(f"{found.filled:,} / {len(found.lines):,}", "所学校有法治副校长", "/net/posts/law-vice-head/holders/")
