"""This month's number about meetings, for the clauses that they fulfil."""

from __future__ import annotations

from typing import Any

from bihuan.foundation.actors import Actor
from bihuan.foundation.packs.measures import counted
from bihuan.mechanisms.meetings.queries import meetings_closed


@counted("meetings-this-month", "次会议有纪要（近 31 天）", "/meetings/")
def meetings_this_month(viewer: Actor) -> Any:
    """Meetings with minutes in the last 31 days."""
    return meetings_closed(viewer)
