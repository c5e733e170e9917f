"""Handing rounds in: what becomes of the task, the points, the people and the times."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext
from PIL import Image

from bihuan.engines.duties.commands import miss_over
from bihuan.engines.duties.models import Task
from bihuan.engines.responsibility.queries import actor_of, forget_actors
from bihuan.foundation import clock
from bihuan.foundation.commands import execute
from bihuan.foundation.evidence.commands import keep_evidence
from bihuan.foundation.ids import uuid7
from bihuan.foundation.models import Event, Evidence, Notice
from bihuan.foundation.reactions import react
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.patrols.commands import answer_signal, rounds
from bihuan.mechanisms.patrols.models import Round
from bihuan.mechanisms.patrols.tests.conftest import MORNING, at, look, tasks_of
from bihuan.mechanisms.risks.commands import recolour_due, renew_code

pytestmark = pytest.mark.django_db
SOON = timedelta(seconds=1)


def codes_of(row):
    return {one["code"] for one in row.signals}


def kept(said):
    return Round.objects.get(pk=said["id"])


def follow():
    """Carry out everything that waits."""
    while react(clock.now() + timedelta(days=400)):
        pass


def rounds_of(actor):
    return Round.objects.filter(by_id=actor.id).count()


def envelope(route, task, points, **given):
    """The arguments as a phone sends them."""
    checks = [look(n, point).model_dump(mode="json") for n, point in enumerate(points, start=1)]
    args = {
        "id": str(uuid7()), "route_id": str(route.pk), "task_id": str(task.pk), "checks": checks, "spent": 60,
        "started_at": checks[0]["at"], "ended_at": checks[-1]["at"],
    }  # fmt: skip
    return args | given


# --- what becomes of it -----------------------------------------------------------------------------------------------


@pytest.mark.clause("HY-16")
def test_a_walked_route_does_the_task_and_marks_its_points(route, task, walk, points):
    said = walk(route, task)
    row = kept(said)
    assert (row.result, row.whole, said["task"], said["left"]) == ("normal", True, "done", 0)
    assert (row.by_name, row.by_post, row.school_name, row.stops_count) == ("王保安", "guard", "灞东区第一小学", 4)
    task.refresh_from_db()
    assert (task.state, task.ref_id, task.done_by_name) == ("done", row.pk, "王保安")
    assert [one.state for one in tasks_of(route)] == ["done", "open"]
    for point in points:
        point.refresh_from_db()
        assert point.checked_at == row.ended_at
    assert row.signals == []
    (fact,) = Event.objects.filter(name="patrols.round_submitted")
    assert fact.facts["points"] == [str(point.pk) for point in points]
    assert fact.facts["task"] == str(task.pk)


def test_a_problem_makes_the_round_found(route, task, walk, points):
    hazard = uuid7()
    checks = [look(n, point) for n, point in enumerate(points, start=1)]
    checks[2] = look(3, points[2], result="found", hazard_id=hazard, note="门锁坏了")
    row = kept(walk(route, task, checks=checks))
    assert (row.result, row.found_count, row.clean_streak) == ("found", 1, 0)
    assert row.checks[2]["hazard_id"] == str(hazard)


def test_sent_again_it_is_one_round_one_fact_and_one_answer(route, task, points, actors, monday):
    args, id = envelope(route, task, points), uuid7()
    now = MORNING + timedelta(minutes=4)
    answers = [execute(actors.wang, now, id=id, name="patrols.submit_round", args=args) for _ in range(3)]
    assert [one.replayed for one in answers] == [False, True, True]
    other = execute(actors.wang, now + SOON, id=uuid7(), name="patrols.submit_round", args=args)
    assert other.answer["id"] == answers[0].answer["id"]
    assert (Round.objects.count(), Event.objects.filter(name="patrols.round_submitted").count()) == (1, 1)
    assert Event.objects.filter(name="duties.task_done").count() == 1
    with pytest.raises(Refusal, match="patrols.id_taken"):
        execute(actors.li, now, id=uuid7(), name="patrols.submit_round", args=args)


def test_the_second_of_two_is_kept_as_double(route, task, walk, actors):
    first = walk(route, task)
    second = walk(route, task, by=actors.li)
    assert (second["result"], second["task"], second["first"]) == ("double", "double", "王保安")
    task.refresh_from_db()
    assert task.ref_id == kept(first).pk


@pytest.mark.clause("HY-16")
def test_a_round_after_its_time_is_late(route, task, walk, points):
    checks = [look(n, point, at=at(8, 5 + n)) for n, point in enumerate(points, start=1)]
    row = kept(walk(route, task, checks=checks))
    task.refresh_from_db()
    assert (row.result, task.state) == ("late", "late")


def test_a_round_before_its_time_leaves_the_task(route, task, walk, points):
    checks = [look(n, point, at=at(6, 10 + n)) for n, point in enumerate(points, start=1)]
    said = walk(route, task, checks=checks)
    task.refresh_from_db()
    assert (said["result"], said["task"], task.state) == ("normal", "", "open")


def test_somebody_elses_task_is_kept_as_a_round_and_waits(route, task, walk, actors):
    said = walk(route, task, by=actors.qian)
    task.refresh_from_db()
    assert (said["result"], said["whole"], said["task"], task.state) == ("normal", True, "", "open")


# --- wrong places and codes ---------------------------------------------------------------------------------------------


def test_another_schools_code_is_a_wrong_place_and_tells_nothing(route, task, walk, points, foreign, door):
    checks = [*(look(n, point) for n, point in enumerate(points[:3], start=1)), look(4, foreign)]
    said = walk(route, task, checks=checks)
    row = kept(said)
    assert (row.result, row.whole, said["left"], row.checks[3]["stands"]) == ("wrong_place", False, 1, "wrong_place")
    task.refresh_from_db()
    foreign.refresh_from_db()
    assert (task.state, foreign.checked_at) == ("open", None)
    page = door("wang").get(f"/patrols/rounds/{row.pk}/").content.decode()
    assert "不是本校的点位" in page
    assert "外校配电房" not in page
    assert str(foreign.pk) not in page


def test_an_invented_code_does_not_count_and_says_so(route, task, walk, points):
    checks = [look(n, point) for n, point in enumerate(points, start=1)]
    checks[0] = look(1, points[0], code="AAAAAAAAAA")
    row = kept(walk(route, task, checks=checks))
    assert (row.result, row.whole, codes_of(row)) == ("wrong_place", False, {"copied_code"})
    assert "point_id" not in row.checks[0]


@pytest.mark.clause("HY-15")
def test_a_void_label_counts_and_is_pointed_out(route, task, walk, points, actors):
    old = points[1].code
    renew_code(actors.li, MORNING, point_id=points[1].pk, revision=points[1].revision)
    checks = [look(n, point) for n, point in enumerate(points, start=1)]
    checks[1] = look(2, points[1], code=old)
    row = kept(walk(route, task, checks=checks))
    assert (row.result, row.whole, codes_of(row)) == ("normal", True, {"void_code"})
    assert [one["n"] for one in row.signals] == [2]


def test_the_code_decides_and_not_what_the_phone_says(route, task, walk, points):
    checks = [look(n, point) for n, point in enumerate(points, start=1)]
    checks[3] = look(4, points[3], code=points[0].code)
    row = kept(walk(route, task, checks=checks))
    assert (row.whole, row.covered) == (False, [str(point.pk) for point in points[:3]])


def test_typed_and_chosen_points_count_and_are_pointed_out(route, task, walk, points):
    checks = [look(n, point) for n, point in enumerate(points, start=1)]
    checks[0] = look(1, points[0], how="typed", code=points[0].code.lower())
    checks[1] = look(2, points[1], how="chosen", code="")
    row = kept(walk(route, task, checks=checks))
    assert (row.whole, row.typed_count, codes_of(row)) == (True, 2, {"typed_code"})


def test_what_was_left_out_with_a_word_is_accounted_for(lay, make, walk, points):
    more = [*points, make("五号点")]
    route = lay(points=[point.pk for point in more])
    task = tasks_of(route)[0]
    checks = [look(n, point) for n, point in enumerate(more, start=1)]
    silent = kept(walk(route, task, checks=[*checks[:4], look(5, more[4], result="skipped", code="")]))
    assert (silent.whole, silent.result) == (False, "normal")
    words = look(5, more[4], result="skipped", code="", note="楼里在施工，进不去")
    said = walk(route, task, checks=[*checks[:4], words])
    assert (said["whole"], said["task"]) == (True, "done")


def test_a_round_that_leaves_out_most_is_no_round(route, task, walk, points):
    left_out = [look(n, point, result="skipped", code="", note="没有去") for n, point in enumerate(points[1:], start=2)]
    said = walk(route, task, checks=[look(1, points[0]), *left_out])
    assert (said["whole"], said["task"]) == (False, "")


# --- without a route ----------------------------------------------------------------------------------------------------


def test_a_point_scanned_in_passing_is_a_round_without_a_route(walk, points):
    row = kept(walk(None, None, checks=[look(1, points[0])]))
    assert (row.result, row.route_id, row.school_name, row.whole) == ("free", None, "灞东区第一小学", True)
    points[0].refresh_from_db()
    assert points[0].checked_at == row.ended_at


def test_another_schools_point_in_passing_is_kept_at_home(walk, foreign, net):
    row = kept(walk(None, None, checks=[look(1, foreign)]))
    assert (row.result, row.school_id) == ("wrong_place", net.school.pk)
    foreign.refresh_from_db()
    assert foreign.checked_at is None


def test_nothing_but_an_invented_code_has_no_place(walk, points, actors):
    with pytest.raises(Refusal, match="patrols.nowhere"):
        walk(None, None, checks=[look(1, points[0], point_id=None, code="ZZZZZZZZZZ")])
    assert rounds_of(actors.wang) == 0


# --- several people and phones ------------------------------------------------------------------------------------------


@pytest.mark.clause("HY-16")
def test_a_round_is_handed_over_in_the_middle_and_finished_by_the_next(route, task, walk, points, actors):
    first = walk(route, task, checks=[look(n, point) for n, point in enumerate(points[:2], start=1)], handed_over=True)
    assert (first["whole"], first["left"], first["task"]) == (False, 2, "")
    task.refresh_from_db()
    assert task.state == "open"
    rest = [look(n, point, at=at(7, 30 + n)) for n, point in enumerate(points[2:], start=3)]
    second = walk(route, task, by=actors.li, checks=rest)
    assert (second["whole"], second["left"], second["task"]) == (True, 0, "done")
    task.refresh_from_db()
    assert task.done_by_name == "李安"


@pytest.mark.django_db(transaction=True)
def test_of_many_phones_on_one_task_one_is_first_and_none_is_lost(route, task, points, actors):
    def send(n):
        try:
            args = envelope(route, task, points)
            by = actors.li if n % 2 else actors.wang
            now = MORNING + timedelta(minutes=5)
            return execute(by, now, id=uuid7(), name="patrols.submit_round", args=args).answer
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(send, range(6)))
    assert sorted(one["task"] for one in answers) == ["done"] + ["double"] * 5
    assert Round.objects.filter(task_id=task.pk).count() == 6
    assert Event.objects.filter(name="duties.task_done").count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_same_round_sent_by_six_threads_is_one(route, task, points, actors):
    args = envelope(route, task, points)

    def send(n):
        try:
            now = MORNING + timedelta(minutes=5)
            return execute(actors.wang, now, id=uuid7(), name="patrols.submit_round", args=args).answer["id"]
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(send, range(6))) == {args["id"]}
    assert Round.objects.count() == 1
    assert Event.objects.filter(name__in=["patrols.round_submitted", "duties.task_done"]).count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_halves_handed_in_at_once_finish_the_task_together(route, task, points, actors):
    halves = [(actors.wang, points[:2]), (actors.li, points[2:])]

    def send(half):
        by, some = half
        try:
            args = envelope(route, task, some, handed_over=True)
            now = MORNING + timedelta(minutes=5)
            execute(by, now, id=uuid7(), name="patrols.submit_round", args=args)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(send, halves))
    follow()
    task.refresh_from_db()
    assert task.state == "done"
    assert Event.objects.filter(name="duties.task_done").count() == 1


# --- clocks -------------------------------------------------------------------------------------------------------------


def test_a_phone_that_is_days_behind_is_corrected_and_both_times_are_kept(route, task, points, actors):
    wrong = timedelta(days=3, hours=2)
    checks = [look(n, point, at=MORNING - wrong + timedelta(seconds=40 * n)) for n, point in enumerate(points, start=1)]
    args = envelope(route, task, points, checks=[check.model_dump(mode="json") for check in checks])
    args |= {"started_at": checks[0].at.isoformat(), "ended_at": checks[-1].at.isoformat()}
    now = MORNING + timedelta(minutes=4)
    said = execute(actors.wang, now, id=uuid7(), name="patrols.submit_round", args=args, drift=wrong).answer
    row = kept(said)
    assert (row.started_at, row.received_at) == (MORNING + timedelta(seconds=40), now)
    assert row.drift_seconds == wrong.total_seconds()
    assert row.checks[0]["phone_at"] == checks[0].at.isoformat()
    assert (said["task"], codes_of(row)) == ("done", {"clock_drift"})
    assert "慢" in row.signals[0]["words"]


@pytest.mark.parametrize("off", [timedelta(hours=5), timedelta(days=-400)])
def test_times_that_cannot_have_been_are_pointed_out_and_never_refused(route, task, walk, points, off):
    checks = [look(n, point, at=MORNING + off + timedelta(seconds=40 * n)) for n, point in enumerate(points, start=1)]
    now = MORNING + timedelta(minutes=4)
    row = kept(walk(route, task, checks=checks, now=now))
    assert row.ended_at <= now
    assert row.started_at <= row.ended_at
    assert "clock_drift" in codes_of(row)


def test_a_round_that_ends_before_it_begins_is_kept(route, task, walk):
    row = kept(walk(route, task, started_at=at(7, 50), ended_at=at(7, 30), now=at(7, 55)))
    assert row.seconds == 0
    assert "clock_drift" in codes_of(row)


# --- who ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("by", "code"),
    [("wu", "foundation.not_found"), ("sun", "foundation.not_found"), ("nobody", "foundation.not_found"), ("huo", "foundation.not_found"), ("admin", "patrols.may_not_walk")],
)  # fmt: skip
def test_outsiders_and_those_who_may_not_change_nothing(route, task, walk, points, actors, by, code):
    with pytest.raises(Refusal, match=code):
        walk(route, task, by=getattr(actors, by))
    task.refresh_from_db()
    points[0].refresh_from_db()
    assert (Round.objects.count(), task.state, points[0].checked_at) == (0, "open", None)


def test_an_unknown_route_is_not_found(walk, points):
    class Nothing:
        pk = uuid7()

    with pytest.raises(Refusal, match="foundation.not_found"):
        walk(Nothing, None, checks=[look(1, points[0])])


def test_who_left_the_post_meanwhile_hands_in_what_they_walked(route, task, points, actors, cast):
    appointments = apps.get_model("responsibility", "Appointment")
    appointments.objects.filter(user=cast.wang).update(ends_on=MORNING.date())
    forget_actors()
    later = MORNING + timedelta(days=2)
    with clock.travel(later):
        gone = actor_of(cast.wang.pk)
        assert gone.holds == ()
        said = execute(gone, later, id=uuid7(), name="patrols.submit_round", args=envelope(route, task, points)).answer
        row = kept(said)
        assert (row.by_post, said["task"]) == ("guard", "done")
        after = envelope(route, tasks_of(route)[1], points)
        after |= {
            "started_at": (later - timedelta(hours=3)).isoformat(),
            "ended_at": (later - timedelta(hours=2)).isoformat(),
        }
        with pytest.raises(Refusal, match="foundation.not_found"):
            execute(gone, later, id=uuid7(), name="patrols.submit_round", args=after)
        assert Round.objects.visible_to(gone).count() == 1


# --- photos -------------------------------------------------------------------------------------------------------------


def with_photo(points, photo_id, **given):
    checks = [look(n, point) for n, point in enumerate(points, start=1)]
    checks[1] = look(2, points[1], evidence=[photo_id], **given)
    return checks


def test_a_photo_that_has_not_arrived_keeps_the_round_on_the_phone(route, task, walk, points, photo, actors):
    with pytest.raises(Refusal, match="patrols.photo_missing"):
        walk(route, task, checks=with_photo(points, uuid7()))
    with pytest.raises(Refusal, match="patrols.photo_missing"):
        walk(route, task, checks=with_photo(points, photo(actors.li)))
    task.refresh_from_db()
    assert (Round.objects.count(), task.state) == (0, "open")


def test_the_same_photo_again_is_pointed_out(lay, walk, points, photo, actors):
    route = lay()
    first, second = tasks_of(route)
    row = kept(walk(route, first, checks=with_photo(points, photo(actors.wang, 7))))
    assert row.signals == []
    assert [fact["id"] for fact in Event.objects.get(name="patrols.round_submitted").facts["photos"]] == row.checks[1][
        "evidence"
    ]
    noon = [look(n, point, at=at(12, 10 + n)) for n, point in enumerate(points, start=1)]
    noon[1] = look(2, points[1], at=at(12, 12), evidence=[photo(actors.wang, 7)])
    again = kept(walk(route, second, checks=noon))
    assert codes_of(again) == {"same_photo"}
    assert again.signals[0]["n"] == 2


def test_one_picture_at_two_points_of_a_round_is_pointed_out(route, task, walk, points, photo, actors):
    checks = with_photo(points, photo(actors.wang, 7))
    checks[2] = look(3, points[2], evidence=[photo(actors.wang, 8), photo(actors.wang, 7)])
    row = kept(walk(route, task, checks=checks))
    (told,) = row.signals
    assert (told["code"], told["n"], "第 2 点" in told["words"]) == ("same_photo", 3, True)


def test_how_like_is_the_same_is_the_packs_word(route, task, walk, points, photo, actors, monkeypatch):
    asked = []
    stricter = replace(rounds.thresholds(route.bureau_id), same_photo_bits=2)
    monkeypatch.setattr(rounds, "thresholds", lambda bureau_id: stricter)
    monkeypatch.setattr(rounds, "alike", lambda *more, near, **rest: asked.append(near) or {})
    monkeypatch.setattr(rounds, "alike_among", lambda hashes, *, near: asked.append(near) or {})
    walk(route, task, checks=with_photo(points, photo(actors.wang, 7)))
    assert asked == [2, 2]


def test_two_pictures_of_one_point_may_be_alike(route, task, walk, points, photo, actors):
    checks = with_photo(points, photo(actors.wang, 7))
    checks[1].evidence.append(photo(actors.wang, 7))
    assert kept(walk(route, task, checks=checks)).signals == []


def test_only_the_persons_own_hazard_may_show_the_same_as_the_look(lay, walk, points, photo, actors):
    """Whose subject a photo is attached to is told by the phone: somebody else's silences nothing."""
    route = lay()
    first, second = tasks_of(route)
    theirs = walk(route, first, by=actors.li, checks=with_photo(points, photo(actors.li, 7)))
    again = with_photo(points, photo(actors.wang, 7), result="found", hazard_id=theirs["id"])
    assert "same_photo" in codes_of(kept(walk(route, second, checks=again)))
    own = walk(checks=with_photo(points, photo(actors.wang, 9)))
    again = with_photo(points, photo(actors.wang, 9), result="found", hazard_id=own["id"])
    assert "same_photo" in codes_of(kept(walk(checks=again))), "an earlier round of one's own is no hazard"
    Evidence.objects.filter(subject_id=own["id"]).update(subject_kind="cases.case", subject_id=uuid7())
    hazard = Evidence.objects.get(subject_kind="cases.case").subject_id
    quiet = with_photo(points, photo(actors.wang, 9), result="found", hazard_id=hazard)
    Round.objects.all().delete()
    Evidence.objects.filter(subject_kind="patrols.round").delete()
    assert "same_photo" not in codes_of(kept(walk(checks=quiet)))


