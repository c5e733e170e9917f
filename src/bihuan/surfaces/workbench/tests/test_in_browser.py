"""The kit under a real browser's eyes and keys: the shell, the bell, drafts, photos, and axe on every page of the desk."""

from __future__ import annotations

import re
from importlib import import_module
from io import BytesIO
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from PIL import Image
from playwright.sync_api import expect

from bihuan.accounts.sign_in import set_password
from bihuan.engines.cases.pack import Ladders, Levels, Lifecycles, Rules
from bihuan.foundation import clock, packs
from bihuan.foundation.models import Notice

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PHONE, DESK = {"width": 360, "height": 780}, {"width": 1366, "height": 768}
AXE = Path(settings.ROOT) / "node_modules" / "axe-core" / "axe.min.js"


@pytest.fixture
def sits(new_context, site, cast):
    """``sits("li", PHONE)`` is that person's page; a script error or a broken policy fails the test."""
    complaints = []

    def sat(key="", size=DESK, **looks):
        context = new_context(viewport=size)
        cookies = dict(looks)
        if key:
            person = getattr(cast, key)
            session = import_module(settings.SESSION_ENGINE).SessionStore()
            session[SESSION_KEY], session["version"] = str(person.pk), person.version
            session.save()
            cookies[settings.SESSION_COOKIE_NAME] = session.session_key
        if cookies:
            context.add_cookies([{"name": name, "value": value, "url": site.url} for name, value in cookies.items()])
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda said: (
                complaints.append(said.text) if said.type == "error" and "Failed to load" not in said.text else None
            ),
        )
        return page

    yield sat
    assert complaints == []


@pytest.fixture
def rules(net):
    """The chapters of cases.yaml as packs/base has them: without levels there is no form to report with."""
    for chapter in (Lifecycles(), Levels(), Ladders(), Rules()):
        items, faults = chapter.read(settings.BIHUAN_PACKS / "base")
        assert not faults
        chapter.put(packs.PLATFORM, "base", items)


