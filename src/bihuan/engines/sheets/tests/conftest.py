"""The real checklist in the small bureau, and a small sheet of our own."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings

from bihuan.engines.sheets.pack import Sheets
from bihuan.engines.sheets.queries import sheet_lines, version_for_filling
from bihuan.engines.sheets.rules import Content, Item, Section
from bihuan.foundation import clock

_read: list[Any] = []


@pytest.fixture
def items() -> list[Any]:
    """The checklist of the first pack (its ledgers are other rooms' matter), read once."""
    if not _read:
        found, faults = Sheets().read(settings.BIHUAN_PACKS / "chanba-12345n")
        assert faults == []
        _read.extend(item for item in found if item.code == "campus-checklist")
    return list(_read)


@pytest.fixture
def line(items: list[Any], net: SimpleNamespace, actors: SimpleNamespace) -> Any:
    """The checklist installed for the bureau, as its list shows it."""
    Sheets().put(net.bureau.pk, "chanba-12345n", items)
    return sheet_lines(actors.zhao, on=clock.now().date())[0]


@pytest.fixture
def version(line: Any, actors: SimpleNamespace) -> Any:
    """The version in force."""
    return version_for_filling(actors.zhao, line.current.pk)


@pytest.fixture
def small() -> Content:
    """Six items of six kinds, one of them asked only after a problem."""
    return Content(
        "小表",
        (Section("01", "消防"), Section("02", "食堂")),
        (
            Item("01-01", "01", "灭火器压力正常", ways=("site",), severity="serious"),
            Item("01-02", "01", "灭火器数量", kind="number", least=0, most=200, normal_from=2, unit="具"),
            Item(
                "02-01",
                "02",
                "食堂经营方式",
                kind="choice",
                options=("自营", "委托", "无证经营"),
                abnormal=("无证经营",),
                facets=("canteen",),
            ),
            Item("02-02", "02", "最近一次抽检日期", kind="date", required=False, facets=("canteen",)),
            Item("02-03", "02", "幼儿食谱公示", ways=("records",), stages=("kindergarten",), facets=("canteen",)),
            Item("02-04", "02", "食堂负责人", kind="person"),
        ),
    )
