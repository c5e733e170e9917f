"""The chanba pack's ledgers with their sheets, installed for the platform."""

from datetime import UTC, datetime

import pytest
from django.conf import settings

from bihuan.foundation import clock, packs
from bihuan.foundation.packs.sections import sections

AT = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
"""Friday, ten in the morning in China."""


@pytest.fixture
def books(posts):
    """Every ledger of the pack, as a bureau would have installed it."""
    with clock.travel(AT):
        for chapter in sections():
            if chapter.name in ("sheets", "ledgers"):
                items, faults = chapter.read(settings.BIHUAN_PACKS / "chanba-12345n")
                assert not faults
                chapter.put(packs.PLATFORM, "chanba-12345n", items)
    packs.forget()
    return packs.entries(packs.PLATFORM, "ledgers")


@pytest.fixture
def now():
    """The wall clock stands still at ``AT``."""
    with clock.travel(AT):
        yield AT
