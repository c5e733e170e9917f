"""Laying routes by hand and from the pack: their rounds fall due by the calendar, in windows also past midnight."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bihuan.engines.duties.models import Duty
from bihuan.engines.responsibility.commands import hand_over
from bihuan.foundation import clock, packs
from bihuan.foundation.commands import commands, execute
from bihuan.foundation.ids import uuid7
from bihuan.foundation.models import Event, PackEntry
from bihuan.foundation.reactions import react
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.patrols.carried import routes_for_phone
from bihuan.mechanisms.patrols.commands import adopt_routes, end_route, set_route
from bihuan.mechanisms.patrols.models import Route, Stop
from bihuan.mechanisms.patrols.queries import due_words
from bihuan.mechanisms.patrols.tests.conftest import MORNING, tasks_of
from bihuan.mechanisms.risks.commands import adopt_points, void_point

pytestmark = pytest.mark.django_db
SATURDAY = date(2026, 11, 28)


def stops_of(route):
    return list(Stop.objects.filter(route=route).order_by("n").values_list("point_id", flat=True))


def changed(by, route, **given):
    args = {
        "id": route.pk, "org_id": route.org_id, "name": route.name, "points": stops_of(route), "order": route.order,
        "post": route.post, "cadence": route.cadence or None, "windows": route.windows, "revision": route.revision,
    }  # fmt: skip
    return set_route(by, MORNING, **commands()["patrols.set_route"].parse(args | given))


@pytest.mark.clause("HY-16")
def test_a_route_falls_due_in_its_windows_on_school_days(route, points):
    monday = tasks_of(route)
    assert [(f"{one.opens_at.astimezone(MORNING.tzinfo):%H:%M}", f"{one.due_at.astimezone(MORNING.tzinfo):%H:%M}") for one in monday] == [
        ("07:00", "08:00"), ("12:00", "13:00"),
    ]  # fmt: skip
    assert monday[0].closes_at - monday[0].due_at == timedelta(minutes=20)
    assert tasks_of(route, SATURDAY) == []
    assert stops_of(route) == [point.pk for point in points]
    assert due_words(route) == "每个上课日：早 07:00–08:00、午 12:00–13:00"


def test_a_night_round_runs_past_midnight(lay):
    route = lay(post="guard", windows=[{"name": "午夜", "since": "23:30", "until": "00:40"}])
    (task,) = tasks_of(route)
    here = task.due_at.astimezone(MORNING.tzinfo)
    assert (here.date(), f"{here:%H:%M}") == (MORNING.date() + timedelta(days=1), "00:40")
    assert due_words(route) == "每个上课日：午夜 23:30–次日 00:40"


def test_a_route_is_changed_in_its_revision_and_its_rounds_follow(route, actors, points):
    new = changed(
        actors.li,
        route,
        points=[points[3].pk, points[0].pk],
        windows=[{"name": "晚", "since": "18:00", "until": "19:00"}],
    )
    assert (new.revision, stops_of(new)) == (route.revision + 1, [points[3].pk, points[0].pk])
    assert [
        f"{one.due_at.astimezone(MORNING.tzinfo):%H:%M}" for one in tasks_of(new, MORNING.date() + timedelta(days=1))
    ] == ["19:00"]
    with pytest.raises(Refusal, match="foundation.changed_meanwhile"):
        changed(actors.li, route, name="旧版本上的改动")
    assert Route.objects.get(pk=route.pk).name == "校园日常巡查"


def test_a_route_out_of_use_is_due_no_more(route, actors):
    ended = end_route(actors.li, MORNING - timedelta(hours=1), route_id=route.pk, revision=route.revision)
    assert {one.state for one in tasks_of(route)} <= {"excused"}
    assert routes_for_phone(actors.wang, [route.school_id]) == []
    with pytest.raises(Refusal, match="patrols.route_ended"):
        end_route(actors.li, MORNING, route_id=route.pk, revision=ended.revision)
    with pytest.raises(Refusal, match="patrols.route_ended"):
        changed(actors.li, ended, name="还想再改")


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"points": []}, "patrols.no_points"),
        ({"points": ["same", "same"]}, "patrols.point_twice"),
        ({"points": ["foreign"]}, "patrols.strange_point"),
        ({"points": [str(uuid7())]}, "patrols.strange_point"),
        ({"post": ""}, "patrols.who_missing"),
        ({"post": "boss"}, "patrols.no_such_post"),
        ({"assignee_id": "wu"}, "patrols.wrong_assignee"),
        ({"cadence": {"every": "full-moon"}}, "duties.bad_rule"),
        ({"windows": [{"since": "08:00", "until": "08:00"}]}, "duties.bad_rule"),
        ({"org_id": "canteen"}, "patrols.not_a_school"),
    ],
)
def test_what_is_wrong_with_a_route_is_said(lay, points, foreign, cast, net, given, code):
    words = {"same": points[0].pk, "foreign": foreign.pk, "wu": cast.wu.pk, "canteen": net.canteen.pk}
    meant = {
        name: [words.get(one, one) if isinstance(one, str) else one for one in value] if isinstance(value, list) else
        words.get(value, value) if isinstance(value, str) else value
        for name, value in given.items()
    }  # fmt: skip
    with pytest.raises(Refusal, match=code):
        lay(**meant)
    assert (Route.objects.count(), Duty.objects.filter(act="patrol").count()) == (0, 0)


def test_a_person_of_elsewhere_is_told_apart_from_nobody_by_no_word(lay, cast):
    said = []
    for who in (cast.wu.pk, uuid7()):
        with pytest.raises(Refusal, match="patrols.wrong_assignee") as refused:
            lay(assignee_id=who)
        said.append(refused.value.sentence)
    assert said[0] == said[1]


def test_a_voided_point_is_no_stop(lay, points, actors):
    void_point(
        actors.li, MORNING - timedelta(days=1), point_id=points[0].pk, revision=points[0].revision, reason="拆除了"
    )
    with pytest.raises(Refusal, match="patrols.strange_point"):
        lay()


@pytest.mark.parametrize(
    ("by", "code"),
    [
        ("wang", "patrols.may_not_set"),
        ("zhou", "patrols.may_not_set"),
        ("wu", "foundation.not_found"),
        ("sun", "foundation.not_found"),
    ],
)
def test_only_who_keeps_the_risks_lays_routes(lay, route, actors, net, by, code):
    actor = getattr(actors, by)
    with pytest.raises(Refusal, match=code):
        lay(by=actor, id=uuid7())
    with pytest.raises(Refusal, match=code):
        changed(actor, route, name="别人改的")
    with pytest.raises(Refusal, match=code):
        end_route(actor, MORNING, route_id=route.pk, revision=route.revision)
    with pytest.raises(Refusal, match=code):
        adopt_routes(actor, MORNING, org_id=net.school.pk)
    assert list(Route.objects.values_list("name", "is_active")) == [("校园日常巡查", True)]


def test_laying_a_route_again_is_one_route(monday, points, actors, net):
    args = {
        "id": str(uuid7()), "org_id": str(net.school.pk), "name": "清校", "points": [str(points[0].pk)], "post": "guard",
        "cadence": {"every": "school-day"},
    }  # fmt: skip
    id = uuid7()
    sent = [execute(actors.li, MORNING, id=id, name="patrols.set_route", args=args) for _ in range(3)]
    assert [one.replayed for one in sent] == [False, True, True]
    assert (Route.objects.count(), Event.objects.filter(name="patrols.route_set").count()) == (1, 1)
    ending = {"route_id": args["id"], "revision": 0}
    id = uuid7()
    ended = [execute(actors.li, MORNING, id=id, name="patrols.end_route", args=ending) for _ in range(2)]
    assert [one.replayed for one in ended] == [False, True]


# --- from the pack ------------------------------------------------------------------------------------------------------


@pytest.fixture
def adopted(monday, actors, net):
    """The school has taken all points of the catalogue over, and 李安 all routes."""
    adopt_points(actors.li, MORNING - timedelta(days=9), school_id=net.school.pk)
    return adopt_routes(actors.li, MORNING - timedelta(hours=2), org_id=net.school.pk)


@pytest.mark.clause("HY-16")
def test_ready_made_routes_follow_the_points_the_calendar_and_the_colours(adopted, net, actors):
    routes = {row.code: row for row in Route.objects.all()}
    assert adopted["adopted"] == len(routes) == 14
    assert adopted["without_points"] == []
    assert not {"dorm-night", "canteen-meals", "school-bus", "kindergarten-nap"} & set(routes)
    assert len(tasks_of(routes["key-places"])) == 5
    assert len(tasks_of(routes["fire-two-hours"])) == 6
    assert routes["red-daily"].cadence == {"every": "school-day"}
    assert routes["orange-weekly"].cadence == {"every": "week"}
    assert routes["yellow-monthly"].cadence == {"every": "month"}
    assert (routes["red-head"].post, routes["red-head"].cadence) == ("head", {"every": "week"})
    red = Stop.objects.filter(route=routes["red-daily"]).values_list("point__colour", flat=True)
    assert set(red) == {"red"}
    gate = Stop.objects.filter(route=routes["gate-peak"]).order_by("n").values_list("point__catalogue", flat=True)
    assert list(gate)[:3] == ["gate-rush", "gate-ramming", "gate-room-empty"]
    again = adopt_routes(actors.li, MORNING, org_id=net.school.pk)
    assert (again["adopted"], again["kept"]) == (0, 14)


def test_a_route_that_a_school_ended_stays_ended_unless_it_is_asked_for(adopted, net, actors):
    row = Route.objects.get(code="breaks")
    end_route(actors.li, MORNING, route_id=row.pk, revision=row.revision)
    assert adopt_routes(actors.li, MORNING, org_id=net.school.pk)["adopted"] == 0
    assert adopt_routes(actors.li, MORNING, org_id=net.school.pk, codes=["breaks"])["adopted"] == 1
    assert Route.objects.filter(code="breaks", is_active=True).count() == 1


def test_adopting_again_by_the_same_envelope_is_one(monday, actors, net):
    adopt_points(actors.li, MORNING, school_id=net.school.pk)
    id, args = uuid7(), {"org_id": str(net.school.pk), "codes": ["gate-peak"]}
    said = [execute(actors.li, MORNING, id=id, name="patrols.adopt_routes", args=args) for _ in range(2)]
    assert [one.replayed for one in said] == [False, True]
    assert Route.objects.count() == 1


def test_without_points_or_without_a_pack_nothing_is_adopted(monday, actors, net):
    with pytest.raises(Refusal, match="patrols.nothing_fits"):
        adopt_routes(actors.li, MORNING, org_id=net.school.pk)
    PackEntry.objects.filter(section="routes").delete()
    packs.forget()
    with pytest.raises(Refusal, match="patrols.no_route_pack"):
        adopt_routes(actors.li, MORNING, org_id=net.school.pk)


def test_laying_a_route_costs_what_it_is_known_to_cost(monday, points, actors, net):
    """More than a page may: the rounds of the days ahead are made at once, so that they stand on the phones at once."""
    args = {"org_id": str(net.school.pk), "name": "清校", "points": [str(points[0].pk)], "post": "guard"}
    spent = []
    for more in ({}, {"cadence": {"every": "school-day"}}):
        with CaptureQueriesContext(connection) as counted:
            execute(actors.li, MORNING, id=uuid7(), name="patrols.set_route", args=args | {"id": str(uuid7())} | more)
        spent.append(sum(not one["sql"].startswith(("SAVEPOINT", "RELEASE")) for one in counted))
    assert spent[0] <= 12
    assert spent[1] <= 24


def test_fourteen_routes_cost_hardly_more_than_one(monday, actors, net):
    adopt_points(actors.li, MORNING, school_id=net.school.pk)
    packs.entries(net.bureau.pk, "routes")
    with CaptureQueriesContext(connection) as one:
        adopt_routes(actors.li, MORNING, org_id=net.school.pk, codes=["gate-peak"])
    with CaptureQueriesContext(connection) as many:
        adopt_routes(actors.li, MORNING, org_id=net.school.pk)
    assert Route.objects.count() == 14
    assert len(many) <= len(one) + 6, f"{len(one)} and {len(many)}"


def test_a_phone_carries_the_routes_of_its_schools_only(adopted, actors, net):
    carried = routes_for_phone(actors.wang, [net.school.pk, net.other_school.pk])
    assert len(carried) == 14
    assert all(route["stops"] and route["school_id"] == net.school.pk for route in carried)
    assert routes_for_phone(actors.wu, [net.school.pk]) == []


# --- people and names ---------------------------------------------------------------------------------------------------


def test_a_route_of_one_person_follows_a_hand_over(lay, actors, cast, net, monday):
    route = lay(post="safety-lead", assignee_id=cast.li.pk)
    assert {one.assignee_id for one in tasks_of(route)} == {cast.li.pk}
    hand(actors, cast, net)
    while react(clock.now() + timedelta(days=400)):
        pass
    assert Route.objects.get(pk=route.pk).assignee_id == cast.qian.pk
    assert {one.assignee_id for one in tasks_of(route, MORNING.date() + timedelta(days=1))} == {cast.qian.pk}


def hand(actors, cast, net):
    from django.apps import apps

    held = apps.get_model("responsibility", "Appointment").objects.get(user=cast.li, post="safety-lead")
    hand_over(actors.admin, clock.now(), id=uuid7(), appointment_id=held.pk, user_id=cast.qian.pk, on=MORNING.date())
