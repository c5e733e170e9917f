"""The school calendar: one day, a span, a term as a page."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.utils import timezone

from bihuan.engines.duties.calendar import DAY, KINDS, Calendar, Day, dates, merged, monday_of
from bihuan.engines.duties.marks import Mark, marks_of
from bihuan.engines.duties.models import CalendarDay
from bihuan.engines.duties.planning import calendar_for, pack_days
from bihuan.engines.duties.queries.waiting import home_of
from bihuan.engines.responsibility import queries as net
from bihuan.engines.sheets.rules import STAGES, stages_of
from bihuan.foundation import clock, packs
from bihuan.foundation.actors import SYSTEM, Actor
from bihuan.foundation.refusals import Refusal


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


@dataclass(frozen=True, slots=True)
class Square:
    """A day of the calendar page: whether a person set it, and the mark that it has."""

    day: Day
    is_set: bool
    mark: Mark | None


@dataclass(frozen=True)
class Month:
    """A month of the calendar page: weeks of days from Monday to Sunday (``None`` outside the known days)."""

    first: date
    weeks: list[tuple[int, list[Square | None]]]


@dataclass(frozen=True)
class CalendarPage:
    """A term as months, what was set by people, what rooms above mark on it, and what the viewer may change.

    ``known_to`` is the last day of the last term that is known, nothing where the calendar names no term.
    """

    org: Any
    stage: str
    terms: list[dict[str, Any]]
    term: str
    months: list[Month]
    school_day_count: int
    set_days: list[dict[str, Any]]
    known_to: date | None
    may_set: bool
    may_import: bool
    marks: dict[str, list[Mark]]

    @property
    def term_choices(self) -> list[tuple[str, str]]:
        """The terms for a menu."""
        return [(one["code"], f"{one['first'].year}年{one['name']}") for one in self.terms]


def calendar_page(viewer: Actor, *, org_id: UUID | None, stage: str = "", term: str = "") -> CalendarPage:
    """The calendar of a school or a bureau in the viewer's net, one term; ``foundation.not_found`` outside it.

    Statements: the unit, its days, what was set by people, one for each room that marks the calendar.
    """
    org = net.org(viewer, org_id) if org_id else _own_place(viewer)
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
    marks, by_hand = marks_of(viewer, org, first, last), {one["on"] for one in set_days}
    return CalendarPage(
        org, stage, terms, chosen["code"] if chosen else "", list(_months(calendar, first, last, by_hand, marks)),
        len(calendar.school_days(first, last)), set_days, max((one["last"] for one in terms), default=None),
        may_set_days(viewer, org), viewer.may("manage-sheets", org) and org.pk == org.bureau_id,
        marks,
    )  # fmt: skip


def days_between(viewer: Actor, *, org_id: UUID | None, stage: str, first: date, last: date) -> Sequence[Day]:
    """The days of a school or a bureau in the viewer's net, as far as they are known; ``foundation.not_found`` outside."""
    first, last = net.sensible_day(first), net.sensible_day(last)
    org = net.org(viewer, org_id) if org_id else _own_place(viewer)
    if stage and stage not in STAGES:
        raise Refusal("foundation.not_found")
    return calendar_of(org.bureau_id, org.school_id, stage, on=min(first, timezone.localdate(clock.now()))).between(
        first, last
    )


def may_set_days(viewer: Actor, org: Any) -> bool:
    """Whether the viewer may change the calendar of a bureau or a school."""
    return viewer.may("manage-sheets", org) or bool(org.school_id and viewer.may("sign-for-school", org))


def _own_place(viewer: Actor) -> Any:
    """The bureau or school where somebody works, also if all that they look after there is a room or a village."""
    for level in ("bureau", "school"):
        if hold := next((one for one in viewer.holds if one.level == level), None):
            return net.org(viewer, hold.org_id)
    for hold in viewer.holds:
        if home := next(filter(None, home_of(hold.org_id)), None):
            return net.org(SYSTEM, home)
    raise Refusal("foundation.not_found")


def _terms(bureau_id: UUID) -> list[Mapping[str, Any]]:
    return [term for year in packs.calendar(bureau_id).get("school_years", ()) for term in year["terms"]]


def _months(
    calendar: Calendar, first: date, last: date, by_hand: Collection[date], marks: Mapping[str, Sequence[Mark]]
) -> Iterator[Month]:
    """The months between two days; of several marks a day has the one that began last."""
    found = sorted((one for some in marks.values() for one in some), key=lambda one: one.since)
    marked = {day: one for one in found for day in dates(max(one.since, first), min(one.until, last))}
    start = first.replace(day=1)
    while start <= last:
        end = (start + 31 * DAY).replace(day=1) - DAY
        weeks = []
        for n in range(0, (end - monday_of(start)).days + 1, 7):
            monday = monday_of(start) + n * DAY
            days = [monday + k * DAY for k in range(7)]
            found = [calendar.get(day) if start <= day <= end else None for day in days]
            squares = [day and Square(day, day.on in by_hand, marked.get(day.on)) for day in found]
            weeks.append((next((day.week_no for day in found if day and day.week_no), 0), squares))
        yield Month(start, weeks)
        start = end + DAY
