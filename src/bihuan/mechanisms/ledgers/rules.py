"""How a ledger is kept: its pages, its lock, its clock. Pure: no Django, no wall clock."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from typing import Any, Literal

Every = Literal["day", "week", "month", "quarter", "term"]
EVERY: Mapping[str, str] = {
    "day": "每天一页",
    "week": "每周一页",
    "month": "每月一页",
    "quarter": "每季一页",
    "term": "每学期一页",
}
_MONTHS = {"month": 1, "quarter": 3}


@dataclass(frozen=True, slots=True)
class Clock:
    """A row that is not finished when it is written: a visitor still inside, a food sample still kept.

    It begins at the time in column ``starts`` on the page's day and is due ``within_minutes`` later; ``ends`` is the
    column that the end is written into. ``keep`` turns it round: ending *before* the due moment is what is wrong
    (a sample thrown away too early).
    """

    starts: str
    ends: str
    within_minutes: int
    running: str
    ended: str
    overdue: str
    keep: bool = False


@dataclass(frozen=True, slots=True)
class GatePass:
    """A row may be given a visitor's pass: in which columns stand who comes, whom they visit and why.

    ``private`` columns are shown in full only to those who may write the ledger.
    """

    who: str
    host: str
    why: str
    private: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Coverage:
    """What every school has to have in this ledger: each of ``wanted`` (texts of column ``kind``) at least so often in a
    span, and how many came (``came``) of those who should have (``due``); ``whom`` names the class or group of a row.

    ``hours`` is the column that is added up instead of counting rows (课时).
    """

    kind: str
    wanted: Mapping[str, int]
    came: str
    due: str
    whom: str
    hours: str = ""
    span: Literal["term", "year"] = "term"


@dataclass(frozen=True, slots=True)
class Covered:
    """One wanted kind at one school: how often, how many came of how many, and for whom."""

    kind: str
    times: int
    least: int
    came: int
    due: int
    whom: tuple[str, ...]

    @property
    def enough(self) -> bool:
        """Whether it was done as often as it has to be."""
        return self.times >= self.least

    @property
    def percent(self) -> int:
        """Who came of those who should have, in whole percent."""
        return self.came * 100 // self.due if self.due else 0


def covered(coverage: Coverage, rows: Iterable[Mapping[str, str]]) -> tuple[Covered, ...]:
    """How far each wanted kind is covered by these rows of one school."""
    found: dict[str, list[Mapping[str, str]]] = {kind: [] for kind in coverage.wanted}
    for row in rows:
        if row.get(coverage.kind) in found:
            found[row[coverage.kind]].append(row)
    return tuple(
        Covered(
            kind, sum(_whole(row.get(coverage.hours)) for row in mine) if coverage.hours else len(mine),
            coverage.wanted[kind], sum(_whole(row.get(coverage.came)) for row in mine),
            sum(_whole(row.get(coverage.due)) for row in mine),
            tuple(dict.fromkeys(row[coverage.whom] for row in mine if row.get(coverage.whom))),
        )
        for kind, mine in found.items()
    )  # fmt: skip


def _whole(text: str | None) -> int:
    return int(float(text)) if text and text.replace(".", "", 1).isdecimal() else 0


def span_of(coverage: Coverage, day: date) -> tuple[date, date]:
    """The first and the last day of the term half-year, or of the school year (1 August to 31 July), around a day."""
    if coverage.span == "term":
        first = page_day("term", day)
        return first, last_day("term", first)
    year = day.year if day.month >= 8 else day.year - 1
    return date(year, 8, 1), date(year + 1, 7, 31)


@dataclass(frozen=True, slots=True)
class Ledger:
    """One ledger of a bureau as its pack describes it; ``posts`` may write it, ``slots`` name rows that every page has.

    The rows of a ``restricted`` one are read and written by its posts alone, and kept encrypted.

    ``given`` columns fill themselves when left empty (``me``: who writes, ``now``: the time of writing); ``again`` columns
    stand ready with what the same person wrote on the last page; ``usual_rows`` is how many rows a usual page gets.
    """

    code: str
    number: int
    title: str
    group: str
    sheet: str
    posts: tuple[str, ...]
    every: Every
    lock_days: int
    nil: str = ""
    slots: tuple[str, ...] = ()
    slot_column: str = ""
    normal: Mapping[str, str] | None = None
    given: Mapping[str, str] | None = None
    again: tuple[str, ...] = ()
    usual_rows: int = 1
    clock: Clock | None = None
    gate_pass: GatePass | None = None
    stages: tuple[str, ...] = ()
    facets: tuple[str, ...] = ()
    restricted: bool = False
    coverage: Coverage | None = None

    @property
    def every_words(self) -> str:
        """How often a page is begun, in words."""
        return EVERY[self.every]

    def asked_of(self, stages: set[str], facets: set[str]) -> bool:
        """Whether a school of these stages and facets keeps this ledger."""
        return (not self.stages or not stages or bool(set(self.stages) & stages)) and set(self.facets) <= facets

    @property
    def standing(self) -> frozenset[str]:
        """The columns that nobody has to fill on a usual day: they stand ready or fill themselves."""
        ends = {self.clock.ends} if self.clock else set()
        slot = {self.slot_column} if self.slots else set()
        return frozenset({*(self.normal or {}), *(self.given or {}), *self.again, *ends, *slot})


_FIELDS, _CLOCK = ({one.name for one in fields(kind)} for kind in (Ledger, Clock))


def from_entry(data: Mapping[str, Any]) -> Ledger:
    """The ledger that a pack's entry describes; where it comes from (``source``, ``proof``) stays with the entry."""
    given: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in data.items() if name in _FIELDS
    }
    if clock := data.get("clock"):
        given["clock"] = Clock(**{name: value for name, value in clock.items() if name in _CLOCK})
    if asked := data.get("gate_pass"):
        columns = {name: asked[name] for name in ("who", "host", "why")}
        given["gate_pass"] = GatePass(**columns, private=tuple(asked.get("private", ())))
    if coverage := data.get("coverage"):
        wanted = {one["kind"]: one["least"] for one in coverage["wanted"]}
        given["coverage"] = Coverage(**{**coverage, "wanted": wanted})
    return Ledger(**given)


