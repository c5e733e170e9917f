"""Duties for machines."""

from __future__ import annotations

import pytest
from django.test import Client

from bihuan.accounts.commands import issue_token
from bihuan.engines.duties.tests.conftest import moment
from bihuan.foundation import clock

pytestmark = pytest.mark.django_db
AT = moment("2026-11-09T07:30")


@pytest.fixture
def api(actors, term):
    """``api("li", path, **query)`` answers (status, body) as that person's token, at half past seven on Monday."""

    def asked(key, path, **query):
        with clock.travel(AT):
            token = issue_token(getattr(actors, key), AT, name="测试", scopes=["read", "write"])["token"]
            answer = Client(headers={"authorization": f"Bearer {token}"}).get(f"/api/v1{path}", query)
        return answer.status_code, answer.json()

    return asked


def test_tasks_are_read_page_by_page_inside_the_net(duty, net, api):
    duty(title="校门早巡")
    status, body = api("wang", "/tasks", limit=4, when="ahead")
    assert (status, [line["title"] for line in body["items"]]) == (200, ["校门早巡"] * 4)
    _, rest = api("wang", "/tasks", limit=4, when="ahead", cursor=body["next"])
    assert len(rest["items"]) == 3
    assert rest["next"] == ""
    assert api("zhao", "/tasks", whose="all", school=str(net.school.pk), when="today")[1]["items"][0]["post"] == "guard"
    assert api("wu", "/tasks", whose="all", state="any")[1]["items"] == []
    assert api("wang", "/tasks", state="strange")[0] == 422
    assert api("wang", "/tasks", on="9999-12-31")[0] == 422


def test_the_calendar_is_read_inside_the_net(duty, net, api):
    duty()
    status, body = api("wang", "/calendar", first="2026-11-13", last="2026-11-14")
    assert (status, [(day["on"], day["kind"]) for day in body["items"]]) == (
        200, [("2026-11-13", "school"), ("2026-11-14", "weekend")],
    )  # fmt: skip
    assert api("wu", "/calendar", first="2026-11-13", last="2026-11-14", unit=str(net.school.pk))[0] == 404
    assert api("wang", "/calendar", first="0001-01-01", last="2026-11-14")[0] == 422
    assert api("wang", "/calendar", first="2026-11-13", last="2026-11-14", stage="moon")[0] == 404


def test_the_burden_of_a_week_is_read_by_those_who_see_the_net(duty, net, api):
    duty(title="校门早巡")
    status, body = api("li", "/duties/burden", week="2026-11-11")
    assert (status, body["week"], body["twice"]) == (200, "2026-11-09", [])
    assert [(line["post"], line["people"], line["budget"], line["is_over"]) for line in body["posts"]] == [
        ("guard", 1, None, False)
    ]
    assert api("zhao", "/duties/burden", school=str(net.other_school.pk))[1]["posts"] == []
    assert api("wang", "/duties/burden")[0] == 403
    assert api("wu", "/duties/burden", school=str(net.school.pk))[0] == 404
    assert api("li", "/duties/burden", week="morgen")[0] == 422
