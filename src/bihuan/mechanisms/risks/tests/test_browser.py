"""The wall and the desk in a real browser: what stands under the thumb, what explains itself while one types."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction
from playwright.sync_api import expect

from bihuan.foundation import clock
from bihuan.mechanisms.risks.commands import adopt_points, check_point, note_rounds, post_label
from bihuan.mechanisms.risks.models import RiskPoint
from bihuan.mechanisms.risks.scoring import Scoring

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
AXE = settings.ROOT / "node_modules" / "axe-core" / "axe.min.js"
PHONE, DESK = {"width": 360, "height": 780}, {"width": 1366, "height": 768}


@pytest.fixture
def sign_in(site, page, door):
    """``sign_in("wang", PHONE)``: the page of that person."""

    def signed(who, size):
        page.set_viewport_size(size)
        page.context.clear_cookies()
        if who:
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


def test_the_wall(sign_in, make, actors, cast):
    point = make(owner_id=cast.wang.pk)
    check_point(actors.wang, clock.now(), point_id=point.pk)
    page = sign_in("wang", PHONE)
    page.goto(f"/p/{point.code}")
    for word in ("正常", "有问题"):
        button = page.locator(".wall-buttons .btn", has_text=word)
        expect(button).to_be_in_viewport(ratio=1)
        assert button.bounding_box()["height"] >= 72
    judge(page, "wall-guard")
    page.locator(".wall-buttons .btn", has_text="正常").click()
    expect(page.get_by_text("已登记：燃气灶台 正常")).to_be_visible()
    page.locator(".wall-buttons .btn", has_text="有问题").click()
    expect(page.get_by_label("在哪里")).to_have_value("食堂后厨")
    judge(page, "wall-report")
    page = sign_in("", PHONE)
    page.goto(f"/p/{point.code}")
    expect(page.get_by_text("我要反映")).to_be_in_viewport(ratio=1)
    judge(page, "wall-stranger")
    page.goto("/p/ZZZZZZZZZZ")
    judge(page, "wall-unknown")


def test_labels_and_the_map(sign_in, net, actors, risks, make):
    """The list beside the plan says the same as the plan; a marker moves by the keyboard and by the number fields."""
    make()
    adopt_points(actors.li, clock.now(), school_id=net.school.pk)
    kitchen = RiskPoint.objects.filter(name="燃气灶台").first()
    post_label(actors.wang, clock.now(), code=kitchen.code)
    for size, name in ((DESK, "desk"), (PHONE, "phone")):
        page = sign_in("li", size)
        for address, what in (
            ("/points/labels/lives/", "lives"), ("/points/labels/lives/?state=no-photo", "lives-no-photo"),
            (f"/p/{kitchen.code}/post/", "post"), (f"/points/map/{net.school.pk}/plans/new/", "plan-new"),
        ):  # fmt: skip
            page.goto(address)
            judge(page, f"{name}-{what}")
        page.goto(f"/points/map/{net.school.pk}/")
        expect(page.locator(".mark")).to_have_count(RiskPoint.objects.count())
        judge(page, f"{name}-map")
        page = sign_in("zhao", size)
        page.goto("/points/map/")
        judge(page, f"{name}-county")
    page = sign_in("li", DESK)
    page.goto(f"/points/map/{net.school.pk}/")
    page.get_by_role("button", name="移动风险点").click()
    mark = page.get_by_role("button", name="燃气灶台，橙 较大", exact=True)
    mark.focus()
    for _ in range(4):
        page.keyboard.press("Shift+ArrowRight")
    row = page.locator(f'[data-point="{kitchen.pk}"]')
    expect(row).not_to_have_attribute("data-x", str(row.get_attribute("data-x")), timeout=15_000)
    kitchen.refresh_from_db()
    assert kitchen.x is not None
    row.get_by_text("摆位置").click()
    row.get_by_label("从左边").fill("12.5")
    row.get_by_role("button", name="放这里").click()
    expect(row).to_have_attribute("data-x", "0.125", timeout=15_000)
    row.get_by_role("button", name="在图上看").click()
    expect(page.locator(".leaflet-popup")).to_contain_text("燃气灶台")


def test_the_map_follows_what_happens_without_a_reload(sign_in, make, actors):
    """Three missed rounds elsewhere: the marker, the list and the strip of an open page change by themselves."""
    point = make(scoring=Scoring(matrix="ls-b", likelihood=2, severity=3))
    page = sign_in("li", DESK)
    page.goto(f"/points/map/{point.school_id}/")
    expect(page.locator(".mark-yellow")).to_have_count(1)
    for day in range(3):
        with transaction.atomic():
            note_rounds(actors.wang, clock.now() - timedelta(days=day), missed=[point.pk])
    expect(page.locator(".mark-orange")).to_have_count(1, timeout=15_000)
    expect(page.locator(f'[data-point="{point.pk}"]')).to_contain_text("近期漏巡 3 次")
    expect(page.locator(".mark-yellow")).to_have_count(0)


def test_the_desk(sign_in, net, actors, risks, make):
    make()
    adopt_points(actors.li, clock.now(), school_id=net.school.pk)
    point = RiskPoint.objects.filter(colour="red").first()
    for size, name in ((DESK, "desk"), (PHONE, "phone")):
        page = sign_in("li", size)
        for address, what in (
            ("/points/", "list"), (f"/points/{point.pk}/", "point"), ("/points/new/", "new"), ("/points/adopt/", "adopt"),
            (f"/points/{point.pk}/change/", "change"), (f"/points/{point.pk}/void/", "void"), ("/points/labels/?colour=red", "labels"),
        ):  # fmt: skip
            page.goto(address)
            judge(page, f"{name}-{what}")
    page = sign_in("li", DESK)
    page.goto("/points/new/")
    page.get_by_label("可能性").select_option("5")
    page.get_by_label("严重性").select_option("5")
    expect(page.locator("#scoring-words")).to_contain_text("5 × 严重性 5 = 25")
    page.get_by_role("button", name="LEC 法").click()
    expect(page.get_by_label("暴露频度")).to_be_visible()
    page.get_by_role("button", name="已有结论").click()
    expect(page.get_by_label("依据")).to_be_visible()
