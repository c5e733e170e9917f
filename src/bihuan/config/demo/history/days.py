"""Days and hours of the demo: local time, and on which days the district's schools are open."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

HERE = ZoneInfo("Asia/Shanghai")
DAY = timedelta(days=1)


def today() -> date:
    """The local date of this moment."""
    return datetime.now(UTC).astimezone(HERE).date()


def at(day: date, hour: time) -> datetime:
    """A local hour of a day, as an aware moment in UTC."""
    return datetime.combine(day, hour, HERE).astimezone(UTC)


def minute(day: date, minutes: float) -> datetime:
    """So many minutes after the day's midnight."""
    return at(day, time()) + timedelta(minutes=minutes)


class Days:
    """The district's calendar, as its pack has it."""

    def __init__(self, calendar: Mapping[str, Any]) -> None:
        self.off: set[date] = set()
        self.made_up: set[date] = set()
        for holiday in calendar.get("holidays", ()):
            first, last = (date.fromisoformat(holiday[name]) for name in ("starts_on", "ends_on"))
            self.off |= {first + n * DAY for n in range((last - first).days + 1)}
            self.made_up |= {date.fromisoformat(day) for day in holiday.get("makeup_days", ())}

    def works(self, day: date) -> bool:
        """Whether the schools are open."""
        return day in self.made_up or (day.weekday() < 5 and day not in self.off)

    def between(self, first: date, last: date) -> int:
        """How many days of school come after the first day up to the last."""
        return sum(self.works(first + n * DAY) for n in range(1, (last - first).days + 1))

    def working(self, moment: datetime) -> datetime:
        """The moment itself, or the next morning on which people work."""
        local = moment.astimezone(HERE)
        if local.hour >= 18:
            local = (local + DAY).replace(hour=8, minute=local.minute)
        elif local.hour < 8:
            local = local.replace(hour=8)
        while not self.works(local.date()):
            local += DAY
        return local.astimezone(UTC)
