"""Tasks: what is open for me, lists, one task."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.utils import timezone

from bihuan.engines.duties import rules
from bihuan.engines.duties.calendar import DAY
from bihuan.engines.duties.models import Task
from bihuan.engines.duties.rules import ACTS, STATES
from bihuan.engines.responsibility import queries as net
from bihuan.engines.sheets import queries as sheets
from bihuan.engines.sheets.rules import applicable
from bihuan.foundation import clock, packs
from bihuan.foundation.actors import SYSTEM, Actor, Hold
from bihuan.foundation.pages.keyset import Page, page
from bihuan.foundation.refusals import Refusal
from bihuan.foundation.scoping import within

MOST_OPEN = 200
_LINE = (
    "id", "duty_id", "org_id", "school_id", "bureau_id", "on", "slot", "act", "subject_id", "title", "post", "assignee_id",
    "opens_at", "due_at", "closes_at", "state",
)  # fmt: skip
_ENDED = ("done_at", "done_by_name", "backfilled", "nil", "note", "via_id")
_BESIDE = {
    "org_name": RawSQL(
        "SELECT COALESCE(NULLIF(short_name, ''), name) FROM responsibility_org WHERE id = duties_task.org_id", ()
    ),
    "nil_allowed": RawSQL(
        "SELECT nil FROM duties_duty WHERE id = duties_task.duty_id", (), output_field=models.BooleanField()
    ),
}
"""Looked up for the rows that are shown. A join could be begun from the duties when their statistics are old, and read
every task of theirs."""


def open_tasks(
    viewer: Actor, at: datetime, *, acts: Collection[str] | None = None, days: int = 2, most: int = MOST_OPEN
) -> list[dict[str, Any]]:
    """The viewer's own open tasks that begin within *days*, soonest due first: one statement, flat in the history.

    Rows as dicts: the columns of the task, ``org_name``, ``post_name``, ``act_word``, ``is_open_now``, ``nil_allowed``.
    """
    mine = own_tasks(viewer)
    if mine is None:
        return []
    # an open task is due at the end of the history: the bound on due_at lets the index start there
    rows = Task.objects.filter(
        mine, state="open", due_at__gt=at - timedelta(days=31), opens_at__lt=at + timedelta(days=days)
    )
    rows = rows.filter(closes_at__gt=at)
    if acts is not None:
        rows = rows.filter(act__in=list(acts))
    return [_line(row, at) for row in rows.order_by("due_at", "id").values(*_LINE, **_BESIDE)[:most]]


def tasks_to_do(
    viewer: Actor, *, org_id: UUID, codes: Collection[str], at: datetime | None = None, on: date | None = None,
    also_at: Collection[UUID] = (),
) -> list[Task]:  # fmt: skip
    """The undone tasks of these duties at a unit (and at others) that run at a moment (or belong to a date), for an act that
    does them."""
    rows = Task.objects.visible_to(viewer).filter(
        org_id__in={org_id, *also_at}, duty__code__in=list(codes), state__in=("open", "missed")
    )
    if at is not None:
        rows = rows.filter(opens_at__lte=at, closes_at__gte=at)
    if on is not None:
        rows = rows.filter(on=on)
    return list(rows.select_related("duty").order_by("due_at", "id"))


def _line(row: dict[str, Any], at: datetime) -> dict[str, Any]:
    posts = packs.entries(row.pop("bureau_id"), "posts")
    return {
        **row,
        "post_name": posts.get(row["post"], {}).get("name", row["post"]),
        "act_word": ACTS[row["act"]],
        "state_word": STATES[row["state"]],
        "is_open": row["state"] == "open",
        "is_open_now": row["opens_at"] <= at and row["state"] == "open",
    }


def own_tasks(viewer: Actor) -> Q | None:
    """Tasks that are the viewer's to do: named to them, or to any holder of a post that they hold there."""
    parts = []
    for hold in viewer.holds:
        here = inside(hold)
        if here is not None:
            parts.append(here & (Q(assignee_id=viewer.id) | Q(assignee_id__isnull=True, post=hold.post)))
    return reduce(or_, parts) if parts else None


