"""Periodic work of this room, for the timetable."""

from __future__ import annotations

from datetime import datetime

from bihuan.mechanisms.risks.commands import recolour_due


def recolour_points(at: datetime) -> int:
    """Points whose shown colour changes by time alone: a hazard became overdue, a missed round no longer counts."""
    return recolour_due(at)