def test_another_schools_same_photo_is_pointed_out_without_saying_whose(
    route, task, walk, points, foreign, photo, actors
):
    theirs = kept(walk(None, None, by=actors.wu, checks=[look(1, foreign, evidence=[photo(actors.wu, 5)])]))
    row = kept(walk(route, task, checks=with_photo(points, photo(actors.wang, 5))))
    assert codes_of(row) == {"same_photo"}
    told = str(row.signals)
    assert "别处" in told
    for secret in ("灞东区第二中学", "外校", "吴", str(theirs.pk), str(foreign.pk), str(actors.wu.id)):
        assert secret not in told


def test_a_photo_older_than_the_round_is_pointed_out(route, task, walk, points, actors):
    picture = Image.effect_noise((80, 60), 90).convert("RGB")
    exif = picture.getexif()
    exif[0x0132] = "2026:11:22 18:00:00"
    raw = io.BytesIO()
    picture.save(raw, "JPEG", exif=exif)
    old = keep_evidence(actors.wang, MORNING, raw=raw.getvalue(), name="old.jpg").pk
    row = kept(walk(route, task, checks=with_photo(points, old)))
    assert codes_of(row) == {"old_photo"}
    assert row.signals[0]["value"] == 13 * 60 + 20


# --- missed rounds ------------------------------------------------------------------------------------------------------


