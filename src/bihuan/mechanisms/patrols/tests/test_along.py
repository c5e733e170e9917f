"""Routes follow the points of their school: a stop that was taken out of use falls out, what a pack's rule chooses stays so."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bihuan.engines.duties.commands import miss_over
from bihuan.engines.duties.models import Duty
from bihuan.foundation import clock, hot
from bihuan.foundation.models import Event, Notice
from bihuan.foundation.reactions import react
from bihuan.mechanisms.patrols.commands.along import follow_points
from bihuan.mechanisms.patrols.hot import _routes
from bihuan.mechanisms.patrols.models import Round, Route, Stop
from bihuan.mechanisms.patrols.queries import routes_for_phone
from bihuan.mechanisms.patrols.tests.conftest import MORNING, look, tasks_of
from bihuan.mechanisms.risks.commands import void_point

pytestmark = pytest.mark.django_db


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
