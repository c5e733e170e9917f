"""Two clocks that are never mixed: working days by the calendar, and clock hours that run through nights and holidays.

Pure. Rectification deadlines of ordinary hazards run on working days; major hazards and emergencies run on hours
(领域规则：报告时钟从知悉时刻起走，夜间、周末、假期不停；整改期限可按工作日). Days of a working deadline follow the
custom of office work: the day of the start is not counted and the last day ends with the working hours.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Literal
from zoneinfo import ZoneInfo

_DURATION = re.compile(r"^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?$")
_LONGEST = 4000


def duration(text: str) -> timedelta:
    """An ISO 8601 duration of days, hours and minutes (``P3D``, ``PT24H``); anything else is a ``ValueError``."""
    found = _DURATION.match(text)
    if not found or not any(found.groups()):
        raise ValueError(f"不是时长：{text}")
    days, hours, minutes = (int(part or 0) for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes)


@dataclass(frozen=True)
class WorkingCalendar:
    """When a bureau works: weekdays (1 = Monday), days off, days worked instead, and the hours of a day."""

    days_off: Collection[date] = frozenset()
    makeup_days: Collection[date] = frozenset()
    weekdays: Collection[int] = frozenset({1, 2, 3, 4, 5})
    spans: tuple[tuple[time, time], ...] = ((time(8, 30), time(12)), (time(14), time(18)))
    zone: tzinfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))

    def works_on(self, day: date) -> bool:
        """Whether *day* is a working day; a make-up day wins over a weekend and over a holiday."""
        return day in self.makeup_days or (day.isoweekday() in self.weekdays and day not in self.days_off)

    def next_day(self, day: date) -> date:
        """The first working day after *day*."""
        for ahead in range(1, _LONGEST):
            if self.works_on(day + timedelta(days=ahead)):
                return day + timedelta(days=ahead)
        raise ValueError("日历里十年内没有工作日")

    def closes(self, day: date) -> datetime:
        """The end of the working hours of *day*."""
        return datetime.combine(day, self.spans[-1][1], self.zone)


def due(at: datetime, within: timedelta, clock: Literal["working", "hours"], calendar: WorkingCalendar) -> datetime:
    """The moment by which a thing that started *at* must be done.

    ``hours``: *at* + *within*, whatever the day. ``working``: whole days are counted from the next working day and end
    with that day's working hours; what is left of *within* runs through the working hours only.
    """
    if clock == "hours":
        return at + within
    local = at.astimezone(calendar.zone)
    if within >= timedelta(days=1) or not within:
        day = local.date()
        if not within.days and (not calendar.works_on(day) or local >= calendar.closes(day)):
            day = calendar.next_day(day)
        for _ in range(within.days):
            day = calendar.next_day(day)
        rest = timedelta(seconds=within.seconds)
        end = calendar.closes(day)
        return _run(end, rest, calendar) if rest else end
    return _run(local, within, calendar)


def _run(start: datetime, rest: timedelta, calendar: WorkingCalendar) -> datetime:
    day = start.date() if calendar.works_on(start.date()) else calendar.next_day(start.date())
    while True:
        for opens_at, closes_at in calendar.spans:
            opens = max(datetime.combine(day, opens_at, calendar.zone), start)
            closes = datetime.combine(day, closes_at, calendar.zone)
            if opens >= closes:
                continue
            if rest <= closes - opens:
                return opens + rest
            rest -= closes - opens
        day = calendar.next_day(day)


def working_days_between(start: date, end: date, calendar: WorkingCalendar) -> int:
    """How many working days lie after *start* up to and including *end*."""
    return sum(calendar.works_on(start + timedelta(days=n)) for n in range(1, (end - start).days + 1))
