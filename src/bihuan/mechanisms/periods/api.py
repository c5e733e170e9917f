"""Important periods for machines. Writing is by commands (``/commands/periods.…``)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Schema

from bihuan.mechanisms.periods import queries

router = Router()


class PeriodOut(Schema):
    """A period; ``state`` is coming, live or over; without ``school_id`` it is the whole bureau's."""

    id: UUID
    org_id: UUID
    org_name: str
    school_id: UUID | None
    kind: str
    kind_name: str
    name: str
    words: str
    starts_on: date
    ends_on: date
    state: str
    declared_at: datetime
    declared_by_name: str
    ended_at: datetime | None
    ended_for: str
    reminded_at: datetime | None


class PeriodList(Schema):
    """A page of periods and the cursor of the next (empty at the end)."""

    items: list[PeriodOut]
    next: str


class PeriodDay(Schema):
    """A day in numbers: daily reports, then people on duty and raised duties as done of due."""

    on: date
    due: int
    answered: int
    nil: int
    late: int
    missed: int
    waiting: int
    excused: int
    watch_done: int
    watch_due: int
    raised_done: int
    raised_due: int


class PeriodFull(PeriodOut):
    """A period with its days, inside the net of whoever asks."""

    days: list[PeriodDay]


class AnswerOut(Schema):
    """A school on one day; ``state`` is open, done, late, missed or excused."""

    task_id: UUID
    org_id: UUID
    org_name: str
    state: str
    nil: bool
    done_at: datetime | None
    done_by_name: str
    responsible: str
    phone: str


class AnswerList(Schema):
    """A page of schools, those that have not answered first."""

    on: date
    items: list[AnswerOut]
    next: str


def _out(line: queries.Line) -> dict[str, Any]:
    fields = (name for name in PeriodOut.model_fields if name != "state")
    return {**{name: getattr(line.row, name) for name in fields}, "state": line.state}


@router.get("/periods", response=PeriodList, summary="Important periods, the latest first")
def list_periods(
    request: HttpRequest, cursor: str = Query("", max_length=400), limit: int = Query(50, ge=1, le=200)
) -> Any:
    """The bureau's own and those of the schools in the net of whoever asks."""
    found = queries.periods(request.actor, cursor=cursor, size=limit)  # type: ignore[attr-defined]
    return {"items": [_out(line) for line in found.rows], "next": found.next}


@router.get("/periods/{id}", response=PeriodFull, summary="One period, its days in numbers")
def get_period(request: HttpRequest, id: UUID) -> Any:
    """Up to today."""
    actor = request.actor  # type: ignore[attr-defined]
    line = queries.period(actor, id)
    days = queries.days(actor, line.row, first=line.row.starts_on, last=min(line.row.ends_on, queries.today()))
    return {**_out(line), "days": days}


@router.get("/periods/{id}/answers", response=AnswerList, summary="Who has answered on a day, and who has not")
def list_answers(
    request: HttpRequest, id: UUID, on: date | None = None, which: Literal["", "waiting", "answered", "excused"] = "",
    cursor: str = Query("", max_length=400), limit: int = Query(50, ge=1, le=200),
) -> Any:  # fmt: skip
    """Without ``on`` today; with the name and telephone of whoever is responsible."""
    actor = request.actor  # type: ignore[attr-defined]
    line, day = queries.period(actor, id), on or queries.today()
    found = queries.answers(actor, line, on=day, which=which, cursor=cursor, size=limit)
    items = [
        {
            "task_id": one.task["id"], "org_id": one.task["org_id"], "org_name": one.school, "state": one.task["state"],
            "nil": one.task["nil"], "done_at": one.task["done_at"], "done_by_name": one.task["done_by_name"],
            "responsible": one.name, "phone": one.phone,
        }
        for one in found.rows
    ]  # fmt: skip
    return {"on": day, "items": items, "next": found.next}
