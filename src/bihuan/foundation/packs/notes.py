"""Small notes that a program keeps beside the packs, such as how far the demo has been built."""

from __future__ import annotations

from typing import Any

from bihuan.foundation.models import PackEntry
from bihuan.foundation.packs.catalogue import PLATFORM, entries


def noted(kind: str, about: str) -> dict[str, Any]:
    """What was noted of this kind about something; empty when nothing was."""
    row = PackEntry.objects.filter(bureau_id=PLATFORM, section=kind, code=about).first()
    return dict(row.data) if row else {}


def note(kind: str, about: str, **facts: Any) -> None:
    """Note more about it."""
    PackEntry.objects.update_or_create(
        bureau_id=PLATFORM, section=kind, code=about, defaults={"data": noted(kind, about) | facts, "pack": kind}
    )


def growing() -> dict[str, Any] | None:
    """How far the demo's history has come, while it still grows (``days`` of ``of``); at most five seconds old."""
    told = entries(PLATFORM, "demo").values()
    return next((about for about in told if about.get("days", 0) < about.get("of", 0)), None)
