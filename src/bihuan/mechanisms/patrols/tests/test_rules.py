"""The pure law of rounds: whatever a phone sends, what comes out holds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some

from bihuan.mechanisms.patrols import rules
from bihuan.mechanisms.patrols.rules import Check, Context
from bihuan.mechanisms.risks.rules import LabelStanding as Label
from bihuan.mechanisms.risks.rules import PointStanding

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
NONE = timedelta(0)
SCHOOL, OTHER = UUID(int=1), UUID(int=2)
STOPS = tuple(UUID(int=100 + n) for n in range(6))
FOREIGN = UUID(int=999)


def check(n, how, result, at, point_id=None, code="", **more):
    return Check(n=n, how=how, result=result, at=at, point_id=point_id, code=code, **more)


def spot(pk, school_id, name="", lat=None, lon=None):
    return PointStanding(pk, school_id, UUID(int=3), None, None, school_id, "", "", name, True, lat=lat, lon=lon)


SPOTS = {pk: spot(pk, SCHOOL, f"点{n}") for n, pk in enumerate(STOPS)} | {FOREIGN: spot(FOREIGN, OTHER, "外校")}
LABELS = {f"C{n}": Label("in_force", SPOTS[pk]) for n, pk in enumerate(STOPS)}
LABELS |= {"OLD0": Label("void", SPOTS[STOPS[0]]), "FAR": Label("in_force", SPOTS[FOREIGN])}

moments = some.datetimes(datetime(1971, 1, 1), datetime(2099, 1, 1), timezones=some.just(UTC))
checks = some.builds(
    Check,
    n=some.integers(1, 60),
    point_id=some.sampled_from([None, FOREIGN, UUID(int=5), *STOPS]),
    code=some.sampled_from(["", "", "OLD0", "FAR", "NOBODY", *LABELS]),
    how=some.sampled_from(["scan", "nfc", "typed", "chosen"]),
    result=some.sampled_from(["normal", "normal", "found", "skipped"]),
    at=moments,
    note=some.sampled_from(["", "有事"]),
)


def context(stops=STOPS, **more):
    return Context(SCHOOL, stops, None, SPOTS, LABELS, **more)


def walked(sent, *, started=NOW, ended=NOW, stops=STOPS, **more):
    percent = more.pop("least_percent", 80)
    return rules.weighed(
        sent, context(stops, **more), times=rules.times(started, ended, drift=NONE, received=NOW), least_percent=percent
    )


@given(some.lists(checks, max_size=20), moments, moments, some.timedeltas(timedelta(days=-900), timedelta(days=900)))
def test_no_round_is_too_strange_to_be_weighed(sent, started, ended, drift):
    times = rules.times(started, ended, drift=drift, received=NOW)
    walk = rules.weighed(sent, context(), times=times, drift=drift, least_percent=80)
    assert len(walk.looks) == len(sent)
    assert NOW - rules.OLDEST <= walk.times.started_at <= walk.times.ended_at <= NOW
    assert walk.seconds >= 0
    assert set(walk.covered) <= set(STOPS)
    assert list(walk.covered) == [stop for stop in STOPS if stop in walk.covered]
    for task in ("", "done", "late", "double"):
        assert (
            rules.result_of(walk.standings, found=bool(walk.found), has_route=True, covered=walk.whole, task=task)
            in rules.RESULTS
        )
    for look in walk.looks:
        assert set(msgspec.to_builtins(look.kept())) >= {"n", "how", "result", "at", "seconds"}
        assert look.standing in rules.STANDINGS


@given(some.lists(checks, max_size=20), some.lists(checks, max_size=5))
def test_looking_at_more_never_covers_less(sent, more):
    few, many = walked(sent), walked([*sent, *more])
    assert set(few.covered) <= set(many.covered)
    assert not few.whole or many.whole


@given(
    some.permutations([check(n, "scan", "normal", NOW, pk, f"C{n}") for n, pk in enumerate(STOPS)]), some.integers(0, 6)
)
def test_a_round_in_parts_covers_what_one_round_covers(sent, cut):
    first = walked(sent[:cut])
    second = walked(sent[cut:], before=frozenset(first.covered), looked=frozenset(first.walked))
    assert second.whole
    assert first.whole == (cut == len(STOPS))
    kept = [[msgspec.to_builtins(look.kept()) for look in walk.looks] for walk in (first, second)]
    covered = [[str(stop) for stop in walk.covered] for walk in (first, second)]
    assert rules.is_whole({str(stop) for stop in STOPS}, covered, kept, 80)


@given(some.lists(some.sampled_from([*STOPS, None]), max_size=10))
def test_foreign_and_invented_codes_stand_for_no_point_of_the_route(claimed):
    sent = [check(n, "scan", "normal", NOW, pk, code) for n, pk in enumerate(claimed) for code in ("FAR", "NOBODY")]
    walk = walked(sent)
    assert (walk.covered, walk.whole) == ((), False)
    assert STOPS[0] not in walk.walked
    assert rules.result_of(walk.standings, found=False, has_route=True, covered=False) == (
        "wrong_place" if sent else "normal"
    )


@pytest.mark.parametrize(
    ("code", "stands", "point"),
    [
        ("C1", "on_route", STOPS[1]),
        ("OLD0", "void", STOPS[0]),
        ("FAR", "wrong_place", FOREIGN),
        ("NOBODY", "unknown", None),
        ("", "on_route", STOPS[2]),
    ],
)
def test_what_a_code_stands_for(code, stands, point):
    (look,) = walked([check(1, "scan", "normal", NOW, STOPS[2], code)]).looks
    assert (look.standing, look.point_id) == (stands, point)


def test_a_point_of_the_school_that_is_not_on_the_route_is_looked_at_but_covers_nothing():
    walk = walked([check(1, "scan", "normal", NOW, STOPS[5], "C5")], stops=STOPS[:3])
    assert (walk.looks[0].standing, walk.walked, walk.covered) == ("off_route", [STOPS[5]], ())


@pytest.mark.parametrize(
    ("percent", "skipped", "whole"), [(80, 1, True), (80, 2, False), (50, 3, True), (100, 1, False), (100, 0, True)]
)
def test_how_much_may_be_left_out(percent, skipped, whole):
    sent = [
        check(n, "chosen", "skipped" if n < skipped else "normal", NOW, pk, "", note="锁着")
        for n, pk in enumerate(STOPS)
    ]
    assert walked(sent, least_percent=percent).whole is whole


def test_somebody_else_first_weighs_more_than_everything():
    far = walked([check(1, "scan", "found", NOW, STOPS[0], "FAR")]).standings

    def word(**more):
        return rules.result_of(far, found=True, has_route=True, **more)

    assert [word(covered=False, task=task) for task in ("double", "late", "")] == [
        "double",
        "wrong_place",
        "wrong_place",
    ]
    assert [word(covered=True, task=task) for task in ("late", "")] == ["late", "found"]
    assert rules.result_of((), found=False, has_route=False, covered=False) == "free"


@given(some.timedeltas(timedelta(days=-3650), timedelta(days=3650)))
def test_a_phone_that_is_off_but_says_so_is_put_right(drift):
    walk = rules.times(
        NOW - timedelta(minutes=9) - drift, NOW - timedelta(minutes=1) - drift, drift=drift, received=NOW
    )
    assert (walk.started_at, walk.ended_at, walk.credible) == (
        NOW - timedelta(minutes=9),
        NOW - timedelta(minutes=1),
        True,
    )


def test_the_distance_between_two_places():
    assert rules.metres(34.26, 108.95, 34.26, 108.95) == 0
    assert rules.metres(34.26, 108.95, 34.27, 108.95) == pytest.approx(1112, abs=1)
    assert rules.metres(0, 0, 0, 180) == pytest.approx(20_015_115, rel=1e-4)


@pytest.mark.parametrize(
    ("state", "minutes", "word"),
    [
        ("open", -1, "未到时间"),
        ("open", 30, "待巡"),
        ("open", 61, "过时未巡"),
        ("missed", 90, "漏巡"),
        ("excused", 0, "免巡"),
    ],
)
def test_what_a_due_round_is_called(state, minutes, word):
    assert rules.due_word(state, NOW, NOW + timedelta(hours=1), NOW + timedelta(minutes=minutes)) == word


def test_windows_in_words_say_when_they_run_past_midnight():
    said = rules.with_windows(
        [{"name": "午夜", "since": "23:30", "until": "00:40"}, {"since": "07:00", "until": "08:00"}]
    )
    assert said == ["午夜 23:30–次日 00:40", "07:00–08:00"]


near = some.tuples(some.floats(-90, 90), some.floats(-180, 180))


@given(near, near)
def test_what_is_surely_near_is_near(one, two):
    assert rules.metres(*one, *two) <= rules.at_most(*one, *two)
