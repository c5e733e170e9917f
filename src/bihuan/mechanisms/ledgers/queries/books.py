"""Reading books: the shelf of a school, one page, what is still running, a month for paper, a day across schools."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from bihuan.engines.duties.calendar import KINDS as DAY_KINDS
from bihuan.engines.duties.calendar import SCHOOL_DAYS
from bihuan.engines.duties.queries import day_kind
from bihuan.engines.responsibility import queries as net
from bihuan.engines.responsibility.queries import sensible_day
from bihuan.engines.sheets.queries import VersionInForce, in_force_by_code, version_for_filling
from bihuan.engines.sheets.rules import Item, stages_of
from bihuan.foundation import clock
from bihuan.foundation.actors import SYSTEM, Actor
from bihuan.foundation.packs.measures import CAP
from bihuan.foundation.pages.keyset import Page, page
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.ledgers import contents, rules
from bihuan.mechanisms.ledgers.models import Entry, Leaf
from bihuan.mechanisms.ledgers.pack import ledgers_of
from bihuan.mechanisms.ledgers.reach import CLASS, Reach, classes, is_mine, may_write, reach
from bihuan.mechanisms.ledgers.rules import Ledger

MOST_AGAIN = 60
MINE = "我负责的"
STATES: Mapping[str, str] = {"filled": "已登记", "nil": "零报告", "": "没有登记"}


def ledgers_at(viewer: Actor, place: Any) -> dict[str, Ledger]:
    """The ledgers that a school keeps (*place*: the school or a ``Reach``), those that only some may read left out.

    Whoever reaches a part of the school sees those of their own post.
    """
    org, is_inside = (place.org, not place.is_whole) if isinstance(place, Reach) else (place, False)
    stages, facets = stages_of([*org.stages, org.kind]), set(org.facets)
    return {
        code: ledger
        for code, ledger in ledgers_of(org.bureau_id).items()
        if ledger.asked_of(stages, facets)
        and (not (ledger.restricted or is_inside) or may_write(viewer, ledger, place))
    }


@dataclass(frozen=True, slots=True)
class ShelfLine:
    """One ledger on a school's shelf: today's page, how many rows are still running, how many of them are overdue."""

    ledger: Ledger
    on: date
    state: str
    is_mine: bool
    may_write: bool
    running: int = 0
    overdue: int = 0
    may_nil: bool = False
    """Whether this person may say for the whole school that there was nothing."""

    @property
    def words(self) -> str:
        """The state in words; a nil report in the ledger's own."""
        return self.ledger.nil or "零报告" if self.state == "nil" else STATES[self.state]


@dataclass(frozen=True, slots=True)
class Shelf:
    """A school's ledgers by group; ``day_off`` names a day without school, on which daily ledgers are not asked for."""

    org: Any
    on: date
    day_off: str
    groups: tuple[tuple[str, tuple[ShelfLine, ...]], ...]

    @property
    def left(self) -> int:
        """How many of mine have not been begun."""
        return sum(
            line.is_mine and not line.state and not (self.day_off and line.ledger.every == "day")
            for _, lines in self.groups
            for line in lines
        )


def shelf(viewer: Actor, org_id: UUID, *, on: date, at: datetime) -> Shelf:
    """The ledgers of a school on a day (four statements)."""
    there = reach(viewer, org_id)
    org, ledgers = there.org, ledgers_at(viewer, there)
    days = {code: rules.page_day(ledger.every, sensible_day(on)) for code, ledger in ledgers.items()}
    begun = _begun(there, set(days.values()))
    running: dict[str, list[bool]] = {}
    kept = there.readable(Entry.objects.filter(school_id=org.school_id, org_id=org.pk))
    for code, due in _running(kept)[:CAP].values_list("ledger", "clock_due_at"):
        running.setdefault(code, []).append(due <= at)
    groups: dict[str, list[ShelfLine]] = {MINE: []}
    for code, ledger in ledgers.items():
        open_rows, mine = running.get(code, []), is_mine(viewer, ledger, there)
        state = begun.get((code, days[code]), "")
        line = ShelfLine(
            ledger,
            days[code],
            state,
            mine,
            may_write(viewer, ledger, there),
            len(open_rows),
            sum(open_rows),
            bool(ledger.nil) and not state and may_write(viewer, ledger, there) and not there.parts_for(viewer, ledger),
        )
        groups.setdefault(MINE if mine else ledger.group, []).append(line)
    return Shelf(
        org,
        on,
        _day_off(org.bureau_id, org.school_id, on),
        tuple((group, tuple(lines)) for group, lines in groups.items() if lines),
    )


def _begun(there: Reach, days: set[date]) -> dict[tuple[str, date], str]:
    """The pages of these days that were begun; whoever reaches a part of the school asks whether there are own rows."""
    org = there.org
    if not there.is_whole:
        rows = Entry.objects.filter(bureau_id=org.bureau_id, org_id=org.pk, on__in=days, struck_at__isnull=True)
        return dict.fromkeys(there.readable(rows).order_by().values_list("ledger", "on").distinct(), "filled")
    leaves = Leaf.objects.filter(bureau_id=org.bureau_id, org_id=org.pk, on__in=days)
    return {(code, on): state for code, on, state in leaves.values_list("ledger", "on", "state")}


