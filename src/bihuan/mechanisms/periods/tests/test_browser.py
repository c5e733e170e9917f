"""Periods in a real browser: readable on a phone and at the desk, and a report that comes moves without a reload."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import expect

from bihuan.engines.duties.commands import answer_task
from bihuan.foundation import clock
from bihuan.foundation.ids import uuid7
from bihuan.foundation.scoping import placed
from bihuan.mechanisms.periods import commands
from bihuan.mechanisms.periods.tests.conftest import settle, task

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
AXE = settings.ROOT / "node_modules" / "axe-core" / "axe.min.js"
PHONE, DESK = {"width": 360, "height": 780}, {"width": 1366, "height": 768}
MORE = ("灞东区第三小学", "灞东区实验小学", "灞东区滨河学校", "灞东区第四中学", "灞东区红旗小学")


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


@pytest.fixture
def begun(chapter, net, actors, cast):
    """A period since the day before yesterday over seven schools, three of which nobody looks after."""
    models = {name: apps.get_model("responsibility", name) for name in ("Org", "Appointment")}
    for n, name in enumerate(MORE):
        school = models["Org"](
            id=uuid7(), parent=net.bureau, kind="primary", tier="school", name=name, code="", sort=50 + n
        )
        school.path = f"{net.bureau.path}{80 + n:04d}."
        for column in ("province_id", "city_id", "bureau_id"):
            setattr(school, column, getattr(net.bureau, column))
        school.school_id, school.stages = school.pk, ["primary"]
        school.save(force_insert=True)
        if n < 2:
            models["Appointment"].objects.create(
                user=(cast.qian, cast.fang)[n], org=school, post="safety-lead", starts_on="2024-09-01", **placed(school)
            )
    now = timezone.localtime(clock.now())
    first = (now - timedelta(days=2)).replace(hour=8, minute=0)
    with clock.travel(first):
        row = commands.declare_period(
            actors.zhao, first, id=uuid7(), org_id=net.bureau.pk, kind="two-sessions", starts_on=first.date(),
            ends_on=first.date() + timedelta(days=9), name="两会战备期", words="校门值守力量加倍，外来人员一律核实后进校。",
        )  # fmt: skip
        settle()
    for days in (2, 1, 0):
        on = (now - timedelta(days=days)).date()
        report(actors.li, row, on, net.school)
        at = moment_of(on, 8)
        answer_task(actors.fang, at, task_id=task(row, "period-leader", f"{on:%m-%d}", net.school).pk, id=uuid7())
        answer_task(actors.li, at, task_id=task(row, "period-officer", f"{on:%m-%d}", net.school).pk, id=uuid7())
    return row


def moment_of(on, hour):
    return timezone.make_aware(timezone.datetime(on.year, on.month, on.day, hour))


def report(by, row, on, place):
    """Report that there was nothing, at three in the afternoon."""
    pk = task(row, "period-report", f"{on:%m-%d}", place).pk
    answer_task(by, moment_of(on, 15), task_id=pk, id=uuid7(), nil=True)


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


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_every_page_reads_well(begun, sign_in, size):
    width = size["width"]
    page = sign_in("zhao", size)
    page.goto("/")
    expect(page.get_by_text("所学校")).to_be_visible()
    judge(page, f"periods-home-{width}")
    for name, path in {
        "list": "/periods/", "new": "/periods/new/", "board": f"/periods/{begun.pk}/",
        "silent": f"/periods/{begun.pk}/?which=waiting",
    }.items():  # fmt: skip
        page.goto(path)
        judge(page, f"periods-{name}-{width}")
    page = sign_in("wu", size)
    page.goto(f"/periods/{begun.pk}/")
    judge(page, f"periods-school-{width}")


def test_a_report_that_comes_leaves_the_list_of_the_silent(begun, sign_in, actors, net):
    page = sign_in("zhao", DESK)
    page.goto(f"/periods/{begun.pk}/?which=waiting")
    silent = page.get_by_role("link", name="灞东区第二中学")
    expect(silent).to_be_visible()
    report(actors.wu, begun, timezone.localdate(), net.other_school)
    expect(silent).to_have_count(0, timeout=15_000)
    expect(page.get_by_role("link", name="灞东区滨河学校")).to_be_visible()
