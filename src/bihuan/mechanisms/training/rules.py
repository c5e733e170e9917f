"""What a drill's results say. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

STATES: Mapping[str, str] = {"planned": "待演练", "running": "演练中", "done": "已结束", "cancelled": "已取消"}
ROLES: Mapping[str, str] = {
    "commander": "总指挥", "alarm": "报警与通讯", "guide": "疏散引导", "rescue": "救护", "guard": "警戒", "record": "计时记录",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Group:
    """A class (or a group of staff) in a drill: how many should be there, how many came out, and when."""

    id: str
    name: str
    due: int
    came: int | None = None
    out_at: datetime | None = None
    note: str = ""

    @property
    def missing(self) -> int:
        """How many are not accounted for; a group that has not reported misses everybody."""
        return self.due - (self.came or 0)


def groups_of(results: Mapping[str, Mapping[str, Any]]) -> list[Group]:
    """The groups of a drill in their order, as they are stored."""
    return [
        Group(
            code, row["name"], row["due"], row.get("came"),
            datetime.fromisoformat(row["out_at"]) if row.get("out_at") else None, row.get("note", ""),
        )
        for code, row in results.items()
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Outcome:
    """A drill in numbers: seconds until the last group was out (none while one is missing), people and groups."""

    due: int
    came: int
    groups: int
    reported: int
    seconds: int | None
    slowest: str
    within: bool | None

    @property
    def missing(self) -> int:
        """People not accounted for."""
        return self.due - self.came


def outcome(groups: Iterable[Group], alarm_at: datetime | None, limit_seconds: int) -> Outcome:
    """The numbers of a drill; ``within`` says whether everybody was out in time, nothing while a group is missing."""
    rows = list(groups)
    told = sorted((row.out_at, row.name) for row in rows if row.out_at is not None)
    whole = len(told) == len(rows) > 0 and alarm_at is not None
    seconds = round((told[-1][0] - alarm_at).total_seconds()) if whole and alarm_at else None
    return Outcome(
        sum(row.due for row in rows), sum(row.came or 0 for row in rows), len(rows), len(told), seconds,
        told[-1][1] if told else "", None if seconds is None else seconds <= limit_seconds,
    )  # fmt: skip


@dataclass(slots=True)
class Trained:
    """One person of the staff over a year: lessons asked for, had (made up ones too), minutes, and those still to be made up."""

    person: str
    name: str
    post: str
    asked: int = 0
    had: int = 0
    minutes: int = 0
    left: int = 0


def trained(lessons: Iterable[tuple[int, Mapping[str, Mapping[str, str]]]]) -> list[Trained]:
    """Each person over lessons given as (minutes, people), the latest first; whoever has most to make up stands first."""
    found: dict[str, Trained] = {}
    for minutes, people in lessons:
        for person, said in people.items():
            one = found.setdefault(person, Trained(person, said["name"], said["post"]))
            was_there = not said["absent"] or bool(said["made_up_on"])
            one.asked += 1
            one.had += was_there
            one.minutes += minutes if was_there else 0
            one.left += not was_there
    return sorted(found.values(), key=lambda one: (-one.left, one.minutes, one.name))


def clock_words(seconds: int | None) -> str:
    """100 as 1 分 40 秒."""
    if seconds is None:
        return ""
    minutes, rest = divmod(seconds, 60)
    return f"{minutes} 分 {rest} 秒" if minutes else f"{rest} 秒"
