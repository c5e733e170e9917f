"""Reading duties: what is open for me, lists, one task, the calendar, minutes."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.db.models import Q, Sum
from django.utils import timezone

from bihuan.engines.duties import rules
from bihuan.engines.duties.calendar import DAY, KINDS, Calendar, Day, merged, monday_of
from bihuan.engines.duties.models import CalendarDay, Duty, Minutes, Task
from bihuan.engines.duties.planning import calendar_for, pack_days
from bihuan.engines.duties.rules import ACTS, STATES
from bihuan.engines.responsibility import queries as net
from bihuan.engines.sheets import queries as sheets
from bihuan.engines.sheets.rules import STAGES, applicable, stages_of
from bihuan.foundation import clock, packs
from bihuan.foundation.actors import SYSTEM, Actor, Hold
from bihuan.foundation.pages.keyset import Page, page
from bihuan.foundation.refusals import Refusal
from bihuan.foundation.scoping import under

MOST_OPEN = 200
_LINE = (
    "id", "duty_id", "org_id", "school_id", "bureau_id", "on", "slot", "act", "subject_id", "title", "post", "assignee_id",
    "opens_at", "due_at", "closes_at", "state",
)  # fmt: skip
_ENDED = ("done_at", "done_by_name", "backfilled", "nil", "note", "via_id")
_NAMES = ("org__name", "org__short_name", "duty__nil")


# --- the calendar -----------------------------------------------------------------------------------------------------


def calendar_of(bureau_id: UUID, school_id: UUID | None = None, stage: str = "", *, on: date | None = None) -> Calendar:
    """The calendar by which a bureau, one of its stages, or a school lives."""
    return calendar_for(
        bureau_id, on or timezone.localdate(clock.now()), school_id=school_id, stages=_stages(school_id, stage)
    )


def _stages(school_id: UUID | None, stage: str) -> Collection[str]:
    if stage or not school_id:
        return (stage,) if stage else ()
    found = net.units(SYSTEM).filter(pk=school_id).values_list("stages", "kind").first()
    return (found[0] or [found[1]]) if found else ()


def day_of(bureau_id: UUID, school_id: UUID | None, stage: str, on: date) -> Day | None:
    """One day with its term and week, as far as the calendar reaches: what ``calendar_of`` says, read as three rows."""
    rows = CalendarDay.objects.filter(bureau_id=bureau_id, on=on, org_id__in=[bureau_id, school_id or bureau_id])
    found = {
        (org_id, of): Day(on, *said)
        for org_id, of, *said in rows.values_list("org_id", "stage", "kind", "term", "week_no", "name")
    }
    known_since = min(on, timezone.localdate(clock.now()))
    common = found.get((bureau_id, "")) or Calendar(pack_days(bureau_id, known_since)).get(on)
    if school_id and (own := found.get((school_id, ""))):
        return own
    if common is None:
        return None
    stages = stages_of(_stages(school_id, stage)) if len(found) > 1 else set()
    return merged([[found.get((bureau_id, one), common)] for one in stages or {""}])[0]


def day_kind(bureau_id: UUID, school_id: UUID | None, stage: str, on: date) -> str:
    """What kind of day it is there (``calendar.KINDS``); empty when the calendar does not reach that date."""
    day = day_of(bureau_id, school_id, stage, on)
    return day.kind if day else ""


def school_days(bureau_id: UUID, school_id: UUID | None, stage: str, first: date, last: date) -> list[date]:
    """The dates of a span on which pupils are at school."""
    return calendar_of(bureau_id, school_id, stage, on=first).school_days(first, last)


@dataclass(frozen=True)
class Month:
    """A month of the calendar page: weeks of days from Monday to Sunday (``None`` outside the known days)."""

    first: date
    weeks: list[tuple[int, list[Day | None]]]


@dataclass(frozen=True)
class CalendarPage:
    """A term as months, what was set by people, and what the viewer may change."""

    org: Any
    stage: str
    terms: list[dict[str, Any]]
    term: str
    months: list[Month]
    school_day_count: int
    set_days: list[dict[str, Any]]
    known_to: date
    may_set: bool

    @property
    def set_on(self) -> set[date]:
        """The dates that were set by people."""
        return {one["on"] for one in self.set_days}

    @property
    def term_choices(self) -> list[tuple[str, str]]:
        """The terms for a menu."""
        return [(one["code"], f"{one['first'].year}年{one['name']}") for one in self.terms]


def calendar_page(viewer: Actor, *, org_id: UUID | None, stage: str = "", term: str = "") -> CalendarPage:
    """The calendar of a school or a bureau in the viewer's net, one term; ``foundation.not_found`` outside it.

    Statements: the unit, its days, what was set by people.
    """
    org = net.org(viewer, org_id or _own_place(viewer))
    if org.pk not in (org.bureau_id, org.school_id) or (stage and stage not in STAGES):
        raise Refusal("foundation.not_found")
    today = timezone.localdate(clock.now())
    calendar = calendar_of(org.bureau_id, org.school_id, stage, on=today)
    names = {one["code"]: one["name"] for one in _terms(org.bureau_id)}
    terms = [{"code": c, "name": names.get(c, c), "first": f, "last": t} for c, f, t in calendar.terms]
    chosen = next((one for one in terms if one["code"] == term), None) or next(
        (one for one in terms if one["last"] >= today), terms[-1] if terms else None
    )
    first, last = (chosen["first"], chosen["last"]) if chosen else (today, today + 120 * DAY)
    rows = CalendarDay.objects.filter(bureau_id=org.bureau_id, origin="set", on__gte=first, on__lte=last)
    places = {org.bureau_id, org.pk}
    said = rows.filter(org_id__in=places, stage__in={"", stage}).order_by("on", "stage")
    set_days = [
        {**one, "word": KINDS[one["kind"]], "stage_word": STAGES.get(one["stage"], "")}
        for one in said.values("org_id", "stage", "on", "kind", "name", "by_name")[:100]
    ]
    return CalendarPage(
        org, stage, terms, chosen["code"] if chosen else "", list(_months(calendar, first, last)),
        len(calendar.school_days(first, last)), set_days, calendar.last, may_set_days(viewer, org),
    )  # fmt: skip


def days_between(viewer: Actor, *, org_id: UUID | None, stage: str, first: date, last: date) -> Sequence[Day]:
    """The days of a school or a bureau in the viewer's net, as far as they are known; ``foundation.not_found`` outside."""
    first, last = net.sensible_day(first), net.sensible_day(last)
    org = net.org(viewer, org_id or _own_place(viewer))
    if stage and stage not in STAGES:
        raise Refusal("foundation.not_found")
    return calendar_of(org.bureau_id, org.school_id, stage, on=min(first, timezone.localdate(clock.now()))).between(
        first, last
    )


