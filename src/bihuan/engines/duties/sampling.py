"""Which units a duty asks this time, when it asks some instead of all: by lots, drawn anew for each date. Pure.

Nobody clocks in every day only to show that nothing happened; who is asked cannot be known from the days before.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date
from uuid import UUID

LOTS = 20
"""A unit stays in its lot for good, so a lot is the smallest part that can be drawn: five units in a hundred."""


def lot_of(unit: UUID) -> int:
    """The lot of a unit: what is random of its id."""
    return unit.int % LOTS


def drawn(percent: int, code: str, on: date) -> Sequence[int | None]:
    """The lots of which a duty of this code asks on a date; of all units: ``None`` alone. The same on every machine."""
    if percent >= 100:
        return (None,)
    order = sorted(range(LOTS), key=lambda lot: hashlib.sha256(f"{code} {on} {lot}".encode()).digest())
    return sorted(order[: percent * LOTS // 100])
