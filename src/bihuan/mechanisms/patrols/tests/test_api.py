"""Patrols for machines: what my net holds, nothing else."""

from __future__ import annotations

import pytest

from bihuan.accounts.commands import issue_token
from bihuan.foundation import clock
from bihuan.foundation.ids import uuid7
from bihuan.foundation.packs.measures import measured
from bihuan.mechanisms.patrols.commands import hand_over_shift
from bihuan.mechanisms.patrols.tests.conftest import MORNING, look

pytestmark = pytest.mark.django_db


@pytest.fixture
def get(client, actors):
    """``get("li", "/rounds")``: what the API answers that person's token, which may only read."""
    tokens = {}

    def got(who, path):
        if who not in tokens:
            made = issue_token(getattr(actors, who), clock.now(), name="试验", scopes=["read"])
            tokens[who] = made["token"]
        return client.get(f"/api/v1{path}", headers={"authorization": f"Bearer {tokens[who]}"}).json()

    return got


def test_the_lists_of_my_net(route, task, walk, points, actors, get, net):
    checks = [look(n, point, how="typed") for n, point in enumerate(points, start=1)]
    walk(route, task, checks=checks)
    (row,) = get("li", "/rounds")["items"]
    assert (row["result"], row["by_name"], row["signals"], row["whole"]) == ("normal", "王保安", 1, True)
    assert get("qian", "/rounds?noticed=true")["items"] != []
    assert get("li", "/rounds?result=double")["items"] == []
    one = get("wang", f"/rounds/{row['id']}")
    assert [look["name"] for look in one["looks"]] == [point.name for point in points]
    assert one["notices"][0]["code"] == "typed_code"
    (known,) = get("wang", "/patrol-routes")["items"]
    assert known["windows"][0] == {"name": "早", "since": "07:00", "until": "08:00"}
    whole = get("wang", f"/patrol-routes/{known['id']}")
    assert [stop["point_id"] for stop in whole["stops"]] == [str(point.pk) for point in points]
    week = get("li", "/patrol-weeks?week=2026-11-23")
    assert (week["whole"]["due"], week["whole"]["walked"], week["shares"][0]["percent"]) == (1, 1, 100)


def test_an_outsider_gets_empty_lists(route, task, walk, get, actors, net):
    said = walk(route, task)
    for path in ("/rounds", "/patrol-routes"):
        assert get("wu", path)["items"] == []
    assert get("wu", "/patrol-weeks?week=2026-11-23")["whole"]["due"] == 0
    for path in (f"/rounds/{said['id']}", f"/patrol-routes/{route.pk}"):
        assert get("wu", path)["code"] == "foundation.not_found"


def test_hand_overs_that_wait_for_me(monday, get, actors, net):
    hand_over_shift(actors.wang, clock.now(), id=uuid7(), org_id=net.school.pk, note="一切正常")
    assert [one["note"] for one in get("li", "/handovers/waiting")] == ["一切正常"]
    assert get("wu", "/handovers/waiting") == []


def test_todays_numbers(route, task, walk, points, actors):
    checks = [look(n, point, result="found") for n, point in enumerate(points, start=1)]
    walk(route, task, checks=checks)
    names = ("patrol-rounds", "patrol-finds", "patrol-signals", "patrol-routes")
    assert [measured(actors.li, name).number for name in names] == ["1", "1", "0", "1"]
    with clock.travel(MORNING.replace(day=24)):
        assert measured(actors.li, "patrol-coverage").number == "100%"
    assert measured(actors.wu, "patrol-rounds").number == "0"