def may_set_days(viewer: Actor, org: Any) -> bool:
    """Whether the viewer may change the calendar of a bureau or a school."""
    return viewer.may("manage-sheets", org) or bool(org.school_id and viewer.may("sign-for-school", org))


def _own_place(viewer: Actor) -> UUID:
    hold = next((one for one in viewer.holds if one.level == "bureau"), None) or next(
        (one for one in viewer.holds if one.level == "school"), None
    )
    if hold:
        return hold.org_id
    homes = [home for one in viewer.holds if one.level == "path" for home in _home_of(one.org_id) if home]
    if homes:
        return homes[0]
    raise Refusal("foundation.not_found")


def _terms(bureau_id: UUID) -> list[Mapping[str, Any]]:
    data = packs.entries(bureau_id, "calendar").get("default", {})
    return [term for year in data.get("school_years", ()) for term in year["terms"]]


def _months(calendar: Calendar, first: date, last: date) -> Any:
    start = first.replace(day=1)
    while start <= last:
        end = (start + 31 * DAY).replace(day=1) - DAY
        weeks = []
        for n in range(0, (end - monday_of(start)).days + 1, 7):
            monday = monday_of(start) + n * DAY
            days = [monday + k * DAY for k in range(7)]
            found = [calendar.get(day) if start <= day <= end else None for day in days]
            weeks.append((next((day.week_no for day in found if day and day.week_no), 0), found))
        yield Month(start, weeks)
        start = end + DAY


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
    # an open task is due at the end of the history: the bound on due_at lets the index start there
    rows = Task.objects.filter(
        mine, state="open", due_at__gt=at - timedelta(days=31), opens_at__lt=at + timedelta(days=days)
    )
    rows = rows.filter(closes_at__gt=at)
    if acts is not None:
        rows = rows.filter(act__in=list(acts))
    return [_line(row, at) for row in rows.order_by("due_at", "id").values(*_LINE, *_NAMES)[:most]]