def _day_off(bureau_id: UUID, school_id: UUID | None, on: date) -> str:
    """The word for a day on which there is no school; empty on a school day, and where no calendar reaches."""
    kind = day_kind(bureau_id, school_id, "", on)
    return "" if kind in ("", *SCHOOL_DAYS) else DAY_KINDS[kind]


def _running(rows: Any) -> Any:
    return rows.filter(clock_due_at__isnull=False, clock_ended_at__isnull=True, struck_at__isnull=True)


@dataclass(frozen=True, slots=True)
class Line:
    """A row as a page shows it: its cells in the order of the columns."""

    entry: Entry
    cells: tuple[tuple[Item, str, bool], ...]
    is_running: bool
    is_overdue: bool
    may_end: bool
    is_own: bool = True
    """Whether it stands where this person writes."""


@dataclass(frozen=True, slots=True)
class LedgerPage:
    """One page of one ledger at one school."""

    ledger: Ledger
    org: Any
    on: date
    last: date
    version: VersionInForce
    lines: tuple[Line, ...]
    leaf: Leaf | None
    locked_from: date
    is_locked: bool
    is_future: bool
    is_late: bool
    may_write: bool
    before: date
    after: date
    last_time: tuple[Mapping[str, str], ...] = ()
    by_me: bool = False
    parts: tuple[Any, ...] = ()
    """The own classes or areas of whoever writes no further."""

    @property
    def columns(self) -> tuple[Item, ...]:
        """The columns of new rows."""
        return self.version.content.items

    @property
    def own_class(self) -> str:
        """The class that an empty cell of the class means; empty where it means none."""
        own = classes(self.parts) if any(item.code == CLASS for item in self.columns) else ()
        return own[0].name if len(own) == 1 else ""

    @property
    def can_write(self) -> bool:
        """Whether this person may write on this page now."""
        return self.may_write and not self.is_locked and not self.is_future

    @property
    def is_complete(self) -> bool:
        """Whether the rows that stand ready lack nothing that must be filled."""
        return all(item.code in self.ledger.standing for item in self.columns if item.required)

    @property
    def ready(self) -> tuple[dict[str, str], ...]:
        """Rows that stand ready to be confirmed: the ledger's slots that no row has yet, or the rows that this person wrote
        on the last page, with what is normal and what stays the same."""
        usual, same = dict(self.ledger.normal or {}), self.ledger.again
        if not self.ledger.slots:
            before = () if self.by_me else self.last_time
            return tuple({**usual, **{code: row[code] for code in same if row.get(code)}} for row in before)
        column = self.ledger.slot_column
        there = {line.entry.answers.get(column) for line in self.lines if not line.entry.struck_at}
        then = {row.get(column): {code: row[code] for code in same if row.get(code)} for row in self.last_time}
        return tuple({**usual, **then.get(slot, {}), column: slot} for slot in self.ledger.slots if slot not in there)


def ledger_page(viewer: Actor, org_id: UUID, code: str, *, on: date, at: datetime) -> LedgerPage:
    """One page; any day of it names it. Refusals: ``foundation.not_found``, ``ledgers.no_such_ledger``."""
    there = reach(viewer, org_id)
    org, ledger = there.org, ledgers_at(viewer, there).get(code)
    if ledger is None:
        raise Refusal("ledgers.no_such_ledger")
    day = rules.page_day(ledger.every, sensible_day(on))
    today = timezone.localdate(at)
    kept = Entry.objects.filter(bureau_id=org.bureau_id, org_id=org.pk, ledger=code, on=day)
    rows = list(there.readable(kept).order_by("id")[:1000])
    parts = there.parts_for(viewer, ledger)
    version = in_force_by_code(
        viewer, ledger.sheet, on=max(day, rules.last_day(ledger.every, day) if day > today else day)
    )
    since = rules.locked_from(ledger, day)
    return LedgerPage(
        ledger, org, day, rules.last_day(ledger.every, day), version, tuple(_line(row, ledger, at, parts) for row in shown(viewer, ledger, there, rows)),
        Leaf.objects.filter(bureau_id=org.bureau_id, org_id=org.pk, ledger=code, on=day).first(),
        since, today >= since, day > today, rules.is_late(ledger, day, today), may_write(viewer, ledger, there),
        rules.turned(ledger.every, day, -1), rules.turned(ledger.every, day, 1), _last_time(viewer, ledger, there, day),
        any(row.by_id == viewer.id and not row.struck_at for row in rows), parts,
    )  # fmt: skip


def _last_time(viewer: Actor, ledger: Ledger, there: Reach, day: date) -> tuple[Mapping[str, str], ...]:
    """The rows of the last page before a day that has any: this person's, or everybody's where the rows have names."""
    if not ledger.again:
        return ()
    org = there.org
    rows = Entry.objects.filter(
        bureau_id=org.bureau_id, org_id=org.pk, ledger=ledger.code, on__lt=day, struck_at__isnull=True
    )
    rows = there.readable(rows) if ledger.slots else rows.filter(by_id=viewer.id)
    found = list(rows.order_by("-on", "id").values_list("on", "answers")[:MOST_AGAIN])
    return tuple(answers for on, answers in found if on == found[0][0])


