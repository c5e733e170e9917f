"""A bureau with a calendar, and duties in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.apps import apps

from bihuan.engines.duties.commands import days, keep_duty
from bihuan.engines.duties.models import CalendarDay, Duty
from bihuan.engines.sheets.rules import Content, Item, Section
from bihuan.foundation import clock, packs
from bihuan.foundation.actors import SYSTEM
from bihuan.foundation.ids import uuid7
from bihuan.foundation.models import PackEntry
from bihuan.foundation.reactions import react
from bihuan.foundation.scoping import placed

ZONE = ZoneInfo("Asia/Shanghai")
CALENDAR = {
    "school_years": [
        {
            "code": "2026-2027", "name": "2026—2027学年",
            "terms": [
                {"code": "2026-2027-1", "name": "第一学期", "starts_on": "2026-09-01", "ends_on": "2027-01-22"},
                {"code": "2026-2027-2", "name": "第二学期", "starts_on": "2027-02-22", "ends_on": "2027-07-09"},
            ],
        }
    ],
    "holidays": [
        {"name": "国庆节", "starts_on": "2026-10-01", "ends_on": "2026-10-07", "makeup_days": ["2026-09-20", "2026-10-10"]},
        {"name": "元旦", "starts_on": "2027-01-01", "ends_on": "2027-01-01"},
    ],
}  # fmt: skip
MORNING = {"name": "早", "since": "07:00", "until": "07:40"}


def moment(text: str) -> datetime:
    """A moment in Chinese time."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def set_day(*args: Any, **more: Any) -> CalendarDay | None:
    """Set a day, and let the tasks follow."""
    made = days.set_day(*args, **more)
    react(datetime.now(UTC) + timedelta(seconds=1))
    return made


@pytest.fixture
def term(net: SimpleNamespace) -> Iterator[datetime]:
    """The calendar of 2026—2027 is installed, and it is Monday, 9 November 2026, six in the morning."""
    PackEntry.objects.create(bureau_id=packs.PLATFORM, section="calendar", code="default", data=CALENDAR, pack="base")
    packs.forget()
    monday = moment("2026-11-09T06:00")
    with clock.travel(monday):
        yield monday


@pytest.fixture
def duty(net: SimpleNamespace, term: datetime) -> Callable[..., Duty]:
    """``duty(post="guard", …)`` keeps a duty: by default every school day in the morning, at the school."""

    def kept(at: datetime = term, **said: Any) -> Duty:
        given: dict[str, Any] = {
            "id": uuid7(), "org": net.school, "code": f"duty-{uuid7().hex[-8:]}", "title": "校门早巡", "act": "act",
            "subject_id": None, "post": "guard", "cadence": {"every": "school-day"}, "windows": [MORNING],
            "grace_minutes": 30, "starts_on": date(2026, 9, 1),
        }  # fmt: skip
        return keep_duty(SYSTEM, at, **{**given, **said})

    return kept


@pytest.fixture
def sheet(net: SimpleNamespace) -> Any:
    """A small ledger of the bureau in force since September: two looks and a number."""
    content = Content(
        "食堂日检",
        (Section("01", "食堂"),),
        (
            Item("01-01", "01", "地面清洁", ways=("site",)),
            Item("01-02", "01", "留样齐全", ways=("site",), severity="serious"),
            Item("01-03", "01", "冷藏温度", kind="number", least=-30, most=40, normal_to=8, unit="℃"),
        ),
    )
    made = apps.get_model("sheets", "Sheet")(id=uuid7(), code="canteen-day", title=content.title, **placed(net.bureau))
    made.save(force_insert=True)
    apps.get_model("sheets", "SheetVersion").objects.create(
        bureau_id=net.bureau.pk, sheet=made, version="1.0", state="published", content=content.as_json(),
        digest=content.digest, item_count=3, effective_on=date(2026, 9, 1), published_at=moment("2026-09-01T08:00"),
    )  # fmt: skip
    return made
