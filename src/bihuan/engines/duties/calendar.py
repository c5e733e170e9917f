"""The school calendar: what kind of day a date is, and which dates a term, a week or a month offers for work.

Pure. Public holidays with their make-up days (调休) are announced year by year and follow from no algorithm (领域资料：
校历), so every day is data: a bureau's days, over them those of a stage, over them those of one school.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Any

DAY = timedelta(days=1)
KINDS: Mapping[str, str] = {
    "school": "上课", "makeup": "调休上课", "exam": "考试", "weekend": "周末", "holiday": "放假", "closure": "停课",
}  # fmt: skip
SCHOOL_DAYS = frozenset({"school", "makeup", "exam"})
"""The kinds of days on which pupils are at school."""
_OPENNESS = ("school", "makeup", "exam", "weekend", "holiday", "closure")
LONGEST_BREAK = 120


@dataclass(frozen=True, slots=True)
class Term:
    """A term from its first to its last day."""

    code: str
    name: str
    starts_on: date
    ends_on: date


@dataclass(frozen=True, slots=True)
class Holiday:
    """A public holiday from its first to its last day, with the days that are worked for it."""

    name: str
    starts_on: date
    ends_on: date
    makeup_days: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class Day:
    """One date: its kind (``KINDS``), the term (empty between terms), the week of the term, and a name (国庆节, 台风)."""

    on: date
    kind: str
    term: str = ""
    week_no: int = 0
    name: str = ""

    @property
    def is_school_day(self) -> bool:
        """Whether pupils are at school."""
        return self.kind in SCHOOL_DAYS

    @property
    def short(self) -> str:
        """Two or three hanzi for the square of a month: 国庆, 调休, 停课."""
        named = self.kind == "holiday" and self.name
        return str(named)[:2] if named else {"makeup": "调休", "exam": "考试"}.get(self.kind, KINDS[self.kind])


def monday_of(day: date) -> date:
    """The Monday of the day's week."""
    return day - timedelta(days=day.weekday())


def days_of(terms: Sequence[Term], holidays: Iterable[Holiday], first: date, last: date) -> list[Day]:
    """Every date from *first* to *last* as the terms and the public holidays make it; between terms it is a holiday."""
    off = {day: holiday.name for holiday in holidays for day in dates(holiday.starts_on, holiday.ends_on)}
    worked = {day: holiday.name for holiday in holidays for day in holiday.makeup_days}
    return [_day(day, sorted(terms, key=lambda term: term.starts_on), off, worked) for day in dates(first, last)]


def days_from(data: Mapping[str, Any], today: date) -> list[Day]:
    """The days of an installed calendar (``school_years``, ``holidays``, ``days``), from the term before *today* to its end.

    Days that a bureau listed are laid over what the terms and holidays make. A calendar that names no term at all is
    one of plain weekdays, as a bureau's working days are (cases' clock).
    """
    terms = [term_of(term) for year in data.get("school_years", ()) for term in year["terms"]]
    holidays = [
        Holiday(
            one["name"], _date(one["starts_on"]), _date(one["ends_on"]), tuple(map(_date, one.get("makeup_days", ())))
        )
        for one in data.get("holidays", ())
    ]
    first = (
        min([term.starts_on for term in terms if term.ends_on >= today - timedelta(days=200)], default=today) - 31 * DAY
    )
    last = max([today + timedelta(days=130), *(term.ends_on + 62 * DAY for term in terms)])
    days = days_of(terms or [Term("", "", first, last)], holidays, min(first, today - 31 * DAY), last)
    over = {
        on: Day(on, one["kind"], name=one["name"])
        for one in data.get("days", ())
        for on in dates(_date(one["since"]), _date(one["until"]))
    }
    return overlaid(days, over)


def term_of(data: Mapping[str, Any]) -> Term:
    """A term as an installed calendar states it."""
    return Term(data["code"], data["name"], _date(data["starts_on"]), _date(data["ends_on"]))


def _date(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)


