"""What a result is made of: shares of what was due, judged marks, and whose deed something was. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal
from uuid import UUID

from bihuan.foundation.actors import Actor

PERIODS: Mapping[str, str] = {"month": "每月", "term": "每学期"}
TENTH = Decimal("0.1")


@dataclass(frozen=True, slots=True)
class Serving:
    """A person at a post over a unit, from a day to a day."""

    user_id: UUID
    post: str
    path: str
    starts_on: date
    ends_on: date | None = None

    def on(self, day: date) -> bool:
        """Whether it was in force on a day."""
        return self.starts_on <= day and (self.ends_on is None or day <= self.ends_on)


def owner(user_id: UUID | None, post: str, path: str, on: date, serving: Iterable[Serving]) -> UUID | None:
    """Whose deed it was: who is named; else the only holder of the post nearest to the place; else nobody's in particular.

    Where several people hold the post it cannot be said who of them left something undone, so none of them is told so.
    """
    if user_id is not None:
        return user_id
    near = [one for one in serving if one.post == post and one.on(on) and path.startswith(one.path)]
    closest = max((len(one.path) for one in near), default=0)
    people = {one.user_id for one in near if len(one.path) == closest}
    return people.pop() if len(people) == 1 else None


def of_department(
    user_id: UUID | None, post: str, on: date, posts: Collection[str], serving: Iterable[Serving]
) -> bool:
    """Whether a deed is a department's: by its post, or, where it names none, by a post that its person held that day."""
    if post:
        return post in posts
    return any(one.user_id == user_id and one.post in posts and one.on(on) for one in serving)


def share(full: Decimal, good: int, due: int) -> Decimal | None:
    """The mark of a counted item: its full mark times what was done of what was due; nothing due is no mark at all."""
    return _tenth(full * good / due) if due else None


def total(full: Mapping[str, Decimal], marks: Mapping[str, Decimal | None]) -> Decimal | None:
    """The result out of the sum of all full marks: items without a mark are left out and the others stand for them."""
    there = {code: mark for code, mark in marks.items() if mark is not None and code in full}
    weight = sum((full[code] for code in there), Decimal(0))
    return _tenth(sum(there.values(), Decimal(0)) * sum(full.values(), Decimal(0)) / weight) if weight else None


Items = Sequence[Mapping[str, Any]]
"""The items of a scheme."""
Counts = Mapping[str, Mapping[str, int]]
"""Item → ``good`` and ``due``."""
Given = Mapping[str, Mapping[str, Any]]
"""Item → what a person gave: ``mark`` and why."""


def full_marks(items: Items) -> dict[str, Decimal]:
    """Item → the most that it gives."""
    return {item["code"]: Decimal(str(item["full"])) for item in items}


def marks(items: Items, counted: Counts, given: Given) -> dict[str, Decimal | None]:
    """Item → mark: what a person gave, else the share of what was due, else nothing."""
    found: dict[str, Decimal | None] = {}
    for code, full in full_marks(items).items():
        said = counted.get(code)
        found[code] = (
            Decimal(given[code]["mark"]) if code in given else share(full, said["good"], said["due"]) if said else None
        )
    return found


def result(items: Items, counted: Counts, given: Given) -> Decimal | None:
    """The result of what was counted and what people gave; nothing where no item has a mark."""
    return total(full_marks(items), marks(items, counted, given))


@dataclass(frozen=True, slots=True)
class Change:
    """How one result differs after counting anew: totals (null: nothing to rate), and items as name, good and due before and now."""

    name: str
    post_name: str
    before: Decimal | None
    after: Decimal | None
    items: tuple[tuple[str, int, int, int, int], ...]

    def kept(self) -> dict[str, Any]:
        """As it is kept with its rating."""
        return {
            "name": self.name,
            "post_name": self.post_name,
            "before": None if self.before is None else str(self.before),
            "after": None if self.after is None else str(self.after),
            "items": [list(item) for item in self.items],
        }


def differing(items: Items, before: Counts, now: Counts) -> tuple[tuple[str, int, int, int, int], ...]:
    """The items that count otherwise: name, good and due before, good and due now."""
    nothing = {"good": 0, "due": 0}
    found = []
    for item in items:
        old, new = before.get(item["code"], nothing), now.get(item["code"], nothing)
        if old != new:
            found.append((item["name"], old["good"], old["due"], new["good"], new["due"]))
    return tuple(found)


def keeps(by: Actor, place: Any) -> bool:
    """Whether a person appraises at a school, and so sees every result there."""
    return by.may("sign-for-school", place)


def first_appraisers(published_by: UUID | None, given: Given) -> set[str]:
    """Whoever published a result or judged a part of it."""
    return {str(published_by), *(one["by"] for one in given.values())}


@dataclass(frozen=True, slots=True)
class Band:
    """How many results lie from ``least`` up."""

    words: str
    count: int


BANDS = ((90, "九成以上"), (80, "八成到九成"), (60, "六成到八成"), (0, "六成以下"))


def spread(totals: Sequence[Decimal], full: Decimal, *, fewest: int) -> list[Band]:
    """How the results of a school lie, without names; with fewer than *fewest* nothing, or one could tell who is who."""
    if len(totals) < max(fewest, 1):
        return []
    percents = [result * 100 / full for result in totals]
    bands, above = [], Decimal("Infinity")
    for least, words in BANDS:
        bands.append(Band(words, sum(least <= one < above for one in percents)))
        above = Decimal(least)
    return bands


def span_of(period: str, day: date, terms: Iterable[Mapping[str, Any]]) -> tuple[date, date, str] | None:
    """First day, last day and words of the month or term that a day lies in; nothing outside of terms."""
    if period == "month":
        first = day.replace(day=1)
        return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1), f"{day.year}年{day.month}月"
    for term in terms:
        first, last = date.fromisoformat(term["starts_on"]), date.fromisoformat(term["ends_on"])
        if first <= day <= last:
            return first, last, f"{first.year}年{first.month}月开学的{term['name']}"
    return None


def spans_before(period: str, today: date, terms: Sequence[Mapping[str, Any]], *, most: int) -> list[tuple[date, str]]:
    """The periods that have ended, the latest first: a day of each, and its words."""
    if period == "month":
        found, day = [], today.replace(day=1) - timedelta(days=1)
        for _ in range(most):
            found.append((day.replace(day=1), f"{day.year}年{day.month}月"))
            day = day.replace(day=1) - timedelta(days=1)
        return found
    ended = [
        span
        for term in terms
        if (span := span_of("term", date.fromisoformat(term["starts_on"]), terms)) and span[1] < today
    ]
    return [(first, words) for first, _, words in sorted(ended, reverse=True)[:most]]


STATES: Mapping[str, str] = {"open": "未公布", "published": "已公布", "cancelled": "已作废"}
"""What has become of a rating, in words."""
Standing = Literal["none", "waiting", "kept", "changed"]
STANDINGS: Mapping[str, str] = {
    "none": "没有申诉",
    "waiting": "申诉待决定",
    "kept": "申诉后维持",
    "changed": "申诉后更改",
}


def appeal_until(told_on: date, days: int) -> date:
    """The last day on which a result may be appealed: so many days after it was told."""
    return told_on + timedelta(days=days)


def _tenth(value: Decimal) -> Decimal:
    return value.quantize(TENTH, rounding=ROUND_HALF_UP)
