"""Periodic work of this room, for the timetable."""

from __future__ import annotations

from datetime import datetime

from bihuan.engines.duties.commands import generating


def generate_ahead(at: datetime) -> int:
    """Make the tasks of the days ahead."""
    return generating.generate(at)


def follow_colours(at: datetime) -> int:
    """Let duties for coloured units follow the colours."""
    return generating.follow_colours(at)


def miss_over(at: datetime) -> int:
    """Mark as missed what nobody did in time."""
    return generating.miss_over(at)