def _day(day: date, terms: Sequence[Term], off: Mapping[date, str], worked: Mapping[date, str]) -> Day:
    term = next((term for term in terms if term.starts_on <= day <= term.ends_on), None)
    if term is None:
        return Day(day, "holiday", name=off.get(day) or _between(day, terms))
    week = (monday_of(day) - monday_of(term.starts_on)).days // 7 + 1
    if day in worked:
        return Day(day, "makeup", term.code, week, f"{worked[day]}调休")
    if day in off:
        return Day(day, "holiday", term.code, week, off[day])
    return Day(day, "weekend" if day.isoweekday() > 5 else "school", term.code, week)


def _between(day: date, terms: Sequence[Term]) -> str:
    """寒假 before a term that begins in spring, 暑假 before one that begins in autumn."""
    after = next((term for term in terms if term.starts_on > day), None)
    before = next((term for term in reversed(terms) if term.ends_on < day), None)
    if after is None and before is None:
        return "未排学期"
    spring = after.starts_on.month <= 6 if after else before is not None and before.ends_on.month <= 2
    return "寒假" if spring else "暑假"


def dates(first: date, last: date) -> Iterator[date]:
    """Every date from *first* to *last*, both included."""
    for n in range((last - first).days + 1):
        yield first + timedelta(days=n)


def overlaid(days: Iterable[Day], over: Mapping[date, Day]) -> list[Day]:
    """Days with others laid over them; what is laid over keeps the term and the week that it does not say itself."""
    return [_over(day, over[day.on]) if day.on in over else day for day in days]


def _over(day: Day, other: Day) -> Day:
    return replace(other, term=other.term or day.term, week_no=other.week_no or day.week_no)


def merged(by_stage: Sequence[Sequence[Day]]) -> list[Day]:
    """One calendar for a school of several stages: it is open on a day when one of its stages is."""
    return [min(same, key=lambda day: _OPENNESS.index(day.kind)) for same in zip(*by_stage, strict=True)]


class Calendar:
    """The days of one school (or of all schools that live by the same days), dense from its first to its last date."""

    def __init__(self, days: Sequence[Day]) -> None:
        self._days = tuple(days)
        self.first = self._days[0].on if self._days else date.min
        self.last = self._days[-1].on if self._days else date.min

    def __getitem__(self, day: date) -> Day:
        """The day; a date outside the calendar is a ``KeyError``."""
        n = (day - self.first).days
        if not self._days or not 0 <= n < len(self._days):
            raise KeyError(day)
        return self._days[n]

    def get(self, day: date) -> Day | None:
        """The day, or nothing when the calendar does not reach it."""
        return next(iter(self.between(day, day)), None)

    def __contains__(self, day: object) -> bool:
        return bool(self._days) and isinstance(day, date) and self.first <= day <= self.last

    def between(self, first: date, last: date) -> tuple[Day, ...]:
        """The days of a span, as far as they are known."""
        if not self._days:
            return ()
        return self._days[max(0, (first - self.first).days) : max(0, (last - self.first).days + 1)]

    def school_days(self, first: date, last: date) -> list[date]:
        """The dates of a span on which pupils are at school."""
        return [day.on for day in self.between(first, last) if day.is_school_day]

    @cached_property
    def terms(self) -> tuple[tuple[str, date, date], ...]:
        """Each term that the days name, with its first and last known day."""
        found: dict[str, list[date]] = {}
        for day in self._days:
            if day.term:
                found.setdefault(day.term, [day.on, day.on])[1] = day.on
        return tuple((code, first, last) for code, (first, last) in found.items())

    def break_after(self, day: date) -> tuple[Day, ...]:
        """The days without school that follow a school day, up to the next one."""
        found = []
        for ahead in self.between(day + DAY, day + LONGEST_BREAK * DAY):
            if ahead.is_school_day:
                break
            found.append(ahead)
        return tuple(found)

    def is_before_holiday(self, day: date, *, least: int = 1) -> bool:
        """Whether it is the last school day before a break of at least *least* days that holds a holiday.

        A plain weekend is no holiday, and nobody knows of a closure (a typhoon) beforehand.
        """
        if day not in self or not self[day].is_school_day:
            return False
        off = self.break_after(day)
        return len(off) >= least and any(ahead.kind == "holiday" for ahead in off)

    def nth_school_day_of_week(self, day: date) -> int:
        """Which school day of its week a date is (1 is the first); 0 when it is none."""
        days = self.school_days(monday_of(day), monday_of(day) + 6 * DAY)
        return days.index(day) + 1 if day in days else 0
