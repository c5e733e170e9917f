"""The browser of the tests is real, speaks Chinese and gets the built pages from the server of production."""

import pytest
from django.conf import settings
from playwright.sync_api import expect


@pytest.mark.browser
def test_the_door_opens_in_a_real_browser(page):
    complaints = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    answer = page.goto(settings.LOGIN_URL)
    assert answer.status == 200
    assert "'unsafe-eval'" not in answer.headers["content-security-policy"]
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    assert page.evaluate("navigator.language") == "zh-CN"
    assert page.evaluate("[...document.styleSheets].some(sheet => sheet.cssRules.length > 500)")
    assert complaints == []
