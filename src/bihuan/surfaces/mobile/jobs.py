"""The phone's periodic work."""

from __future__ import annotations

from datetime import datetime

from bihuan.surfaces.mobile.parts import forget_old


def forget_parts(at: datetime) -> int:
    """Throw away photos that never arrived whole; returns how many."""
    return forget_old(at)
