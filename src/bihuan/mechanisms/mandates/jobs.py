"""Periodic work of this room, for the timetable."""

from __future__ import annotations

from datetime import datetime

from bihuan.mechanisms.mandates import commands


def chase(at: datetime) -> int:
    """What is past its moment is said so, once."""
    return commands.chase(at)
