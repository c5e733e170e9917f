"""A bureau with the real tables of packs/base, paper series, and a hazard on its way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from PIL import Image

from bihuan.engines.cases import commands as cases
from bihuan.engines.cases.pack import Ladders, Levels, Lifecycles, Rules
from bihuan.foundation import packs
from bihuan.foundation.evidence.commands import keep_evidence
from bihuan.foundation.ids import uuid7
from bihuan.foundation.models import PackEntry

T0 = datetime(2026, 11, 16, 2, 0, tzinfo=UTC)
"""Monday 10:00 in Shanghai."""
SERIES = {
    "supervision-notice": "督",
    "verification-slip": "复",
    "circular": "通",
    "official-letter": "函",
    "formal-talk": "谈",
}


@pytest.fixture
def rules(net: SimpleNamespace) -> None:
    """The chapters of cases.yaml as packs/base has them, and the paper series of the bureau."""
    for chapter in (Lifecycles, Levels, Ladders, Rules):
        reader = chapter()
        items, faults = reader.read(settings.BIHUAN_PACKS / "base")
        assert not faults
        reader.put(packs.PLATFORM, "base", items)
    PackEntry.objects.bulk_create(
        PackEntry(
            bureau_id=packs.PLATFORM, section="papers", code=code, pack="base",
            data={
                "code": code, "name": word, "series": f"灞教安{word}", "number_format": "{series}〔{year}〕{n}号", "title": f"{word}单",
                "issuer": "灞东区教育局", "copy_to": [], "footer": "",
                "layout": {
                    "fields": [{"code": "school", "label": "学校"}, {"code": "due-at", "label": "期限"}],
                    "columns": [{"code": "serial", "label": "序号"}, {"code": "problem", "label": "问题", "width": 4}],
                    "opening": "下列隐患请整改。", "closing": "请按期办理。", "signatures": [{"label": "签发人"}],
                    "photos": "before-after" if code == "verification-slip" else "", "five_provisions": True,
                },
            },
        )
        for code, word in SERIES.items()
    )  # fmt: skip
    packs.forget()


@pytest.fixture
def photo(settings: Any, tmp_path: Any) -> Callable[..., Any]:
    """``photo(by, at)`` uploads a picture and returns its id."""
    settings.BIHUAN_MEDIA_ROOT = settings.MEDIA_ROOT = tmp_path
    serial = iter(range(10_000))

    def taken(by: Any, at: datetime = T0) -> Any:
        raw = BytesIO()
        n = next(serial)
        Image.new("RGB", (64, 48), (n % 250, 80, 120)).save(raw, "JPEG")
        return keep_evidence(by, at, raw=raw.getvalue(), name=f"{n}.jpg").pk

    return taken


@pytest.fixture
def loop(rules: None, net: SimpleNamespace, actors: SimpleNamespace, photo: Callable[..., Any]) -> SimpleNamespace:
    """Steps of the loop, each with what it needs."""

    def report(by: Any = None, at: datetime = T0, **args: Any) -> Any:
        by = by or actors.wang
        args = {"org": net.school.pk, "title": "灭火器压力不足", "place": "食堂后厨", "photos": [photo(by, at)]} | args
        return cases.report_hazard(by, at, id=uuid7(), **args)

    def assign(case: Any, by: Any = None, at: datetime = T0 + timedelta(hours=1), **args: Any) -> Any:
        args = {"rectifier": actors.li.id} | args
        return cases.assign_case(by or actors.chen, at, case=case.pk, **args)

    def rectify(case: Any, by: Any = None, at: datetime = T0 + timedelta(days=1), **args: Any) -> Any:
        by = by or actors.li
        args = {"note": "已更换两具灭火器", "photos": [photo(by, at)]} | args
        return cases.rectify_case(by, at, case=case.pk, **args)

    def verify(case: Any, by: Any = None, at: datetime = T0 + timedelta(days=2), **args: Any) -> Any:
        return cases.verify_case(by or actors.chen, at, case=case.pk, **({"note": "现场查看，压力正常"} | args))

    def major(to: str = "closed") -> Any:
        """A major hazard, walked to a state."""
        walk = [
            ("planning", lambda c: assign(c)),
            ("approving", lambda c: (fill(c), cases.submit_plan(actors.li, T0 + timedelta(hours=3), case=c.pk))[1]),
            ("listing", lambda c: cases.approve_plan(actors.meng, T0 + timedelta(hours=4), case=c.pk)),
            ("rectifying", lambda c: cases.list_supervision(actors.chief, T0 + timedelta(hours=5), case=c.pk)),
            ("verifying", lambda c: rectify(c)),
            ("reviewing", lambda c: verify(c, photos=[photo(actors.chen)], second=[actors.zhao.id])),
            ("resuming", lambda c: cases.close_review(actors.he, T0 + timedelta(days=3), case=c.pk, note="同意销号")),
            ("closed", lambda c: cases.resume_use(actors.gao, T0 + timedelta(days=4), case=c.pk, note="同意恢复使用")),
        ]
        case = report(level="major", title="宿舍没有火灾自动报警", basis="教育系统重大事故隐患判定指南")
        for state, step in walk:
            if case.state == to:
                break
            case = step(case)
            assert case.state == state
        return case

    def fill(case: Any) -> Any:
        return cases.fill_five(
            actors.li, T0 + timedelta(hours=2), case=case.pk, duty="校长负总责，李安具体办", measures="停用三层，加装报警",
            funds="维修经费 8 万元", deadline="12 月 10 日前", plan="停用期间学生并班，夜间双人巡查",
        )  # fmt: skip

    return SimpleNamespace(report=report, assign=assign, rectify=rectify, verify=verify, major=major, fill=fill)
