"""What is due and what was walked: a day by school, and a week route by route."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from bihuan.engines.duties.tallies import due_page, tally
from bihuan.engines.responsibility import queries as net
from bihuan.foundation import clock
from bihuan.foundation.actors import Actor
from bihuan.foundation.pages.keyset import Page
from bihuan.mechanisms.patrols import rules
from bihuan.mechanisms.patrols.models import Round, Route

STATES = ("open", "done", "late", "missed", "excused")
MOST_ROUTES = 400


def day_of(text: str, at: datetime) -> date:
    """The day that an address asks for; today when it asks for none or for nonsense."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return timezone.localdate(at)
    return day if 2000 <= day.year <= 2100 else timezone.localdate(at)


def span_of(first: date, days: int = 1) -> tuple[datetime, datetime]:
    """From the first midnight of some days to the last, by the school's clock."""
    return clock.midnight(first), clock.midnight(first + timedelta(days=days))


def school_among(viewer: Actor, text: str) -> tuple[UUID | None, list[tuple[str, str]]]:
    """The school that an address asks for, if the viewer has it, and the menu of those they have."""
    schools = net.school_choices(viewer)
    if len(schools) == 1:
        return UUID(schools[0][0]), schools
    return next((UUID(pk) for pk, _ in schools if pk == text), None), schools


@dataclass(frozen=True)
class Line:
    """One round that is due: the task, what became of it in words, and the walk that did it (or its parts so far)."""

    task: Mapping[str, Any]
    state: str
    urgent: bool
    round: Round | None
    parts: Sequence[Round]
    noticed: int

    @property
    def window(self) -> str:
        """``07:00–08:00``; with days when it is longer than one."""
        opens, ends = (timezone.localtime(self.task[name]) for name in ("opens_at", "due_at"))
        if ends - opens > timedelta(hours=24):
            return f"{opens:%m-%d} 至 {ends:%m-%d}"
        if ends - opens > timedelta(hours=23):
            return "全天"
        return f"{opens:%H:%M}–{'次日 ' if ends.date() > opens.date() else ''}{ends:%H:%M}"

    @property
    def walked(self) -> tuple[int, int] | None:
        """How many of how many stops are accounted for by the parts of a round that goes on."""
        if self.round is not None or not self.parts:
            return None
        return len({stop for part in self.parts for stop in part.covered}), self.parts[0].stops_count


@dataclass(frozen=True)
class Day:
    """The page of a day."""

    on: date
    lines: list[Line]
    page: Page
    counts: list[tuple[str, str, int]]
    school_id: UUID | None
    schools: list[tuple[str, str]]
    may_set: bool
    may_export: bool

    @property
    def before(self) -> str:
        """The day before, as an address says it."""
        return (self.on - timedelta(days=1)).isoformat()

    @property
    def after(self) -> str:
        """The day after."""
        return (self.on + timedelta(days=1)).isoformat()


def today(viewer: Actor, given: Mapping[str, str], *, at: datetime) -> Day:
    """The rounds that are due on a day inside the viewer's net, and what became of each."""
    on = day_of(given.get("day", ""), at)
    since, until = span_of(on)
    school_id, schools = school_among(viewer, given.get("school", ""))
    chosen = [school_id] if school_id else []
    state = given.get("state", "")
    counted: Counter[str] = Counter()
    for one in tally(viewer, act="patrol", since=since, until=until, school_ids=chosen, running=True):
        counted[one.state] += one.count
    found = due_page(
        viewer, act="patrol", since=since, until=until, school_ids=chosen, states=[state] if state in STATES else [],
        cursor=given.get("cursor", ""),
    )  # fmt: skip
    return Day(
        on=on,
        lines=lines_of(viewer, found.rows, at),
        page=found,
        counts=[
            (code, rules.TASK_STATES[code], counted[code]) for code in STATES if counted[code] or code != "excused"
        ],
        school_id=school_id,
        schools=schools,
        may_set=viewer.may_anywhere("manage-risks"),
        may_export=viewer.may_anywhere("export"),
    )


