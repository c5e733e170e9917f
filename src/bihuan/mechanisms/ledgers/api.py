"""Ledgers for machines. Writing is by commands (``/commands/ledgers.…``)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router, Schema

from bihuan.foundation import clock
from bihuan.mechanisms.ledgers import queries

router = Router()


class ShelfOut(Schema):
    """One ledger of a school and its page of a day; ``state`` is filled, nil or empty."""

    code: str
    number: int
    title: str
    group: str
    every: str
    on: date
    state: str
    words: str
    is_mine: bool
    may_write: bool
    running: int
    overdue: int


class ShelfList(Schema):
    """A school's ledgers on a day; ``day_off`` names a day without school."""

    org_id: UUID
    day_off: str
    items: list[ShelfOut]


class ColumnOut(Schema):
    """One column of a page."""

    code: str
    title: str
    required: bool


class EntryOut(Schema):
    """One row; a struck one stays with its reason. ``wrong`` lists the columns that are not in order."""

    id: UUID
    ledger: str
    org_id: UUID
    on: date
    title: str
    answers: dict[str, str]
    wrong: list[str]
    is_late: bool
    clock_due_at: datetime | None
    clock_ended_at: datetime | None
    made_at: datetime
    by_name: str
    struck_at: datetime | None
    struck_for: str
    revision: int


class EntryList(Schema):
    """Rows and the cursor of the next page (empty at the end)."""

    items: list[EntryOut]
    next: str


class LedgerPageOut(Schema):
    """One page of one ledger, with what a new row is asked."""

    code: str
    title: str
    org_id: UUID
    on: date
    last: date
    state: str
    locked_from: date
    can_write: bool
    version_id: UUID
    columns: list[ColumnOut]
    rows: list[EntryOut]
    before: date
    after: date


class DayOut(Schema):
    """One school on a day: each daily ledger's state, ``-`` where the school does not keep it."""

    org_id: UUID
    org_name: str
    missing: int
    states: dict[str, str]


class DayList(Schema):
    """All schools of the net on a day, the emptiest first."""

    day_off: str
    items: list[DayOut]


@router.get("/ledgers", response=ShelfList, summary="A school's ledgers on a day")
def list_ledgers(request: HttpRequest, org_id: UUID, on: date | None = None) -> Any:
    """Without ``on`` today."""
    now = clock.now()
    found = queries.shelf(request.actor, org_id, on=on or timezone.localdate(now), at=now)  # type: ignore[attr-defined]
    items = [
        {
            "code": line.ledger.code, "number": line.ledger.number, "title": line.ledger.title, "group": group,
            "every": line.ledger.every, "on": line.on, "state": line.state, "words": line.words, "is_mine": line.is_mine,
            "may_write": line.may_write, "running": line.running, "overdue": line.overdue,
        }
        for group, lines in found.groups
        for line in lines
    ]  # fmt: skip
    return {"org_id": org_id, "day_off": found.day_off, "items": items}


@router.get("/ledger-days", response=DayList, summary="The daily ledgers of all schools on a day")
def list_days(request: HttpRequest, on: date | None = None) -> Any:
    """For whoever looks after a net; without ``on`` today."""
    day_off, daily, lines = queries.day_across(request.actor, on=on or timezone.localdate(clock.now()))  # type: ignore[attr-defined]
    codes = [one.code for one in daily]
    items = [
        {
            "org_id": line.org.pk, "org_name": line.org.short_name or line.org.name, "missing": line.missing,
            "states": dict(zip(codes, line.states, strict=True)),
        }
        for line in lines
    ]  # fmt: skip
    return {"day_off": day_off, "items": items}


@router.get("/ledger-rows/running", response=EntryList, summary="What ledgers keep open, the earliest due first")
def list_running(
    request: HttpRequest, cursor: str = Query("", max_length=400), limit: int = Query(25, ge=1, le=200)
) -> Any:
    """A visitor still inside, a sample still kept."""
    found = queries.running(request.actor, cursor=cursor, size=limit)  # type: ignore[attr-defined]
    return {"items": found.rows, "next": found.next}


@router.get("/ledgers/{org_id}/{code}", response=LedgerPageOut, summary="One page of a ledger")
def get_page(request: HttpRequest, org_id: UUID, code: str, on: date | None = None) -> Any:
    """``on`` is any day of the page, without it today."""
    now = clock.now()
    found = queries.ledger_page(request.actor, org_id, code, on=on or timezone.localdate(now), at=now)  # type: ignore[attr-defined]
    return {
        "code": found.ledger.code, "title": found.ledger.title, "org_id": org_id, "on": found.on, "last": found.last,
        "state": found.leaf.state if found.leaf else "", "locked_from": found.locked_from, "can_write": found.can_write,
        "version_id": found.version.id, "columns": found.columns, "rows": [line.entry for line in found.lines],
        "before": found.before, "after": found.after,
    }  # fmt: skip
