"""This month's number about meetings, for the clauses that they fulfil."""

from __future__ import annotations

from bihuan.foundation.actors import Actor
from bihuan.foundation.packs.measures import Measured, capped, measure
from bihuan.mechanisms.meetings.queries import meetings_closed


@measure("meetings-this-month")
def meetings_this_month(viewer: Actor) -> Measured:
    """Meetings with minutes in the last 31 days."""
    return Measured(capped(meetings_closed(viewer)), "次会议有纪要（近 31 天）", "/meetings/")
