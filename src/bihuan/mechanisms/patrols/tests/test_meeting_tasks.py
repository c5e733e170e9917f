"""How a walked round meets its task: which walks count for it, and that none is lost because it does not."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest

from bihuan.engines.duties.commands import excuse_task, miss_over
from bihuan.engines.duties.models import Duty, Task
from bihuan.foundation.ids import uuid7
from bihuan.foundation.models import Event
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.patrols.commands import end_route, rounds
from bihuan.mechanisms.patrols.commands.following import settle_parts
from bihuan.mechanisms.patrols.models import Round
from bihuan.mechanisms.patrols.tests.conftest import MORNING, at, look, tasks_of
from bihuan.mechanisms.patrols.tests.test_rounds import follow, kept

pytestmark = pytest.mark.django_db


def looks(points, hour=7, minute=20, **more):
    return [look(n, point, at=at(hour, minute + n), **more) for n, point in enumerate(points, start=1)]


# --- a task that is gone, or of elsewhere -----------------------------------------------------------------------------


@pytest.mark.parametrize("parts", [4, 2])
def test_a_round_whose_task_was_deleted_meanwhile_is_kept(route, walk, points, actors, parts):
    noon = tasks_of(route)[1]
    end_route(actors.li, MORNING, route_id=route.pk, revision=route.revision)
    assert not Task.objects.filter(pk=noon.pk).exists()
    said = walk(route, noon, checks=looks(points[:parts], 12, 5))
    row = kept(said)
    assert (said["result"], said["whole"], said["task"], row.task_id) == ("normal", parts == 4, "", None)
    assert not Event.objects.filter(name="patrols.part_walked").exists()


@pytest.mark.parametrize("parts", [4, 2])
def test_the_answer_says_nothing_about_tasks_of_elsewhere(lay, walk, points, actors, make, base, parts):
    """Gone, never there, another school's, another route's: one answer, and one kind of row."""
    route, other = lay(), lay(name="另一条")
    there = make("外校门口", by=actors.wu, org=base.other_school)
    foreign = lay(by=actors.wu, org_id=base.other_school.pk, points=[there.pk], name="外校巡查")
    gone = tasks_of(route)[1]
    Task.objects.filter(pk=gone.pk).delete()
    answers, rows = [], []
    for task in (gone, SimpleNamespace(pk=uuid7()), tasks_of(foreign)[0], tasks_of(other)[0]):
        said = walk(route, task, checks=looks(points[:parts]))
        rows.append((kept(said).task_id, kept(said).whole, kept(said).result))
        answers.append({name: value for name, value in said.items() if name != "id"})
    assert answers == [answers[0]] * 4
    assert rows == [(None, parts == 4, "normal")] * 4
    assert set(Task.objects.values_list("state", flat=True)) == {"open"}


def test_a_route_of_elsewhere_is_refused_as_ever(walk, points, actors, make, base, lay):
    there = make("外校门口", by=actors.wu, org=base.other_school)
    foreign = lay(by=actors.wu, org_id=base.other_school.pk, points=[there.pk], name="外校巡查")
    for route in (foreign, SimpleNamespace(pk=uuid7())):
        with pytest.raises(Refusal, match=r"foundation\.not_found"):
            walk(route, tasks_of(foreign)[0], checks=looks(points))
    assert Round.objects.count() == 0


def test_a_round_without_a_route_does_no_task_of_another_kind(walk, points, task):
    Task.objects.filter(pk=task.pk).update(subject_id=None, act="act")
    assert kept(walk(None, task, checks=looks(points[:1]))).task_id is None


def test_where_two_people_must_be_there_the_second_walk_of_one_is_kept(lay, walk, points):
    """It was refused, and the phone threw the walk away; its task waits for another person."""
    one, other = lay(), lay(name="另一条")
    first, second = tasks_of(one)[0], tasks_of(other)[0]
    Duty.objects.filter(pk=second.duty_id).update(apart=[Duty.objects.get(pk=first.duty_id).code])
    assert walk(one, first)["task"] == "done"
    assert walk(other, second)["task"] == ""
    second.refresh_from_db()
    assert (Round.objects.count(), second.state) == (2, "open")


# --- parts that finish a task together --------------------------------------------------------------------------------


@pytest.fixture
def halves(route, task, walk, points, actors, monkeypatch):
    """Two halves that did not see each other, as the reaction finds them; it settles them when called."""

    def made(then=None, **changed):
        for some in (points[:2], points[2:]):
            said = walk(route, task, checks=looks(some))
            Round.objects.filter(pk=said["id"]).update(whole=False)
        Task.objects.filter(pk=task.pk).update(**{"state": "open", "done_at": None, "ref_id": None, **changed})
        if then:
            then()
        settled = settle_parts(at(7, 40), task_id=task.pk, route_id=route.pk)
        task.refresh_from_db()
        return settled, task.state

    return made


def test_halves_that_did_not_see_each_other_do_the_task(halves):
    assert halves() == (True, "done")


def test_a_task_of_another_route_is_not_done_by_the_reaction(halves):
    assert halves(subject_id=uuid7()) == (False, "open")


@pytest.mark.parametrize("ancestor", ["school_id", "bureau_id"])
def test_a_task_of_another_place_is_not_done_by_the_reaction(halves, ancestor):
    assert halves(**{ancestor: uuid7()}) == (False, "open")


def test_halves_walked_before_the_window_are_not_counted_by_the_reaction(halves):
    assert halves(opens_at=at(9)) == (False, "open")


def test_of_halves_around_the_opening_only_the_later_one_is_counted(route, task, walk, points):
    for some, minute in ((points[:2], 10), (points[2:], 40)):
        walk(route, task, checks=looks(some, 7, minute))
    Task.objects.filter(pk=task.pk).update(state="open", opens_at=at(7, 35))
    assert settle_parts(at(7, 50), task_id=task.pk, route_id=route.pk) is False


def test_the_reaction_ends_quietly_when_the_task_is_gone(route, task, walk, points):
    for some in (points[:2], points[2:]):
        walk(route, task, checks=looks(some))
    Task.objects.filter(pk=task.pk).delete()
    assert settle_parts(at(7, 40), task_id=task.pk, route_id=route.pk) is False


def test_the_reaction_ends_quietly_when_the_last_walker_has_done_the_other_of_two_peoples(lay, task, halves, walk):
    other = lay(name="另一条")
    Duty.objects.filter(pk=task.duty_id).update(apart=[Duty.objects.get(pk=tasks_of(other)[0].duty_id).code])

    def after():
        walk(other, tasks_of(other)[0])

    assert halves(then=after) == (False, "open")


def test_parts_that_name_tasks_of_elsewhere_do_not_reach_them(lay, walk, points, actors):
    """Somebody walks two halves of their own route and names a task of another one: nothing becomes of it."""
    route, other = lay(), lay(name="另一条")
    mine = tasks_of(other)[0]
    for some in (points[:2], points[2:]):
        walk(route, mine, checks=looks(some))
    follow()
    mine.refresh_from_db()
    assert mine.state == "open"


# --- a whole round is not made of one scan ----------------------------------------------------------------------------


def test_leaving_everything_out_and_then_scanning_one_label_is_no_round(route, task, walk, points):
    left_out = looks(points, 7, 10, result="skipped", code="", note="没去")
    assert walk(route, task, checks=left_out)["whole"] is False
    said = walk(route, task, checks=looks(points[:1]))
    task.refresh_from_db()
    assert (said["whole"], said["task"], task.state) == (False, "", "open")
    assert walk(route, task, checks=looks(points[1:], 7, 30))["task"] == "done"


def test_what_one_part_left_out_with_a_word_need_not_be_walked_by_the_next(lay, make, walk, points):
    more = [*points, make("五号点")]
    route = lay(points=[point.pk for point in more])
    task = tasks_of(route)[0]
    locked = looks(more[4:], 7, 30, result="skipped", code="", note="楼里在施工")
    assert walk(route, task, checks=[*looks(more[:2]), *locked])["left"] == 2
    assert walk(route, task, checks=looks(more[2:4], 7, 35))["task"] == "done"


def test_a_walk_before_the_window_is_no_part_of_its_task(route, task, walk, points):
    early = walk(route, task, checks=looks(points, 6, 10))
    said = walk(route, task, checks=looks(points[:1]))
    assert (early["whole"], kept(early).task_id) == (True, None)
    assert (said["whole"], said["left"], said["task"]) == (False, 3, "")


def test_a_walk_by_somebody_who_may_not_do_the_task_is_no_part_of_it(route, task, walk, points, actors):
    theirs = walk(route, task, by=actors.qian, checks=looks(points[:3], 7, 10))
    said = walk(route, task, checks=looks(points[3:]))
    assert kept(theirs).task_id is None
    assert (said["whole"], said["left"], said["task"]) == (False, 3, "")


# --- after its time, before its time ----------------------------------------------------------------------------------


@pytest.mark.parametrize("swept", [True, False])
def test_a_walk_after_the_closing_is_kept_and_its_task_stays_missed(route, task, walk, points, swept):
    """One walk of a later day would make up for any number of rounds that nobody walked."""
    if swept:
        miss_over(at(12))
    said = walk(route, task, checks=looks(points, 8, 20))
    row = kept(said)
    assert (said["result"], said["task"], row.whole, row.task_id) == ("normal", "", True, None)
    miss_over(at(12))
    task.refresh_from_db()
    assert (task.state, task.ref_id, task.backfilled) == ("missed", None, False)


def test_a_walk_in_time_that_arrives_days_later_takes_its_missed_task(route, task, walk, points):
    miss_over(at(12))
    said = walk(route, task, checks=looks(points, 8, 16), now=at(9) + timedelta(days=5))
    task.refresh_from_db()
    assert (said["result"], task.state, task.backfilled) == ("late", "late", False)


def test_a_last_part_after_the_closing_does_not_finish_the_task(route, task, walk, points):
    walk(route, task, checks=looks(points[:3]))
    said = walk(route, task, checks=looks(points[3:], 8, 20))
    task.refresh_from_db()
    assert (said["whole"], said["left"], task.state) == (False, 3, "open")


def test_halves_walked_after_the_closing_are_not_counted_by_the_reaction(halves):
    assert halves(due_at=at(7, 5), closes_at=at(7, 10), state="missed") == (False, "missed")


# --- a task that is no longer to be done ------------------------------------------------------------------------------


@pytest.mark.parametrize("parts", [4, 2])
def test_a_walk_whose_task_was_excused_is_a_round_like_any(route, task, walk, points, actors, parts):
    """It was called a double one, and the phone named who had excused the task as the one who had walked it."""
    excuse_task(actors.li, MORNING, task_id=task.pk, reason="今天停课")
    said = walk(route, task, checks=looks(points[:parts]))
    assert (said["result"], said["whole"], said["task"], said["first"]) == ("normal", parts == 4, "", "")
    task.refresh_from_db()
    assert (kept(said).task_id, task.state) == (None, "excused")


@pytest.mark.parametrize("rival", ["excused", "deleted"])
def test_a_task_that_is_excused_or_deleted_at_the_same_moment(route, task, walk, points, monkeypatch, rival):
    """Between the look at the task and the doing of it."""
    true = rounds.weighed

    def overtaken(*args):
        rows = Task.objects.filter(pk=task.pk)
        rows.delete() if rival == "deleted" else rows.update(state="excused", done_by_name="李安")
        return true(*args)

    monkeypatch.setattr(rounds, "weighed", overtaken)
    said = walk(route, task, checks=looks(points))
    assert (said["result"], said["whole"], said["task"], said["first"]) == ("normal", True, "", "")


def test_an_excused_task_is_not_done_by_the_reaction(halves):
    assert halves(state="excused") == (False, "excused")


# --- a guard who is early ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("minute", "task_of_it", "state"), [(46, "done", "done"), (45, "", "open")])
def test_a_guard_who_is_a_little_early_walks_the_round_about_to_open(
    route, task, walk, points, minute, task_of_it, state
):
    """The phone offers it ten minutes before its window; it was kept, and its task was missed. It ends at 50 (or 49)."""
    said = walk(route, task, checks=looks(points, 6, minute))
    task.refresh_from_db()
    assert (said["result"], said["task"], task.state) == ("normal", task_of_it, state)


def test_an_early_part_counts_as_well(route, task, walk, points):
    walk(route, task, checks=looks(points[:2], 6, 50))
    miss_over(at(12))
    follow()
    for point in points:
        point.refresh_from_db()
    assert [point.missed_rounds for point in points] == [0, 0, 1, 1]
    assert walk(route, task, checks=looks(points[2:], 7, 30))["task"] == "done"


def test_early_halves_are_counted_by_the_reaction(halves):
    assert halves(opens_at=at(7, 32)) == (True, "done")
