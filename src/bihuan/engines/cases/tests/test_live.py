"""A case page under somebody's finger while others act on the same case."""

import pytest
from django.conf import settings
from playwright.sync_api import expect

from bihuan.engines.cases.commands import grade_hazard
from bihuan.foundation import clock

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_tap_that_began_before_a_fact_does_its_work_and_then_the_page_follows(site, page, door, loop, actors):
    case = loop.report(at=clock.now())
    cookie = door("chen").cookies[settings.SESSION_COOKIE_NAME]
    page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": site.url}])
    with page.expect_response(lambda answer: "/feed/" in answer.url):
        page.goto(f"/hazards/{case.pk}/")
    page.wait_for_timeout(1500)  # what happened just before is read again first
    facts = page.locator(".story > li")
    before = facts.count()
    button = page.locator("#steps a.btn-primary")
    box, pressed = button.bounding_box(), button.element_handle()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    with page.expect_response(lambda answer: answer.url.endswith(f"/hazards/{case.pk}/")):
        page.mouse.down()
        grade_hazard(actors.zhao, clock.now(), case=case.pk, level="serious", basis="人员密集")
    page.wait_for_timeout(100)
    assert pressed.evaluate("element => element.isConnected")
    assert facts.count() == before
    page.mouse.up()
    expect(page.locator("#step form")).to_be_visible()
    expect(facts).to_have_count(before + 1)
