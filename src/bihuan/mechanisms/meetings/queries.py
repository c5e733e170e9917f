"""Reading meetings: the list, one meeting, my invitations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from bihuan.engines.responsibility import queries as net
from bihuan.foundation import clock
from bihuan.foundation.actors import SYSTEM, Actor
from bihuan.foundation.pages.keyset import Page, page
from bihuan.mechanisms.meetings.commands import SIGN_IN_AHEAD, STATES
from bihuan.mechanisms.meetings.models import Meeting, Seat


def meetings(viewer: Actor, *, cursor: str = "", size: int = 25) -> Page:
    """The meetings inside the viewer's net and those they are invited to, the latest first."""
    inside = Meeting.objects.visible_to(viewer).values("pk")
    invited = Seat.objects.filter(user_id=viewer.id).values("meeting_id")
    rows = Meeting.objects.filter(Q(pk__in=inside) | Q(pk__in=invited)).defer("minutes", "resolutions", "agenda")
    return page(rows, order=("-held_at", "-id"), cursor=cursor, size=size)


@dataclass(frozen=True, slots=True)
class MeetingPage:
    """One meeting with its seats, and what this person may do."""

    meeting: Meeting
    seats: tuple[Seat, ...]
    mine: Seat | None
    may_lead: bool
    may_sign_in: bool
    people: tuple[tuple[str, str], ...]

    @property
    def state_words(self) -> str:
        """The state in words."""
        return STATES[self.meeting.state]

    @property
    def came(self) -> int:
        """How many signed in."""
        return sum(seat.came_at is not None for seat in self.seats)


def meeting_page(viewer: Actor, pk: UUID) -> MeetingPage:
    """One meeting of one's net or to which one is invited, else ``foundation.not_found``."""
    mine = Seat.objects.select_related("meeting").filter(meeting_id=pk, user_id=viewer.id).first()
    meeting: Meeting = mine.meeting if mine else Meeting.objects.all().seen(viewer, pk)
    seats = tuple(Seat.objects.filter(bureau_id=meeting.bureau_id, meeting=meeting).order_by("user_name", "id"))
    return page_of(viewer, meeting, seats, mine)


def page_of(viewer: Actor, meeting: Meeting, seats: tuple[Seat, ...], mine: Seat | None = None) -> MeetingPage:
    """A meeting that was found visible, with the seats at hand."""
    lead = viewer.may("sign-for-school", meeting) or viewer.may("assign", meeting)
    open_now = meeting.state == "planned" and clock.now() >= meeting.held_at - SIGN_IN_AHEAD
    return MeetingPage(
        meeting, seats, mine, lead, mine is not None and mine.came_at is None and open_now,
        tuple((str(seat.user_id), seat.user_name) for seat in seats),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Choices:
    """What can be chosen when a meeting is called at a unit."""

    unit: Any
    people: tuple[tuple[str, str], ...]
    usual_at: Any


def choices(viewer: Actor, org_id: UUID) -> Choices:
    """The people of a school, or of a bureau's own offices, with their posts."""
    unit = net.org(viewer, org_id)
    now = timezone.localtime(clock.now())
    rows = net.appointments(SYSTEM, on=now.date(), org_id=unit.pk)
    if unit.tier == "bureau":
        rows = rows.filter(school_id__isnull=True)
    names = {post["code"]: post["name"] for post in net.posts(unit.bureau_id)}
    people: dict[str, str] = {}
    for row in rows.order_by("user__name")[:600]:
        people.setdefault(str(row.user_id), f"{row.user.name} · {names.get(row.post, row.post)}")
    usual = now.replace(hour=15, minute=30, second=0, microsecond=0) + timedelta(days=1)
    return Choices(unit, tuple(people.items()), usual)


def meetings_closed(viewer: Actor, *, days: int = 31) -> Any:
    """The meetings that ended with minutes in the last days inside the viewer's net, to be counted."""
    since = clock.now() - timedelta(days=days)
    return Meeting.objects.visible_to(viewer).filter(state="closed", held_at__gte=since)
