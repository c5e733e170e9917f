"""The ladder: what happens when a deadline passes, rung by rung. Pure; the sweep that climbs it is in ``commands``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Rung:
    """``after`` the deadline (natural time, it does not stop at weekends) take ``measure`` and tell these roles and posts.

    ``judges`` are told instead when it is not the rectifier who is late but somebody who must assign, approve or verify:
    a school is never named in a circular because an office was slow.
    """

    after: timedelta
    measure: str
    name: str
    tells: tuple[str, ...] = ()
    judges: tuple[str, ...] = ()
    prints: str = ""


def next_rung_at(due_at: datetime | None, rung: int, ladder: Sequence[Rung]) -> datetime | None:
    """When the next rung is reached after *rung* rungs were climbed; ``None`` without a deadline or at the top."""
    if due_at is None or rung >= len(ladder):
        return None
    return due_at + ladder[rung].after


def climbs(ladder: Sequence[Rung]) -> bool:
    """Whether every rung is later than the one before."""
    return all(low.after < high.after for low, high in pairwise(ladder))
