"""Reading duties: what is open for me, lists, one task, the calendar, minutes."""

from __future__ import annotations

import time
from collections.abc import Collection
from datetime import date, datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from bihuan.engines.duties.calendar import Calendar, Day
from bihuan.engines.duties.models import Task
from bihuan.engines.duties.planning import calendar_for
from bihuan.engines.duties.rules import ACTS
from bihuan.engines.responsibility import queries as net
from bihuan.foundation import clock, packs
from bihuan.foundation.actors import SYSTEM, Actor

MOST_OPEN = 200
_LINE = (
    "id", "duty_id", "org_id", "school_id", "on", "slot", "act", "subject_id", "title", "post", "assignee_id", "opens_at",
    "due_at", "closes_at", "state",
)  # fmt: skip


# --- the calendar -----------------------------------------------------------------------------------------------------


def calendar_of(bureau_id: UUID, school_id: UUID | None = None, stage: str = "", *, on: date | None = None) -> Calendar:
    """The calendar by which a bureau, one of its stages, or a school lives."""
    stages: Collection[str] = (stage,) if stage else ()
    if school_id and not stage:
        found = net.units(SYSTEM).filter(pk=school_id).values_list("stages", "kind").first()
        stages = (found[0] or [found[1]]) if found else ()
    return calendar_for(bureau_id, on or timezone.localdate(clock.now()), school_id=school_id, stages=stages)


def day_kind(bureau_id: UUID, school_id: UUID | None, stage: str, on: date) -> str:
    """What kind of day it is there (``calendar.KINDS``); empty when the calendar does not reach that date."""
    calendar = calendar_of(bureau_id, school_id, stage, on=on)
    return calendar[on].kind if on in calendar else ""


def school_days(bureau_id: UUID, school_id: UUID | None, stage: str, first: date, last: date) -> list[date]:
    """The dates of a span on which pupils are at school."""
    return calendar_of(bureau_id, school_id, stage, on=first).school_days(first, last)


def day_of(bureau_id: UUID, school_id: UUID | None, stage: str, on: date) -> Day | None:
    """The day with its term and week, as far as the calendar reaches."""
    return calendar_of(bureau_id, school_id, stage, on=on).get(on)


# --- what is open for me ----------------------------------------------------------------------------------------------


def open_tasks(
    viewer: Actor, at: datetime, *, acts: Collection[str] | None = None, days: int = 2, most: int = MOST_OPEN
) -> list[dict[str, Any]]:
    """The viewer's own open tasks that begin within *days*, soonest due first: one statement, flat in the history.

    Rows as dicts: the columns of the task, ``org_name``, ``post_name``, ``act_word``, ``is_open_now``, ``nil_allowed``.
    """
    mine = own_tasks(viewer)
    if mine is None:
        return []
    rows = Task.objects.filter(mine, state="open", opens_at__lt=at + timedelta(days=days), closes_at__gt=at)
    if acts is not None:
        rows = rows.filter(act__in=list(acts))
    found = list(
        rows.order_by("due_at", "id").values(*_LINE, "org__name", "org__short_name", "bureau_id", "duty__nil")[:most]
    )
    return [_line(row, at) for row in found]


def _line(row: dict[str, Any], at: datetime) -> dict[str, Any]:
    short, name, nil_allowed = row.pop("org__short_name"), row.pop("org__name"), row.pop("duty__nil")
    posts = packs.entries(row.pop("bureau_id"), "posts")
    return {
        **row,
        "org_name": short or name,
        "post_name": posts.get(row["post"], {}).get("name", row["post"]),
        "act_word": ACTS[row["act"]],
        "is_open_now": row["opens_at"] <= at,
        "nil_allowed": nil_allowed,
    }


def own_tasks(viewer: Actor) -> Q | None:
    """Tasks that are the viewer's to do: named to them, or to any holder of a post that they hold there."""
    parts = []
    for hold in viewer.holds:
        here = _inside(hold)
        if here is not None:
            parts.append(here & (Q(assignee_id=viewer.id) | Q(assignee_id__isnull=True, post=hold.post)))
    return reduce(or_, parts) if parts else None


def _inside(hold: Any) -> Q | None:
    if hold.level in ("school", "bureau", "city", "province"):
        return Q(**{f"{hold.level}_id": hold.org_id})
    if hold.level == "path":
        school_id, bureau_id = _home_of(hold.org_id)
        from bihuan.foundation.scoping import under

        return (Q(school_id=school_id) if school_id else Q(bureau_id=bureau_id)) & under(hold.path)
    return None


_FRESH_SECONDS = 300.0
_homes: dict[UUID, tuple[float, tuple[UUID | None, UUID | None]]] = {}


def _home_of(org_id: UUID) -> tuple[UUID | None, UUID | None]:
    """School and bureau of an area or office, so that a finer scope enters the index of its school; rarely changes."""
    kept = _homes.get(org_id)
    if kept is None or time.monotonic() - kept[0] > _FRESH_SECONDS:
        found = net.units(SYSTEM).filter(pk=org_id).values_list("school_id", "bureau_id").first() or (None, None)
        if len(_homes) > 10_000:
            _homes.clear()
        kept = _homes[org_id] = (time.monotonic(), found)
    return kept[1]