def is_private(ledger: Ledger, column: str) -> bool:
    """Whether a column is not for everybody who may look at the ledger, and so not for its history either."""
    return ledger.restricted or bool(ledger.gate_pass and column in ledger.gate_pass.private)


def masked(text: str) -> str:
    """王小明 as 王＊＊: the first letter, so that two visitors can be told apart."""
    return text[:1] + "＊" * min(len(text) - 1, 4) if text else ""


CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""No 0 O 1 I L: a code is also typed by hand."""
CODE_LENGTH = 10


PASS_STATES: Mapping[str, str] = {"inside": "在校内", "late": "超时未离校", "left": "已离校", "void": "已作废"}


def pass_state(*, void: bool, left: bool, due_at: datetime, now: datetime) -> str:
    """How a pass stands: a void one stays void whoever left with it."""
    return "void" if void else "left" if left else "late" if due_at <= now else "inside"


def pass_number(on: date, n: int) -> str:
    """The seventh pass of 22 November as 1122-007; it is valid on that day."""
    return f"{on:%m%d}-{n:03d}"


def typed_pass(text: str, today: date) -> tuple[str, date | None, int]:
    """What was scanned or typed at the gate: (code, none, 0), or ("", the day, its number); a bare number is today's."""
    plain = "".join(sign for sign in unicodedata.normalize("NFKC", text).upper() if sign.isascii() and sign.isalnum())
    if not plain.isdigit() or len(plain) == CODE_LENGTH:
        return plain[: 2 * CODE_LENGTH], None, 0
    if len(plain) <= 3:
        return "", today, int(plain)
    try:
        month, day = int(plain[:2]), int(plain[2:4])
        on = date(today.year - ((month, day) > (today.month, today.day)), month, day)
    except ValueError:
        return plain[: 2 * CODE_LENGTH], None, 0
    return "", on, int(plain[4:] or 0)


def page_day(every: str, day: date) -> date:
    """The day that names the page of *day*: the first of its week, month, quarter or term half-year (2 and 8)."""
    if every == "week":
        return day - timedelta(days=day.weekday())
    if every in _MONTHS:
        size = _MONTHS[every]
        return date(day.year, (day.month - 1) // size * size + 1, 1)
    if every == "term":
        return (
            date(day.year, 8, 1)
            if day.month >= 8
            else date(day.year, 2, 1)
            if day.month >= 2
            else date(day.year - 1, 8, 1)
        )
    return day


def last_day(every: str, day: date) -> date:
    """The last day that the page named *day* covers."""
    return turned(every, day, 1) - timedelta(days=1)


def turned(every: str, day: date, pages: int) -> date:
    """The page *pages* (1 or -1) after this one."""
    if every == "day":
        return day + timedelta(days=pages)
    near = page_day(every, day)
    if pages < 0:
        return page_day(every, near - timedelta(days=1))
    return page_day(every, near + timedelta(days={"week": 7, "month": 32, "quarter": 93, "term": 215}[every]))


def filled(ledger: Ledger, answers: Mapping[str, str], *, me: str, now: datetime, on: date) -> dict[str, str]:
    """A new row with the ``given`` columns that were left empty; the time only on the page of the very day."""
    known = {"me": me, "now": f"{now:%H:%M}" if on == now.date() else ""}
    by_itself = {code: known[word] for code, word in (ledger.given or {}).items() if not answers.get(code)}
    return {**answers, **{code: value for code, value in by_itself.items() if value}}


def locked_from(ledger: Ledger, day: date) -> date:
    """The first day on which the page named *day* can no longer be written or changed."""
    return last_day(ledger.every, day) + timedelta(days=ledger.lock_days + 1)


def is_late(ledger: Ledger, day: date, today: date) -> bool:
    """Whether a row written *today* on the page named *day* is written afterwards (补录)."""
    return today > last_day(ledger.every, day)


def clock_due(clock: Clock, day: date, answers: Mapping[str, str], now: datetime) -> datetime:
    """When a row's clock is due, in the zone of *now*; without a readable start it runs from *now*."""
    begun = read_time(answers.get(clock.starts, ""))
    start = datetime.combine(day, begun, tzinfo=now.tzinfo) if begun else now
    return start + timedelta(minutes=clock.within_minutes)


def read_time(text: str) -> time | None:
    """07:40 as a time of day, or nothing."""
    try:
        return time.fromisoformat(text.strip())
    except ValueError:
        return None


def clock_words(moment: datetime, day: date) -> str:
    """What is written into the column where a clock ends: the time, with the date when it is another day."""
    return f"{moment:%H:%M}" if moment.date() == day else f"{moment:%m-%d %H:%M}"
