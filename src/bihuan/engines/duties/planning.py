"""What should exist: which tasks the rules ask for in a bureau, as a small plan that one statement turns into rows.

A plan names *groups* of units that have the same duties on the same days (a county of two thousand schools has a few
dozen), so its size does not grow with the schools: schools × duties × days × windows happens inside the database.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.utils import timezone

from bihuan.engines.duties import reads, rules
from bihuan.engines.duties.calendar import DAY, Calendar, Day, days_from, merged, overlaid
from bihuan.engines.duties.colours import by_path
from bihuan.engines.duties.models import Duty
from bihuan.engines.duties.rules import Profile, Scope, Slot
from bihuan.engines.duties.sampling import drawn, lot_of
from bihuan.engines.duties.serving import Served, whose
from bihuan.engines.responsibility.rules.posts import post_for, sponsor_posts
from bihuan.engines.responsibility.rules.tree import steps_up
from bihuan.engines.sheets.rules import stages_of
from bihuan.foundation import packs

AHEAD = timedelta(days=8)
"""How far ahead tasks exist; the calendar shows the rest from the rules."""
BACK = timedelta(days=220)
"""How far back the calendar is read: the terms that may still have open work."""


def pack_days(bureau_id: UUID, today: date) -> list[Day]:
    """The days as the installed calendar and the bureau's own lists have them; see ``calendar.days_from``."""
    return days_from(packs.calendar(bureau_id), today)


@dataclass(frozen=True, slots=True)
class Planned:
    """One task for every unit of a group; ``held_on`` is the day whose holder of the post has to do it."""

    group: int
    duty: Duty
    title: str
    post: str
    held_on: date
    slot: Slot


class Member(NamedTuple):
    """A unit of a group, and the one person whose its tasks are from a day to a day (``None``: any holder's)."""

    group: int
    org_id: UUID
    since: date
    until: date
    user_id: UUID | None


@dataclass(frozen=True)
class Plan:
    """The tasks that should exist at a moment: those of a group are for each of its members."""

    bureau_id: UUID
    at: datetime
    members: list[Member] = field(default_factory=list)
    tasks: list[Planned] = field(default_factory=list)


class Unit(NamedTuple):
    """A unit as far as duties look: ``days`` is the key of its calendar."""

    id: UUID
    path: str
    profile: Profile
    days: Any


@dataclass
class Cell:
    """Units of one profile that live by the same days; with a post and a lot (``None``: all) it is a ``groups`` number in
    the plan."""

    profile: Profile
    days: Any
    units: list[Unit] = field(default_factory=list)
    groups: dict[tuple[str, int | None], int] = field(default_factory=dict)

    def group(self, post: str, lot: int | None, asked: list[tuple[str, list[Unit]]]) -> int:
        """The number of these units with this post in the plan: a place in *asked*."""
        number = self.groups.setdefault((post, lot), len(asked))
        if number == len(asked):
            asked.append((post, self.units if lot is None else [unit for unit in self.units if lot_of(unit.id) == lot]))
        return number


class Days:
    """The calendars of one bureau: its own days, over them those of its stages, over them those of single schools."""

    def __init__(self, bureau_id: UUID, today: date, *, near: int = 0) -> None:
        """*near*: only so many days before and after *today* are wanted (0: all that are known)."""
        self._bureau: list[Day] = []
        self._by_stage: dict[str, dict[date, Day]] = defaultdict(dict)
        self._by_school: dict[UUID, dict[date, Day]] = defaultdict(dict)
        self._kept: dict[Any, Calendar] = {}
        self._common: dict[frozenset[str], Any] = {}
        since, until = today - (near * DAY or BACK), today + near * DAY if near else date.max
        for org_id, stage, *said in reads.days(bureau_id, since, until):
            day = Day(*said)
            if org_id != bureau_id:
                self._by_school[org_id][day.on] = day
            elif stage:
                self._by_stage[stage][day.on] = day
            else:
                if self._bureau and self._bureau[-1].on + DAY != day.on:
                    if self._bureau[-1].on >= today:
                        break  # somebody set a day far behind what is known: it counts when the days reach it
                    self._bureau.clear()  # a worker stood still for a year: what lies before the gap is over
                self._bureau.append(day)
        if not self._bureau:  # nothing is due here yet, so nobody has kept the days
            self._bureau = pack_days(bureau_id, today)

    def key(self, school_id: UUID | None, stages: frozenset[str]) -> Any:
        """What units that live by the same days have in common."""
        if (common := self._common.get(stages)) is None:
            differing = frozenset(stage for stage in stages if stage in self._by_stage)
            common = self._common[stages] = (differing, len(differing) < len(stages) or not stages, ())
        return (*common[:2], tuple(self._by_school[school_id].values())) if school_id in self._by_school else common

    def calendar(self, key: Any) -> Calendar:
        """The calendar behind a key."""
        if key not in self._kept:
            differing, by_the_bureau, own = key
            parts = [overlaid(self._bureau, self._by_stage[stage]) for stage in sorted(differing)]
            days = merged([*parts, self._bureau] if by_the_bureau else parts)
            self._kept[key] = Calendar(overlaid(days, {day.on: day for day in own}))
        return self._kept[key]


