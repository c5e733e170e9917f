"""The base pack's rules of cases, for resolutions."""

from datetime import UTC, datetime

import pytest
from django.conf import settings

from bihuan.foundation import clock, packs
from bihuan.foundation.packs.sections import sections

AT = datetime(2026, 9, 3, 7, 30, tzinfo=UTC)


@pytest.fixture
def cases(posts):
    """What a case needs."""
    for chapter in sections():
        if chapter.name in ("case-levels", "case-rules", "lifecycles", "ladders", "calendar"):
            items, _ = chapter.read(settings.BIHUAN_PACKS / "base")
            chapter.put(packs.PLATFORM, "base", items)
    packs.forget()


@pytest.fixture
def now():
    """The wall clock stands still at ``AT``."""
    with clock.travel(AT):
        yield AT
