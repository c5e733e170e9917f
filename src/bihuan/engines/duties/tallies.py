"""Tasks counted and looked up for the rooms above: how many were due, done and missed, by subject and by unit."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Count

from bihuan.engines.duties.models import Task
from bihuan.foundation.actors import Actor
from bihuan.foundation.pages.keyset import Page, page
from bihuan.foundation.scoping import ScopedQuerySet


@dataclass(frozen=True, slots=True)
class Tally:
    """How many tasks of one subject (route, sheet) at one unit ended in one state; ``on`` is empty unless asked by day."""

    org_id: UUID
    school_id: UUID | None
    subject_id: UUID | None
    state: str
    count: int
    on: date | None = None


def tally(
    viewer: Actor,
    *,
    act: str,
    since: datetime,
    until: datetime,
    school_ids: Collection[UUID] = (),
    running: bool = False,
    by_day: bool = False,
) -> list[Tally]:
    """Tasks inside the viewer's net that were due from *since* up to *until*, counted by subject and state: one statement.

    ``running``: also those of which only a part lies in that time (a week's round, a night that began before).
    """
    rows = _of_span(viewer, act, since, until, school_ids, running=running)
    names = ["org_id", "school_id", "subject_id", "state", *(["on"] if by_day else [])]
    counted = rows.order_by().values(*names).annotate(count=Count("id"))
    return [Tally(**row) for row in counted]


LINE = (
    "id", "bureau_id", "org_id", "school_id", "org__name", "on", "slot", "subject_id", "title", "post", "assignee_id",
    "opens_at", "due_at", "closes_at", "state", "done_at", "done_by_name", "ref_id", "backfilled", "note",
)  # fmt: skip


def due_page(
    viewer: Actor,
    *,
    act: str,
    since: datetime,
    until: datetime,
    school_ids: Collection[UUID] = (),
    states: Collection[str] = (),
    cursor: str = "",
    size: int = 50,
) -> Page:
    """Tasks inside the viewer's net that run between two moments, whatever became of them, the earliest due first."""
    rows = _of_span(viewer, act, since, until, school_ids, running=True)
    if states:
        rows = rows.filter(state__in=list(states))
    return page(rows.values(*LINE), order=("due_at", "id"), cursor=cursor, size=size)


def _of_span(
    viewer: Actor, act: str, since: datetime, until: datetime, school_ids: Collection[UUID], *, running: bool
) -> ScopedQuerySet:
    rows = Task.objects.visible_to(viewer).filter(act=act, due_at__gte=since)
    rows = rows.filter(opens_at__lt=until) if running else rows.filter(due_at__lt=until)
    return rows.filter(school_id__in=list(school_ids)) if school_ids else rows


REPORTED = ("duty_id", "org_id", "org__name", "org__short_name", "path", "on", "title", "post", "assignee_id", "due_at", "closes_at",
            "state", "done_at", "done_by_name", "backfilled", "nil", "ref_id")  # fmt: skip
"""What a list of answers shows of a task."""


def of_duties(
    viewer: Actor, *, bureau_id: UUID, duty_ids: Collection[UUID], first: date, last: date, states: Collection[str] = (),
    school_id: UUID | None = None,
) -> ScopedQuerySet:  # fmt: skip
    """The tasks of these duties of a bureau (of one school) inside the viewer's net, named by a day from *first* to *last*."""
    rows = Task.objects.visible_to(viewer).filter(
        bureau_id=bureau_id, duty_id__in=list(duty_ids), on__gte=first, on__lte=last
    )
    if school_id:
        rows = rows.filter(school_id=school_id)
    return rows.filter(state__in=list(states)) if states else rows


@dataclass(frozen=True, slots=True)
class DayTally:
    """How many tasks of one duty and day ended in one state, and of these how many as a nil report."""

    duty_id: UUID
    on: date
    state: str
    nil: bool
    count: int


def tally_by_day(
    viewer: Actor, *, bureau_id: UUID, duty_ids: Collection[UUID], first: date, last: date
) -> list[DayTally]:
    """``of_duties`` counted by duty, day and ending: one statement."""
    rows = of_duties(viewer, bureau_id=bureau_id, duty_ids=duty_ids, first=first, last=last)
    counted = rows.order_by().values("duty_id", "on", "state", "nil").annotate(count=Count("id"))
    return [DayTally(**row) for row in counted]


def due_of_school(viewer: Actor, *, act: str, since: datetime, until: datetime, school_id: UUID) -> ScopedQuerySet:
    """The tasks of one act that were due at a school, as a selection: to be counted together with other rooms' rows."""
    return _of_span(viewer, act, since, until, [school_id], running=False)


def opened_at(task_id: UUID) -> datetime:
    """When a task's window opened. For reactions: it looks at no scope."""
    found: datetime = Task.objects.values_list("opens_at", flat=True).get(pk=task_id)
    return found