def calendar_for(
    bureau_id: UUID, today: date, *, school_id: UUID | None = None, stages: Iterable[str] = ()
) -> Calendar:
    """The calendar by which a school (or a whole bureau) lives."""
    days = Days(bureau_id, today)
    return days.calendar(days.key(school_id, frozenset(stages_of(stages))))


class _Units:
    """The units of a bureau, in cells, for the whole bureau or below one unit."""

    def __init__(
        self, bureau_id: UUID, duties: Sequence[Duty], scopes: Collection[Scope], days: Days, today: date, school_id: UUID | None
    ) -> None:  # fmt: skip
        self.bureau_id = bureau_id
        self.all = list(_units(bureau_id, {duty.org_id for duty in duties}, scopes, days, today, school_id))
        self.by_id = {unit.id: unit for unit in self.all}
        self._cells: dict[Any, list[Cell]] = {}

    def cells(self, duty: Duty) -> list[Cell]:
        """The units among which the duty's scope chooses: all of the bureau, or the one unit (with what is below it)."""
        if duty.org_id == self.bureau_id:
            return self._kept(None, lambda: self.all)
        here = self.by_id.get(duty.org_id)
        if here is None:
            return []
        if not duty.scope:
            return self._kept((here.id, "self"), lambda: [here])
        return self._kept(here.id, lambda: [unit for unit in self.all if unit.path.startswith(here.path)])

    def _kept(self, root: Any, chosen: Any) -> list[Cell]:
        if root not in self._cells:
            found: dict[Any, Cell] = {}
            for unit in chosen():
                key = (id(unit.profile), unit.days)  # equal profiles are one here, and hashing them is the dearest part
                if key not in found:
                    found[key] = Cell(unit.profile, unit.days)
                found[key].units.append(unit)
            self._cells[root] = list(found.values())
        return self._cells[root]


def _units(
    bureau_id: UUID, roots: Collection[UUID], scopes: Collection[Scope], days: Days, today: date, school_id: UUID | None
) -> Iterator[Unit]:
    """The units in use that a duty may be for; what is inside a school has the school's stages unless it has its own."""
    tiers: set[str] = set()
    if all(scope.tiers for scope in scopes):  # a scope without tiers asks for kinds, which may stand anywhere
        tiers = {"school", *(tier for scope in scopes for tier in scope.tiers)}
    wanted = {tag for scope in scopes for tag in scope.tags}
    coloured = {colour for scope in scopes for colour in scope.colours}
    colours = by_path(bureau_id, school_id) if coloured else {}
    schools: dict[UUID, tuple[list[str], list[str], list[str]]] = {}
    profiles: dict[Any, Profile] = {}
    for pk, path, tier, kind, stages, facets, school, tags in reads.units(
        bureau_id, today, tiers=tiers, roots=roots, school_id=school_id
    ):
        if tier == "school":
            schools[pk] = (stages or [kind], facets, tags)
        above = schools.get(school, ([], [], []))
        borne = frozenset(wanted & {*tags, *above[2]})
        shown = frozenset(coloured & colours.get(path, set()))
        seen = (tier, kind, *(stages or above[0]), "", *(facets or above[1]), borne, shown)
        if seen not in profiles:
            profiles[seen] = Profile(
                tier, kind, frozenset(stages_of(stages or above[0])), frozenset(facets or above[1]), borne, shown
            )
        yield Unit(pk, path, profiles[seen], days.key(school, profiles[seen].stages))


