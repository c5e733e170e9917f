"""Letters of responsibility and record checks for machines. Writing is by commands (``/commands/pledges.…``)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router, Schema

from bihuan.foundation import clock
from bihuan.mechanisms.pledges import queries

router = Router()
Year = Query("", max_length=9, pattern=r"^(\d{4}-\d{4})?$")


class PledgeOut(Schema):
    """One person's letter for a post and a year; ``state`` is waiting, signed or void."""

    id: UUID
    org_id: UUID
    org_name: str
    user_id: UUID
    user_name: str
    post: str
    post_name: str
    year: str
    digest: str
    state: str
    made_at: datetime
    signed_at: datetime | None
    signature_id: UUID | None


class PledgeList(Schema):
    """A page of letters and the cursor of the next (empty at the end)."""

    items: list[PledgeOut]
    next: str


class LetterOut(PledgeOut):
    """A letter with its frozen text."""

    content: dict[str, Any]


class CoverageOut(Schema):
    """How far a school's letters are signed."""

    org_id: UUID
    org_name: str
    signed: int
    waiting: int
    percent: int


class CoverageList(Schema):
    """Every school of the net, the furthest behind first."""

    year: str
    items: list[CoverageOut]


class CheckedOut(Schema):
    """A person of a school with the last record check; ``state`` is found, never, due, soon or valid."""

    user_id: UUID
    name: str
    posts: str
    state: str
    words: str
    checked_on: date | None
    next_on: date | None


class CheckedList(Schema):
    """Everybody who serves at a school, what is urgent first."""

    items: list[CheckedOut]


def _year(request: HttpRequest, year: str) -> str:
    return year or queries.year_on(request.actor.bureau_id, timezone.localdate(clock.now()))  # type: ignore[attr-defined]


@router.get("/pledges", response=PledgeList, summary="My letters, or those of a school's year")
def list_pledges(
    request: HttpRequest, org_id: UUID | None = None, year: str = Year, state: Literal["", "waiting", "signed"] = "",
    cursor: str = Query("", max_length=400), limit: int = Query(50, ge=1, le=200),
) -> Any:  # fmt: skip
    """Without ``org_id`` one's own, those that wait first; a school's for whoever looks after it."""
    actor = request.actor  # type: ignore[attr-defined]
    if org_id is None:
        return {"items": [row for row in queries.mine(actor) if not state or row.state == state], "next": ""}
    found = queries.pledges(actor, org_id, year=_year(request, year), state=state, cursor=cursor, size=limit)
    return {"items": found.rows, "next": found.next}


@router.get("/pledges/{id}", response=LetterOut, summary="One letter with its text")
def get_pledge(request: HttpRequest, id: UUID) -> Any:
    """One's own, or of one's net."""
    return queries.pledge(request.actor, id)  # type: ignore[attr-defined]


@router.get("/pledge-coverage", response=CoverageList, summary="How far the letters of a year are signed")
def list_coverage(request: HttpRequest, year: str = Year) -> Any:
    """For whoever looks after a net; without ``year`` the present one."""
    asked = _year(request, year)
    found = queries.coverage(request.actor, year=asked)  # type: ignore[attr-defined]
    items = [
        {
            "org_id": one.org.pk, "org_name": one.org.short_name or one.org.name, "signed": one.signed,
            "waiting": one.waiting, "percent": one.percent,
        }
        for one in found
    ]  # fmt: skip
    return {"year": asked, "items": items}


@router.get("/record-checks", response=CheckedList, summary="The record checks of a school's people")
def list_record_checks(request: HttpRequest, org_id: UUID) -> Any:
    """For whoever looks after the school."""
    _, found = queries.record_checks(request.actor, org_id, on=timezone.localdate(clock.now()))  # type: ignore[attr-defined]
    return {"items": found}
