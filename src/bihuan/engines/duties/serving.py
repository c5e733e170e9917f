"""Whose a post's tasks are from day to day, by who holds it at the unit and above. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple

from bihuan.engines.duties.calendar import DAY


class Served(NamedTuple):
    """Somebody who holds a post at a unit from a day to a day."""

    user: Any
    starts_on: date
    ends_on: date | None
    stand_in: bool = False
    rank: int = 1

    def on(self, day: date) -> bool:
        """Whether it is in force on a day."""
        return self.starts_on <= day and (self.ends_on is None or self.ends_on >= day)


class Span(NamedTuple):
    """From a day to a day a task of the post is this one person's (``None``: any holder's)."""

    since: date
    until: date
    user: Any


def whose(steps: Iterable[Sequence[Served]], first: date, last: date) -> list[Span]:
    """Whose a post's tasks are between two days: *steps* are the holders at the unit, then those above it.

    The nearest unit that has somebody counts; a stand-in comes before the holder, the first before the second. Where
    several are equal (four guards) a task belongs to all of them.
    """
    rest = iter(steps)
    nearest = next(rest, None)
    if nearest is None:
        return [Span(first, last, None)]
    if len(nearest) == 1 and (only := nearest[0]).on(first) and only.on(last):  # as it nearly always is
        return [Span(first, last, only.user)]
    edges, all_steps = {first}, [nearest, *rest]
    for held in all_steps:
        for one in held:
            edges |= {
                day for day in (one.starts_on, one.ends_on + DAY if one.ends_on else first) if first < day <= last
            }
    starts = sorted(edges)
    return [
        Span(since, then - DAY, _holder(all_steps, since))
        for since, then in zip(starts, [*starts[1:], last + DAY], strict=True)
    ]


def _holder(steps: Sequence[Sequence[Served]], day: date) -> Any:
    here: list[Served] = next((there for held in steps if (there := [one for one in held if one.on(day)])), [])
    best = min(((not one.stand_in, one.rank) for one in here), default=None)
    users = {one.user for one in here if (not one.stand_in, one.rank) == best}
    return users.pop() if len(users) == 1 else None
