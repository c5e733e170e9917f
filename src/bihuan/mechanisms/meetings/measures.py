"""This month's number about meetings, for the clauses that they fulfil, and who came."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from bihuan.foundation.actors import Actor
from bihuan.foundation.packs.deeds import Asked, Deed, deeds
from bihuan.foundation.packs.measures import counted
from bihuan.mechanisms.meetings.models import Seat
from bihuan.mechanisms.meetings.queries import meetings_closed


@counted("meetings-this-month", "次会议有纪要（近 31 天）", "/meetings/")
def meetings_this_month(viewer: Actor) -> Any:
    """Meetings with minutes in the last 31 days."""
    return meetings_closed(viewer)


@deeds({"meetings-attended": "到会的安全会议"})
def came(asked: Asked) -> Iterable[Deed]:
    """Seats at meetings that were held and closed in the span; who was excused does not count."""
    rows = Seat.objects.filter(
        bureau_id=asked.bureau_id, school_id=asked.school_id, excused_for="", meeting__state="closed",
        meeting__held_at__gte=asked.since, meeting__held_at__lt=min(asked.until, asked.as_of),
    )  # fmt: skip
    names = ("meeting_id", "meeting__title", "meeting__held_at", "came_at", "user_id", "path")
    for row in rows.order_by("meeting__held_at", "id").values(*names):
        yield Deed(
            "meetings-attended", timezone.localdate(row["meeting__held_at"]), row["meeting__title"],
            f"/meetings/{row['meeting_id']}/", row["came_at"] is not None, row["user_id"], "", row["path"],
        )  # fmt: skip
