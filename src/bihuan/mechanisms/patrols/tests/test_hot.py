"""The batch leaves what the command leaves: the same rows, facts, tasks, points, answers and refusals."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import msgspec
import pytest
from django.apps import apps
from django.db import transaction
from msgspec.structs import replace

from bihuan.conftest import SINCE
from bihuan.engines.duties.commands import excuse_task
from bihuan.engines.duties.models import Duty, Task
from bihuan.engines.responsibility.queries import actor_of, forget_actors
from bihuan.foundation import clock, commands, packs
from bihuan.foundation.commands import Envelope, execute, execute_together, ready
from bihuan.foundation.events import digest_of
from bihuan.foundation.ids import uuid7
from bihuan.foundation.models import Event, Reaction, Receipt
from bihuan.foundation.refusals import Refusal
from bihuan.foundation.scoping import placed
from bihuan.mechanisms.patrols import hot
from bihuan.mechanisms.patrols.commands import rounds
from bihuan.mechanisms.patrols.models import Round
from bihuan.mechanisms.patrols.tests.conftest import MORNING, look, tasks_of
from bihuan.mechanisms.risks.commands import note_rounds, renew_code

pytestmark = pytest.mark.django_db
NAME = "patrols.submit_round"
OWN = {"id", "event_id", "digest", "recorded_at", "next_at"}
"""What differs between two runs of the same: the ids of facts, and the real time at which they were written."""


def sent(
    by: Any, route: Any, task: Any, checks: list[Any], *, minutes: float = 10, drift: float = 0, **more: Any
) -> Envelope:
    """An envelope as the door makes it of what a phone sent."""
    args = {
        "id": uuid7(), "route_id": route and route.pk, "task_id": task and task.pk, "started_at": checks[0].at,
        "ended_at": max(check.at for check in checks), "spent": 61,
        "checks": [check.model_dump(mode="json") for check in checks], **more,
    }  # fmt: skip
    said = json.loads(json.dumps(args, default=str))
    now = MORNING + timedelta(minutes=minutes)
    return Envelope(by, now, uuid7(), NAME, said, checks[-1].at, timedelta(seconds=drift))


def told(outcome: Any) -> Any:
    return (outcome.code, outcome.sentence) if isinstance(outcome, Refusal) else (outcome.answer, outcome.replayed)


def alone(one: Envelope) -> Any:
    try:
        return execute(one.by, one.at, id=one.id, name=one.name, args=one.args, sent_at=one.sent_at, drift=one.drift)
    except Refusal as refusal:
        return refusal


def batch(envelopes: list[Envelope]) -> list[Any]:
    """What the door does with a call that holds nothing else: the arguments are still the text that came."""
    raw = [replace(one, args=msgspec.Raw(msgspec.json.encode(one.args))) for one in envelopes]
    return execute_together([ready(one) for one in raw])


def left() -> dict[str, Any]:
    """Everything in the tables that a round writes."""
    found: dict[str, Any] = {}
    events = list(Event.objects.order_by("name", "subject_id", "at", "id"))
    assert all(event.digest == digest_of(event) for event in events)
    of = {event.pk: (event.name, event.subject_id) for event in events}
    found["reactions"] = sorted((of[row.event_id], row.listener) for row in Reaction.objects.all())
    for model in (Round, Task, apps.get_model("risks", "RiskPoint"), Receipt):
        found[model.__name__] = list(model.objects.order_by("pk").values())
    found["events"] = [{k: v for k, v in event.__dict__.items() if k not in OWN and k != "_state"} for event in events]
    return found


STATED = ("duties.task_done", "patrols.round_submitted", "risks.shown_colour_changed")


class Undone(Exception):
    pass


def both(envelopes: list[Envelope]) -> tuple[list[Any], list[Any]]:
    """The same envelopes one by one and together, each from the same beginning; what they answered."""
    results, tables = [], []
    for way in (lambda: [alone(one) for one in envelopes], lambda: batch(envelopes)):
        packs.forget()
        with pytest.raises(Undone), transaction.atomic():  # noqa: PT012 - what was written goes with it
            results.append([told(one) for one in way()])
            tables.append(left())
            raise Undone
    assert results[0] == results[1]
    for name in tables[0]:
        assert tables[0][name] == tables[1][name], name
    return results[1], [fact for fact in tables[1]["events"] if fact["name"] in STATED]


@pytest.fixture
def twice(monkeypatch):
    """``both``, and that the batch was not carried out one by one after all."""

    def compared(envelopes: list[Envelope]) -> tuple[list[Any], list[Any]]:
        answers, facts = both(envelopes)
        with pytest.raises(Undone), transaction.atomic(), monkeypatch.context() as patch:  # noqa: PT012
            patch.setattr(commands, "_alone", lambda one: pytest.fail("the batch failed"))
            batch(envelopes)
            raise Undone
        return answers, facts

    return compared


@pytest.fixture
def checks(points):
    def made(first: int = 0, **more):
        return [look(n, point, **more) for n, point in enumerate(points[first:], start=1)]

    return made


def test_an_outbox_of_rounds(twice, actors, lay, checks):
    morning, noon = lay(), lay(name="午间巡查")
    tasks = [tasks_of(morning)[0], None, tasks_of(noon)[0], None]
    envelopes = [
        sent(actors.wang, route, task, checks())
        for route, task in zip([morning, morning, noon, None], tasks, strict=True)
    ]
    answers, facts = twice(envelopes)
    assert [answer["result"] for answer, _ in answers] == ["normal", "normal", "normal", "free"]
    assert [fact["name"] for fact in facts] == ["duties.task_done"] * 2 + ["patrols.round_submitted"] * 4


def test_two_phones_on_one_task(twice, actors, task, route, checks):
    answers, _ = twice([sent(actors.wang, route, task, checks()), sent(actors.li, route, task, checks())])
    assert [answer["result"] for answer, _ in answers] == ["normal", "double"]
    assert answers[1][0]["first"] == "王保安"


def test_parts_of_one_task_by_two_people(twice, actors, task, route, checks, points):
    first = sent(actors.wang, route, task, checks()[:2], handed_over=True)
    second = sent(actors.wang, route, task, checks()[2:], minutes=12)
    answers, _ = twice([first, second])
    assert [answer["whole"] for answer, _ in answers] == [False, True]


def test_parts_that_leave_out_and_parts_that_look(twice, actors, lay, checks, points, walk):
    """Within the batch and from before: what was left out with a word is accounted for, and not looked at."""
    one, other = lay(), lay(name="另一条")
    left_out = [look.model_copy(update={"result": "skipped", "code": "", "note": "没去"}) for look in checks()]
    first, second = tasks_of(one)[0], tasks_of(other)[0]
    walk(one, first, checks=left_out)
    walk(other, second, checks=checks()[:2])
    answers, _ = twice(
        [
            sent(actors.wang, one, first, checks()[:1]),
            sent(actors.wang, one, first, checks()[1:3], minutes=12),
            sent(actors.wang, one, first, checks()[3:], minutes=14),
            sent(actors.wang, other, second, checks()[2:], minutes=16),
        ]
    )
    assert [answer["task"] for answer, _ in answers] == ["", "", "done", "done"]


def test_a_route_that_was_laid_anew_is_walked_as_it_is_now(twice, actors, lay, checks, points):
    route = lay(cadence=None)
    before, _ = twice([sent(actors.wang, route, None, checks())])
    lay(id=route.pk, cadence=None, points=[point.pk for point in points[:2]], revision=0)
    shorter, _ = twice([sent(actors.wang, route, None, checks()[:2])])
    lay(id=route.pk, cadence=None, points=[point.pk for point in points], revision=1)
    again, _ = twice([sent(actors.wang, route, None, checks()[:2])])
    assert [answer["whole"] for ((answer, _),) in (before, shorter, again)] == [True, True, False]


def test_a_streak_grows_within_the_batch_and_from_before(twice, actors, route, checks, walk):
    walk(route, checks=checks())
    later = [
        sent(
            actors.wang,
            route,
            None,
            [one.model_copy(update={"at": one.at + timedelta(hours=n)}) for one in checks()],
            minutes=600,
        )
        for n in (3, 1, 2)
    ]
    later[1].args["checks"][0]["result"] = "found"
    twice([*later, sent(actors.li, route, None, checks())])


def test_who_may_not_is_refused_beside_those_who_may(twice, actors, task, route, checks, foreign):
    strange = checks()[0].model_copy(update={"point_id": None, "code": "NOSUCHCODE"})
    envelopes = [
        sent(actors.wang, route, task, checks()),
        sent(actors.wu, route, None, checks()),
        sent(actors.nobody, route, None, checks()),
        sent(actors.wang, SimpleNamespace(pk=UUID(int=7)), None, checks()),
        sent(actors.wang, route, SimpleNamespace(pk=UUID(int=7)), checks()),
        sent(actors.huo, None, None, [strange]),
        sent(actors.wang, None, None, [look(1, foreign)]),
        sent(actors.wang, route, None, [*checks(), look(9, foreign)]),
    ]
    answers, _ = twice(envelopes)
    assert [told[0] if isinstance(told[0], str) else told[0]["result"] for told in answers] == [
        "normal", "foundation.not_found", "foundation.not_found", "foundation.not_found", "normal", "patrols.nowhere",
        "wrong_place", "normal",
    ]  # fmt: skip


def test_a_task_of_another_route_is_left_and_the_walk_is_kept(twice, actors, lay, checks):
    """It was refused, and the phone threw the walk away."""
    one, other = lay(), lay(name="另一条")
    answers, facts = twice(
        [sent(actors.wang, one, tasks_of(other)[0], checks()), sent(actors.wang, one, tasks_of(one)[0], checks())]
    )
    assert [(answer["result"], answer["task"]) for answer, _ in answers] == [("normal", ""), ("normal", "done")]
    assert [fact["facts"]["task"] is None for fact in facts if fact["name"] == "patrols.round_submitted"].count(
        True
    ) == 1


def test_where_two_people_must_walk_one_does_not_walk_both(twice, actors, lay, checks):
    """The second walk is kept (it was refused, and lost), and its task waits for another person."""
    one, other = lay(), lay(name="另一条")
    first, second = tasks_of(one)[0], tasks_of(other)[0]
    Duty.objects.filter(pk=second.duty_id).update(apart=[Duty.objects.get(pk=first.duty_id).code])
    answers, _ = twice([sent(actors.wang, one, first, checks()), sent(actors.wang, other, second, checks())])
    assert [answer["task"] for answer, _ in answers] == ["done", ""]


def test_a_task_that_was_excused_and_one_that_was_deleted(twice, actors, route, lay, checks):
    other = lay(name="另一条")
    excused, deleted, late = *tasks_of(route), tasks_of(other)[0]
    excuse_task(actors.li, MORNING, task_id=excused.pk, reason="今天停课")
    Task.objects.filter(pk=deleted.pk).delete()
    Task.objects.filter(pk=late.pk).update(state="missed", due_at=MORNING, closes_at=MORNING)
    envelopes = [
        sent(actors.wang, way, task, looks)
        for way, task in ((route, excused), (route, deleted), (other, late))
        for looks in (checks(), checks()[:2])
    ]
    answers, facts = twice(envelopes)
    assert [(answer["result"], answer["whole"], answer["task"], answer["first"]) for answer, _ in answers] == [
        ("normal", True, "", ""), ("normal", False, "", ""),
    ] * 3  # fmt: skip
    assert [fact["name"] for fact in facts] == ["patrols.round_submitted"] * 6
    assert {fact["facts"]["task"] for fact in facts} == {None}


def test_before_the_window_and_just_before_it(twice, actors, route, lay, checks):
    other = lay(name="另一条")
    soon, later = tasks_of(route)[0], tasks_of(other)[0]
    first, last = checks()[2].at, checks()[3].at  # when each of the two parts ended
    Task.objects.filter(pk=soon.pk).update(opens_at=first + timedelta(minutes=10))
    Task.objects.filter(pk=later.pk).update(opens_at=last + timedelta(minutes=10, seconds=1))
    envelopes = [
        sent(actors.wang, way, task, looks)
        for way, task in ((route, soon), (other, later))
        for looks in (checks()[:3], checks()[3:])
    ]
    answers, _ = twice(envelopes)
    assert [(answer["left"], answer["task"]) for answer, _ in answers] == [(1, ""), (0, "done"), (1, ""), (3, "")]


def test_who_left_the_post_meanwhile_hands_in_what_they_walked(twice, actors, cast, route, checks):
    apps.get_model("responsibility", "Appointment").objects.filter(user=cast.wang).update(ends_on=MORNING.date())
    forget_actors()
    with clock.travel(MORNING + timedelta(days=2)):
        gone = actor_of(cast.wang.pk)
    assert gone.holds == ()
    morning, noon = tasks_of(route)
    after = [one.model_copy(update={"at": one.at + timedelta(days=1)}) for one in checks()]
    answers, _ = twice(
        [
            sent(gone, route, morning, checks(), minutes=3000),
            sent(gone, route, noon, after, minutes=3000),
            sent(actors.li, route, morning, checks(), minutes=3000),
        ]
    )
    assert [answers[0][0]["task"], answers[1][0], answers[2][0]["first"]] == ["done", "foundation.not_found", "王保安"]


def test_rounds_of_two_bureaus_are_carried_out_beside_each_other(
    twice, actors, cast, base, make, lay, task, route, checks
):
    apps.get_model("responsibility", "Appointment").objects.create(
        user=cast.nobody, org=base.far_school, post="safety-lead", starts_on=SINCE, **placed(base.far_school)
    )
    forget_actors()
    far = actor_of(cast.nobody.pk)
    points = [make(name, by=far, org=base.far_school) for name in ("外局校门", "外局食堂")]
    theirs = lay(by=far, org_id=base.far_school.pk, points=[point.pk for point in points], name="外局巡查")
    assert far.bureau_id != actors.wang.bureau_id
    looks = [look(n, point) for n, point in enumerate(points, start=1)]
    answers, facts = twice(
        [
            sent(actors.wang, route, task, checks()),
            sent(far, theirs, tasks_of(theirs)[0], looks),
            sent(far, route, task, checks()),
            sent(actors.wang, theirs, tasks_of(theirs)[0], looks),
        ]
    )
    assert [answer["task"] for answer, _ in answers[:2]] == ["done", "done"]
    assert [code for code, _ in answers[2:]] == ["foundation.not_found"] * 2
    assert len({fact["bureau_id"] for fact in facts if fact["name"] == "duties.task_done"}) == 2


def test_an_envelope_that_breaks_leaves_nothing_behind_and_the_others_can_go_by_themselves(
    actors, task, route, checks, monkeypatch
):
    """The door then carries them out one by one (``mobile.sync.by_itself``)."""
    good, bad = sent(actors.wang, route, task, checks()), sent(actors.wang, route, None, checks())
    true = rounds.weighed

    def broken(one, *more):
        if str(one.id) == bad.args["id"]:
            raise OverflowError("date value out of range")
        return true(one, *more)

    monkeypatch.setattr(rounds, "weighed", broken)
    before = left()
    with pytest.raises(OverflowError):
        batch([good, bad])
    assert left() == before
    with pytest.raises(OverflowError):
        alone(bad)
    assert left() == before
    assert alone(good).answer["task"] == "done"


def test_a_missed_point_shows_its_colour_again(twice, actors, route, points, checks):
    note_rounds(actors.li, MORNING - timedelta(hours=20), missed=[point.pk for point in points])
    note_rounds(actors.li, MORNING - timedelta(hours=10), missed=[point.pk for point in points[:2]])
    twice([sent(actors.wang, route, None, checks()[:3]), sent(actors.li, route, None, checks())])
    assert apps.get_model("risks", "RiskPoint").objects.filter(missed_rounds__gt=0).count() == 4, (
        "undone with the transaction, but there to be done"
    )


def test_old_labels_typed_codes_and_a_clock_that_is_wrong(twice, actors, route, points, checks):
    looks = checks()
    renew_code(actors.li, MORNING, point_id=points[0].pk, revision=points[0].revision)
    looks[1].how, looks[1].code = "typed", points[1].code
    looks[2].how, looks[2].code, looks[2].result, looks[2].note = "chosen", "", "skipped", "门锁着，没有进去"
    for one in looks:
        one.at += timedelta(days=3)
    answers, _ = twice(
        [
            sent(actors.wang, route, None, looks, drift=-3 * 86400, note="夜里走的"),
            sent(actors.wang, route, None, looks),
        ]
    )
    assert {one["code"] for one in answers[0][0]["signals"]} >= {"void_code", "clock_drift"}


def test_the_same_round_in_two_envelopes_is_one_round(twice, actors, route, checks):
    first = sent(actors.wang, route, None, checks())
    again = Envelope(actors.wang, first.at, uuid7(), NAME, first.args, first.sent_at)
    stolen = Envelope(actors.li, first.at, uuid7(), NAME, first.args, first.sent_at)
    answers, facts = twice([first, again, stolen])
    assert answers[0][0]["id"] == answers[1][0]["id"]
    assert answers[2][0] == "patrols.id_taken"
    assert len(facts) == 1


def test_an_outbox_that_comes_again_is_answered_from_its_receipts(actors, route, task, checks):
    envelopes = [sent(actors.wang, route, task, checks()), sent(actors.wang, route, None, checks())]
    first = batch(envelopes)
    before = left()
    again = batch(envelopes)
    assert [one.answer for one in first] == [one.answer for one in again]
    assert all(one.replayed for one in again)
    assert left() == before
    assert execute(actors.wang, MORNING, id=envelopes[0].id, name=NAME, args=envelopes[0].args).replayed
    changed = Envelope(actors.wang, MORNING, envelopes[0].id, NAME, {**envelopes[0].args, "note": "改了"})
    stolen = Envelope(actors.li, MORNING, envelopes[0].id, NAME, envelopes[0].args)
    assert [one.code for one in batch([changed, stolen])] == ["foundation.receipt_conflict"] * 2


def test_the_same_envelope_by_two_ways_at_once_is_one_round(actors, route, checks):
    one = sent(actors.wang, route, None, checks())
    outcomes = batch([one, one])
    assert [outcome.replayed for outcome in outcomes] == [False, True]
    assert Round.objects.count() == 1


def test_a_batch_that_fails_is_carried_out_one_by_one(actors, route, task, checks, monkeypatch):
    """A rival did the task between our reading and our writing."""
    true = hot.submit_rounds

    def overtaken(calls):
        answers = true(calls)
        Task.objects.filter(pk=task.pk).update(state="done", done_by_name="别人", done_at=MORNING)
        from bihuan.engines.duties.commands.doing import Overtaken

        raise Overtaken(answers)

    monkeypatch.setitem(commands._batches, NAME, (overtaken, hot.without_photos))
    envelopes = [sent(actors.wang, route, task, checks()), sent(actors.wu, route, None, checks())]
    first, second = batch(envelopes)
    assert first.answer["result"] == "normal"
    assert second.code == "foundation.not_found"
    assert Round.objects.count() == 1


def test_a_malformed_round_is_left_to_be_refused_by_itself(actors, route, checks):
    bad = sent(actors.wang, route, None, checks())
    bad.args["checks"][0]["lat"] = 91
    assert ready(bad) is None
    refused = alone(bad)
    assert refused.code == "foundation.bad_input"
    assert "checks.0.lat" in refused.fields


def test_a_clock_at_the_end_of_time_harms_nobody(twice, actors, task, route, checks):
    far = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    mad = sent(actors.wang, route, task, [one.model_copy(update={"at": far}) for one in checks()], drift=10)
    answers, _ = twice([mad, sent(actors.li, route, task, checks())])
    assert [answer["whole"] for answer, _ in answers] == [True, True]
    assert {one["code"] for one in answers[0][0]["signals"]} >= {"clock_drift"}


def test_rounds_with_photos_and_other_commands_go_by_themselves(actors, route, checks):
    one = sent(actors.wang, route, None, checks())
    assert ready(one)
    assert ready(replace(one, name="cases.report_hazard")) is None
    assert ready(replace(one, name="nobody.knows")) is None
    one.args["checks"][1]["evidence"] = [str(UUID(int=3))]
    assert ready(one) is None


def test_many_rounds_take_few_statements(actors, route, checks, django_assert_max_num_queries):
    envelopes = [sent(actors.wang, route, None, checks()) for _ in range(50)]
    packs.forget()
    with django_assert_max_num_queries(16):
        outcomes = batch(envelopes)
    assert all(outcome.answer["result"] == "normal" for outcome in outcomes)
    assert Round.objects.count() == 50