def tasks_to_do(
    viewer: Actor, *, org_id: UUID, codes: Collection[str], at: datetime | None = None, on: date | None = None
) -> list[Task]:
    """The undone tasks of these duties at a unit that run at a moment (or belong to a date), for an act that does them."""
    rows = Task.objects.visible_to(viewer).filter(
        org_id=org_id, duty__code__in=list(codes), state__in=("open", "missed")
    )
    if at is not None:
        rows = rows.filter(opens_at__lte=at, closes_at__gte=at)
    if on is not None:
        rows = rows.filter(on=on)
    return list(rows.select_related("duty").order_by("due_at", "id"))


def _line(row: dict[str, Any], at: datetime) -> dict[str, Any]:
    short, name, nil_allowed = row.pop("org__short_name"), row.pop("org__name"), row.pop("duty__nil")
    posts = packs.entries(row.pop("bureau_id"), "posts")
    return {
        **row,
        "org_name": short or name,
        "post_name": posts.get(row["post"], {}).get("name", row["post"]),
        "act_word": ACTS[row["act"]],
        "nil_allowed": nil_allowed,
        "state_word": STATES[row["state"]],
        "is_open": row["state"] == "open",
        "is_open_now": row["opens_at"] <= at and row["state"] == "open",
    }


def own_tasks(viewer: Actor) -> Q | None:
    """Tasks that are the viewer's to do: named to them, or to any holder of a post that they hold there."""
    parts = []
    for hold in viewer.holds:
        here = _inside(hold)
        if here is not None:
            parts.append(here & (Q(assignee_id=viewer.id) | Q(assignee_id__isnull=True, post=hold.post)))
    return reduce(or_, parts) if parts else None


def _seen(viewer: Actor) -> Any:
    """Every task in the viewer's net, by columns that an index begins with."""
    if viewer.is_system:
        return Task.objects.all()
    parts = [here for hold in viewer.holds if (here := _inside(hold)) is not None]
    return Task.objects.filter(reduce(or_, dict.fromkeys(parts))) if parts else Task.objects.none()


def _inside(hold: Hold) -> Q | None:
    if hold.level == "path":
        school_id, bureau_id = _home_of(hold.org_id)
        return (Q(school_id=school_id) if school_id else Q(bureau_id=bureau_id)) & under(hold.path)
    return None if hold.level == "party" else Q(**{f"{hold.level}_id": hold.org_id})


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
        _seen(viewer)
        if only.whose != "mine"
        else Task.objects.filter(mine)
        if mine is not None
        else Task.objects.none()
    )
    if only.school:
        rows = rows.filter(school_id=only.school)
    if only.state and only.state != "any":
        rows = rows.filter(state=only.state)
    if only.act:
        rows = rows.filter(act=only.act)
    if only.on:
        start = timezone.make_aware(datetime.combine(net.sensible_day(only.on), datetime.min.time()))
        rows = rows.filter(due_at__gte=start, due_at__lt=start + DAY)
    midnight = timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0) + DAY
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
    found = page(rows.values(*_LINE, *_ENDED, *_NAMES), order=order, cursor=cursor, size=size)
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


def task_view(viewer: Actor, pk: UUID, at: datetime) -> TaskView:
    """One task in the viewer's net, or ``foundation.not_found``."""
    task: Task = _seen(viewer).select_related("duty", "org").filter(pk=pk).first()
    if task is None:
        raise Refusal("foundation.not_found")
    row = {name: getattr(task, name) for name in (*_LINE, *_ENDED)}
    names = {"org__name": task.org.name, "org__short_name": task.org.short_name, "duty__nil": task.duty.nil}
    line = _line({**row, **names}, at)
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
        Asked(i.code, i.kind, f"{i.code} {i.title}{f'（{i.unit}）' if i.unit else ''}", i.standard, i.options)
        for i in version.content.items if i.code in codes
    ]  # fmt: skip
    return items, [], version.title