@pytest.mark.clause("HY-16")
def test_a_round_nobody_walked_tells_its_points_and_its_people_once(route, task, points, actors, cast, net):
    miss_over(MORNING + timedelta(hours=12))
    follow()
    for point in points:
        point.refresh_from_db()
        assert point.missed_rounds == 2
    told = Notice.objects.filter(kind="patrols.missed")
    assert sorted(told.values_list("user_id", flat=True)) == sorted([cast.wang.pk, cast.li.pk])
    assert set(told.values_list("link", flat=True)) == {f"/patrols/?school={net.school.pk}&day=2026-11-23&state=missed"}
    told.filter(user_id=cast.li.pk).update(read_at=clock.now())
    miss_over(MORNING + timedelta(days=1, hours=12))
    follow()
    assert Notice.objects.filter(kind="patrols.missed", user_id=cast.li.pk).count() == 2


def test_a_round_that_arrives_late_but_was_walked_in_time_takes_the_mark_away(route, task, walk, points):
    miss_over(MORNING + timedelta(hours=2))
    follow()
    points[0].refresh_from_db()
    assert points[0].missed_rounds == 1
    said = walk(route, task, now=MORNING + timedelta(hours=9))
    task.refresh_from_db()
    points[0].refresh_from_db()
    assert (said["result"], task.state, points[0].missed_rounds) == ("normal", "done", 0)


