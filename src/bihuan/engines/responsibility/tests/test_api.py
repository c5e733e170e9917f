"""The net for machines."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.test import Client

from bihuan.accounts.commands import issue_token
from bihuan.foundation import clock
from bihuan.foundation.ids import uuid7

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def on_that_day():
    with clock.travel(AT):
        yield


@pytest.fixture
def api(actors):
    """``api("li")`` is a function ``(path, **query)`` that answers (status, body) as that person's token."""

    def opened(key):
        token = issue_token(getattr(actors, key), AT, name="测试", scopes=["read", "write"])["token"]
        client = Client(headers={"authorization": f"Bearer {token}"})

        def get(path, **query):
            answer = client.get(f"/api/v1{path}", query)
            return answer.status_code, answer.json()

        get.client = client
        return get

    return opened


def test_units_page_by_page(net, api):
    get = api("zhao")
    names, cursor = [], ""
    while True:
        status, body = get("/orgs", limit=2, cursor=cursor)
        assert status == 200
        names += [item["name"] for item in body["items"]]
        cursor = body["next"]
        if not cursor:
            break
    assert len(names) == len(set(names)) == 9
    assert [item["name"] for item in get("/orgs", tier="school")[1]["items"]] == ["灞东区第一小学", "灞东区第二中学"]
    assert [item["name"] for item in get("/orgs", under=net.site.pk, q="室")[1]["items"]] == ["化学实验室"]
    assert get(f"/orgs/{net.school.pk}")[1]["code"] == "2161000001"


def test_who_and_appointments_on_a_day(net, cast, api):
    get = api("li")
    status, body = get(f"/orgs/{net.room.pk}/who", post="safety-lead", on="2026-11-22")
    assert (status, [item["name"] for item in body["items"]]) == (200, ["李安"])
    assert get(f"/orgs/{net.room.pk}/who", post="safety-lead", on="2020-01-01")[1]["items"] == []
    everyone = get("/appointments", on="2026-11-22")[1]["items"]
    assert {item["name"] for item in everyone} == {"周校长", "方副校长", "李安", "钱主任", "王保安", "陈包校"}
    assert get("/appointments", user=cast.wu.pk)[1]["items"] == []


def test_gaps_in_words(net, cast, api):
    status, body = api("zhou")("/gaps", since="2026-11-22", days=10)
    assert status == 200
    assert [item["sentence"] for item in body["items"]] == ["东校区 实验楼 无人负责", "东校区 食堂后厨 无人负责"]


def test_what_is_not_ones_own_does_not_exist(net, cast, api):
    for who in ("wu", "sun"):
        get = api(who)
        strange, absent = get(f"/orgs/{net.school.pk}"), get(f"/orgs/{UUID(int=7)}")
        assert strange == absent
        assert strange[0] == 404
        assert get(f"/orgs/{net.school.pk}/who", post="head")[0] == 404
        assert get("/gaps", org=net.school.pk)[0] == 404
        assert get("/orgs", under=net.school.pk)[0] == 404
        assert "灞东区第一小学" not in str(get("/orgs")) + str(get("/appointments")) + str(get("/gaps"))
    assert api("wang")("/orgs")[0] == 403


@pytest.mark.parametrize("query", [{"since": "9999-12-31"}, {"days": "x"}, {"days": 9999}, {"since": "昨天"}])
def test_bad_input_is_a_problem_not_a_crash(net, cast, api, query):
    status, body = api("zhao")("/gaps", **query)
    assert status == 422
    assert body["detail"]


def test_a_command_by_token_is_one_fact(net, cast, api):
    client = api("li").client
    args = {
        "id": str(uuid7()),
        "org_id": str(net.room.pk),
        "post": "lab-keeper",
        "starts_on": "2026-11-22",
        "person": {"name": "孙晓燕"},
    }
    body = {"id": str(uuid7()), "args": args}
    first, again = (
        client.post("/api/v1/commands/responsibility.appoint", body, content_type="application/json") for _ in range(2)
    )
    assert (first.status_code, first.json()["replayed"], again.json()["replayed"]) == (200, False, True)
    refused = client.post(
        "/api/v1/commands/responsibility.appoint",
        {"id": str(uuid7()), "args": args | {"id": str(uuid7()), "starts_on": "0001-01-01"}},
        content_type="application/json",
    )
    assert refused.status_code == 422
    assert "1950-01-01" in refused.json()["detail"]


@pytest.mark.parametrize("word", ["\0", "%", "' OR 1=1", "🦊" * 50])
def test_strange_words_find_nothing_and_break_nothing(net, cast, api, word):
    get = api("zhao")
    assert get("/orgs", q=word)[0] in (200, 422)
    assert get("/appointments", post=word)[0] in (200, 422)
    assert get(f"/orgs/{net.school.pk}/who", post=word)[0] in (200, 422)
    args = {"id": str(uuid7()), "parent_id": str(net.bureau.pk), "kind": "primary", "name": f"名{word}称"}
    body = {"id": str(uuid7()), "args": args}
    answer = api("admin").client.post(
        "/api/v1/commands/responsibility.create_org", body, content_type="application/json"
    )
    assert answer.status_code in (200, 422)
