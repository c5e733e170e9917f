"""What these tests share: the moment, and a directive as the bureau issues it."""

from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from PIL import Image

from bihuan.foundation import clock
from bihuan.foundation.evidence.commands import keep_evidence
from bihuan.foundation.ids import uuid7
from bihuan.mechanisms.mandates import commands
from bihuan.mechanisms.mandates.models import Assignment

AT = datetime(2026, 9, 3, 1, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DUE = AT + timedelta(days=3)


@pytest.fixture
def now():
    """The wall clock stands still at ``AT``."""
    with clock.travel(AT):
        yield AT


@pytest.fixture
def ask(net, actors):
    """Issue a directive of the bureau: to all schools, asking for words, unless said otherwise."""

    def asked(by=None, at=AT, **given):
        said = {
            "title": "校园周边隐患集中排查", "text": "逐项排查校门口五十米，问题当天上报。", "wants": "text", "due_at": DUE,
            "audience": "schools", "office": "护校安园工作领导小组",
        }  # fmt: skip
        return commands.issue(by or actors.zhao, at, id=uuid7(), org_id=net.bureau.pk, **(said | given))

    return asked


@pytest.fixture
def part(net):
    """The assignment of a unit (the first school's unless said otherwise)."""
    return lambda directive, unit=None: Assignment.objects.select_related("directive").get(
        directive=directive, org=unit or net.school
    )


def picture(by, at, colour="white"):
    """A photo that this person uploaded."""
    out = BytesIO()
    Image.new("RGB", (640, 480), colour).save(out, "JPEG")
    return keep_evidence(by, at, raw=out.getvalue(), name="现场.jpg").pk
