"""A stranger's phone before the wall, and the desk that answers, in a real browser."""

import pytest
from playwright.sync_api import expect

from bihuan.mechanisms.risks.tests.test_browser import DESK, PHONE, judge, sign_in  # noqa: F401 - a fixture
from bihuan.mechanisms.tips.models import Tip

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_stranger_tells_and_the_desk_sees(sign_in, point):  # noqa: F811
    page = sign_in("", PHONE)
    page.goto(f"/p/{point.code}")
    page.get_by_role("link", name="我要反映").click()
    judge(page, "tell")
    page.get_by_label("什么问题").fill("灶台旁边的软管裂了一道口子，一股煤气味")
    page.get_by_role("button", name="提交").click()
    expect(page.locator(".slip")).to_be_visible(timeout=30_000)
    judge(page, "thanks")
    slip = page.locator(".slip").inner_text()
    page.get_by_role("link", name="查询页").click()
    page.get_by_label("查询码").fill(slip.lower())
    page.get_by_role("button", name="查询").click()
    assert "学校已经收到" in page.inner_text("main")
    judge(page, "status")
    tip = Tip.objects.get()
    for size, name in ((DESK, "desk"), (PHONE, "phone")):
        page = sign_in("li", size)
        page.goto("/tips/desk/")
        judge(page, f"{name}-tips")
        page.goto(f"/tips/desk/{tip.pk}/")
        judge(page, f"{name}-tip")