@pytest.fixture
def password(settings):
    """A password that the server, which knows no quick hash for tests, can check."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    return "石榴-花开-九月"


def open_report(page):
    """The form to report with; the server remembers for five seconds what packs said before this test."""
    for _ in range(8):
        page.goto("/hazards/new/")
        if page.get_by_label("什么问题").count():
            return page.get_by_label("什么问题")
        page.wait_for_timeout(1000)
    return page.get_by_label("什么问题")


def photo(colour):
    buffer = BytesIO()
    Image.new("RGB", (64, 48), colour).save(buffer, "JPEG")
    return {"name": f"{colour}.jpg", "mimeType": "image/jpeg", "buffer": buffer.getvalue()}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_the_desk_is_clean_for_everybody(sits, cast, net, size, theme):
    Notice.objects.create(
        bureau_id=net.bureau.pk, user_id=cast.li.pk, kind="x", title="退回重新整改", link="/", sent_at=clock.now()
    )
    page = sits("li", size, theme=theme)
    found = {}
    for address in (
        "/",
        "/notices/",
        "/account/",
        "/search/?q=疏散门",
        "/scan/",
        "/hazards/00000000-0000-7000-8000-000000000000/",
    ):
        page.goto(address)
        expect(page.locator("body[data-person]")).to_have_count(1)
        page.evaluate(AXE.read_text(encoding="utf-8"))
        report = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        bad = [
            (v["id"], v["nodes"][0]["target"]) for v in report["violations"] if v["impact"] in {"serious", "critical"}
        ]
        wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        if bad or wide:
            found[address] = (bad, wide)
    assert found == {}


def test_somebody_signs_in_with_the_keyboard_and_looks_at_the_password(sits, cast, password):
    set_password(cast.li.pk, password)
    page = sits()
    page.goto("/notices/")
    expect(page.get_by_role("heading", name="登录")).to_be_visible()
    page.keyboard.type("li")
    page.keyboard.press("Tab")
    page.keyboard.type(password)
    page.get_by_role("button", name="显示").click()
    expect(page.get_by_label("密码")).to_have_attribute("type", "text")
    page.get_by_label("密码").press("Enter")
    expect(page).to_have_url(re.compile("/notices/$"))
    expect(page.get_by_role("heading", name="通知")).to_be_visible()


def test_a_phone_has_a_dock_of_big_targets_and_a_desk_a_rail(sits):
    page = sits("li", PHONE)
    page.goto("/")
    expect(page.locator(".rail")).to_be_hidden()
    for place in page.locator(".dock > a, .dock summary").all():
        assert place.bounding_box()["height"] >= 48
    page.locator(".dock summary").click()
    expect(page.locator(".dock").get_by_role("link", name="责任网")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".dock").get_by_role("link", name="责任网")).to_be_hidden()
    page.set_viewport_size(DESK)
    expect(page.locator(".rail")).to_be_visible()
    expect(page.locator(".dock")).to_be_hidden()


def test_the_theme_is_remembered_and_drawn_by_the_server(sits):
    page = sits("li")
    page.goto("/")
    page.locator(".who summary").click()
    page.get_by_role("button", name="换深色或浅色").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    answer = page.goto("/notices/")
    assert 'data-bs-theme="dark"' in answer.text()


def test_the_bell_rings_without_a_reload(sits, cast, net):
    page = sits("li")
    with page.expect_response(lambda answer: "/feed/" in answer.url):
        page.goto("/notices/")
    expect(page.locator("#unread b")).to_have_count(0)
    page.wait_for_timeout(1500)
    Notice.objects.create(bureau_id=net.bureau.pk, user_id=cast.li.pk, kind="x", title="x", sent_at=clock.now())
    expect(page.locator("#unread b")).to_have_text("1", timeout=10_000)


def test_what_was_typed_survives_going_away(sits, rules):
    page = sits("li")
    open_report(page).fill("实验楼三层疏散门上锁")
    page.goto("/notices/")
    expect(open_report(page)).to_have_value("实验楼三层疏散门上锁")
    page.get_by_role("button", name="不要了，重新填").click()
    expect(page.get_by_label("什么问题")).to_have_value("")
    expect(open_report(page)).to_have_value("")


def test_a_draft_is_its_persons_own(sits, rules):
    page = sits("li")
    open_report(page).fill("只有我能看到")
    page.evaluate("document.querySelector('form[action=\"/sign-out/\"]').requestSubmit()")
    page.wait_for_url("**/sign-in/")
    page.context.add_cookies(sits("zhou").context.cookies())
    expect(open_report(page)).to_have_value("")


def test_photos_are_shown_and_can_be_taken_out_again(sits, rules):
    page = sits("li", PHONE)
    open_report(page)
    field = page.locator("[data-photos]")
    field.locator("input[type=file]").set_input_files([photo("red"), photo("green")])
    field.locator("input[type=file]").set_input_files([photo("blue")])
    expect(field.locator("img")).to_have_count(3)
    page.get_by_role("button", name="去掉第 2 张").click()
    expect(field.locator("img")).to_have_count(2)
    names = page.evaluate("[...document.querySelector('[data-photos] input').files].map(file => file.name)")
    assert names == ["red.jpg", "blue.jpg"]


def test_a_page_works_without_javascript(new_context, site, cast, password):
    set_password(cast.li.pk, password)
    page = new_context(java_script_enabled=False).new_page()
    page.goto("/sign-in/")
    page.get_by_label("账号或手机号").fill("li")
    page.get_by_label("密码").fill(password)
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("heading", name="我的待办")).to_be_visible()
    page.locator(".who summary").click()
    page.get_by_role("button", name="退出登录").click()
    expect(page.get_by_role("heading", name="登录")).to_be_visible()