def shown(viewer: Actor, ledger: Ledger, place: Any, rows: list[Entry]) -> list[Entry]:
    """The rows with what this person may read of them: encrypted ones opened for the ledger's posts alone, private columns
    masked for those who only look."""
    if ledger.restricted or any(row.closed for row in rows):
        mine = is_mine(viewer, ledger, place)
        return [contents.opened(row) if mine else row for row in rows]
    if ledger.gate_pass and not may_write(viewer, ledger, place):
        for row in rows:
            row.answers = {
                code: rules.masked(text) if rules.is_private(ledger, code) else text
                for code, text in row.answers.items()
            }
            row.title = contents.title(version_for_filling(SYSTEM, row.version_id), row.answers)
    return rows


def _line(row: Entry, ledger: Ledger, at: datetime, parts: Sequence[Any] = ()) -> Line:
    version = version_for_filling(SYSTEM, row.version_id)
    wrong = contents.wrong(version, row.answers) if row.closed else row.wrong
    running = row.clock_due_at is not None and row.clock_ended_at is None and row.struck_at is None
    return Line(
        row,
        tuple((item, row.answers.get(item.code, ""), item.code in wrong) for item in version.content.items),
        running,
        running and row.clock_due_at <= at,
        running and ledger.clock is not None and (not ledger.clock.keep or row.clock_due_at <= at),
        not parts or any(row.path.startswith(part.path) for part in parts),
    )


def entries_between(
    viewer: Actor, org_id: UUID, code: str, *, since: date, until: date
) -> tuple[Any, Ledger, list[Entry]]:
    """The school, its ledger and every row from a day to a day, struck ones too, for paper and Excel."""
    there = reach(viewer, org_id)
    org, ledger = there.org, ledgers_at(viewer, there).get(code)
    if ledger is None:
        raise Refusal("ledgers.no_such_ledger")
    rows = Entry.objects.filter(bureau_id=org.bureau_id, org_id=org.pk, ledger=code, on__range=(since, until))
    rows = there.readable(rows).order_by("on", "id")
    return org, ledger, shown(viewer, ledger, there, list(rows[:20_000]))


def nil_days(org: Any, code: str, *, since: date, until: date) -> list[date]:
    """The pages that were reported as having nothing; call it only after the school itself was found visible."""
    rows = Leaf.objects.filter(
        bureau_id=org.bureau_id, org_id=org.pk, ledger=code, on__range=(since, until), state="nil"
    )
    return sorted(rows.values_list("on", flat=True))


def versions_of(rows: Iterable[Entry]) -> dict[UUID, VersionInForce]:
    """The versions that these rows answered."""
    return {pk: version_for_filling(SYSTEM, pk) for pk in {row.version_id for row in rows}}


def running(viewer: Actor, *, cursor: str = "", size: int = 25) -> Page:
    """What ledgers keep open inside the viewer's net (a visitor inside, a sample kept), the earliest due first."""
    found = page(_running(Entry.objects.visible_to(viewer)), order=("clock_due_at", "id"), cursor=cursor, size=size)
    for row in found.rows:
        ledger = ledgers_of(row.bureau_id).get(row.ledger)
        if ledger is not None:
            shown(viewer, ledger, row, [row])
    return found


@dataclass(frozen=True, slots=True)
class DayLine:
    """One school on a day: each ledger's state in the order of the bureau's ledgers ("-" where it does not keep one)."""

    org: Any
    states: tuple[str, ...]

    @property
    def missing(self) -> int:
        """How many ledgers of the day were not begun."""
        return sum(state == "" for state in self.states)


def day_across(viewer: Actor, *, on: date) -> tuple[str, tuple[Ledger, ...], list[DayLine]]:
    """The word of a day without school, the daily ledgers, and all schools of the viewer's net, the emptiest first."""
    net.require_net(viewer)
    daily = tuple(one for one in ledgers_of(viewer.bureau_id).values() if one.every == "day" and not one.restricted)
    begun = {
        (org_id, code): state
        for org_id, code, state in Leaf.objects.visible_to(viewer)
        .filter(on=sensible_day(on), ledger__in=[one.code for one in daily])
        .values_list("org_id", "ledger", "state")
    }
    lines = []
    for org in net.schools(viewer):
        stages, facets = stages_of([*org.stages, org.kind]), set(org.facets)
        lines.append(
            DayLine(
                org, tuple(begun.get((org.pk, one.code), "") if one.asked_of(stages, facets) else "-" for one in daily)
            )
        )
    day_off = _day_off(viewer.bureau_id, None, on) if viewer.bureau_id else ""
    return day_off, daily, sorted(lines, key=lambda line: -line.missing)


def leaves_today(viewer: Actor) -> Any:
    """The pages that were begun for today, to be counted."""
    return Leaf.objects.visible_to(viewer).filter(on=timezone.localdate(clock.now()))
