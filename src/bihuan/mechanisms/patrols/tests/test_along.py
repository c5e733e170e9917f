"""Routes follow the points of their school: a stop that was taken out of use falls out, what a pack's rule chooses stays so."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from django.apps import apps

from bihuan.engines.duties.commands import miss_over
from bihuan.engines.duties.models import Duty
from bihuan.foundation import clock, hot
from bihuan.foundation.models import Event, Notice
from bihuan.foundation.reactions import react
from bihuan.mechanisms.patrols import reactions
from bihuan.mechanisms.patrols.carried import routes_for_phone
from bihuan.mechanisms.patrols.commands import adopt_routes, end_route
from bihuan.mechanisms.patrols.commands.along import follow_points
from bihuan.mechanisms.patrols.hot import _routes
from bihuan.mechanisms.patrols.models import Round, Route, Stop
from bihuan.mechanisms.patrols.tests.conftest import MORNING, look, tasks_of
from bihuan.mechanisms.patrols.tests.test_routes import changed
from bihuan.mechanisms.risks.commands import adopt_points, change_point, void_point
from bihuan.mechanisms.risks.scoring import Scoring

pytestmark = pytest.mark.django_db
RiskPoint = apps.get_model("risks", "RiskPoint")


def follow():
    """Carry out everything that waits."""
    while react(clock.now() + timedelta(days=400)):
        pass


def void(by, point, *, tell=True):
    void_point(by, MORNING - timedelta(hours=1), point_id=point.pk, revision=point.revision, reason="拆除了")
    if tell:
        follow()


def stops_of(route):
    return list(Stop.objects.filter(route=route).order_by("n").values_list("point_id", flat=True))


# --- a point taken out of use ---------------------------------------------------------------------------------------------


@pytest.mark.clause("HY-16")
def test_a_round_along_the_points_that_are_left_is_whole(route, walk, points, actors):
    """The phone stops carrying a voided point, so nobody could ever walk it: the round was missed for ever."""
    void(actors.li, points[1])
    left = [points[0], points[2], points[3]]
    assert stops_of(route) == [point.pk for point in left]
    assert list(Stop.objects.filter(route=route).order_by("n").values_list("n", flat=True)) == [1, 2, 3]
    (carried,) = routes_for_phone(actors.wang, [route.school_id])
    assert carried["stops"] == [point.pk for point in left]
    task = tasks_of(route)[0]
    said = walk(route, task, checks=[look(n, point) for n, point in enumerate(left, start=1)])
    task.refresh_from_db()
    assert (said["result"], task.state, Round.objects.get(pk=said["id"]).stops_count) == ("normal", "done", 3)
    miss_over(MORNING + timedelta(hours=2))
    task.refresh_from_db()
    assert task.state == "done"


def test_what_was_walked_before_a_point_fell_out_is_whole_with_it(route, walk, points, actors):
    """Whoever stands before a wall that is gone reports it, and the point is voided after the round was handed in."""
    task = tasks_of(route)[0]
    said = walk(route, task, checks=[look(n, point) for n, point in enumerate(points[:3], start=1)])
    follow()
    task.refresh_from_db()
    assert task.state == "open"
    void(actors.li, points[3])
    task.refresh_from_db()
    assert (task.state, task.ref_id, task.done_by_id) == ("done", UUID(said["id"]), actors.wang.id)


def test_a_batch_of_rounds_sees_the_stops_that_are_left(route, points, actors):
    """What a batch keeps of a route is of one revision."""
    (_, before), *_ = hot.told(_routes({route.pk}))
    void(actors.li, points[0])
    (_, after), *_ = hot.told(_routes({route.pk}))
    assert before[route.pk] == tuple(point.pk for point in points)
    assert after[route.pk] == tuple(point.pk for point in points[1:])


def test_other_routes_stay_as_they_are_and_twice_is_once(lay, points, actors, net):
    with_it, without = lay(), lay(name="后勤巡查", points=[points[2].pk, points[3].pk])
    void(actors.li, points[0])
    assert Route.objects.get(pk=without.pk).revision == without.revision
    assert Route.objects.get(pk=with_it.pk).revision == with_it.revision + 1
    assert follow_points(MORNING, net.school.pk) == 0
    said = Event.objects.filter(subject_id=with_it.pk, name="patrols.route_set").order_by("recorded_at", "id").last()
    assert (said.by_name, said.facts["points"]) == ("系统", 3)


def test_a_route_that_loses_its_last_point_ends_and_the_school_is_told(lay, points, actors, cast, net):
    route = lay(points=[points[0].pk])
    void(actors.li, points[0])
    assert not Route.objects.get(pk=route.pk).is_active
    assert not Duty.objects.get(pk=route.duty_id).is_active
    assert {task.state for task in tasks_of(route)} <= {"excused"}
    assert routes_for_phone(actors.wang, [net.school.pk]) == []
    (told,) = Notice.objects.filter(kind="patrols.emptied", user_id=cast.li.pk)
    assert told.title == "路线已停用：校园日常巡查"
    miss_over(MORNING + timedelta(days=2))
    follow()
    assert not Notice.objects.filter(kind="patrols.missed").exists()


def test_a_route_whose_duty_somebody_ended_before_can_lose_its_last_point(lay, points, actors):
    route = lay(points=[points[0].pk])
    Duty.objects.filter(pk=route.duty_id).update(is_active=False)
    void(actors.li, points[0])
    assert not Route.objects.get(pk=route.pk).is_active


# --- routes that were adopted ---------------------------------------------------------------------------------------------

SOME = ["gate-rush", "one-key-alarm", "stair-crush", "corridor-crowd"]
RED, BLUE = Scoring(matrix="ls-b", likelihood=5, severity=5), Scoring(matrix="ls-b", likelihood=1, severity=1)


@pytest.fixture
def adopted(monday, actors, net):
    """``adopted("red-daily")``: that ready-made route along a few points of the catalogue."""
    adopt_points(actors.li, MORNING - timedelta(days=9), school_id=net.school.pk, codes=SOME)

    def taken(code):
        adopt_routes(actors.li, MORNING - timedelta(hours=2), org_id=net.school.pk, codes=[code])
        follow()
        return Route.objects.get(code=code)

    return taken


def score(by, point, scoring):
    point.refresh_from_db()
    change_point(by, MORNING, point_id=point.pk, revision=point.revision, scoring=scoring)
    follow()


def reds(net):
    rows = RiskPoint.objects.filter(school_id=net.school.pk, is_active=True, colour="red")
    return list(rows.order_by("number", "id").values_list("pk", flat=True))


@pytest.mark.clause("HY-16")
def test_a_route_by_colour_follows_the_colours(adopted, make, actors, net):
    route = adopted("red-daily")
    first = reds(net)
    assert stops_of(route) == first
    new = make("锅炉房", scoring=RED)
    follow()
    assert stops_of(route) == reds(net)
    assert new.pk in stops_of(route)
    calm = make("花坛", scoring=BLUE)
    follow()
    assert Route.objects.get(pk=route.pk).revision == route.revision + 1
    score(actors.li, calm, RED)
    assert calm.pk in stops_of(route)
    score(actors.li, new, BLUE)
    assert stops_of(route) == sorted([*first, calm.pk], key=reds(net).index)
    void(actors.li, RiskPoint.objects.get(pk=first[0]))
    assert stops_of(route) == reds(net)
    assert adopt_routes(actors.li, MORNING, org_id=net.school.pk, codes=["red-daily"])["kept"] == 1


def test_a_route_by_the_catalogue_takes_what_is_adopted_later_in_its_place(adopted, actors, net):
    route = adopted("breaks")
    assert list(Stop.objects.filter(route=route).order_by("n").values_list("point__catalogue", flat=True)) == SOME[2:]
    adopt_points(actors.li, MORNING, school_id=net.school.pk, codes=["toilet-bully", "corridor-objects", "water-tank"])
    follow()
    assert list(Stop.objects.filter(route=route).order_by("n").values_list("point__catalogue", flat=True)) == [
        "stair-crush", "corridor-crowd", "corridor-objects", "toilet-bully",
    ]  # fmt: skip
    assert Route.objects.get(pk=route.pk).revision == route.revision + 1


def test_where_somebody_chose_the_points_only_what_is_out_of_use_falls_out(adopted, make, actors, net):
    route = adopted("red-daily")
    own = make("小卖部")
    route = changed(actors.li, route, points=[own.pk, *stops_of(route)])
    chosen = stops_of(route)
    make("锅炉房", scoring=RED)
    follow()
    assert stops_of(route) == chosen
    void(actors.li, own)
    assert stops_of(route) == chosen[1:]
    make("配电间", scoring=RED)
    follow()
    assert stops_of(route) == chosen[1:]


def test_other_hours_are_no_other_points(adopted, make, actors):
    """A school is asked to set its own hours, and goes on with the points that the rule chooses."""
    route = changed(actors.li, adopted("red-daily"), windows=[{"name": "晚", "since": "18:00", "until": "19:00"}])
    new = make("锅炉房", scoring=RED)
    follow()
    assert new.pk in stops_of(route)
    assert Route.objects.get(pk=route.pk).windows[0]["since"] == "18:00"


def test_a_route_that_ran_out_of_points_comes_back_with_the_next_one(adopted, make, actors, net):
    route, new = adopted("red-daily"), make("锅炉房")
    for pk in reds(net):
        score(actors.li, RiskPoint.objects.get(pk=pk), BLUE)
    assert not Route.objects.get(pk=route.pk).is_active
    assert not Duty.objects.get(pk=route.duty_id).is_active
    score(actors.li, new, RED)
    assert Route.objects.get(pk=route.pk).is_active
    assert stops_of(route) == [new.pk]
    assert "open" in {task.state for task in tasks_of(route, (MORNING + timedelta(days=1)).date())}
    route = Route.objects.get(pk=route.pk)
    end_route(actors.li, MORNING, route_id=route.pk, revision=route.revision)
    make("配电间", scoring=RED)
    follow()
    assert not Route.objects.get(pk=route.pk).is_active  # a person ended it


def test_a_change_that_no_rule_looks_at_asks_nothing(adopted, actors, django_assert_num_queries):
    adopted("red-daily")
    point = RiskPoint.objects.get(catalogue="gate-rush")
    change_point(actors.li, MORNING, point_id=point.pk, revision=point.revision, name="校门口人流")
    event = Event.objects.get(name="risks.point_changed")
    with django_assert_num_queries(0):
        reactions.follow_the_points(event)
