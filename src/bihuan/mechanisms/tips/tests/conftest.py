"""The base pack's chapters behind a tip, a point with its label, and a stranger before it."""

import pytest
from django.conf import settings
from django.test import Client

from bihuan.foundation import clock, packs
from bihuan.foundation.ids import uuid7
from bihuan.foundation.packs.sections import sections
from bihuan.mechanisms.risks.commands import make_point
from bihuan.mechanisms.risks.scoring import Scoring
from bihuan.mechanisms.tips.commands import tell

CHAPTERS = {"risks", "tips", "case-levels", "lifecycles", "ladders", "case-rules", "calendar", "papers"}


@pytest.fixture
def chapters(posts):
    """The real chapters of packs/base, installed for the platform."""
    for chapter in sections():
        if chapter.name in CHAPTERS:
            items, faults = chapter.read(settings.BIHUAN_PACKS / "base")
            assert not faults
            chapter.put(packs.PLATFORM, "base", items)
    packs.forget()


@pytest.fixture
def point(net, actors, chapters):
    """A point of the school's kitchen with a label."""
    return make_point(
        actors.li, clock.now(), id=uuid7(), org_id=net.canteen.pk, name="燃气灶台", kind="facility",
        scoring=Scoring(matrix="ls-b", likelihood=3, severity=4),
    )  # fmt: skip


@pytest.fixture
def told(point):
    """``told("…")``: what a stranger tells at that label; the slip."""

    def said(words="灶台旁边的软管裂了一道口子", form=None, address="203.0.113.9", **given):
        return tell(clock.now(), code=point.code, form=form or str(uuid7()), words=words, address=address, **given)

    return said


@pytest.fixture
def stranger():
    """A browser that nobody signed in to, with CSRF checked."""
    return Client(enforce_csrf_checks=True)
