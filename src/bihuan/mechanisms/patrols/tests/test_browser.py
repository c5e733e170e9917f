"""The pages of patrols in a real browser: readable on a phone and at the desk, a route put in order without a mouse."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import expect

from bihuan.engines.duties.commands import miss_over
from bihuan.foundation.ids import uuid7
from bihuan.mechanisms.patrols.commands import adopt_routes, hand_over_shift
from bihuan.mechanisms.patrols.commands.shifts import ItemIn
from bihuan.mechanisms.patrols.models import Route, Stop
from bihuan.mechanisms.patrols.tests.conftest import MORNING, at, look, tasks_of
from bihuan.mechanisms.risks.commands import adopt_points

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
AXE = settings.ROOT / "node_modules" / "axe-core" / "axe.min.js"
PHONE, DESK = {"width": 360, "height": 780}, {"width": 1366, "height": 768}


@pytest.fixture
def sign_in(site, page, door):
    """``sign_in("li", PHONE)``: the page of that person."""

    def signed(who, size):
        page.set_viewport_size(size)
        page.context.clear_cookies()
        cookie = door(who).cookies[settings.SESSION_COOKIE_NAME]
        page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": site.url}])
        return page

    return signed


def judge(page, name):
    """No serious accessibility fault, no sideways scrolling; a picture where somebody asked for pictures."""
    if folder := os.environ.get("BIHUAN_PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
    found = page.evaluate(AXE.read_text(encoding="utf-8") + "; axe.run(document, {resultTypes: ['violations']})")
    grave = [
        (v["id"], [n["target"] for n in v["nodes"]][:4])
        for v in found["violations"]
        if v["impact"] in {"serious", "critical"}
    ]
    assert grave == [], name
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} scrolls sideways"


@pytest.fixture
def lived(route, walk, points, actors, net, photo):
    """A day with a found round, a missed one, a part handed over, and all the pack's routes; a shift that waits."""
    checks = [
        look(n, point, lat=34.3 + n / 4000, lon=109.0 + n / 9000, accuracy=12)
        for n, point in enumerate(points, start=1)
    ]
    checks[1] = look(
        2,
        points[1],
        result="found",
        note="门锁坏了，已经报给总务",
        evidence=[photo(actors.wang)],
        lat=34.3008,
        lon=109.0004,
    )
    checks[2] = look(3, points[2], how="typed", lat=34.302, lon=109.001)
    said = walk(route, tasks_of(route)[0], checks=checks, note="雨天，操场西侧积水")
    adopt_points(actors.li, MORNING - timedelta(days=2), school_id=net.school.pk)
    adopt_routes(actors.li, MORNING - timedelta(hours=1), org_id=net.school.pk)
    miss_over(at(15))
    items = [ItemIn(name="钥匙"), ItemIn(name="盾牌", state="broken")]
    hand_over_shift(actors.wang, at(8), id=uuid7(), org_id=net.school.pk, items=items, note="东门锁芯松了，已报修")
    return said["id"]


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_every_page_reads_well(lived, route, sign_in, size, net):
    page = sign_in("li", size)
    width = size["width"]
    for name, path in {
        "today": "/patrols/?day=2026-11-23", "missed": "/patrols/?day=2026-11-23&state=missed", "rounds": "/patrols/rounds/",
        "round": f"/patrols/rounds/{lived}/", "routes": "/patrols/routes/", "route": f"/patrols/routes/{route.pk}/",
        "adopt": "/patrols/routes/adopt/", "shifts": "/patrols/shifts/", "week": "/patrols/week/?week=2026-11-23",
    }.items():  # fmt: skip
        page.goto(path)
        judge(page, f"patrols-{name}-{width}")
    page = sign_in("wang", size)
    page.goto(f"/patrols/rounds/{lived}/")
    page.get_by_text("说明一下").first.click()
    judge(page, f"patrols-answer-{width}")
    page = sign_in("zhao", size)
    for name, path in {"bureau": "/patrols/?day=2026-11-23", "bureau-week": "/patrols/week/?week=2026-11-23"}.items():
        page.goto(path)
        judge(page, f"patrols-{name}-{width}")


def test_a_route_is_put_in_order_with_the_keyboard_and_with_the_mouse(route, points, make, sign_in):
    make("五号点")
    page = sign_in("li", DESK)
    page.goto(f"/patrols/routes/{route.pk}/")
    rows = page.locator("[data-sorts-row]")
    expect(rows).to_have_count(5)
    page.get_by_role("button", name="下移：").first.focus()
    page.keyboard.press("Enter")
    expect(rows.nth(1).locator("[data-sorts-number]")).to_have_value("2")
    assert "校门口" in rows.nth(1).inner_text()
    page.keyboard.press("Enter")
    assert "校门口" in rows.nth(2).inner_text()
    page.get_by_role("button", name="加入：五号点").click()
    page.get_by_role("button", name="移出：配电房").click()
    rows.nth(3).drag_to(rows.nth(0), target_position={"x": 200, "y": 2})
    page.get_by_role("button", name="保存路线").click()
    expect(page.get_by_text("已保存，还没开始的待办已按新的安排调整。")).to_be_visible()
    stops = (
        Stop.objects.filter(route=Route.objects.get(pk=route.pk)).order_by("n").values_list("point__name", flat=True)
    )
    assert list(stops) == ["五号点", "食堂后门", "校门口", "宿舍楼道"]
