"""A bureau with its packs: the real checklist, the real papers and the real hazard tables."""

from __future__ import annotations

import io
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from PIL import Image, ImageDraw

from bihuan.engines.sheets.queries import sheet_lines
from bihuan.foundation import clock, packs
from bihuan.foundation.evidence.commands import keep_evidence
from bihuan.foundation.ids import uuid7
from bihuan.foundation.packs.loader import read_pack
from bihuan.foundation.packs.sections import sections
from bihuan.mechanisms.inspections.commands import open_inspection

_read: dict[str, Any] = {}


@pytest.fixture
def chanba(net: SimpleNamespace) -> SimpleNamespace:
    """The bureau's own chapters of the two packs that an inspection stands on (posts stay those of the cast)."""
    for pack, owner in (("base", packs.PLATFORM), ("chanba-12345n", net.bureau.pk)):
        read = _read.setdefault(pack, None) or read_pack(settings.BIHUAN_PACKS / pack)
        _read[pack] = read
        for chapter in sections():
            if chapter.name not in ("posts", "clauses", "terms"):
                chapter.put(owner, pack, read.items[chapter.name])
    packs.forget()
    return net


@pytest.fixture
def sheet(chanba: SimpleNamespace, actors: SimpleNamespace) -> Any:
    """The installed checklist as the bureau's list shows it."""
    return next(
        line for line in sheet_lines(actors.zhao, on=clock.now().date()) if line.sheet.code == "campus-checklist"
    )


@pytest.fixture
def photo() -> Callable[..., UUID]:
    """``photo(actor)`` keeps a fresh little picture and gives its id."""
    count = 0

    def taken(by: Any) -> UUID:
        nonlocal count
        count += 1
        picture = Image.new("RGB", (64, 48), (200, 120, count * 40 % 255))
        ImageDraw.Draw(picture).text((4, 4), str(count), fill=(0, 0, 0))
        raw = io.BytesIO()
        picture.save(raw, "JPEG")
        return keep_evidence(by, clock.now(), raw=raw.getvalue(), name=f"{count}.jpg").pk

    return taken


@pytest.fixture
def signature() -> Callable[..., UUID]:
    """``signature(actor)`` keeps a drawn signature and gives its id."""

    def drawn(by: Any) -> UUID:
        picture = Image.new("RGBA", (400, 160), (255, 255, 255, 0))
        ImageDraw.Draw(picture).line([(20, 90), (120, 30), (200, 120), (360, 60)], fill=(10, 10, 10, 255), width=7)
        raw = io.BytesIO()
        picture.save(raw, "PNG")
        return keep_evidence(by, clock.now(), raw=raw.getvalue(), kind="signature").pk

    return drawn


@pytest.fixture
def opened(sheet: Any, net: SimpleNamespace, actors: SimpleNamespace) -> Any:
    """陈包校 has begun a round at the first school."""
    return open_inspection(actors.chen, clock.now(), id=uuid7(), school=net.school.pk, kind="sponsor_round")
