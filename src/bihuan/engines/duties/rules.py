"""Duties as rules: when a duty falls due by the school calendar, for which units, and whose it is.

Pure. A cadence is a calendar rule, not cron text: ``{"every": "month", "day": 1}`` is the first school day of a month,
and a month without school days (寒暑假) asks for nothing. A duty that falls due once in a period is named by the
period's own first date (Monday, the 1st, the term's first day), so that a closure moves it and never doubles it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from bihuan.engines.duties.calendar import DAY, KINDS, SCHOOL_DAYS, Calendar, dates, monday_of

ZONE = ZoneInfo("Asia/Shanghai")
ACTS: Mapping[str, str] = {"sheet": "填报", "patrol": "巡查", "drill": "演练", "ledger": "登记", "visit": "到校",
                             "act": "完成"}  # fmt: skip
"""What a duty asks for; the word stands on the button."""

EVERY: Mapping[str, str] = {
    "school-day": "每个上课日", "school-night": "上课日前一晚", "day": "每天", "week": "每周", "month": "每月", "quarter": "每季度", "term": "每学期",
    "first-week": "开学第一周", "before-holiday": "放假前最后一个上课日", "interval": "每隔几天", "once": "一次",
}  # fmt: skip
_KEYS: Mapping[str, frozenset[str]] = {
    "school-day": frozenset({"weekdays", "without"}), "school-night": frozenset(), "day": frozenset({"kinds", "weekdays"}), "week": frozenset({"day", "weeks"}),
    "month": frozenset({"day", "basis", "months"}), "quarter": frozenset({"day", "months"}), "term": frozenset({"day"}),
    "first-week": frozenset({"day"}), "before-holiday": frozenset({"least"}), "interval": frozenset({"days", "since"}),
    "once": frozenset({"date"}),
}  # fmt: skip
NEAR = frozenset({"school-day", "school-night", "day", "week", "interval", "once"})
"""Cadences that look no further than a week, or their own number of days."""
_WEEKDAYS = "一二三四五六日"
_ALWAYS = frozenset({"every", "sample"})
STATES: Mapping[str, str] = {"open": "待办", "done": "已完成", "late": "迟报", "missed": "漏办", "excused": "免办"}
ENDED = ("done", "late", "missed", "excused")


@dataclass(frozen=True, slots=True)
class Cadence:
    """A checked cadence; see ``cadence_of``. ``day``: a number, ``first`` or ``last``, or empty for the whole period.
    ``sample``: how many units in a hundred are asked each time (see ``sampling``)."""

    every: str
    day: int | str = ""
    weekdays: tuple[int, ...] = ()
    without: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    weeks: str = ""
    basis: str = "calendar"
    months: tuple[int, ...] = ()
    least: int = 1
    days: int = 1
    since: date | None = None
    date: date | None = None
    sample: int = 100


def cadence_of(data: Mapping[str, Any]) -> Cadence:
    """Read a cadence; anything that is none is a ``ValueError`` with a Chinese sentence.

    ``school-day`` (``weekdays``, ``without`` kinds) · ``school-night`` (its windows before noon are of the next morning) ·
    ``day`` (``kinds``, ``weekdays``) · ``week`` (``day`` 1–7, first, last;
    ``weeks`` odd, even) · ``month`` (``day`` n-th school day, first, last; ``basis`` calendar or term; ``months``) ·
    ``quarter`` · ``term`` · ``first-week`` · ``before-holiday`` (``least`` days) · ``interval`` (``days``, ``since``) · ``once``.
    With each of them ``sample``: of how many units in a hundred it is asked each time.
    """
    every = str(data.get("every", ""))
    if every not in EVERY:
        raise ValueError(f"频次 every 只能是：{'、'.join(EVERY)}")
    if strange := sorted(set(data) - _KEYS[every] - _ALWAYS):
        raise ValueError(f"频次「{EVERY[every]}」不认识：{'、'.join(strange)}")
    found = Cadence(
        every,
        day=_day_of(data.get("day", ""), most=7 if every in ("week", "first-week") else 31),
        weekdays=_numbers(data.get("weekdays", ()), 1, 7, "weekdays"),
        without=_kinds(data.get("without", ()), SCHOOL_DAYS),
        kinds=_kinds(data.get("kinds", ()), KINDS),
        weeks=_among(data.get("weeks", ""), ("", "odd", "even"), "weeks"),
        basis=_among(data.get("basis", "calendar"), ("calendar", "term"), "basis"),
        months=_numbers(data.get("months", ()), 1, 12, "months"),
        least=_number(data.get("least", 1), 1, 60, "least"),
        days=_number(data.get("days", 1), 1, 366, "days"),
        since=_date(data.get("since"), "since"),
        date=_date(data.get("date"), "date"),
        sample=_number(data.get("sample", 100), 5, 100, "sample"),
    )
    if found.sample % 5:
        raise ValueError("频次里的 sample（抽百分之几）应是 5 的倍数")
    if every == "interval" and found.since is None:
        raise ValueError("「每隔几天」要写从哪一天算起（since）")
    if every == "once" and found.date is None:
        raise ValueError("「一次」要写日期（date）")
    return found


def _day_of(value: Any, *, most: int) -> int | str:
    if value in ("", None):
        return ""
    if value in ("first", "last"):
        return str(value)
    return _number(value, 1, most, "day")


def _number(value: Any, least: int, most: int, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ValueError(f"频次里的 {name} 应是 {least} 到 {most} 的整数")
    return value


def _numbers(value: Any, least: int, most: int, name: str) -> tuple[int, ...]:
    if isinstance(value, str | int | Mapping):
        raise ValueError(f"频次里的 {name} 应是一列数字")
    return tuple(sorted({_number(one, least, most, name) for one in value}))


def _kinds(value: Any, known: Collection[str]) -> tuple[str, ...]:
    if isinstance(value, str) or any(kind not in known for kind in value):
        raise ValueError(f"日子的类型只能是：{'、'.join(sorted(known))}")
    return tuple(value)


def _among(value: Any, known: Collection[str], name: str) -> str:
    if value not in known:
        raise ValueError(f"频次里的 {name} 只能是：{'、'.join(word for word in known if word)}")
    return str(value)


def _date(value: Any, name: str) -> date | None:
    if value is None or isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError(f"频次里的 {name} 应是日期，如 2026-11-22") from None


def in_words(cadence: Cadence) -> str:
    """The cadence as a person reads it: 每周，周五."""
    words = EVERY[cadence.every]
    if cadence.every == "interval":
        words = f"每 {cadence.days} 天"
    if cadence.every == "once" and cadence.date:
        words = f"{cadence.date.isoformat()} 一次"
    if cadence.every == "day" and cadence.kinds:
        words = f"每个{'、'.join(KINDS[kind] for kind in cadence.kinds)}日"
    if cadence.basis == "term":
        words = "每个学期月"
    parts = [words]
    if cadence.weekdays:
        parts.append("".join(f"周{_WEEKDAYS[n - 1]}" for n in cadence.weekdays))
    if cadence.weeks:
        parts.append("单周" if cadence.weeks == "odd" else "双周")
    if cadence.months:
        parts.append("、".join(f"{n} 月" for n in cadence.months))
    if cadence.day == "first":
        parts.append("首个上课日")
    elif cadence.day == "last":
        parts.append("最后一个上课日")
    elif cadence.day:
        parts.append(
            f"周{_WEEKDAYS[int(cadence.day) - 1]}" if cadence.every == "week" else f"第 {cadence.day} 个上课日"
        )
    if cadence.sample < 100:
        parts.append(f"每次抽 {cadence.sample}%")
    return "，".join(parts)


# --- when -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Due:
    """One time that a duty falls due: named by ``on``, to be done from one day to another.

    ``overnight``: its windows before noon are of the next morning.
    """

    on: date
    opens_on: date
    due_on: date
    overnight: bool = False


def dues(cadence: Cadence, calendar: Calendar, first: date, last: date) -> list[Due]:
    """Every time the duty falls due that is not over on *first* and is named by a date up to *last*."""
    found = _RULES[cadence.every](cadence, calendar, first, last)
    return [due for due in found if due.due_on >= first and due.on <= last]


Rule = Callable[[Cadence, Calendar, date, date], Iterator[Due]]


def _each_day(cadence: Cadence, calendar: Calendar, first: date, last: date) -> Iterator[Due]:
    school = cadence.every == "school-day"
    kinds = SCHOOL_DAYS - set(cadence.without) if school else set(cadence.kinds or KINDS)
    for day in calendar.between(first, last):
        if day.kind in kinds and (not cadence.weekdays or day.on.isoweekday() in cadence.weekdays):
            yield Due(day.on, day.on, day.on)


def _each_night(cadence: Cadence, calendar: Calendar, first: date, last: date) -> Iterator[Due]:
    """Boarders sleep at school before a school day: they go home on Friday and are back on Sunday evening."""
    for day in calendar.between(first + DAY, last + DAY):
        if day.is_school_day:
            yield Due(day.on - DAY, day.on - DAY, day.on - DAY, overnight=True)


def _each_week(cadence: Cadence, calendar: Calendar, first: date, last: date) -> Iterator[Due]:
    for monday in dates(monday_of(first), last):
        if monday.weekday():
            continue
        days = calendar.school_days(monday, monday + 6 * DAY)
        if not days:
            continue
        odd = calendar[days[0]].week_no % 2 == 1
        if cadence.weeks and (cadence.weeks == "odd") != odd:
            continue
        yield _in_period(
            monday, days, cadence.day if not isinstance(cadence.day, int) else monday + (cadence.day - 1) * DAY
        )


def _in_period(on: date, days: Sequence[date], chosen: int | str | date) -> Due:
    """Within these school days: the whole of them, the first, the last, the n-th, or a date (else the nearest after it)."""
    match chosen:
        case "first":
            day = days[0]
        case "last":
            day = days[-1]
        case int():
            day = days[min(chosen, len(days)) - 1]
        case date():
            day = next((one for one in days if one >= chosen), days[-1])
        case _:
            return Due(on, days[0], days[-1])
    return Due(on, day, day)


def _each_month(cadence: Cadence, calendar: Calendar, first: date, last: date) -> Iterator[Due]:
    if cadence.basis == "term":
        yield from _each_month_of_term(cadence, calendar, first, last)
        return
    step = 3 if cadence.every == "quarter" else 1
    start = first.replace(day=1) if step == 1 else date(first.year, (first.month - 1) // 3 * 3 + 1, 1)
    while start <= last:
        end = _months_later(start, step)
        days = calendar.school_days(start, end - DAY)
        if days and (not cadence.months or start.month in cadence.months):
            yield _in_period(start, days, cadence.day)
        start = end


def _each_month_of_term(cadence: Cadence, calendar: Calendar, first: date, last: date) -> Iterator[Due]:
    """学期月: counted from the term's first day, so that the first month of a term is a whole one."""
    for _, begins, ends in calendar.terms:
        for n in range(13):
            start, end = _months_later(begins, n), min(_months_later(begins, n + 1) - DAY, ends)
            if start > min(ends, last):
                break
            days = calendar.school_days(start, end)
            if days and (not cadence.months or n + 1 in cadence.months):
                yield _in_period(start, days, cadence.day)


