"""How far the demo is: kept as a pack entry, so that a page can show it and a second start can skip what is there."""

from __future__ import annotations

from typing import Any

from bihuan.foundation.models import PackEntry
from bihuan.foundation.packs import PLATFORM


def kept(pack: str) -> dict[str, Any]:
    """What was noted: ``built`` (the plan's digest), ``until`` (the day up to which history is written), ``days``, ``of``."""
    row = PackEntry.objects.filter(bureau_id=PLATFORM, section="demo", code=pack).first()
    return dict(row.data) if row else {}


def note(pack: str, **facts: Any) -> None:
    """Note more about it."""
    PackEntry.objects.update_or_create(
        bureau_id=PLATFORM, section="demo", code=pack, defaults={"data": kept(pack) | facts, "pack": "demo"}
    )
