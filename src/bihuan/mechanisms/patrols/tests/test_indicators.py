"""Honesty signals: each from its threshold on and not before it, with a sentence, and none that blocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bihuan.mechanisms.patrols import indicators, rules
from bihuan.mechanisms.patrols.indicators import Photo, Thresholds
from bihuan.mechanisms.patrols.rules import Context
from bihuan.mechanisms.patrols.tests.test_rules import check, checks, moments, spot
from bihuan.mechanisms.risks.rules import LabelStanding as Label

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
SCHOOL = UUID(int=1)
A, B, C, D = (UUID(int=10 + n) for n in range(4))
NORTH = 1 / 111_195
"""A metre northwards, in degrees."""
SPOTS = {
    A: spot(A, SCHOOL, "甲", 34.0, 109.0),
    B: spot(B, SCHOOL, "乙", 34.0 + 200 * NORTH, 109.0),
    C: spot(C, SCHOOL, "丙"),
    D: spot(D, UUID(int=2), "外校配电房", 34.0, 109.0),
}
LABELS = {
    "A": Label("in_force", SPOTS[A]),
    "B": Label("in_force", SPOTS[B]),
    "C": Label("in_force", SPOTS[C]),
    "D": Label("in_force", SPOTS[D]),
    "OLD": Label("void", SPOTS[A]),
}
LIMITS = Thresholds(
    far_metres=80, poor_accuracy_metres=150, fast_metres_per_second=5, fast_from_metres=60, least_seconds_a_point=8,
    clean_rounds=40, photo_older_minutes=30, typed_points=0, drift_seconds=300, copied_apart_metres=100,
    copied_within_metres=15, least_percent=80,
)  # fmt: skip


def found(
    sent,
    *,
    started=NOW,
    ended=None,
    received=None,
    drift=timedelta(0),
    photos=None,
    limits=LIMITS,
    stops=(A, B, C),
    **more,
):
    context = Context(SCHOOL, stops, more.pop("least_seconds", None), SPOTS, LABELS, **more)
    end = ended or max(check.at for check in sent)
    received = received or end + drift + timedelta(seconds=5)
    times = rules.times(started, end, drift=drift, received=received)
    walk = rules.weighed(sent, context, times=times, drift=drift)
    said = indicators.signals(walk, context, limits, phone_started=started, drift=drift, photos=photos)
    return {one.code: one for one in said}


def scan(n, point, seconds, **more):
    return check(n, "scan", "normal", NOW + timedelta(seconds=seconds), point, {A: "A", B: "B", C: "C"}[point], **more)


QUIET = [scan(1, A, 0), scan(2, B, 60), scan(3, C, 120)]


def test_a_usual_round_has_none():
    assert found(QUIET) == {}


@pytest.mark.parametrize(
    ("metres", "accuracy", "told"),
    [(85, 0, True), (78, 0, False), (130, 60, False), (400, 200, False), (3000, 100, True)],
)
def test_far_from_the_point(metres, accuracy, told):
    here = scan(1, A, 0, lat=34.0 - metres * NORTH, lon=109.0, accuracy=accuracy)
    said = found([here, *QUIET[1:]])
    assert ("far_from_point" in said) is told
    if told:
        assert (said["far_from_point"].n, said["far_from_point"].threshold) == (1, 80)
        assert said["far_from_point"].value == pytest.approx(metres - accuracy, abs=2)


def test_a_point_whose_place_is_not_known_is_never_far():
    assert "far_from_point" not in found([*QUIET[:2], scan(3, C, 120, lat=0.0, lon=0.0, accuracy=5)])


def test_only_who_stood_at_a_point_of_the_school_was_far_from_it():
    """A foreign point's name and distance are nobody's here, and who left a point out said so from where they were."""
    far = {"lat": 34.0 - 3000 * NORTH, "lon": 109.0, "accuracy": 5}
    skipped = check(1, "chosen", "skipped", NOW, A, note="大门锁着", **far)
    assert "far_from_point" not in found([skipped, *QUIET[1:]])
    foreign = check(4, "scan", "normal", NOW + timedelta(seconds=180), D, "D", **far)
    said = found([*QUIET, foreign])
    assert not any("外校" in one.words for one in said.values())


@pytest.mark.parametrize(("seconds", "told"), [(20, True), (39, True), (41, False), (0, True), (-30, True)])
def test_too_fast_between_two_points(seconds, told):
    said = found([scan(1, A, 0), scan(2, B, seconds), scan(3, C, 300)], started=NOW - timedelta(seconds=60))
    assert ("too_fast_between" in said) is told


def test_a_whole_round_in_seconds():
    said = found([scan(1, A, 0), scan(2, B, 10), scan(3, C, 20)])
    assert (said["whole_round_too_quick"].value, said["whole_round_too_quick"].threshold) == (20, 24)
    assert found(QUIET, least_seconds=121)["whole_round_too_quick"].threshold == 121
    assert "whole_round_too_quick" not in found(QUIET, least_seconds=120)
    assert "whole_round_too_quick" not in found(QUIET[:2], least_seconds=3600)


def test_many_rounds_in_a_row_without_a_find():
    assert "all_normal_streak" not in found(QUIET, clean_streak=38)
    assert found(QUIET, clean_streak=39)["all_normal_streak"].value == 40
    wrong = [scan(1, A, 0), scan(2, B, 60), check(3, "scan", "found", NOW + timedelta(seconds=120), C, "C")]
    assert "all_normal_streak" not in found(wrong, clean_streak=400)
    assert "all_normal_streak" not in found(QUIET, clean_streak=400, stops=())


def test_photos_seen_before_and_photos_older_than_the_round():
    one, two = UUID(int=70), UUID(int=71)
    sent = [scan(1, A, 0, evidence=(one, two)), *QUIET[1:]]
    assert found(sent, photos={one: Photo(one), two: Photo(two, NOW - timedelta(minutes=30))}) == {}
    same = found(sent, photos={one: Photo(one, like_days_ago=3)})["same_photo"]
    assert (same.n, "3 天前" in same.words) == (1, True)
    assert "别处" in found(sent, photos={one: Photo(one, like_elsewhere=True)})["same_photo"].words
    here = [QUIET[0], scan(2, B, 60, evidence=(one,)), scan(3, C, 120, evidence=(one,))]
    assert "第 3 点的照片与第 2 点的" in found(here, photos={one: Photo(one)})["same_photo"].words
    old = found(sent, photos={two: Photo(two, NOW - timedelta(minutes=32))})["old_photo"]
    assert (old.value, old.threshold) == (32, 30)


def test_codes_that_were_not_scanned_are_void_or_invented():
    sent = [
        check(1, "scan", "normal", NOW, A, "OLD"),
        check(2, "typed", "normal", NOW + timedelta(seconds=60), B, "B"),
        check(3, "scan", "normal", NOW + timedelta(seconds=120), C, "XX"),
    ]
    said = found(sent)
    assert set(said) == {"void_code", "typed_code", "copied_code"}
    assert (said["void_code"].n, said["copied_code"].n, said["typed_code"].n) == (1, 3, None)


def test_labels_that_hang_apart_scanned_from_one_chair():
    chair = {"lat": 34.0, "lon": 109.0, "accuracy": 10.0}
    said = found([scan(1, A, 0, **chair), scan(2, B, 60, **chair), scan(3, C, 120)])
    assert said["copied_code"].value == pytest.approx(200, abs=1)
    walking = found(
        [scan(1, A, 0, **chair), scan(2, B, 60, lat=34.0 + 199 * NORTH, lon=109.0, accuracy=10.0), scan(3, C, 120)]
    )
    assert "copied_code" not in walking
    chosen = [
        scan(1, A, 0, **chair),
        check(2, "chosen", "normal", NOW + timedelta(seconds=60), B, "", **chair),
        scan(3, C, 120),
    ]
    assert "copied_code" not in found(chosen)


@pytest.mark.parametrize(("seconds", "told"), [(299, False), (301, True), (-301, True), (-86_400 * 40, True)])
def test_a_clock_that_is_off(seconds, told):
    said = found(QUIET, drift=timedelta(seconds=seconds))
    assert ("clock_drift" in said) is told
    if told:
        assert ("慢" if seconds > 0 else "快") in said["clock_drift"].words


def test_a_clock_that_was_set_right_is_not_taken_for_haste():
    """The times that cannot have been were moved together, and how long it took is not known."""
    ahead = [scan(1, A, 7200), scan(2, B, 7260), scan(3, C, 7320)]  # set right before the round was sent
    said = found(ahead, started=NOW + timedelta(hours=2), received=NOW + timedelta(seconds=130))
    assert set(said) == {"clock_drift"}
    midway = [scan(1, A, 7200), scan(2, B, 7260), scan(3, C, 120)]
    said = found(midway, started=NOW + timedelta(hours=2), ended=NOW + timedelta(seconds=120))
    assert "whole_round_too_quick" not in said
    assert "clock_drift" in said


@given(
    some.lists(checks, min_size=1, max_size=12),
    moments,
    moments,
    some.timedeltas(timedelta(days=-900), timedelta(days=900)),
)
def test_nothing_a_phone_sends_breaks_the_signals(sent, started, ended, drift):
    context = Context(SCHOOL, (A, B, C), 30, SPOTS, LABELS, clean_streak=50)
    times = rules.times(started, ended, drift=drift, received=NOW)
    walk = rules.weighed(sent, context, times=times, drift=drift)
    for one in indicators.signals(walk, context, LIMITS, phone_started=started, drift=drift):
        assert one.code in indicators.SIGNALS
        assert len(one.words) > 10
        assert one.as_json()["n"] is None or one.n in {check.n for check in sent}
