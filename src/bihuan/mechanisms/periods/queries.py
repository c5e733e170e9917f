"""Reading periods: which there are, who has answered on a day and who has not, days in numbers, what the desk says."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Case, F, IntegerField, Q, Value, When
from django.utils import timezone

from bihuan.engines.duties.rules import STATES as TASK_STATES
from bihuan.engines.duties.tallies import REPORTED, of_duties, tally_by_day
from bihuan.engines.responsibility import queries as net
from bihuan.foundation import clock, packs
from bihuan.foundation.actors import Actor
from bihuan.foundation.pages.keyset import Page, page
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.periods import rules
from bihuan.mechanisms.periods.models import Period
from bihuan.mechanisms.periods.pack import chapter_of

SHOWN_DAYS = 14
"""How many days the page of a period shows; the printed summary has all of them."""
WHOSE = {"bureau": "全局的", "school": "学校自己的"}
ANSWERS = {"waiting": rules.WAITING, "answered": rules.ANSWERED, "excused": ("excused",)}


def today() -> date:
    """The day it is."""
    return timezone.localdate(clock.now())


# --- periods ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """A period as lists and pages show it."""

    row: Period
    state: str

    @property
    def state_words(self) -> str:
        """The state in words; one that was ended early says so."""
        return "已解除" if self.row.ended_at and self.state == "over" else rules.STATES[self.state]

    @property
    def days(self) -> int:
        """How many days it lasts (0: it was called off before it began)."""
        return max(0, (self.row.ends_on - self.row.starts_on).days + 1)


def _line(row: Period, day: date) -> Line:
    return Line(row, rules.state_of(row.starts_on, row.ends_on, day))


def periods(viewer: Actor, *, state: str = "", whose: str = "", cursor: str = "", size: int = 25) -> Page:
    """The bureau's periods and those of the schools in the viewer's net, the latest first: all, or those of one of
    ``rules.STATES``, declared by the bureau or by schools (``WHOSE``)."""
    rows, day = Period.objects.visible_to(viewer).defer("duties"), today()
    if state in rules.STATES:
        rows = {
            "coming": rows.filter(starts_on__gt=day, ends_on__gte=F("starts_on")),
            "live": rows.filter(starts_on__lte=day, ends_on__gte=day),
            "over": rows.filter(Q(ends_on__lt=day) | Q(ends_on__lt=F("starts_on"))),
        }[state]
    if whose in WHOSE:
        rows = rows.filter(school_id__isnull=whose == "bureau")
    found = page(rows, order=("-starts_on", "id"), cursor=cursor, size=size)
    return Page([_line(row, today()) for row in found.rows], found.next)


def period(viewer: Actor, pk: UUID) -> Line:
    """One period, or ``foundation.not_found``."""
    return _line(Period.objects.all().seen(viewer, pk), today())


@dataclass(frozen=True, slots=True)
class Places:
    """Where the viewer may declare a period, which kinds there are, and what each raises."""

    homes: list[tuple[str, str]]
    kinds: list[dict[str, Any]]

    @property
    def kind_choices(self) -> list[tuple[str, str]]:
        """The kinds for a menu."""
        return [(kind["code"], kind["name"]) for kind in self.kinds]


def homes(viewer: Actor) -> list[tuple[str, str]]:
    """The bureau or the schools for which the viewer may declare, by their own posts; no statement."""
    found = [
        (str(hold.org_id), hold.org_name)
        for hold in viewer.holds
        if (hold.level == "bureau" and "manage-sheets" in hold.acts)
        or (hold.level == "school" and "sign-for-school" in hold.acts)
    ]
    return list(dict.fromkeys(found))


def places(viewer: Actor) -> Places:
    """What the form of a declaration offers; ``foundation.not_found`` for whoever may declare none."""
    where = homes(viewer)
    if not where:
        raise Refusal("foundation.not_found")
    chapter = chapter_of(viewer.bureau_id)
    posts = packs.entries(viewer.bureau_id, "posts")
    kinds = [
        {
            **kind,
            "duties": [
                {
                    **duty,
                    "role_word": rules.ROLES[duty["role"]],
                    "post_name": posts.get(duty["post"], {}).get("name", ""),
                }
                for duty in rules.duties_of(chapter, kind["code"])
            ],
        }
        for kind in chapter["kinds"]
    ]
    return Places(where, kinds)


# --- who has answered -------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Answer:
    """A school on one day: its daily report, who is on duty, and whom to telephone."""

    task: dict[str, Any]
    name: str = ""
    phone: str = ""
    post_name: str = ""
    is_mine: bool = False
    """The viewer is to report here."""
    others: list[dict[str, Any] | None] = field(default_factory=list)
    """The school's other tasks of the day, in the order of the period's duties; nothing where one is not for this school."""

    @property
    def school(self) -> str:
        """The school's short name."""
        return self.task["org__short_name"] or self.task["org__name"]

    @property
    def waits(self) -> bool:
        """Nothing has come yet."""
        return self.task["state"] in rules.WAITING

    @property
    def words(self) -> str:
        """How it stands, in words."""
        state, nil = self.task["state"], self.task["nil"]
        if state in rules.ANSWERED:
            late = "（补报）" if self.task["backfilled"] else "（迟）" if state == "late" else ""
            return ("零报告" if nil else "已逐项报") + late
        return {"open": "还没报", "missed": "漏报"}.get(state, TASK_STATES[state])


