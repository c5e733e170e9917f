"""Which colour a point shows today: its inherent one, raised by open hazards and missed rounds. Pure.

风险≠隐患: the inherent colour is a property of the place and never changes by what is found there; the shown colour
says how far the control of that risk holds just now. The table is the pack's; a row that does not apply says nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from bihuan.mechanisms.risks.rules.scoring import COLOURS


@dataclass(frozen=True, slots=True)
class Found:
    """What is known of a point now: its open hazards (how many, the gravest, how many overdue) and its missed rounds."""

    open: int = 0
    worst: str = ""
    overdue: int = 0
    missed: int = 0


@dataclass(frozen=True, slots=True)
class Rung:
    """One row of the pack's table: applies when every given threshold is reached, then raises or sets a floor.

    ``worst`` is met by that level and every graver one. ``up`` are steps towards red, ``at_least`` a colour that is
    shown at least; ``why`` is the sentence, with ``{open}``, ``{overdue}``, ``{missed}`` and ``{worst}``.
    """

    why: str
    open: int = 0
    worst: str = ""
    overdue: int = 0
    missed: int = 0
    up: int = 0
    at_least: str = ""

    def applies(self, found: Found, levels: Sequence[str]) -> bool:
        """Whether every threshold of the row is reached."""
        return (
            found.open >= self.open
            and found.overdue >= self.overdue
            and found.missed >= self.missed
            and (not self.worst or _grave(found.worst, levels) >= _grave(self.worst, levels) >= 0)
        )


@dataclass(frozen=True, slots=True)
class Shown:
    """The shown colour and, when it differs from the inherent one or anything counts against the point, why."""

    colour: str
    reasons: tuple[str, ...]

    @property
    def rank(self) -> int:
        """1 for red to 4 for blue."""
        return COLOURS.index(self.colour) + 1


def shown(inherent: str, found: Found, table: Collection[Rung], levels: Mapping[str, str]) -> Shown:
    """The colour a point shows: never milder than the inherent one; of several rows the strongest wins, they do not add up.

    ``levels`` maps the hazard levels to their words, the mildest first.
    """
    order, base = list(levels), COLOURS.index(inherent)
    rows = [row for row in table if row.applies(found, order)]
    ranks = [base, *(max(0, base - row.up) for row in rows)]
    ranks += [COLOURS.index(row.at_least) for row in rows if row.at_least]
    words = {"open": found.open, "overdue": found.overdue, "missed": found.missed}
    reasons = tuple(row.why.format(**words, worst=levels.get(found.worst, "")) for row in rows)
    return Shown(COLOURS[min(ranks)], reasons)


class Miss(NamedTuple):
    """A round that left a point out: when it was due, and when its window opened."""

    due: datetime
    since: datetime

    @classmethod
    def read(cls, text: str) -> Miss:
        """As ``text`` wrote it; a moment alone (what was kept formerly) is both."""
        since, _, due = text.partition("/")
        return cls(datetime.fromisoformat(due or since), datetime.fromisoformat(since))

    @property
    def text(self) -> str:
        """How a point keeps it: the interval."""
        return f"{self.since.isoformat()}/{self.due.isoformat()}"


def counted(
    missed: Collection[Miss], at: datetime, window: timedelta, *, looked_at: datetime | None = None
) -> list[Miss]:
    """The missed rounds that still count at a moment, the oldest first: due within *window*, and nobody has looked since
    theirs opened. Two that were missed in one window are one."""
    still = {miss for miss in missed if miss.due > at - window}
    return sorted(miss for miss in still if looked_at is None or looked_at < miss.since)


def next_change(
    missed: Collection[Miss], due_at: Collection[datetime], at: datetime, window: timedelta
) -> datetime | None:
    """When the answer may change by the passing of time alone: a hazard becomes overdue, a missed round stops counting."""
    moments = [miss.due + window for miss in missed] + list(due_at)
    return min((moment for moment in moments if moment > at), default=None)


def worst_of(levels: Sequence[str], found: Collection[str]) -> str:
    """The gravest of some hazard levels; empty for none, and an unknown level is graver than nothing only."""
    return max(found, key=lambda level: _grave(level, levels), default="")


def _grave(level: str, levels: Sequence[str]) -> int:
    return levels.index(level) if level in levels else -1
