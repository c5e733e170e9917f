"""The chanba pack's kinds of drills and its duties about them."""

from datetime import UTC, datetime

import pytest
from django.conf import settings

from bihuan.engines.duties.commands import generate
from bihuan.engines.duties.commands.installing import install_duties
from bihuan.foundation import clock, packs
from bihuan.foundation.packs.sections import data_of, sections

AT = datetime(2026, 9, 3, 1, 30, tzinfo=UTC)
"""Thursday of the first week of term, half past nine in China."""


@pytest.fixture
def kinds(posts):
    """The kinds of drills."""
    chapter = next(one for one in sections() if one.name == "drills")
    items, faults = chapter.read(settings.BIHUAN_PACKS / "chanba-12345n")
    assert not faults
    chapter.put(packs.PLATFORM, "chanba-12345n", items)
    packs.forget()
    return packs.entries(packs.PLATFORM, "drills")


@pytest.fixture
def now():
    """The wall clock stands still at ``AT``."""
    with clock.travel(AT):
        yield AT


@pytest.fixture
def due(net, now):
    """The calendar, and the pack's duties about drills with their tasks of these days."""
    found = {one.name: one for one in sections()}
    items, _ = found["calendar"].read(settings.BIHUAN_PACKS / "base")
    found["calendar"].put(packs.PLATFORM, "base", items)
    items, _ = found["duties"].read(settings.BIHUAN_PACKS / "chanba-12345n")
    packs.forget()
    install_duties(net.bureau.pk, "chanba-12345n", [data_of(item) for item in items if item.spec.act == "drill"])
    generate(now, bureau_id=net.bureau.pk)


@pytest.fixture
def cases(posts):
    """The base pack's rules of hazards."""
    for chapter in sections():
        if chapter.name in ("case-levels", "case-rules", "lifecycles", "ladders", "calendar"):
            items, _ = chapter.read(settings.BIHUAN_PACKS / "base")
            chapter.put(packs.PLATFORM, "base", items)
    packs.forget()
