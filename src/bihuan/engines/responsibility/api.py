"""The net for machines: units, appointments, who is responsible, gaps. Writing is ``POST /commands/responsibility.…``."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router, Schema

from bihuan.engines.responsibility import queries
from bihuan.engines.responsibility.rules.tree import plain
from bihuan.foundation import clock
from bihuan.foundation.pages.keyset import page

router = Router()
Limit = Annotated[int, Query(ge=1, le=200)]


class OrgOut(Schema):
    """A unit. ``tier`` is one of the system's; ``kind`` is the pack's."""

    id: UUID
    parent_id: UUID | None
    kind: str
    tier: str
    name: str
    short_name: str
    code: str
    path: str
    bureau_id: UUID | None
    school_id: UUID | None
    stages: list[str]
    facets: list[str]
    tags: list[str]
    students: int
    boarders: int
    active_from: date | None
    active_to: date | None
    revision: int


class AppointmentOut(Schema):
    """A person at a post over a unit; ``ends_on`` is the last day, null until further notice."""

    id: UUID
    user_id: UUID
    name: str
    org_id: UUID
    org_name: str
    post: str
    kind: str
    rank: int
    starts_on: date
    ends_on: date | None
    stands_for_id: UUID | None

    @staticmethod
    def resolve_name(row: Any) -> str:
        return str(row.user.name)

    @staticmethod
    def resolve_org_name(row: Any) -> str:
        return str(row.org.name)


class OrgPage(Schema):
    """A page of units; ``next`` is the cursor of the next page, empty at the end."""

    items: list[OrgOut]
    next: str


class AppointmentPage(Schema):
    """A page of appointments."""

    items: list[AppointmentOut]
    next: str


class WhoOut(Schema):
    """Everybody who holds the post for the place on the day, stand-ins first."""

    items: list[AppointmentOut]


class GapOut(Schema):
    """A place or a post without anybody responsible, and the same in words."""

    place: str
    path: str
    post: str
    starts_on: date
    ends_on: date
    sentence: str


class GapPage(Schema):
    """All gaps between two days."""

    items: list[GapOut]


def _day(given: date | None) -> date:
    return queries.sensible_day(given) if given else timezone.localdate(clock.now())


@router.get("/orgs", response=OrgPage, summary="Units inside my net")
def list_orgs(
    request: HttpRequest, tier: str = "", q: str = "", under: UUID | None = None, cursor: str = "", limit: Limit = 50
) -> Any:
    """In tree order; ``under`` keeps the units below one, ``q`` those named so."""
    rows = queries.units(request.actor, tier=tier, q=q, under_id=under)  # type: ignore[attr-defined]
    found = page(rows, order=("path", "id"), cursor=cursor, size=limit)
    return {"items": found.rows, "next": found.next}


@router.get("/orgs/{id}", response=OrgOut, summary="One unit")
def get_org(request: HttpRequest, id: UUID) -> Any:
    """One unit inside my net."""
    return queries.org(request.actor, id)  # type: ignore[attr-defined]


@router.get("/orgs/{id}/who", response=WhoOut, summary="Who is responsible for a place on a day")
def get_who(request: HttpRequest, id: UUID, post: str, on: date | None = None) -> Any:
    """The nearest unit at or above the place that has somebody at this post; ``on`` is today without a value."""
    queries.require_net(request.actor)  # type: ignore[attr-defined]
    return {"items": queries.who(queries.org(request.actor, id), plain(post), on=_day(on))}  # type: ignore[attr-defined]


@router.get("/appointments", response=AppointmentPage, summary="Appointments inside my net")
def list_appointments(
    request: HttpRequest, on: date | None = None, org: UUID | None = None, user: UUID | None = None, post: str = "", cursor: str = "", limit: Limit = 50
) -> Any:  # fmt: skip
    """In force on a day (``on``) or, without it, all there ever were; the newest first."""
    rows = queries.appointments(request.actor, on=on, org_id=org, user_id=user, post=post)  # type: ignore[attr-defined]
    found = page(rows, order=("-starts_on", "id"), cursor=cursor, size=limit)
    return {"items": found.rows, "next": found.next}


@router.get("/gaps", response=GapPage, summary="Where nobody is responsible")
def list_gaps(
    request: HttpRequest,
    since: date | None = None,
    days: Annotated[int, Query(ge=0, le=366)] = 30,
    org: UUID | None = None,
) -> Any:
    """From a day on, for so many days ahead; ``org`` keeps one unit."""
    first = _day(since)
    place = queries.org(request.actor, org) if org else None  # type: ignore[attr-defined]
    found = queries.gaps(request.actor, since=first, until=first + timedelta(days=days), under_org=place)  # type: ignore[attr-defined]
    return {
        "items": [
            {"place": gap.where(), "path": gap.need.place.path, "post": gap.need.post, "starts_on": gap.starts_on, "ends_on": gap.ends_on, "sentence": gap.sentence(first)}
            for gap in found
        ]
    }  # fmt: skip