@pytest.mark.parametrize("handed_in_first", [True, False])
def test_a_look_inside_the_window_makes_the_point_good_whichever_is_told_first(
    route, task, walk, points, handed_in_first
):
    """07:40 in the window from 07:00 on, by a round that does not do the task."""
    checks = [look(1, points[0], at=at(7, 40))]
    if handed_in_first:
        walk(checks=checks)
    miss_over(MORNING + timedelta(hours=2))
    follow()
    if not handed_in_first:
        walk(checks=checks, now=MORNING + timedelta(hours=9))
    for point in points:
        point.refresh_from_db()
    assert [point.missed_rounds for point in points] == [0, 1, 1, 1]


def test_a_round_of_a_week_counts_from_when_it_was_due(lay, points):
    route = lay(cadence={"every": "week", "day": "last"}, windows=[])
    (due,) = Task.objects.filter(subject_id=route.pk).order_by("due_at").values_list("due_at", flat=True)[:1]
    late = due + timedelta(hours=12)
    miss_over(late)
    follow()
    recolour_due(due + timedelta(days=6))
    points[0].refresh_from_db()
    assert points[0].missed_rounds == 1
    assert points[0].recolour_at == due + timedelta(days=7)


def test_of_a_round_walked_in_part_only_the_rest_was_missed(route, task, walk, points):
    walk(route, task, checks=[look(1, points[0])], handed_over=True)
    miss_over(MORNING + timedelta(hours=2))
    follow()
    for point in points:
        point.refresh_from_db()
    assert [point.missed_rounds for point in points] == [0, 1, 1, 1]


