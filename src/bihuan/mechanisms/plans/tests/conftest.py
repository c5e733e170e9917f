"""The base pack's kinds of plans."""

from datetime import UTC, datetime

import pytest
from django.conf import settings

from bihuan.foundation import clock, packs
from bihuan.foundation.packs.sections import sections

AT = datetime(2026, 9, 3, 2, 0, tzinfo=UTC)


@pytest.fixture
def kinds(posts):
    """The kinds of plans."""
    chapter = next(one for one in sections() if one.name == "plans")
    items, faults = chapter.read(settings.BIHUAN_PACKS / "base")
    assert not faults
    chapter.put(packs.PLATFORM, "base", items)
    packs.forget()
    return packs.entries(packs.PLATFORM, "plans")


@pytest.fixture
def now():
    """The wall clock stands still at ``AT``."""
    with clock.travel(AT):
        yield AT