def _months_later(day: date, n: int) -> date:
    month = day.month - 1 + n
    year, month = day.year + month // 12, month % 12 + 1
    longest = (date(year + month // 12, month % 12 + 1, 1) - DAY).day
    return date(year, month, min(day.day, longest))


def _each_term(cadence: Cadence, calendar: Calendar, first: date, last: date) -> Iterator[Due]:
    for _, begins, ends in calendar.terms:
        days = calendar.school_days(begins, ends)
        if days and begins <= last:
            yield _in_period(begins, days, cadence.day)


def _first_week(cadence: Cadence, calendar: Calendar, first: date, last: date) -> Iterator[Due]:
    """The first week of a term that has a school day."""
    for _, begins, ends in calendar.terms:
        days = calendar.school_days(begins, ends)
        if days and begins <= last:
            week = calendar.school_days(days[0], monday_of(days[0]) + 6 * DAY)
            yield _in_period(begins, week, cadence.day)


def _before_holiday(cadence: Cadence, calendar: Calendar, first: date, last: date) -> Iterator[Due]:
    for day in calendar.school_days(first, last):
        if calendar.is_before_holiday(day, least=cadence.least):
            yield Due(day, day, day)


def _interval(cadence: Cadence, calendar: Calendar, first: date, last: date) -> Iterator[Due]:
    """Every n days; what falls on a day without school is done on the next school day before the next time."""
    assert cadence.since
    n = max(0, (first - cadence.since).days // cadence.days)
    on = cadence.since + n * cadence.days * DAY
    while on <= last:
        if days := calendar.school_days(on, on + (cadence.days - 1) * DAY):
            yield Due(on, days[0], days[0])
        on += cadence.days * DAY


def _once(cadence: Cadence, calendar: Calendar, first: date, last: date) -> Iterator[Due]:
    assert cadence.date
    yield Due(cadence.date, cadence.date, cadence.date)


_RULES: Mapping[str, Rule] = {
    "school-day": _each_day, "school-night": _each_night, "day": _each_day, "week": _each_week, "month": _each_month, "quarter": _each_month,
    "term": _each_term, "first-week": _first_week, "before-holiday": _before_holiday, "interval": _interval, "once": _once,
}  # fmt: skip


# --- at what time -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a day: from a time to a time; one that ends before it begins runs past midnight."""

    name: str
    since: time
    until: time


ALL_DAY = Window("", time(0), time(23, 59))
NOON = time(12)
_FIELDS = frozenset({"name", "since", "until"})
MOST_WINDOWS = 24


def windows_of(data: Sequence[Mapping[str, Any]]) -> tuple[Window, ...]:
    """Read windows (none: the whole day); what is none is a ``ValueError`` with a Chinese sentence."""
    if len(data) > MOST_WINDOWS:
        raise ValueError(f"一天最多 {MOST_WINDOWS} 个时段")
    return tuple(_window(one) for one in data) or (ALL_DAY,)


def _window(data: Mapping[str, Any]) -> Window:
    if strange := sorted(set(data) - _FIELDS):
        raise ValueError(f"时段不认识：{'、'.join(strange)}")
    try:
        since, until = time.fromisoformat(data["since"]), time.fromisoformat(data["until"])
    except (KeyError, TypeError, ValueError):
        raise ValueError("时段要有开始 since 和结束 until，写成 07:00 这样") from None
    if since == until:
        raise ValueError("时段的开始和结束不能相同")
    return Window(str(data.get("name", "")), since, until)


@dataclass(frozen=True, slots=True)
class Slot:
    """One task as it will be, for every unit of one profile: named by ``on`` and ``slot``."""

    on: date
    slot: int
    opens_at: datetime
    due_at: datetime
    closes_at: datetime


def slots(found: Iterable[Due], windows: Sequence[Window], grace: timedelta, *, zone: tzinfo = ZONE) -> list[Slot]:
    """The tasks of these times: one for each window of the day (or from the first to the last day of a period)."""
    return [
        Slot(due.on, n, opens, ends, ends + grace)
        for due in found
        for n, window in enumerate(windows)
        for opens, ends in [_span(due, window, zone)]
    ]


def _span(due: Due, window: Window, zone: tzinfo) -> tuple[datetime, datetime]:
    later = DAY if due.overnight and window.since < NOON and window != ALL_DAY else timedelta()
    opens = datetime.combine(due.opens_on + later, window.since, zone)
    ends = datetime.combine(due.due_on + later, window.until, zone)
    return opens, ends if ends > opens else ends + DAY


# --- for whom ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Scope:
    """Which units: any of the ``kinds``, any of the ``stages``, all of the ``facets`` and ``tags``, any of the ``colours``."""

    tiers: tuple[str, ...] = ("school",)
    kinds: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    facets: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    colours: tuple[str, ...] = ()


def scope_of(data: Mapping[str, Any]) -> Scope:
    """Read a scope; an unknown key is a ``ValueError`` with a Chinese sentence."""
    if strange := sorted(set(data) - {"tiers", "kinds", "stages", "facets", "tags", "colours"}):
        raise ValueError(f"适用范围不认识：{'、'.join(strange)}")
    if any(isinstance(value, str) for value in data.values()):
        raise ValueError("适用范围的每一项都应是一列")
    kinds = tuple(data.get("kinds", ()))
    tiers = tuple(data.get("tiers", ())) or (() if kinds else ("school",))
    return Scope(tiers, kinds, *(tuple(data.get(name, ())) for name in ("stages", "facets", "tags", "colours")))


@dataclass(frozen=True, slots=True)
class Profile:
    """What units have in common as far as duties look: those of one profile have the same duties on the same days.

    ``tags`` (its own and its school's) and ``colours`` are only those that some duty asks for.
    """

    tier: str
    kind: str
    stages: frozenset[str]
    facets: frozenset[str]
    tags: frozenset[str] = frozenset()
    colours: frozenset[str] = frozenset()


def applies(scope: Scope, unit: Profile) -> bool:
    """Whether a duty of this scope is for units of this profile; a unit of unknown stages is asked everything."""
    return (
        (not scope.tiers or unit.tier in scope.tiers)
        and (not scope.kinds or unit.kind in scope.kinds)
        and (not scope.stages or not unit.stages or bool(unit.stages & set(scope.stages)))
        and set(scope.facets) <= unit.facets
        and set(scope.tags) <= unit.tags
        and (not scope.colours or bool(unit.colours & set(scope.colours)))
    )


def fault_of(
    act: str, cadence: Mapping[str, Any], windows: Sequence[Mapping[str, Any]], scope: Mapping[str, Any]
) -> str:
    """What is wrong with a rule, as a sentence; empty when nothing is."""
    if act not in ACTS:
        return f"要做的事只能是：{'、'.join(ACTS)}"
    try:
        cadence_of(cadence)
        windows_of(windows)
        scope_of(scope)
    except ValueError as error:
        return str(error)
    return ""


# --- how it ended -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ending:
    """The state that an act brings a task to, and whether it was back-filled after the task had closed."""

    state: str
    backfilled: bool


def ending(done_at: datetime, due_at: datetime, closes_at: datetime) -> Ending:
    """Done by the deadline, late after it, late and marked as back-filled after the grace."""
    return Ending("done" if done_at <= due_at else "late", done_at > closes_at)
