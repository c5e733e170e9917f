"""Reading what packs installed: a bureau's own entry wins over the platform's."""

from __future__ import annotations

import time
from typing import Any
from uuid import UUID

from bihuan.foundation.models import PackEntry

PLATFORM = UUID(int=0)
"""The owner of entries that hold for every bureau (the base pack)."""

_FRESH_SECONDS = 5.0
_read: dict[tuple[UUID, str], tuple[float, dict[str, dict[str, Any]]]] = {}


def entries(bureau_id: UUID | None, section: str) -> dict[str, dict[str, Any]]:
    """Code → data of a section for this bureau, in the pack's order. Read-only; at most five seconds old."""
    owner = bureau_id or PLATFORM
    kept = _read.get((owner, section))
    if kept and time.monotonic() - kept[0] < _FRESH_SECONDS:
        return kept[1]
    rows = PackEntry.objects.filter(bureau_id__in={PLATFORM, owner}, section=section)
    ordered = sorted(rows, key=lambda row: (row.bureau_id != PLATFORM, row.sort, row.code))
    found = {row.code: row.data for row in ordered}
    _read[owner, section] = (time.monotonic(), found)
    return found


def entry(bureau_id: UUID | None, section: str, code: str) -> dict[str, Any]:
    """One entry; a ``KeyError`` names the section and the code when no pack brought it."""
    try:
        return entries(bureau_id, section)[code]
    except KeyError:
        raise KeyError(f"no installed pack has {section}: {code}") from None


def forget() -> None:
    """Drop what was read (after an install, and between tests)."""
    _read.clear()
