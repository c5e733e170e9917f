"""Tasks counted and looked up for the rooms above: how many were due, done and missed, by subject and by unit."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Count

from bihuan.engines.duties.models import Task
from bihuan.foundation.actors import Actor


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
    by_day: bool = False,
) -> list[Tally]:
    """Tasks inside the viewer's net that were due from *since* up to *until*, counted by subject and state: one statement."""
    rows = Task.objects.visible_to(viewer).filter(act=act, due_at__gte=since, due_at__lt=until)
    if school_ids:
        rows = rows.filter(school_id__in=list(school_ids))
    names = ["org_id", "school_id", "subject_id", "state", *(["on"] if by_day else [])]
    counted = rows.order_by().values(*names).annotate(count=Count("id"))
    return [Tally(**row) for row in counted]


def opened_at(task_id: UUID) -> datetime:
    """When a task's window opened. For reactions: it looks at no scope."""
    found: datetime = Task.objects.values_list("opens_at", flat=True).get(pk=task_id)
    return found
