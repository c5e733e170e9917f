"""The one clock. Commands receive ``at``; only doors and jobs ask for ``now()``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time

from django.utils import timezone

_standing: ContextVar[datetime | None] = ContextVar("standing_clock", default=None)


def now() -> datetime:
    """The present moment, aware and in UTC; inside ``travel`` the moment that was set."""
    return _standing.get() or datetime.now(UTC)


def midnight(day: date) -> datetime:
    """The moment at which a local day begins."""
    return timezone.make_aware(datetime.combine(day, time()))


@contextmanager
def travel(moment: datetime) -> Iterator[None]:
    """Let ``now()`` stand at *moment* (aware) for this thread or task: tests, and the demo's moving clock."""
    if moment.tzinfo is None:
        raise ValueError("travel() takes an aware moment")
    token = _standing.set(moment)
    try:
        yield
    finally:
        _standing.reset(token)