def answers(viewer: Actor, line: Line, *, on: date, which: str = "", cursor: str = "", size: int = 50) -> Page:
    """The schools of a day, those that have not answered first, with whom to telephone: three statements."""
    row = line.row
    rows = of_duties(
        viewer,
        bureau_id=row.bureau_id,
        duty_ids=row.duty_ids("report"),
        first=on,
        last=on,
        states=ANSWERS.get(which, ()),
    )
    last = Case(When(state__in=rules.WAITING, then=Value(0)), default=Value(1), output_field=IntegerField())
    found = page(
        rows.annotate(answered=last).values("answered", "id", *REPORTED), order=("answered", "path", "id"), cursor=cursor, size=size
    )  # fmt: skip
    listed = {task["org_id"]: Answer(task) for task in found.rows}
    if not listed:
        return Page([], "")
    _name(listed.values(), row.bureau_id, viewer)
    more = row.duty_ids("watch", "raised")
    tasks = of_duties(viewer, bureau_id=row.bureau_id, duty_ids=more, first=on, last=on).filter(org_id__in=list(listed))
    by_duty = {(task["org_id"], task["duty_id"]): task for task in tasks.values("id", *REPORTED)}
    for org_id, one in listed.items():
        one.others = [by_duty.get((org_id, duty)) for duty in more]
    return Page(list(listed.values()), found.next)


def _name(listed: Collection[Answer], bureau_id: UUID, viewer: Actor) -> None:
    """Whose the report is today (the assignee while they hold the post, else whoever does), with the telephone."""
    posts = packs.entries(bureau_id, "posts")
    at = [_At(one.task["path"]) for one in listed]
    held = net.holders_at(at, {one.task["post"] for one in listed}, on=today())
    for one in listed:
        here = held[one.task["path"]][one.task["post"]]
        one.post_name = posts.get(one.task["post"], {}).get("name", one.task["post"])
        chosen = next((row for row in here if row.user_id == one.task["assignee_id"]), here[0] if here else None)
        one.is_mine = any(row.user_id == viewer.id for row in here)
        if chosen:
            one.name, one.phone = chosen.user.name, chosen.user.phone


@dataclass(frozen=True, slots=True)
class _At:
    """A place as far as ``holders_at`` looks."""

    path: str


# --- in numbers -------------------------------------------------------------------------------------------------------


def days(viewer: Actor, row: Period, *, first: date, last: date) -> list[rules.DaySum]:
    """The days of a period in numbers, inside the viewer's net: one statement."""
    role = {UUID(one["id"]): one["role"] for one in row.duties}
    found = tally_by_day(
        viewer,
        bureau_id=row.bureau_id,
        duty_ids=list(role),
        first=max(first, row.starts_on),
        last=min(last, row.ends_on),
    )
    return rules.by_day(rules.Counted(one.on, role[one.duty_id], one.state, one.nil, one.count) for one in found)


Cell = tuple[str, date, str, bool]
"""School, day, ending and nil of one daily report."""


def _cells(viewer: Actor, row: Period, *, last: date) -> list[Cell]:
    """Every daily report up to a day, by school."""
    rows = of_duties(
        viewer,
        bureau_id=row.bureau_id,
        duty_ids=row.duty_ids("report"),
        first=row.starts_on,
        last=min(last, row.ends_on),
    )
    named = rows.order_by("path", "on", "id").values_list("org__name", "on", "state", "nil")
    return list(named)


@dataclass(frozen=True)
class Summary:
    """A period up to a day, to be printed. ``head``: whose it is; ``register`` (of one school): day, what, state, by whom, words."""

    line: Line
    head: str
    last: date
    days: list[rules.DaySum]
    cells: list[Cell]
    register: Sequence[tuple[date, str, str, str, str]] = ()


def summary(viewer: Actor, pk: UUID) -> Summary:
    """One period up to today inside the viewer's net, or ``foundation.not_found``."""
    line, last = period(viewer, pk), today()
    row = line.row
    return Summary(
        line, row.org_name, last, days(viewer, row, first=row.starts_on, last=last), _cells(viewer, row, last=last)
    )


