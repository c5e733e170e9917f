"""The base pack's letter, installed for the platform."""

import io
from datetime import UTC, datetime

import pytest
from django.conf import settings
from PIL import Image, ImageDraw

from bihuan.foundation import clock, packs
from bihuan.foundation.evidence.commands import keep_evidence
from bihuan.foundation.packs.sections import sections

AT = datetime(2026, 9, 3, 2, 0, tzinfo=UTC)


@pytest.fixture
def text(posts):
    """The letter's text."""
    chapter = next(one for one in sections() if one.name == "pledges")
    items, faults = chapter.read(settings.BIHUAN_PACKS / "base")
    assert not faults
    chapter.put(packs.PLATFORM, "base", items)
    packs.forget()
    return packs.entry(packs.PLATFORM, "pledges", "default")


@pytest.fixture
def now():
    """The wall clock stands still at ``AT``."""
    with clock.travel(AT):
        yield AT


def drawing():
    """A PNG with a name written on it."""
    picture = Image.new("RGB", (400, 160), "white")
    ImageDraw.Draw(picture).line([(20, 120), (90, 30), (160, 120), (260, 40), (380, 110)], fill="black", width=8)
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def drawn():
    """``drawn(actor)``: the id of a signature that this person has drawn."""
    return lambda by: keep_evidence(by, AT, raw=drawing(), kind="signature").pk
