"""Periodic work of this room, for the timetable."""

from __future__ import annotations

from datetime import datetime

from bihuan.engines.responsibility import commands


def follow_moves(at: datetime) -> int:
    """Give the rows of units that moved their new address."""
    return commands.follow_moves(at)
