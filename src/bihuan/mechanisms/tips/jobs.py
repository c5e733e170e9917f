"""Periodic work of this room, for the timetable."""

from __future__ import annotations

from datetime import datetime

from bihuan.mechanisms.tips.commands import escalate_late, forget_tallies


def sweep(at: datetime) -> int:
    """Show the bureau what stayed unanswered, and forget who tried how often."""
    forget_tallies(at)
    return escalate_late(at)
