"""Periodic work of this room, for the timetable."""

from __future__ import annotations

from datetime import datetime

from bihuan.mechanisms.ledgers.commands import notice_over_time


def watch_visitors(at: datetime) -> int:
    """State whose visit is over time."""
    return notice_over_time(at)
