"""How a ledger is kept: its pages, its lock, its clock. Pure: no Django, no wall clock."""

from __future__ import annotations

from collections.abc import Mapping
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
class Ledger:
    """One ledger of a bureau as its pack describes it; ``posts`` may write it, ``slots`` name rows that every page has."""

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
    clock: Clock | None = None
    stages: tuple[str, ...] = ()
    facets: tuple[str, ...] = ()
    restricted: bool = False

    @property
    def every_words(self) -> str:
        """How often a page is begun, in words."""
        return EVERY[self.every]

    def asked_of(self, stages: set[str], facets: set[str]) -> bool:
        """Whether a school of these stages and facets keeps this ledger."""
        return (not self.stages or not stages or bool(set(self.stages) & stages)) and set(self.facets) <= facets


_FIELDS, _CLOCK = ({one.name for one in fields(kind)} for kind in (Ledger, Clock))


def from_entry(data: Mapping[str, Any]) -> Ledger:
    """The ledger that a pack's entry describes; where it comes from (``source``, ``proof``) stays with the entry."""
    given: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in data.items() if name in _FIELDS
    }
    if clock := data.get("clock"):
        given["clock"] = Clock(**{name: value for name, value in clock.items() if name in _CLOCK})
    return Ledger(**given)


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
