"""The base pack's risks, areas and ready-made points, and one registered point."""

import pytest
from django.conf import settings

from bihuan.foundation import clock, packs
from bihuan.foundation.ids import uuid7
from bihuan.foundation.packs.sections import sections
from bihuan.mechanisms.risks.commands import make_point
from bihuan.mechanisms.risks.scoring import Scoring


@pytest.fixture
def risks(posts):
    """The real chapters of packs/base, installed for the platform."""
    for chapter in sections():
        if chapter.name in ("risks", "areas", "risk-points"):
            items, faults = chapter.read(settings.BIHUAN_PACKS / "base")
            assert not faults
            chapter.put(packs.PLATFORM, "base", items)
    packs.forget()
    return packs.entry(packs.PLATFORM, "risks", "default")


@pytest.fixture
def make(net, actors, risks):
    """``make(name="…")``: a point of the school's kitchen, registered by 李安."""

    def made(by=None, **given):
        args = {
            "id": uuid7(), "org_id": net.canteen.pk, "name": "燃气灶台", "kind": "facility",
            "scoring": Scoring(matrix="ls-b", likelihood=3, severity=4), "hazard_source": "燃气泄漏",
            "accident": "火灾、爆炸", "measures": {"engineering": "加装报警器", "emergency": "关阀、开窗、撤人"},
            "owner_post": "logistics-lead",
        }  # fmt: skip
        return make_point(by or actors.li, clock.now(), **(args | given))

    return made


@pytest.fixture
def point(make):
    """A point of the school's kitchen."""
    return make()
