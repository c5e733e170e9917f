"""Deadlines for a bureau: its installed calendar behind the pure clocks of ``deadlines``."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, Literal
from uuid import UUID

from bihuan.engines.cases.deadlines import WorkingCalendar, due, duration
from bihuan.foundation import packs

_calendars: dict[int, tuple[Any, WorkingCalendar]] = {}


def calendar_of(bureau_id: UUID) -> WorkingCalendar:
    """The bureau's days and hours: its own over the platform's; a year without data has plain weekends."""
    common, own = packs.calendar(None), packs.calendar(bureau_id)
    kept = _calendars.get(id(own))
    if kept and kept[0] is own:
        return kept[1]
    calendar = _calendar(common, own)
    if len(_calendars) > 64:
        _calendars.clear()
    _calendars[id(own)] = (own, calendar)
    return calendar


def _calendar(common: dict[str, Any], own: dict[str, Any]) -> WorkingCalendar:
    holidays = [*common.get("holidays", ()), *(own.get("holidays", ()) if own is not common else ())]
    days_off = {day for h in holidays for day in _days(h["starts_on"], h["ends_on"])}
    makeup = {_date(day) for h in holidays for day in h.get("makeup_days", ())}
    for one in own.get("days", ()):  # what the bureau listed itself; an examination or a closure changes no office day
        if one["kind"] in ("holiday", "makeup", "school"):
            span = set(_days(one["since"], one["until"]))
            days_off = days_off | span if one["kind"] == "holiday" else days_off - span
            makeup = makeup - span if one["kind"] == "holiday" else makeup | span
    hours = own.get("working_hours") or common.get("working_hours")
    if not hours:
        return WorkingCalendar(frozenset(days_off), frozenset(makeup))
    spans = tuple((time.fromisoformat(a), time.fromisoformat(b)) for a, b in hours["spans"])
    return WorkingCalendar(frozenset(days_off), frozenset(makeup), frozenset(hours["weekdays"]), spans)


@lru_cache(maxsize=4096)
def _date(text: str) -> date:
    return date.fromisoformat(text)


def _days(first: str, last: str) -> list[date]:
    start, end = _date(first), _date(last)
    return [start + timedelta(days=n) for n in range((end - start).days + 1)]


def deadline(bureau_id: UUID, at: datetime, within: str, clock: Literal["working", "hours"]) -> datetime:
    """The moment by which something that starts *at* must be done in this bureau."""
    return due(at, duration(within), clock, calendar_of(bureau_id))
