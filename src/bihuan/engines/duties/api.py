"""Reading duties by machine. Writing is by command (``POST /api/v1/commands/duties.…``)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router, Schema

from bihuan.engines.duties import queries
from bihuan.engines.duties.calendar import monday_of
from bihuan.engines.responsibility.queries import sensible_day
from bihuan.foundation import clock

router = Router()


class TaskLine(Schema):
    """One time that a duty is due at a unit."""

    id: UUID
    duty_id: UUID
    org_id: UUID
    org_name: str
    school_id: UUID | None
    on: date
    slot: int
    act: str
    subject_id: UUID | None
    title: str
    post: str
    post_name: str
    assignee_id: UUID | None
    opens_at: datetime
    due_at: datetime
    closes_at: datetime
    state: str
    state_word: str
    nil_allowed: bool
    done_at: datetime | None = None
    done_by_name: str = ""
    backfilled: bool = False
    nil: bool = False
    note: str = ""


class TaskLines(Schema):
    """A page of tasks; ``next`` is the cursor of the next page, empty at the end."""

    items: list[TaskLine]
    next: str


class CalendarDayLine(Schema):
    """What kind of day a date is."""

    on: date
    kind: str
    term: str
    week_no: int
    name: str


class CalendarDays(Schema):
    """The days of a span, as far as the calendar reaches."""

    items: list[CalendarDayLine]


class PostBurden(Schema):
    """A post in a week: what one person is asked, against the budget, and what all ``people`` measured together."""

    post: str
    name: str
    people: int
    tasks: float
    fields: float
    expected: float
    budget: int | None
    minutes: int
    count: int
    is_over: bool
    verdict: str


class AskingSheet(Schema):
    """A sheet that puts the question."""

    id: UUID
    title: str


class DoubledQuestion(Schema):
    """A question that several sheets put to one post."""

    post: str
    name: str
    question: str
    sheets: list[AskingSheet]


class BurdenOfWeek(Schema):
    """A week (its Monday)."""

    week: date
    posts: list[PostBurden]
    twice: list[DoubledQuestion]


@router.get("/tasks", response=TaskLines, summary="待办列表", operation_id="tasks.list")
def tasks(
    request: HttpRequest, whose: Literal["mine", "all"] = "mine",
    state: Literal["open", "done", "late", "missed", "excused", "any"] = "open",
    when: Literal["", "ahead", "today", "week", "past"] = "", act: Literal["", "sheet", "patrol", "drill", "ledger", "visit", "act"] = "",
    school: UUID | None = None, on: date | None = None, cursor: str = Query("", max_length=400),
    limit: int = Query(25, ge=1, le=100),
) -> dict[str, Any]:  # fmt: skip
    """Tasks in your net: open ones soonest due first, ended ones newest first."""
    only = queries.TaskFilter(whose, state, when, act, school, on)
    page = queries.tasks_page(request.actor, clock.now(), only, cursor=cursor, size=limit)  # type: ignore[attr-defined]
    return {"items": page.rows, "next": page.next}


@router.get("/calendar", response=CalendarDays, summary="校历", operation_id="calendar.days")
def calendar(
    request: HttpRequest, first: date, last: date, unit: UUID | None = None, stage: str = ""
) -> dict[str, Any]:
    """The school calendar of a unit in your net (default: your own) between two dates."""
    found = queries.days_between(request.actor, org_id=unit, stage=stage, first=first, last=last)  # type: ignore[attr-defined]
    return {"items": found}


@router.get("/duties/burden", response=BurdenOfWeek, summary="填报用时", operation_id="duties.burden")
def burden(request: HttpRequest, week: date | None = None, school: UUID | None = None) -> dict[str, Any]:
    """What the duties ask of each post in a usual week, what was measured in *week*, the budget, and what is asked twice."""
    monday = monday_of(sensible_day(week or timezone.localdate(clock.now())))
    found = queries.burden(request.actor, week=monday, org_id=school)  # type: ignore[attr-defined]
    return {"week": monday, "posts": found.posts, "twice": found.twice}
