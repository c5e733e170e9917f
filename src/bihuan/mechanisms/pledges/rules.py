"""Which letters are missing, and when a record check is due. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

CheckState = Literal["never", "due", "soon", "valid", "found"]
CHECK_WORDS: Mapping[str, str] = {
    "never": "没有查过", "due": "已到期，要再查", "soon": "快到期", "valid": "有效", "found": "查到记录，不得上岗",
}  # fmt: skip
SOON_DAYS = 30


@dataclass(frozen=True, slots=True)
class Serving:
    """A person at a post of a school today."""

    user_id: UUID
    name: str
    post: str


def missing(serving: Iterable[Serving], there: Iterable[tuple[UUID, str]]) -> list[Serving]:
    """Those who serve and have no letter of this year for this post yet; a person at a post of several areas once."""
    known = set(there)
    found: dict[tuple[UUID, str], Serving] = {}
    for one in serving:
        if (one.user_id, one.post) not in known:
            found.setdefault((one.user_id, one.post), one)
    return list(found.values())


def next_check(checked_on: date, months: int) -> date:
    """The day on which a record is to be checked again: so many months later, at most the month's last day."""
    month = checked_on.month - 1 + months
    year, month = checked_on.year + month // 12, month % 12 + 1
    for day in (checked_on.day, 30, 29, 28):
        try:
            return date(year, month, day)
        except ValueError:
            continue
    raise AssertionError("every month has a 28th")


def check_state(result: str, next_on: date | None, today: date) -> CheckState:
    """How a person stands with the yearly record check (未成年人保护法第 62 条)."""
    if next_on is None:
        return "never"
    if result == "found":
        return "found"
    if next_on <= today:
        return "due"
    return "soon" if (next_on - today).days <= SOON_DAYS else "valid"
