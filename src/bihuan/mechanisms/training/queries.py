"""Reading drills: the list, one drill as it runs, what a school may choose. Lessons of the staff: who had how many."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from bihuan.engines.responsibility import queries as net
from bihuan.engines.sheets.queries import version_for_filling
from bihuan.engines.sheets.rules import Item, is_wrong, stages_of
from bihuan.foundation import clock
from bihuan.foundation.actors import SYSTEM, Actor
from bihuan.foundation.pages.keyset import Page, page
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.training import rules
from bihuan.mechanisms.training.commands import check_of, staff_of
from bihuan.mechanisms.training.models import Drill, Lesson
from bihuan.mechanisms.training.pack import kinds_of
from bihuan.mechanisms.training.rules import Group, Outcome

TERM_DAYS = 150


@dataclass(frozen=True, slots=True)
class DrillFilter:
    """What of the list is shown: words of the filter as they stand in the address."""

    state: str = ""
    kind: str = ""
    school: str = ""


def drills(viewer: Actor, only: DrillFilter, *, cursor: str = "", size: int = 25) -> Page:
    """The drills inside the viewer's net, the latest planned first."""
    rows = Drill.objects.visible_to(viewer).defer("script", "results", "verdict", "findings")
    if only.state in rules.STATES:
        rows = rows.filter(state=only.state)
    if only.kind:
        rows = rows.filter(kind=only.kind)
    if only.school:
        try:
            rows = rows.filter(school_id=UUID(only.school))
        except ValueError:
            rows = rows.none()
    return page(rows, order=("-planned_at", "-id"), cursor=cursor, size=size)


@dataclass(frozen=True, slots=True)
class Check:
    """One item of the check before a drill's record is closed, with what was answered."""

    item: Item
    value: str
    is_wrong: bool

    @property
    def name(self) -> str:
        """The name of its control in a form."""
        return f"check.{self.item.code}"

    @property
    def help(self) -> str:
        """How it is to be understood; a name that was not found in the policy's own text says so."""
        return "；".join(filter(None, ("名称待核实" if self.item.basis_is_unproven else "", self.item.standard)))


@dataclass(frozen=True, slots=True)
class DrillPage:
    """One drill with its groups, its numbers, and what this person may do; ``checks`` are to be answered at its end, or were."""

    drill: Drill
    groups: tuple[Group, ...]
    outcome: Outcome
    kind: str
    roles: tuple[tuple[str, str], ...]
    may_lead: bool
    may_report: bool
    check_title: str = ""
    checks: tuple[Check, ...] = ()

    @property
    def is_unproven(self) -> bool:
        """Whether a name among the checks has not been found in the policy's own text."""
        return any(check.item.basis_is_unproven for check in self.checks)

    @property
    def state_words(self) -> str:
        """The state in words."""
        return rules.STATES[self.drill.state]

    @property
    def time_words(self) -> str:
        """How long it took until everybody was out, in words; empty while a group is missing."""
        return rules.clock_words(self.outcome.seconds)

    @property
    def limit_words(self) -> str:
        """How long it may take, in words."""
        return rules.clock_words(self.drill.limit_seconds)


def drill_page(viewer: Actor, pk: UUID) -> DrillPage:
    """One drill inside the viewer's net, or ``foundation.not_found``."""
    return page_of(viewer, Drill.objects.all().seen(viewer, pk))


def page_of(viewer: Actor, drill: Drill) -> DrillPage:
    """A drill that was found visible, with its groups and numbers."""
    groups = tuple(rules.groups_of(drill.results))
    kinds = kinds_of(drill.bureau_id)
    may_lead = viewer.may("sign-for-school", drill) or viewer.may("assign", drill)
    version = None
    if drill.check_version_id:
        version = version_for_filling(SYSTEM, drill.check_version_id)
    elif drill.state == "running" and may_lead:
        version = check_of(viewer, drill)
    return DrillPage(
        drill, groups, rules.outcome(groups, drill.alarm_at, drill.limit_seconds),
        kinds.get(drill.kind, {}).get("name", drill.kind),
        tuple((rules.ROLES[role], name) for role, name in drill.roles.items()),
        may_lead, viewer.may("snap", drill) or viewer.may("inspect", drill), version.title if version else "",
        tuple(_check(item, drill.checked.get(item.code, "")) for item in version.content.items) if version else (),
    )  # fmt: skip