def plan_of(
    bureau_id: UUID, duties: Sequence[Duty], at: datetime, *, new_only: bool = False, school_id: UUID | None = None
) -> Plan:
    """The tasks that these duties ask for and that are not closed yet, up to ``AHEAD``.

    *new_only*: only those named by a date after the duty's ``sown_to``. *school_id*: only at the units of one school.
    """
    today = timezone.localdate(at)
    until = today + AHEAD
    days = Days(bureau_id, today, near=_near(duties))
    scopes = {duty.pk: rules.scope_of(duty.scope) for duty in duties}
    units = _Units(bureau_id, duties, scopes.values(), days, today, school_id)
    grid = packs.entries(bureau_id, "net").get("default", {})
    plan, asked = Plan(bureau_id, at), list[tuple[str, list[Unit]]]()
    found: dict[Any, list[tuple[Slot, date]]] = {}
    read: dict[Any, tuple[Sequence[rules.Window], int]] = {}
    for duty in duties:
        rule = _rule(duty, new_only=new_only)
        if rule not in read:
            read[rule] = rules.windows_of(duty.windows), rules.cadence_of(duty.cadence).sample
        scope, (windows, sample) = scopes[duty.pk], read[rule]
        for cell in units.cells(duty):
            if (duty.scope or duty.org_id == bureau_id) and not rules.applies(scope, cell.profile):
                continue
            if (key := (rule, cell.days)) not in found:
                found[key] = [
                    (slot, min(max(today, timezone.localdate(slot.opens_at)), until))
                    for slot in _slots(duty, days.calendar(cell.days), at, today, until, new_only=new_only)
                ]
            if not found[key]:
                continue
            post = post_for(cell.profile.kind, duty.post, grid)
            for slot, held_on in found[key]:
                name = windows[slot.slot].name
                title = f"{duty.title}（{name}）" if name and len(windows) > 1 else duty.title
                for lot in drawn(sample, duty.code, slot.on):
                    group = cell.group(post, lot, asked)
                    plan.tasks.append(Planned(group, duty, title, post, held_on, slot))
    plan.members.extend(_members(bureau_id, asked, sponsor_posts(grid), today, until, school_id))
    return plan


def _rule(duty: Duty, *, new_only: bool) -> Any:
    """Everything of a duty that ``_slots`` looks at: most duties of a bureau share a few rules."""
    sown_to = duty.sown_to if new_only else None
    return (
        repr(duty.cadence), repr(duty.windows), duty.grace_minutes, duty.starts_on, duty.ends_on, sown_to,
    )  # fmt: skip


def _near(duties: Sequence[Duty]) -> int:
    """How many days around today decide about these duties: a fortnight or so, unless one looks at months and holidays."""
    found = [rules.cadence_of(cadence) for cadence in {repr(duty.cadence): duty.cadence for duty in duties}.values()]
    if any(one.every not in rules.NEAR for one in found):
        return 0
    grace = max((duty.grace_minutes for duty in duties), default=0) // 1440
    return 2 * AHEAD.days + grace + max((one.days for one in found), default=0)


def _slots(duty: Duty, calendar: Calendar, at: datetime, today: date, until: date, *, new_only: bool) -> list[Slot]:
    """What of the duty is not over: yesterday's tasks may run past midnight, and older ones may be in their grace."""
    grace = timedelta(minutes=duty.grace_minutes)
    first, last = max(today - DAY - grace, duty.starts_on), min(until, duty.ends_on or until)
    times = rules.dues(rules.cadence_of(duty.cadence), calendar, first, last)
    found = rules.slots(times, rules.windows_of(duty.windows), grace)
    sown_to = duty.sown_to if new_only else None
    return [slot for slot in found if slot.closes_at > at and (sown_to is None or slot.on > sown_to)]


def _members(
    bureau_id: UUID, asked: Sequence[tuple[str, list[Unit]]], sponsors: Collection[str], first: date, last: date,
    school_id: UUID | None,
) -> Iterator[Member]:  # fmt: skip
    """The units of each group and whose their tasks are: read in one statement for the whole bureau."""
    held: dict[tuple[str, str], list[Served]] = defaultdict(list)
    posts = {post for post, _ in asked}
    for path, post, user_id, starts_on, ends_on, kind, rank in reads.serving(
        bureau_id, posts, first, last, school_id=school_id
    ):
        held[path, post].append(Served(user_id, starts_on, ends_on, kind == "stand_in", rank))
    for group, (post, members) in enumerate(asked):
        for unit in members:
            steps = (unit.path,) if post in sponsors else steps_up(unit.path)
            for span in whose((found for step in steps if (found := held.get((step, post)))), first, last):
                yield Member(group, unit.id, span.since, span.until, span.user)