# --- answers ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def noticed(route, task, walk, points):
    checks = [look(n, point, how="typed") for n, point in enumerate(points, start=1)]
    return kept(walk(route, task, checks=checks))


def test_a_signal_is_answered_once_by_the_person_concerned(noticed, actors):
    args = {"round_id": str(noticed.pk), "signal": "typed_code", "words": "摄像头坏了，已报修"}
    id, now = uuid7(), MORNING + timedelta(hours=1)
    sent = [execute(actors.wang, now, id=id, name="patrols.answer_signal", args=args) for _ in range(2)]
    assert [one.replayed for one in sent] == [False, True]
    row = Round.objects.get(pk=noticed.pk)
    assert row.answered["typed_code"]["words"] == "摄像头坏了，已报修"
    with pytest.raises(Refusal, match="patrols.already_answered"):
        answer_signal(actors.wang, now, round_id=noticed.pk, signal="typed_code", words="再说一次")
    with pytest.raises(Refusal, match="patrols.no_such_signal"):
        answer_signal(actors.wang, now, round_id=noticed.pk, signal="same_photo", words="没有这条")


@pytest.mark.parametrize(("by", "code"), [("li", "patrols.not_yours_to_answer"), ("wu", "foundation.not_found")])
def test_nobody_answers_for_another(noticed, actors, by, code):
    with pytest.raises(Refusal, match=code):
        answer_signal(getattr(actors, by), MORNING, round_id=noticed.pk, signal="typed_code", words="替他说明")
    assert Round.objects.get(pk=noticed.pk).answered == {}


def test_answering_two_signals_at_once_loses_neither(noticed, actors):
    stale = Round.objects.get(pk=noticed.pk)
    Round.objects.filter(pk=noticed.pk).update(revision=stale.revision + 1)
    answer_signal(actors.wang, MORNING, round_id=noticed.pk, signal="typed_code", words="标签旧了")
    assert Round.objects.get(pk=noticed.pk).revision == stale.revision + 2


# --- its price ----------------------------------------------------------------------------------------------------------


def test_a_round_costs_few_statements(route, task, points, actors):
    execute(
        actors.wang,
        MORNING,
        id=uuid7(),
        name="patrols.submit_round",
        args=envelope(route, tasks_of(route)[1], points[:1]),
    )
    with CaptureQueriesContext(
        connection,
    ) as counted:
        execute(
            actors.wang,
            MORNING + timedelta(minutes=5),
            id=uuid7(),
            name="patrols.submit_round",
            args=envelope(route, task, points),
        )
    asked = [one["sql"] for one in counted if not one["sql"].startswith(("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT"))]
    assert len(asked) <= 12, "\n".join(sql[:120] for sql in asked)