def _check(item: Item, value: str) -> Check:
    return Check(item, value, bool(value) and is_wrong(item, {"value": value}))


@dataclass(frozen=True, slots=True)
class Choices:
    """What can be chosen when a drill is planned at a school."""

    school: Any
    kinds: tuple[tuple[str, str], ...]
    groups: str
    usual_at: datetime


def choices(viewer: Actor, org_id: UUID, at: datetime) -> Choices:
    """The kinds of drills for this school, and its classes as lines ``班级 人数``."""
    school = net.org(viewer, org_id)
    stages, facets = stages_of([*school.stages, school.kind]), set(school.facets)
    kinds = tuple(
        (code, kind["name"])
        for code, kind in kinds_of(school.bureau_id).items()
        if (not kind.get("stages") or set(kind["stages"]) & stages) and set(kind.get("facets", ())) <= facets
    )
    classes = [area for area in net.areas(school) if area.kind == "class" and area.active_to is None]
    lines = "\n".join(f"{area.name} {area.students}" for area in classes)
    local = timezone.localtime(at)
    return Choices(school, kinds, lines, local.replace(hour=10, minute=0, second=0, microsecond=0) + timedelta(days=1))


def drills_since(viewer: Actor, *, days: int = TERM_DAYS) -> Any:
    """The drills that ended in the last days inside the viewer's net, to be counted."""
    since = clock.now() - timedelta(days=days)
    return Drill.objects.visible_to(viewer).filter(state="done", planned_at__gte=since)


# --- lessons of the staff ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LessonsPage:
    """A school's lessons for its staff in a school year (from 1 August), and each person's share."""

    org: Any
    year: int
    lessons: list[Lesson]
    people: list[rules.Trained]
    may_hold: bool


def lessons_page(viewer: Actor, org_id: UUID, *, year: int | None = None) -> LessonsPage:
    """``foundation.not_found`` for another school, and for whoever neither leads there nor looks after its net."""
    org = net.org(viewer, org_id)
    _require_reader(viewer, org)
    today = timezone.localdate(clock.now())
    year = year if year and 2000 <= year <= 2100 else today.year if today.month >= 8 else today.year - 1
    rows = Lesson.objects.filter(
        bureau_id=org.bureau_id, school_id=org.pk, on__range=(date(year, 8, 1), date(year + 1, 7, 31))
    )
    found = list(rows.order_by("-on", "-id")[:MOST_LESSONS])
    people = rules.trained((one.minutes, one.people) for one in found)
    return LessonsPage(org, year, found, people, _leads(viewer, org))


MOST_LESSONS = 200


@dataclass(frozen=True, slots=True)
class LessonPage:
    """One lesson: who was there, who was not and why, and what this person may do."""

    lesson: Lesson
    absent: list[tuple[str, dict[str, str]]]
    came: list[dict[str, str]]
    may_change: bool


def lesson_page(viewer: Actor, pk: UUID) -> LessonPage:
    """One lesson, or ``foundation.not_found``."""
    lesson: Lesson = Lesson.objects.all().seen(viewer, pk)
    _require_reader(viewer, lesson)
    absent = [(person, said) for person, said in lesson.people.items() if said["absent"]]
    came = [said for said in lesson.people.values() if not said["absent"]]
    return LessonPage(lesson, absent, came, _leads(viewer, lesson))


def lesson_choices(viewer: Actor, org_id: UUID) -> tuple[Any, dict[str, dict[str, str]]]:
    """The school and its staff of today, for the form of a lesson; ``foundation.not_found`` for whoever does not lead there."""
    school = net.org(viewer, org_id)
    if not _leads(viewer, school):
        raise Refusal("foundation.not_found")
    return school, staff_of(school, timezone.localdate(clock.now()))


def _leads(viewer: Actor, place: Any) -> bool:
    return viewer.may("sign-for-school", place) or viewer.may("assign", place)


def _require_reader(viewer: Actor, place: Any) -> None:
    """Names with reasons of absence are for those who lead there and those who see the net."""
    if not (_leads(viewer, place) or viewer.may("see-net", place)):
        raise Refusal("foundation.not_found")