def seen(viewer: Actor) -> Any:
    """Every task in the viewer's net, by columns that an index begins with."""
    if viewer.is_system:
        return Task.objects.all()
    parts = [here for hold in viewer.holds if (here := inside(hold)) is not None]
    return Task.objects.filter(reduce(or_, dict.fromkeys(parts))) if parts else Task.objects.none()


def inside(hold: Hold) -> Q | None:
    if hold.level == "path":
        school_id, bureau_id = home_of(hold.org_id)
        return (Q(school_id=school_id) if school_id else Q(bureau_id=bureau_id)) & within(hold)
    return None if hold.level == "party" else within(hold)


_FRESH_SECONDS = 300.0
_homes: dict[UUID, tuple[float, tuple[UUID | None, UUID | None]]] = {}


def home_of(org_id: UUID) -> tuple[UUID | None, UUID | None]:
    """School and bureau of an area or office, so that a finer scope enters the index of its school; rarely changes."""
    kept = _homes.get(org_id)
    if kept is None or time.monotonic() - kept[0] > _FRESH_SECONDS:
        found = net.units(SYSTEM).filter(pk=org_id).values_list("school_id", "bureau_id").first() or (None, None)
        if len(_homes) > 10_000:
            _homes.clear()
        kept = _homes[org_id] = (time.monotonic(), found)
    return kept[1]


# --- lists ------------------------------------------------------------------------------------------------------------

WHOSE = {"mine": "我的", "all": "本单位的"}
WHEN = {"ahead": "含以后八天", "today": "今天到期", "week": "七天内到期", "past": "已过期限"}
"""When a task is due; without a word an open list shows what begins today or has begun."""


@dataclass(frozen=True, slots=True)
class TaskFilter:
    """What of the tasks is shown: the words of the filter sentence as they stand in the address."""

    whose: str = "mine"
    state: str = "open"
    when: str = ""
    act: str = ""
    school: UUID | None = None
    on: date | None = None


def tasks_page(viewer: Actor, at: datetime, only: TaskFilter, *, cursor: str = "", size: int = 25) -> Page:
    """One page of tasks in the viewer's net: open ones soonest due first, ended ones newest first. One statement."""
    mine = own_tasks(viewer) if only.whose == "mine" else None
    rows = (
        seen(viewer) if only.whose != "mine" else Task.objects.filter(mine) if mine is not None else Task.objects.none()
    )
    if only.school:
        rows = rows.filter(school_id=only.school)
    if only.state and only.state != "any":
        rows = rows.filter(state=only.state)
    if only.act:
        rows = rows.filter(act=only.act)
    if only.on:
        start = clock.midnight(net.sensible_day(only.on))
        rows = rows.filter(due_at__gte=start, due_at__lt=start + DAY)
    midnight = clock.midnight(timezone.localdate(at)) + DAY
    if only.when == "today":
        rows = rows.filter(due_at__gte=midnight - DAY, due_at__lt=midnight)
    elif only.when == "week":
        rows = rows.filter(due_at__gte=midnight - DAY, due_at__lt=midnight + 6 * DAY)
    elif only.when == "past":
        rows = rows.filter(due_at__lt=at)
    if only.state == "open":
        rows = rows.filter(due_at__gt=at - timedelta(days=31))
        if not (only.when or only.on):
            rows = rows.filter(opens_at__lt=midnight)
    order = ("due_at", "id") if only.state == "open" else ("-due_at", "-id")
    found = page(rows.values(*_LINE, *_ENDED, **_BESIDE), order=order, cursor=cursor, size=size)
    return Page([_line(row, at) for row in found.rows], found.next)


def own_count(viewer: Actor, at: datetime) -> int:
    """How many tasks are open for the viewer now, at most a hundred."""
    mine = own_tasks(viewer)
    if mine is None:
        return 0
    rows = Task.objects.filter(mine, state="open", due_at__gt=at - timedelta(days=31), opens_at__lte=at)
    return len(rows.order_by()[:100].values_list("pk", flat=True))


# --- one task ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asked:
    """An item of the sheet as the form asks it."""

    code: str
    kind: str
    label: str
    standard: str
    options: tuple[str, ...]


