"""Meetings for machines. Writing is by commands (``/commands/meetings.…``)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Schema

from bihuan.mechanisms.meetings import queries

router = Router()


class MeetingLine(Schema):
    """One meeting in a list; ``state`` is planned, closed or cancelled."""

    id: UUID
    org_id: UUID
    org_name: str
    title: str
    held_at: datetime
    place: str
    state: str
    closed_at: datetime | None
    revision: int


class MeetingList(Schema):
    """A page of meetings and the cursor of the next (empty at the end)."""

    items: list[MeetingLine]
    next: str


class SeatOut(Schema):
    """Somebody invited; ``came_at`` once they signed in, ``excused_for`` if they said why they cannot come."""

    user_id: UUID
    user_name: str
    came_at: datetime | None
    excused_for: str


class MeetingOut(MeetingLine):
    """One meeting with its agenda, seats, minutes and resolutions."""

    agenda: list[str]
    minutes: str
    resolutions: list[dict[str, Any]]
    fulfilled: list[dict[str, str]]
    cancelled_for: str
    by_name: str
    seats: list[SeatOut]


@router.get("/meetings", response=MeetingList, summary="Meetings, the latest first")
def list_meetings(
    request: HttpRequest, cursor: str = Query("", max_length=400), limit: int = Query(25, ge=1, le=200)
) -> Any:
    """Of one's net, and those to which one is invited."""
    found = queries.meetings(request.actor, cursor=cursor, size=limit)  # type: ignore[attr-defined]
    return {"items": found.rows, "next": found.next}


@router.get("/meetings/{id}", response=MeetingOut, summary="One meeting")
def get_meeting(request: HttpRequest, id: UUID) -> Any:
    """With everybody's seat."""
    found = queries.meeting_page(request.actor, id)  # type: ignore[attr-defined]
    names = (*MeetingLine.model_fields, "agenda", "minutes", "resolutions", "fulfilled", "cancelled_for", "by_name")
    return {name: getattr(found.meeting, name) for name in names} | {"seats": found.seats}
