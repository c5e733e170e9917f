"""The read API: my net only, cursors, and another bureau's id answers as one that does not exist."""

import base64
import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bihuan.accounts.commands import issue_token
from bihuan.foundation import clock
from bihuan.foundation.ids import uuid7
from bihuan.mechanisms.risks.commands import adopt_points
from bihuan.mechanisms.risks.models import RiskPoint

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(client, actors):
    """``api("li", "/points")``: a call with that person's token, which may only read."""
    tokens = {}

    def call(who, path, **query):
        if who not in tokens:
            made = issue_token(getattr(actors, who), clock.now(), name="试验", scopes=["read"])
            tokens[who] = made["token"]
        return client.get(f"/api/v1{path}", query, headers={"authorization": f"Bearer {tokens[who]}"})

    return call


def test_a_list_goes_on_by_cursor_and_loses_nothing(api, net, actors, risks):
    adopt_points(actors.li, clock.now(), school_id=net.school.pk)
    found, cursor = [], ""
    while True:
        page = api("zhao", "/points", limit=20, cursor=cursor).json()
        found += page["items"]
        cursor = page["next"]
        if not cursor:
            break
    everything = RiskPoint.objects.order_by("colour_rank", "number")
    assert [row["id"] for row in found] == [str(point.pk) for point in everything]
    assert {row["colour"] for row in api("li", "/points", colour="red").json()["items"]} == {"red"}
    counts = api("li", "/points/colours").json()
    assert sum(row["count"] for row in counts) == len(everything)
    ready = api("li", "/points/catalogue", school=str(net.school.pk)).json()
    assert {row["state"] for row in ready} == {"adopted"}


def test_one_point_says_everything(api, point):
    said = api("chief", f"/points/{point.pk}").json()
    assert (said["colour"], said["factors"]["value"], said["measures"]["engineering"]) == ("orange", "12", "加装报警器")
    assert [keeper["name"] for keeper in said["keepers"]] == ["方副校长", "钱主任", "钱主任"]


@pytest.mark.parametrize("who", ["wu", "sun", "nobody", "huo"])
def test_an_outsider_sees_nothing(api, net, point, who):
    assert api(who, "/points").json() == {"items": [], "next": ""}
    assert api(who, "/points", school=str(net.school.pk)).json()["items"] == []
    assert {row["count"] for row in api(who, "/points/colours", school=str(net.school.pk)).json()} == {0}
    for path, query in ((f"/points/{point.pk}", {}), ("/points/catalogue", {"school": str(net.school.pk)})):
        refused = api(who, path, **query)
        unknown = api(who, path.replace(str(point.pk), str(uuid7())), **({"school": str(uuid7())} if query else {}))
        assert refused.status_code == unknown.status_code == 404
        assert refused.json() == unknown.json()


@pytest.mark.parametrize("path", ["/points", "/points/colours", "/points/{id}"])
def test_a_call_stays_inside_its_budget(api, point, path):
    path = path.format(id=point.pk)
    api("li", path)
    with CaptureQueriesContext(connection) as made:
        assert api("li", path).status_code == 200
    assert len(made) <= 12


@pytest.mark.parametrize("query", [{"cursor": "zzz"}, {"colour": "pink"}, {"limit": "0"}, {"school": "x"}])
def test_bad_questions_are_refused(api, risks, query):
    assert api("li", "/points", **query).status_code == 422


def test_odd_words_find_nothing_and_break_nothing(api, risks):
    for word in ("\0", "'; --", "%", "_", "🙂" * 50):
        assert api("li", "/points", q=word, kind=word).status_code == 200


@pytest.mark.parametrize(
    "values",
    [
        ["sabc", "sx", "sy"],
        [1, 2, 3],
        [None, None, None],
        [1, "sx", "u" + "0" * 32],
        [10**30, "sx", "u" + "0" * 32],
        [1, "s\0", "u" + "0" * 32],
        [{}, [], 1.5],
    ],
)
def test_a_forged_cursor_breaks_nothing(api, point, values):
    forged = base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")
    assert api("li", "/points", cursor=forged).status_code in {200, 422}
