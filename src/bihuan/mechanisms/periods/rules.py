"""What a period is on a day, and which days it may have. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from bihuan.foundation.actors import Actor

DAY = timedelta(days=1)
LONGEST = 184
"""Days: the flood season and a month before it; what lasts longer is no exception but the rule."""
REMIND_EVERY = timedelta(hours=1)
STATES: Mapping[str, str] = {"coming": "还没开始", "live": "进行中", "over": "已结束"}
ROLES: Mapping[str, str] = {"report": "日报告", "watch": "双人值守", "raised": "加密"}
WAITING, ANSWERED = ("open", "missed"), ("done", "late")


def state_of(starts_on: date, ends_on: date, today: date) -> str:
    """``coming``, ``live`` or ``over`` (``STATES``); one that was called off before it began is over."""
    if ends_on < starts_on:
        return "over"
    return "coming" if today < starts_on else "live" if today <= ends_on else "over"


def fault_of(starts_on: date, ends_on: date, today: date) -> tuple[str, str]:
    """What is wrong with the days of a new period as field and sentence; empty when nothing is."""
    if starts_on < today:
        return "starts_on", "开始日期已经过去"
    if ends_on < starts_on:
        return "ends_on", "结束日期早于开始日期"
    if (ends_on - starts_on).days >= LONGEST:
        return "ends_on", f"一段战备期最长 {LONGEST} 天"
    return "", ""


def may_declare(by: Actor, place: Any) -> bool:
    """A bureau's period is declared by who keeps its rules, a school's also by who signs for the school."""
    return by.may("manage-sheets", place) or bool(place.school_id and by.may("sign-for-school", place))


def may_remind_again(last: datetime | None, at: datetime) -> bool:
    """Whether the hour since the last reminder is over."""
    return last is None or at - last >= REMIND_EVERY


@dataclass(frozen=True, slots=True)
class Counted:
    """One task or more of one role and day that ended alike."""

    on: date
    role: str
    state: str
    nil: bool
    count: int


@dataclass(slots=True)
class DaySum:
    """A day of a period in numbers: the daily report, then people on duty, then raised duties."""

    on: date
    nil: int = 0
    told: int = 0
    late: int = 0
    missed: int = 0
    waiting: int = 0
    excused: int = 0
    watch_done: int = 0
    watch_due: int = 0
    raised_done: int = 0
    raised_due: int = 0

    @property
    def answered(self) -> int:
        """Reports that came, in time or late."""
        return self.nil + self.told

    @property
    def due(self) -> int:
        """Reports that were asked for, without those excused."""
        return self.answered + self.missed + self.waiting


def by_day(found: Iterable[Counted]) -> list[DaySum]:
    """The counts gathered by day, the earliest first; what was excused is due to nobody."""
    days: dict[date, DaySum] = {}
    for one in found:
        day = days.setdefault(one.on, DaySum(one.on))
        done = one.count if one.state in ANSWERED else 0
        due = 0 if one.state == "excused" else one.count
        if one.role == "watch":
            day.watch_done, day.watch_due = day.watch_done + done, day.watch_due + due
        elif one.role == "raised":
            day.raised_done, day.raised_due = day.raised_done + done, day.raised_due + due
        else:
            day.nil += done if one.nil else 0
            day.told += 0 if one.nil else done
            day.late += one.count if one.state == "late" else 0
            day.missed += one.count if one.state == "missed" else 0
            day.waiting += one.count if one.state == "open" else 0
            day.excused += one.count if one.state == "excused" else 0
    return [days[on] for on in sorted(days)]


def reports_from(duties: Iterable[Mapping[str, Any]]) -> str:
    """The time of day (``14:00``) from which the daily report can be made; empty: at any time."""
    return min((part["since"] for one in duties if one["role"] == "report" for part in one["windows"]), default="")


def duties_of(chapter: Mapping[str, Any], kind: str) -> list[dict[str, Any]]:
    """The duties that a chapter raises in periods of a kind."""
    return [duty for duty in chapter["duties"] if not duty["kinds"] or kind in duty["kinds"]]