def summary_of_school(row: Period, name: str, lines: Sequence[tuple[Any, Any]], *, on: date, last: date) -> Summary:
    """A period at one school up to a day, from its tasks, each with what became of it (``duties.archive.lines_of``)."""
    role = {UUID(one["id"]): one["role"] for one in row.duties}
    tasks = [task for task, _ in lines]
    counted = [rules.Counted(task.on, role[task.duty_id], task.state, task.nil, 1) for task in tasks]
    cells = [(name, task.on, task.state, task.nil) for task in tasks if role[task.duty_id] == "report"]
    register = [
        (day, task.title.replace(f"（{row.name}）", ""), state, who, words)
        for task, (day, _, state, who, words) in lines
    ]
    return Summary(_line(row, on), name, last, rules.by_day(counted), cells, register)


@dataclass(frozen=True)
class PeriodPage:
    """A period with one of its days: the numbers of its last days, and who has answered on that day."""

    line: Line
    on: date
    which: str
    days: list[rules.DaySum]
    chosen: rules.DaySum
    answers: Page
    may_change: bool
    may_remind: bool
    is_today: bool
    not_yet: str
    """until when nobody can report today; empty as soon as somebody can, and on other days"""
    may_print: bool
    columns: list[str]
    """the titles of the other duties, in the order of ``Answer.others``"""
    roles: dict[str, list[dict[str, Any]]]


def period_page(
    viewer: Actor, pk: UUID, *, on: date | None = None, which: str = "", cursor: str = "", size: int = 50
) -> PeriodPage:
    """One period on one of its days (today, or the nearest), or ``foundation.not_found``. Five statements."""
    line = period(viewer, pk)
    row, day = line.row, today()
    latest = max(row.starts_on, min(day, row.ends_on))
    chosen = max(row.starts_on, min(on or latest, row.ends_on, max(day, row.starts_on)))
    summed = days(viewer, row, first=min(chosen, latest - (SHOWN_DAYS - 1) * rules.DAY), last=latest)
    shown = [one for one in summed if one.on > latest - SHOWN_DAYS * rules.DAY]
    mine = rules.may_declare(viewer, row)
    today_sum = next((one for one in summed if one.on == chosen), rules.DaySum(chosen))
    since = rules.reports_from(row.duties)
    too_early = chosen == day and f"{timezone.localtime(clock.now()):%H:%M}" < since
    return PeriodPage(
        line, chosen, which, shown[::-1], today_sum, answers(viewer, line, on=chosen, which=which, cursor=cursor, size=size),
        mine and not row.ended_at and line.state != "over",
        mine and line.state == "live" and chosen == day and not too_early and bool(today_sum.waiting or today_sum.missed),
        chosen == day, since if too_early else "", viewer.may_anywhere("export"),
        [one["title"] for one in row.duties if one["role"] != "report"], _by_role(row),
    )  # fmt: skip


def _by_role(row: Period) -> dict[str, list[dict[str, Any]]]:
    posts = packs.entries(row.bureau_id, "posts")
    found: dict[str, list[dict[str, Any]]] = {}
    for one in row.duties:
        name = posts.get(one["post"], {}).get("name", one["post"])
        windows = "、".join(f"{part['since']}–{part['until']}" for part in one["windows"])
        found.setdefault(rules.ROLES[one["role"]], []).append({**one, "post_name": name, "time": windows})
    return found


@dataclass(frozen=True, slots=True)
class Band:
    """A period that lasts today, as the desk says it; ``waiting`` is null for whoever looks after one school only."""

    id: UUID
    name: str
    ends_on: date
    waiting: int | None


MOST_BANDS = 3


def bands(viewer: Actor, at: datetime) -> list[Band]:
    """The periods that last today, and how many schools of the viewer's net have not reported: two statements at most."""
    if not viewer.holds:
        return []
    day = timezone.localdate(at)
    rows = list(
        Period.objects.visible_to(viewer)
        .filter(bureau_id=viewer.bureau_id, starts_on__lte=day, ends_on__gte=day)
        .order_by(F("school_id").asc(nulls_first=True), "starts_on", "id")[:MOST_BANDS]
    )
    if not rows or not viewer.may_anywhere("see-net"):
        return [Band(row.pk, row.name, row.ends_on, None) for row in rows]
    report = {duty: row.pk for row in rows for duty in row.duty_ids("report")}
    found = tally_by_day(viewer, bureau_id=rows[0].bureau_id, duty_ids=list(report), first=day, last=day)
    waiting = dict.fromkeys((row.pk for row in rows), 0)
    for one in found:
        waiting[report[one.duty_id]] += one.count if one.state in rules.WAITING else 0
    return [Band(row.pk, row.name, row.ends_on, waiting[row.pk]) for row in rows]


def live_count(viewer: Actor) -> tuple[int, int]:
    """How many periods last today, and how many daily reports are still missing in the viewer's net."""
    found = bands(viewer, clock.now())
    return len(found), sum(one.waiting or 0 for one in found)
