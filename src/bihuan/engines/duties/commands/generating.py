"""Generation ahead and the sweep: set-based, one bureau at a time, safe with any number of workers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import count
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from bihuan.engines.duties import colours, hot, reads
from bihuan.engines.duties import events as events
from bihuan.engines.duties.commands.days import keep_calendar
from bihuan.engines.duties.models import Duty, Task
from bihuan.engines.duties.planning import AHEAD, plan_of
from bihuan.foundation import packs
from bihuan.foundation.actors import SYSTEM, Actor
from bihuan.foundation.events import record_many

BATCH_DUTIES = 400
BATCH_BUREAUS = 20
"""Whose packs are read at once: they are fresh for seconds only, and more of them would lie in memory twice."""
BATCH_MISSED = 2_000


def generate(at: datetime, *, bureau_id: UUID | None = None) -> int:
    """Make the tasks of the days ahead that do not exist yet; returns how many are new. Running it twice adds nothing.

    Each batch of a bureau's duties is one transaction and one statement; a bureau at which another worker is busy is left
    to it. A calendar that has changed since (a new version of the pack) renews the bureau's open tasks first.
    """
    today = timezone.localdate(at)
    active = Duty.objects.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=today), is_active=True)
    if bureau_id:
        active = active.filter(bureau_id=bureau_id)
    made = 0
    bureaus = sorted(set(active.order_by().values_list("bureau_id", flat=True).distinct()))
    for n, bureau in enumerate(bureaus):
        if n % BATCH_BUREAUS == 0:
            packs.read_ahead(bureaus[n : n + BATCH_BUREAUS])
        for batch in count():
            with transaction.atomic():
                if not hot.alone(bureau, wait=False):
                    break
                if batch == 0 and keep_calendar(SYSTEM, at, bureau_id=bureau):
                    made += renew_duties(SYSTEM, at, bureau_id=bureau, excuse="校历有调整")
                if duties := reads.duties_behind(bureau, today, today + AHEAD, most=BATCH_DUTIES):
                    made += hot.sow(plan_of(bureau, duties, at, new_only=True))
                    hot.mark_sown(duties, today + AHEAD)
            if len(duties) < BATCH_DUTIES:
                break
    return made


def renew_duties(
    by: Actor, at: datetime, *, bureau_id: UUID, duties: Sequence[Duty] | None = None, excuse: str = "", why: str = "",
    school_id: UUID | None = None, are_new: bool = False,
) -> int:  # fmt: skip
    """Make the open tasks of a bureau (of these duties, of this school) what the rules now say; how many are new.

    *excuse* is the reason when the calendar took the day away, *why* when units are others; see ``hot.renew``. Duties that *are_new* have none yet.
    """
    with transaction.atomic():
        hot.alone(bureau_id, wait=True)
        chosen = duties
        if chosen is None:
            chosen = list(Duty.objects.filter(bureau_id=bureau_id, is_active=True).order_by("id"))
        made = 0
        for start in range(0, len(chosen), BATCH_DUTIES):
            batch = chosen[start : start + BATCH_DUTIES]
            asked = plan_of(bureau_id, [duty for duty in batch if duty.is_active], at, school_id=school_id)
            if are_new:
                made += hot.sow(asked)
                continue
            done = hot.renew(asked, [duty.pk for duty in batch], at, excuse=excuse, why=why, school_id=school_id)
            _state(by, at, done.excused, "duties.task_excused", lambda task: {"reason": task.note})
            made += done.made
            horizon = timezone.localdate(at) + AHEAD
            hot.mark_sown(
                [one for one in batch if school_id in (None, one.school_id) and one.sown_to != horizon], horizon
            )
        return made


def follow_colours(at: datetime) -> int:
    """Renew the duties whose scope names colours where something bears another colour than last time; how many tasks are new.

    A process that has looked renews nothing until a colour changes.
    """
    made = 0
    duties: dict[UUID, list[Duty]] = {}
    for duty in Duty.objects.filter(is_active=True, scope__has_key="colours").order_by("id"):
        duties.setdefault(duty.bureau_id, []).append(duty)
    for bureau_id, theirs in duties.items():
        with transaction.atomic():
            seen = colours.pairs(bureau_id)
            if _coloured.get(bureau_id) == seen:
                continue
            made += renew_duties(SYSTEM, at, bureau_id=bureau_id, duties=theirs, why="风险颜色变了，不再要求")
            transaction.on_commit(lambda found=(bureau_id, seen): _coloured.update([found]))  # type: ignore[misc]
    return made


_coloured: dict[UUID, frozenset[tuple[str, str]]] = {}


def miss_over(at: datetime, *, batch: int = BATCH_MISSED) -> int:
    """Mark every open task whose grace is over as missed, with its fact; returns how many."""
    missed = 0
    over = Task.objects.filter(state="open", closes_at__lte=at).order_by()
    for bureau_id in list(over.values_list("bureau_id", flat=True).distinct()):
        while True:
            with transaction.atomic():
                gone = hot.miss(bureau_id, at, batch)
                _state(SYSTEM, at, gone, "duties.task_missed", lambda task: {})
            missed += len(gone)
            if len(gone) < batch:
                break
    return missed


def _state(
    by: Actor, at: datetime, tasks: Sequence[UUID], name: str, more: Callable[[Task], Mapping[str, Any]]
) -> None:
    if tasks:
        rows = Task.objects.filter(pk__in=tasks).annotate(code=F("duty__code")).order_by("due_at", "id")
        record_many(((row, {**facts_of(row, row.code), **more(row)}) for row in rows), name, by=by, at=at)


def facts_of(task: Task, code: str) -> dict[str, Any]:
    """What every fact about a task says (see ``events``)."""
    return {
        "duty": task.duty_id, "code": code, "act": task.act, "subject": task.subject_id, "title": task.title,
        "org": task.org_id, "on": task.on, "slot": task.slot, "post": task.post, "assignee": task.assignee_id,
        "due_at": task.due_at,
    }  # fmt: skip