@dataclass(frozen=True)
class TaskView:
    """One task with everything that its page shows: its rule, what else one act does, the sheet to fill, who may."""

    task: Task
    line: dict[str, Any]
    rule: str
    assignee: str
    also: list[Task]
    via: Task | None
    items: list[Asked]
    answers: list[Any]
    sheet_title: str
    not_now: str
    may_excuse: bool
    not_excuse: str
    locks_at: datetime

    @property
    def judged(self) -> bool:
        """Whether the sheet has items to be judged, which may be passed all at once."""
        return any(item.kind == "pass-fail" for item in self.items)


def task_view(viewer: Actor, pk: UUID, at: datetime) -> TaskView:
    """One task in the viewer's net, or ``foundation.not_found``."""
    task: Task = seen(viewer).select_related("duty", "org").filter(pk=pk).first()
    if task is None:
        raise Refusal("foundation.not_found")
    row = {name: getattr(task, name) for name in (*_LINE, *_ENDED)}
    line = _line({**row, "org_name": task.org.short_name or task.org.name, "nil_allowed": task.duty.nil}, at)
    also, via = _together(task)
    locks = task.closes_at + timedelta(days=task.duty.lock_days)
    items, answers, title = _sheet(viewer, task, at)
    mine = task.assignee_id == viewer.id or task.post in viewer.posts_at(task)
    return TaskView(
        task, line, rules.in_words(rules.cadence_of(task.duty.cadence)), _assignee(task, at), also, via, items, answers, title,
        _not_now(viewer, task, at, locks, mine), viewer.may("assign", task) and task.state in ("open", "missed"),
        "自己要办的事不能由自己批准免办" if task.assignee_id == viewer.id or (task.assignee_id is None and mine) else "", locks,
    )  # fmt: skip


def _together(task: Task) -> tuple[list[Task], Task | None]:
    """The tasks that this one's act did (or will do), and the task whose act did this one."""
    rows = Task.objects.filter(bureau_id=task.bureau_id, org_id=task.org_id)
    via = rows.filter(pk=task.via_id).first() if task.via_id else None
    if not task.duty.satisfies:
        return [], via
    if task.state in ("done", "late"):
        return list(rows.filter(via_id=task.pk, due_at__gte=task.opens_at).order_by("due_at")), via
    running = rows.filter(
        duty__code__in=task.duty.satisfies, state="open", opens_at__lte=task.due_at, closes_at__gte=task.opens_at
    )
    return list(running.order_by("due_at")), via


def _assignee(task: Task, at: datetime) -> str:
    if task.assignee_id is None:
        return ""
    held = net.holders(task.org, [task.post], on=timezone.localdate(at))[task.post]
    return next((row.user.name for row in held if row.user_id == task.assignee_id), "")


def _sheet(viewer: Actor, task: Task, at: datetime) -> tuple[list[Any], list[Any], str]:
    if task.act != "sheet" or not task.subject_id:
        return [], [], ""
    if task.state in ("done", "late"):
        if not task.ref_id or task.via_id:
            return [], [], ""
        kept = sheets.submission_held_by("duties", task.ref_id)
        content = sheets.version_for_filling(SYSTEM, kept.version_id).content
        return [], sheets.answers_in_words(content, kept.answers), content.title
    if task.state == "excused":
        return [], [], ""
    version = sheets.in_force(SYSTEM, task.subject_id, on=timezone.localdate(task.due_at))
    codes = set(applicable(version.content, task.org.stages or [task.org.kind], task.org.facets))
    items = [
        Asked(i.code, i.kind, f"{_number(i.code)}{i.title}{f'（{i.unit}）' if i.unit else ''}", i.standard, i.options)
        for i in version.content.items if i.code in codes
    ]  # fmt: skip
    return items, [], version.title


def _number(code: str) -> str:
    """The code of an item before its title where it is a number (08-06); a word is only the pack's."""
    return f"{code} " if code[:1].isdigit() else ""


def _not_now(viewer: Actor, task: Task, at: datetime, locks: datetime, mine: bool) -> str:
    """Why the viewer may not do it now; empty when they may."""
    if task.state not in ("open", "missed"):
        return f"已经{STATES[task.state]}"
    if not (mine or viewer.may("assign", task)):
        return "这件事由别的岗位办理"
    if task.opens_at > at:
        return f"{timezone.localtime(task.opens_at):%m-%d %H:%M} 开始"
    return f"{timezone.localtime(locks):%m-%d %H:%M} 已锁定" if at > locks else ""