def lines_of(viewer: Actor, tasks: Sequence[Mapping[str, Any]], at: datetime) -> list[Line]:
    """Tasks with the walks that did them, and with the parts that were walked of those still open: one statement."""
    rounds = (
        Round.objects.visible_to(viewer).filter(task_id__in=[task["id"] for task in tasks]).order_by("ended_at", "id")
    )
    parts: dict[UUID, list[Round]] = defaultdict(list)
    for row in rounds.defer("checks", "note") if tasks else ():
        parts[row.task_id].append(row)
    found = []
    for task in tasks:
        walks = parts[task["id"]]
        did = next((row for row in walks if row.pk == task["ref_id"]), None)
        shown = [row for row in walks if sees_signals(viewer, row)]
        state = rules.due_word(task["state"], task["opens_at"], task["due_at"], at)
        urgent = task["state"] == "missed" or (task["state"] == "open" and task["due_at"] < at)
        found.append(Line(task, state, urgent, did, walks, sum(len(row.signals) for row in shown)))
    return found


def sees_signals(viewer: Actor, row: Round) -> bool:
    """Signals are for the person concerned and for those who watch over the school."""
    return row.by_id == viewer.id or viewer.is_system or any(
        "see-net" in hold.acts and hold.covers(row) for hold in viewer.holds
    )  # fmt: skip


@dataclass(frozen=True)
class Share:
    """How many rounds of one route (or one school) were due in a week, and what became of them; open ones not counted."""

    name: str
    link: str
    due: int
    walked: int
    late: int
    missed: int
    excused: int
    waiting: int

    @property
    def percent(self) -> int | None:
        """Rounds walked of those due, rounded down: 99.6 % is not all."""
        return self.walked * 100 // self.due if self.due else None


@dataclass(frozen=True)
class Week:
    """Coverage of a week: by route at a school, by school for a bureau."""

    monday: date
    shares: list[Share]
    whole: Share
    school_id: UUID | None
    schools: list[tuple[str, str]]
    cut: bool = False

    @property
    def sunday(self) -> date:
        """The last day."""
        return self.monday + timedelta(days=6)

    @property
    def before(self) -> str:
        """The week before, as an address says it."""
        return (self.monday - timedelta(days=7)).isoformat()

    @property
    def after(self) -> str:
        """The week after."""
        return (self.monday + timedelta(days=7)).isoformat()


def week(viewer: Actor, given: Mapping[str, str], *, at: datetime) -> Week:
    """Rounds walked against rounds due in a week: each route of a school, or each school of the viewer's net."""
    day = day_of(given.get("week", ""), at)
    monday = day - timedelta(days=day.weekday())
    since, until = span_of(monday, 7)
    school_id, schools = school_among(viewer, given.get("school", ""))
    counted = tally(viewer, act="patrol", since=since, until=until, school_ids=[school_id] if school_id else [])
    names, order = _named(viewer, school_id, schools)
    by_key: dict[UUID | None, Counter[str]] = defaultdict(Counter)
    for one in counted:
        by_key[one.subject_id if school_id else one.school_id][one.state] += one.count
    for key in order:
        by_key.setdefault(key, Counter())
    shares = [
        _share(names.get(key, "已停用的路线") if key else "", key, states, monday, school_id)
        for key, states in by_key.items()
        if key is not None
    ]
    shares.sort(key=lambda one: (one.percent if one.percent is not None else 101, one.name))
    total: Counter[str] = Counter()
    for states in by_key.values():
        total.update(states)
    return Week(
        monday,
        shares[:MOST_ROUTES],
        _share("合计", None, total, monday, school_id),
        school_id,
        schools,
        len(shares) > MOST_ROUTES,
    )


def _named(
    viewer: Actor, school_id: UUID | None, schools: Sequence[tuple[str, str]]
) -> tuple[dict[UUID | None, str], list[UUID]]:
    if school_id is None:
        return {UUID(pk): name for pk, name in schools}, [UUID(pk) for pk, _ in schools]
    routes = Route.objects.visible_to(viewer).filter(school_id=school_id).order_by("name", "id")
    rows = list(routes.values_list("pk", "name", "is_active", "duty_id")[:MOST_ROUTES])
    return {pk: name for pk, name, _, _ in rows}, [pk for pk, _, active, duty in rows if active and duty]


def _share(name: str, key: UUID | None, states: Counter[str], monday: date, school_id: UUID | None) -> Share:
    link = ""
    if key:
        link = (
            f"/patrols/rounds/?route={key}" if school_id else f"/patrols/week/?week={monday.isoformat()}&school={key}"
        )
    walked = states["done"] + states["late"]
    return Share(
        name, link, walked + states["missed"], walked, states["late"], states["missed"], states["excused"], states["open"]
    )  # fmt: skip
