"""A cadre with a phone: no network, one thumb, and nothing lost."""

from __future__ import annotations

from io import BytesIO

import pytest
from django.conf import settings
from PIL import Image
from playwright.sync_api import expect

from bihuan.foundation.models import Event
from bihuan.mechanisms.inspections.queries import detail

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PHONE, DESK = {"width": 360, "height": 780}, {"width": 1366, "height": 768}
AXE = settings.ROOT / "node_modules" / "axe-core" / "axe.min.js"


def sign_in(page, site, door, who, size):
    page.set_viewport_size(size)
    cookie = door(who).cookies[settings.SESSION_COOKIE_NAME]
    page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": site.url}])


def jpeg():
    raw = BytesIO()
    Image.new("RGB", (320, 240), (150, 60, 30)).save(raw, "JPEG")
    return {"name": "现场.jpg", "mimeType": "image/jpeg", "buffer": raw.getvalue()}


def test_answers_given_without_a_network_arrive_once_it_is_back(site, page, door, opened, actors):
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    sign_in(page, site, door, "chen", PHONE)
    page.goto(f"/inspections/{opened.pk}/08/")
    items, saved = page.locator("[data-item]"), page.locator("[data-saved]")
    expect(saved).to_have_text("已全部上传")
    items.nth(0).locator("input[value=pass]").click()
    expect(items.nth(0).locator(".check-said")).to_contain_text("符合")

    page.context.set_offline(True)
    items.nth(1).locator("input[value=na]").click()
    wrong = items.nth(2)
    wrong.locator("input[value=fail]").click()
    wrong.get_by_label("看到了什么").fill("灭火器压力在红区")
    wrong.locator("input[type=file]").set_input_files(jpeg())
    wrong.get_by_role("button", name="确定").click()
    expect(saved).to_contain_text("已存在本机 2 项")
    assert detail(actors.chen, opened.pk).tally.done == 1

    page.context.set_offline(False)
    page.reload()
    expect(saved).to_have_text("已全部上传")
    found = detail(actors.chen, opened.pk)
    assert (found.tally.passed, found.tally.failed, found.tally.not_applicable) == (1, 1, 1)
    assert len(found.hazards) == 1
    assert len(found.wrong[0].answer["photos"]) == 1
    assert Event.objects.filter(subject_id=opened.pk, name="inspections.answered").count() == 3
    assert errors == []


def test_what_is_judged_while_another_is_on_its_way_follows_at_once(site, page, door, opened, actors):
    """Not half a minute later, when the script next looks by itself."""
    sign_in(page, site, door, "chen", PHONE)
    page.goto(f"/inspections/{opened.pk}/08/")
    held = []
    page.route(f"**/inspections/{opened.pk}/**", lambda call: held.append(call) if not held else call.continue_())
    items, saved = page.locator("[data-item]"), page.locator("[data-saved]")
    with page.expect_request(lambda call: call.method == "POST"):
        items.nth(0).locator("input[value=pass]").click()
    items.nth(1).locator("input[value=pass]").click()
    expect(saved).to_contain_text("已存在本机 2 项")  # on its way is not there
    held[0].continue_()
    expect(items.nth(1).locator(".check-said")).to_contain_text("符合")
    expect(saved).to_have_text("已全部上传")
    assert detail(actors.chen, opened.pk).tally.passed == 2


def test_a_phone_that_is_full_says_so_and_sends_all_the_same(site, page, door, opened, actors):
    """Not one more byte fits: what is judged lives in the page until the server has it."""
    sign_in(page, site, door, "chen", PHONE)
    page.add_init_script(
        "IDBObjectStore.prototype.put = () => { throw new DOMException('no room', 'QuotaExceededError') }"
    )
    page.goto(f"/inspections/{opened.pk}/08/")
    items, saved = page.locator("[data-item]"), page.locator("[data-saved]")
    page.context.set_offline(True)
    items.nth(0).locator("input[value=pass]").click()
    items.nth(1).locator("input[value=na]").click()
    expect(saved).to_contain_text("本机存不下：2 项只在这个页面里，请不要关闭")
    items.nth(0).locator("input[value=na]").click()  # thought better of it
    expect(saved).to_contain_text("本机存不下：2 项")
    page.context.set_offline(False)
    expect(saved).to_have_text("已全部上传")
    found = detail(actors.chen, opened.pk)
    assert (found.tally.passed, found.tally.not_applicable) == (0, 2)


def test_what_is_refused_stays_on_the_phone_with_its_sentence(site, page, door, opened, actors):
    sign_in(page, site, door, "chen", PHONE)
    page.goto(f"/inspections/{opened.pk}/01/")
    wrong = page.locator("[data-item]").nth(0)
    wrong.locator("input[value=fail]").click()
    wrong.get_by_label("看到了什么").fill("组长不是校长")
    wrong.locator("summary").click()
    wrong.get_by_label("什么时候改好").fill("2020-01-01T08:00")
    wrong.get_by_role("button", name="确定").click()
    expect(wrong.get_by_role("alert")).to_contain_text("整改期限")
    expect(wrong.get_by_label("看到了什么")).to_have_value("组长不是校长")
    expect(page.locator("[data-saved]")).to_contain_text("没被接受")
    assert detail(actors.chen, opened.pk).tally.done == 0
    wrong.locator("summary").click()
    wrong.get_by_label("什么时候改好").fill("")
    wrong.get_by_role("button", name="确定").click()
    expect(page.locator("[data-saved]")).to_have_text("已全部上传")
    assert detail(actors.chen, opened.pk).tally.failed == 1


def test_one_item_fills_the_screen_and_the_next_follows(site, page, door, opened, actors):
    sign_in(page, site, door, "chen", PHONE)
    page.goto(f"/inspections/{opened.pk}/02/")
    page.get_by_role("button", name="一屏一项").click()
    expect(page.locator("[data-item]:visible")).to_have_count(1)
    first = page.locator("[data-item]:visible").get_attribute("data-item")
    page.locator("[data-item]:visible input[value=pass]").click()
    expect(page.locator(f"#item-{first}")).to_be_hidden()
    expect(page.locator("[data-place]")).to_have_text("2 / 16")
    page.get_by_role("button", name="上一项").click()
    expect(page.locator(f"#item-{first} .check-said")).to_contain_text("陈包校")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_every_page_is_clean_under_axe(site, page, door, opened, sheet, size):
    sign_in(page, site, door, "zhao", size)
    sheets = f"/sheets/{sheet.sheet.pk}/"
    ways = ["", "08/", "finish/", "team/"]
    for address in [f"/inspections/{opened.pk}/{way}" for way in ways] + [
        "/inspections/",
        "/inspections/new/",
        "/inspections/draw/",
        "/sheets/",
        sheets,
        f"{sheets}versions/",
        "/sheets/import/",
    ]:
        page.goto(address)
        found = page.evaluate(AXE.read_text(encoding="utf-8") + "; axe.run(document, {resultTypes: ['violations']})")
        grave = [
            (v["id"], v["nodes"][0]["html"]) for v in found["violations"] if v["impact"] in {"serious", "critical"}
        ]
        assert (address, grave) == (address, [])
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
