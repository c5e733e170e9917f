"""What a school files about its meetings: the minutes; and the meetings that have none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from bihuan.foundation.archives import Gap, Held, Piece, Rows, Visit, archived, chunks, local_day
from bihuan.mechanisms.meetings import printouts
from bihuan.mechanisms.meetings.models import Meeting, Seat
from bihuan.mechanisms.meetings.queries import page_of

REFS = ("page:/meetings/",)


def _meetings(visit: Visit) -> Any:
    since, until = visit.moments
    rows = Meeting.objects.visible_to(visit.viewer).filter(school_id=visit.school.pk)
    return rows.filter(held_at__gte=since, held_at__lt=until).exclude(state="cancelled").order_by("held_at", "id")


@archived("meetings")
class Meetings:
    """Meetings of a school."""

    def asked(self, visit: Visit) -> Mapping[str, Any]:
        """The meetings with their state."""
        return {"meetings": _meetings(visit).values_list("id", "title", "state", "held_at")}

    def told(self, visit: Visit, rows: Rows) -> Iterator[Held | Gap]:
        """One file for each with minutes, one line for each without."""
        yield Held(REFS, sum(state == "closed" for _, _, state, _ in rows["meetings"]))
        for pk, title, state, held_at in rows["meetings"]:
            on = local_day(held_at) or visit.today
            if state == "planned" and on < visit.today:
                yield Gap(REFS, f"{on:%m-%d} 的「{title}」没有纪要", f"/meetings/{UUID(pk)}/")

    def pieces(self, visit: Visit) -> Iterator[Piece]:
        """The minutes, in the order of the meetings."""
        for meetings in chunks(_meetings(visit).filter(state="closed")):
            seats: dict[UUID, list[Seat]] = {}
            rows = Seat.objects.filter(bureau_id=visit.school.bureau_id, meeting_id__in=[one.pk for one in meetings])
            for seat in rows.order_by("user_name", "id"):
                seats.setdefault(seat.meeting_id, []).append(seat)
            for meeting in meetings:
                page = page_of(visit.viewer, meeting, tuple(seats.get(meeting.pk, ())))
                on, address = timezone.localdate(meeting.held_at), f"{settings.BIHUAN_URL}/meetings/{meeting.pk}/"
                yield Piece(
                    REFS, "会议纪要", f"{on:%m-%d} {meeting.title}纪要.pdf", on,
                    lambda page=page, address=address: printouts.minutes_pdf(page, address=address),
                )  # fmt: skip
