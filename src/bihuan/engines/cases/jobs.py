"""Periodic work of this room, for the timetable."""

from __future__ import annotations

from datetime import datetime

from bihuan.engines.cases.commands import sweeping


def escalate_due(at: datetime) -> int:
    """Climb the ladder with every case whose next rung has come."""
    return sweeping.escalate_due(at)
