"""The scope: everything of mine that a phone needs, and nothing of anybody else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bihuan.engines.duties.models import Task
from bihuan.engines.responsibility.queries import forget_actors
from bihuan.foundation import clock, packs
from bihuan.foundation.ids import uuid7
from bihuan.mechanisms.patrols.commands import hand_over_shift
from bihuan.mechanisms.patrols.tests.conftest import (  # noqa: F401 - fixtures
    MORNING,
    base,
    foreign,
    lay,
    make,
    monday,
    points,
    route,
    task,
)
from bihuan.surfaces.mobile.tests.conftest import envelope, forget_tokens

pytestmark = pytest.mark.django_db


def test_a_guard_carries_the_points_routes_and_tasks_of_the_school(phone, net, points, route, task):  # noqa: F811
    mine = phone("wang").scope().json()
    assert mine["person"]["name"] == "王保安"
    assert mine["person"]["posts"][0]["post"] == "guard"
    assert [school["id"] for school in mine["schools"]] == [str(net.school.pk)]
    assert {point["id"] for point in mine["points"]} == {str(point.pk) for point in points}
    assert mine["routes"][0]["stops"] == [str(point.pk) for point in points]
    assert str(task.pk) in {one["id"] for one in mine["tasks"]}
    assert {one["name"] for one in mine["people"]} >= {"周校长", "李安"}
    assert "王保安" not in {one["name"] for one in mine["people"]}
    assert {one["name"] for one in mine["relief"]} >= {"李安"}, "whoever may take a shift over"
    assert "王保安" not in {one["name"] for one in mine["relief"]}, "nobody hands over to themselves"
    assert mine["levels"]
    assert mine["thresholds"]["clean_rounds"] > 0
    assert mine["server_now"].startswith(MORNING.astimezone(clock.now().tzinfo).isoformat()[:16])


def test_an_outsiders_scope_holds_nothing_of_the_school(phone, net, points, foreign, route, task, actors, cast):  # noqa: F811
    hand_over_shift(actors.wang, MORNING, id=uuid7(), org_id=net.school.pk, items=[], note="夜里有人翻墙")
    theirs = phone("wu").scope()
    text = theirs.content.decode()
    assert theirs.json()["points"][0]["id"] == str(foreign.pk)
    for secret in (
        net.school.pk,
        *(point.pk for point in points),
        route.pk,
        task.pk,
        cast.wang.pk,
        "王保安",
        cast.li.phone,
        "翻墙",
    ):
        assert str(secret) not in text
    assert phone("li").scope().json()["shift"][0]["from_name"] == "王保安"
    assert phone("wang").scope().json()["shift"] == [], "what I handed over does not wait for me"


def test_a_phone_carries_the_shifts_that_its_person_may_still_take_over(phone, net, points, actors):  # noqa: F811
    old = {"items": [], "note": "上周的", "handed_at": MORNING - timedelta(days=4)}
    hand_over_shift(actors.wang, MORNING, id=uuid7(), org_id=net.school.pk, **old)
    assert phone("li").scope().json()["shift"] == [], "after three days nobody waits for it any more"
    hand_over_shift(actors.wang, MORNING, id=uuid7(), org_id=net.school.pk, items=[], note="昨夜的")
    assert [one["note"] for one in phone("li").scope().json()["shift"]] == ["昨夜的"]
    assert phone("admin").scope().json()["shift"] == [], "who looks after accounts takes over no shift"


def test_somebody_without_a_post_carries_nothing(phone, points):  # noqa: F811
    empty = phone("nobody").scope().json()
    assert [empty[name] for name in ("schools", "points", "routes", "tasks", "people", "hazards", "shift")] == [[]] * 7


def test_another_bureau_carries_nothing_of_ours(phone, points, route, net):  # noqa: F811
    text = phone("sun").scope().content.decode()
    assert str(net.school.pk) not in text
    assert points[0].code not in text


def test_a_scope_that_has_not_changed_is_not_sent_again(phone, points, route, task, net, make):  # noqa: F811
    mine = phone("wang")
    first = mine.scope()
    tag = first["ETag"]
    assert first.json()["etag"] == tag
    assert (mine.scope(tag).status_code, mine.scope(tag).content) == (304, b"")
    make("新的点")
    changed = mine.scope(tag)
    assert changed.status_code == 200
    assert len(changed.json()["points"]) == 5
    assert changed["ETag"] != tag


def test_what_happens_at_another_school_changes_nothing_of_mine(phone, foreign, points):  # noqa: F811
    mine, theirs = phone("wang"), phone("wu")
    tag, other = mine.scope()["ETag"], theirs.scope()["ETag"]
    assert tag != other
    theirs.sync(envelope("risks.check_point", point_id=str(foreign.pk)))
    assert mine.scope(tag).status_code == 304
    assert theirs.scope(other).status_code == 200


def test_the_scope_changes_with_the_hour_and_with_my_posts(phone, points, cast, monday):  # noqa: F811
    from django.apps import apps

    mine = phone("wang")
    tag = mine.scope()["ETag"]
    with clock.travel(MORNING + timedelta(hours=1)):
        assert mine.scope(tag).status_code == 200
    apps.get_model("responsibility", "Appointment").objects.filter(user=cast.wang).update(
        ends_on=MORNING.date() - timedelta(days=1)
    )
    forget_actors()
    forget_tokens()
    assert mine.scope(tag).json()["points"] == []


@pytest.mark.parametrize("who", ["wang", "li", "chen", "zhao"])
def test_a_scope_takes_few_statements(phone, points, route, task, who, django_assert_max_num_queries):  # noqa: F811
    mine = phone(who)
    tag = mine.scope()["ETag"]
    for _ in range(2):
        packs.forget()
        forget_actors()
        forget_tokens()
        with django_assert_max_num_queries(12):
            assert mine.scope().status_code == 200
    with django_assert_max_num_queries(2):
        assert mine.scope(tag).status_code == 304


def test_a_task_that_is_done_is_carried_no_longer(phone, task):  # noqa: F811
    mine = phone("wang")
    assert str(task.pk) in {one["id"] for one in mine.scope().json()["tasks"]}
    Task.objects.filter(pk=task.pk).update(state="done")
    assert str(task.pk) not in {one["id"] for one in mine.scope().json()["tasks"]}