def _not_now(viewer: Actor, task: Task, at: datetime, locks: datetime, mine: bool) -> str:
    """Why the viewer may not do it now; empty when they may."""
    if task.state not in ("open", "missed"):
        return f"已经{STATES[task.state]}"
    if not (mine or viewer.may("assign", task)):
        return "这件事由别的岗位办理"
    if task.opens_at > at:
        return f"{timezone.localtime(task.opens_at):%m-%d %H:%M} 开始"
    return f"{timezone.localtime(locks):%m-%d %H:%M} 已锁定" if at > locks else ""


# --- duties -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DutyLine:
    """A duty as a list shows it: its rule, units and post in words."""

    duty: Duty
    rule: str
    windows: str
    whom: str
    post_name: str


def duties(viewer: Actor) -> list[DutyLine]:
    """The duties in force for the viewer's bureau and schools: the bureau's first, one statement."""
    wide = [hold for hold in viewer.holds if hold.level in ("bureau", "city", "province")]
    places = Q()
    for hold in viewer.holds:
        if (here := _inside(hold)) is not None:
            places |= here
    if not places and not viewer.is_system:
        return []
    bureaus = {viewer.bureau_id, *(hold.org_id for hold in wide)}
    rows = Duty.objects.filter(is_active=True).filter(places | Q(bureau_id__in=bureaus, school_id__isnull=True))
    return [_duty_line(row) for row in rows.select_related("org").order_by("path", "code")[:300]]


def _duty_line(duty: Duty) -> DutyLine:
    posts, kinds = packs.entries(duty.bureau_id, "posts"), net.unit_kinds(duty.bureau_id)
    windows = rules.windows_of(duty.windows) if duty.windows else ()
    times = "、".join(f"{one.name}{one.since:%H:%M}–{one.until:%H:%M}" for one in windows)
    scope = rules.scope_of(duty.scope)
    whom = [STAGES.get(one, one) for one in scope.stages] + [kinds[one].name for one in scope.kinds if one in kinds]
    where = str(duty.org) if duty.org_id != duty.bureau_id else "、".join(whom) or "各校（园）"
    name = posts.get(duty.post, {}).get("name", duty.post)
    return DutyLine(duty, rules.in_words(rules.cadence_of(duty.cadence)), times, where, name)


# --- minutes ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Burden:
    """What a post cost in a week: acts, minutes in all, and by action."""

    post: str
    name: str
    count: int
    minutes: int
    actions: tuple[tuple[str, int, int], ...]


def minutes(viewer: Actor, *, week: date, org_id: UUID | None = None) -> list[Burden]:
    """Minutes by post in a week (its Monday) inside the viewer's net, the dearest first; for those who see the net."""
    net.require_net(viewer)
    rows = Minutes.objects.visible_to(viewer).filter(week=week)
    if org_id:
        rows = rows.filter(under(net.org(viewer, org_id).path))
    found: dict[str, list[tuple[str, int, int]]] = {}
    summed = rows.values("post", "action").annotate(times=Sum("count"), seconds_in_all=Sum("seconds"))
    for row in summed.order_by("post", "action"):
        found.setdefault(row["post"], []).append((row["action"], row["times"], row["seconds_in_all"]))
    posts = packs.entries(viewer.bureau_id, "posts")
    return sorted((_burden(post, actions, posts) for post, actions in found.items()), key=lambda one: -one.minutes)


def _burden(post: str, actions: Sequence[tuple[str, int, int]], posts: Mapping[str, Any]) -> Burden:
    return Burden(
        post, posts.get(post, {}).get("name", post), sum(times for _, times, _ in actions),
        round(sum(seconds for *_, seconds in actions) / 60),
        tuple((action, times, round(seconds / 60)) for action, times, seconds in actions),
    )  # fmt: skip


KIND_WORDS = KINDS
"""The kinds of days, for menus and the legend of the calendar."""
