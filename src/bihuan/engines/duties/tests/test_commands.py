"""Each command: success, refusal without the right (nothing changed), the outsider, the replay."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.apps import apps

from bihuan.engines.duties.commands import (
    answer_task,
    end_duty,
    excuse_task,
    fulfil,
    keep_duty,
    miss_over,
    set_duty,
)
from bihuan.engines.duties.models import CalendarDay, Duty, Minutes, Task
from bihuan.engines.duties.tests.conftest import MORNING, moment, set_day
from bihuan.engines.sheets.commands import AnswerIn
from bihuan.foundation.actors import SYSTEM
from bihuan.foundation.commands import execute
from bihuan.foundation.ids import uuid7
from bihuan.foundation.models import Event
from bihuan.foundation.refusals import Refusal

pytestmark = pytest.mark.django_db


def refused(code, call):
    with pytest.raises(Refusal) as no:
        call()
    assert no.value.code == code, no.value.sentence
    return no.value


def facts(name):
    return Event.objects.filter(name=f"duties.{name}")


def first(duty):
    return Task.objects.filter(duty=duty).order_by("on", "slot").first()


# --- set_duty, end_duty -----------------------------------------------------------------------------------------------


def said(net, **more):
    return {
        "id": uuid7(), "org_id": net.school.pk, "code": "gate-round", "title": "校门早巡", "act": "act", "post": "guard",
        "cadence": {"every": "school-day"}, "windows": [MORNING], "starts_on": date(2026, 9, 1), **more,
    }  # fmt: skip


def test_a_school_sets_its_own_duty_and_a_bureau_its_own(net, actors, term):
    made = execute(actors.li, term, id=uuid7(), name="duties.set_duty", args=said(net))
    assert Duty.objects.get().org_id == net.school.pk
    assert Task.objects.count() == 7
    assert facts("duty_set").get().facts["code"] == "gate-round"
    set_duty(actors.zhao, term, **{**said(net, org_id=net.bureau.pk, scope={"stages": ["junior"]}), "windows": []})
    assert Task.objects.filter(org_id=net.other_school.pk).count() == 7
    assert made.answer["id"] == str(Duty.objects.get(org_id=net.school.pk).pk)


def test_a_duty_is_changed_under_its_id(net, actors, term):
    args = said(net)
    set_duty(actors.li, term, **{**args, "windows": []})
    set_duty(actors.li, term, **{**args, "windows": [], "title": "校门晚巡"})
    assert (Duty.objects.get().title, Duty.objects.get().revision) == ("校门晚巡", 2)
    assert set(Task.objects.values_list("title", flat=True)) == {"校门晚巡"}
    refused("duties.code_taken", lambda: set_duty(actors.li, term, **{**args, "windows": [], "id": uuid7()}))


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"cadence": {"every": "now"}}, "duties.bad_rule"),
        ({"post": "astronaut"}, "duties.no_such_post"),
        ({"ends_on": date(2026, 8, 1)}, "duties.bad_rule"),
        ({"act": "sheet"}, "duties.bad_rule"),
        ({"act": "sheet", "sheet_id": uuid7()}, "foundation.not_found"),
    ],
)
def test_a_rule_that_cannot_be_is_refused(net, actors, term, more, code):
    refused(code, lambda: set_duty(actors.li, term, **{**said(net), "windows": [], **more}))
    assert not Duty.objects.exists()


def test_only_who_may_sets_a_duty(net, actors, term):
    args = {**said(net), "windows": []}
    refused("foundation.not_yours", lambda: set_duty(actors.wang, term, **args))
    refused("foundation.not_found", lambda: set_duty(actors.wu, term, **args))
    refused("foundation.not_found", lambda: set_duty(actors.li, term, **{**args, "org_id": net.bureau.pk}))
    assert not Duty.objects.exists()
    assert not facts("duty_set").exists()


def test_setting_a_duty_twice_under_one_envelope_is_once(net, actors, term):
    envelope, args = uuid7(), said(net)
    execute(actors.li, term, id=envelope, name="duties.set_duty", args=args)
    assert execute(actors.li, term, id=envelope, name="duties.set_duty", args=args).replayed
    assert facts("duty_set").count() == 1


def test_nobody_takes_another_places_duty_by_its_id(duty, net, term):
    made = duty()
    refused("foundation.not_found", lambda: duty(id=made.pk, org=net.other_school, code="theirs"))
    assert Duty.objects.get(pk=made.pk).org_id == net.school.pk


def test_a_duty_is_ended_by_who_may_once(duty, actors, term):
    made = duty()
    refused("foundation.not_yours", lambda: end_duty(actors.wang, term, duty_id=made.pk))
    refused("foundation.not_found", lambda: end_duty(actors.wu, term, duty_id=made.pk))
    assert Duty.objects.get(pk=made.pk).is_active
    envelope = uuid7()
    for _ in range(2):
        execute(actors.li, term, id=envelope, name="duties.end_duty", args={"duty_id": str(made.pk)})
    assert facts("duty_ended").count() == 1
    refused("duties.already_ended", lambda: end_duty(actors.li, term, duty_id=made.pk))


def test_a_packs_duty_is_changed_in_the_pack(duty, actors, net, term):
    made = duty()
    Duty.objects.filter(pk=made.pk).update(pack="chanba-12345n")
    refused("duties.from_pack", lambda: end_duty(actors.li, term, duty_id=made.pk))
    refused("duties.from_pack", lambda: set_duty(actors.li, term, **{**said(net), "windows": [], "id": made.pk}))


# --- fulfil -----------------------------------------------------------------------------------------------------------


def test_a_task_is_done_once_and_the_second_learns_by_whom(duty, term, actors):
    task = first(duty())
    done = fulfil(actors.wang, term, task_id=task.pk, ref_id=uuid7(), done_at=task.due_at)
    assert (done.state, done.task.state, done.task.done_by_name) == ("done", "done", "王保安")
    again = fulfil(actors.zhou, term, task_id=task.pk, ref_id=uuid7(), done_at=task.due_at)
    assert (again.state, again.task.done_by_name, again.task.done_at) == ("double", "王保安", task.due_at)
    assert facts("task_done").count() == 1


def test_after_the_deadline_it_is_late_and_after_the_grace_it_is_back_filled(duty, term, actors):
    made = duty()
    tasks = list(Task.objects.filter(duty=made).order_by("on")[:2])
    late = fulfil(actors.wang, term, task_id=tasks[0].pk, ref_id=None, done_at=tasks[0].due_at + timedelta(minutes=5))
    assert (late.state, late.task.backfilled) == ("late", False)
    at = tasks[1].closes_at + timedelta(hours=2)
    miss_over(at)
    filled = fulfil(actors.wang, at, task_id=tasks[1].pk, ref_id=None, done_at=at)
    row = Task.objects.get(pk=tasks[1].pk)
    assert (filled.state, row.state, row.backfilled) == ("late", "late", True)


def test_a_round_that_was_walked_in_time_and_arrives_late_is_done(duty, term, actors):
    task = first(duty())
    at = task.closes_at + timedelta(hours=9)
    miss_over(at)
    assert fulfil(actors.wang, at, task_id=task.pk, ref_id=uuid7(), done_at=task.due_at).state == "done"
    assert Task.objects.get(pk=task.pk).state == "done"


def test_only_the_post_or_who_assigns_may_do_it(duty, term, actors):
    task = first(duty(post="head"))
    refused("duties.not_your_task", lambda: fulfil(actors.wang, term, task_id=task.pk, ref_id=None, done_at=term))
    refused("foundation.not_found", lambda: fulfil(actors.wu, term, task_id=task.pk, ref_id=None, done_at=term))
    refused("foundation.not_found", lambda: fulfil(actors.sun, term, task_id=task.pk, ref_id=None, done_at=term))
    assert Task.objects.get(pk=task.pk).state == "open"
    assert fulfil(actors.li, term, task_id=task.pk, ref_id=None, done_at=term).state == "done"


def test_one_act_does_the_other_duties_that_it_satisfies(duty, net, term, actors):
    month = duty(code="drill-month", cadence={"every": "month"}, windows=[], post="safety-lead", title="每月演练")
    elsewhere = duty(
        code="drill-month", org=net.other_school, cadence={"every": "month"}, windows=[], post="safety-lead"
    )
    week = duty(
        code="drill-first", cadence={"every": "week"}, windows=[], post="safety-lead", satisfies=["drill-month"]
    )
    at = term + timedelta(hours=4)
    done = fulfil(actors.li, at, task_id=first(week).pk, ref_id=uuid7(), done_at=at)
    other = Task.objects.get(duty=month)
    assert done.also == (other.pk,)
    assert (other.state, other.via_id, other.ref_id) == ("done", done.task.pk, done.task.ref_id)
    assert Task.objects.get(duty=elsewhere).state == "open"
    assert facts("task_done").count() == 2


# --- answer_task ------------------------------------------------------------------------------------------------------

ALL = {"01-01": {"result": "pass"}, "01-02": {"result": "pass"}, "01-03": {"value": "4"}}


@pytest.fixture
def filling(duty, sheet, net):
    """A daily sheet of the canteen, to be filled by the logistics lead."""

    def made(**more):
        return duty(
            **{
                "act": "sheet",
                "subject_id": sheet.pk,
                "post": "logistics-lead",
                "windows": [],
                "title": "食堂日检",
                **more,
            }
        )

    return made


def test_a_sheet_is_filled_in_the_version_of_its_day(filling, actors, net, term):
    task, at = first(filling()), term + timedelta(hours=3)
    id = uuid7()
    execute(actors.qian, at, id=uuid7(), name="duties.answer_task", args={"task_id": task.pk, "id": id, "answers": ALL})
    row = Task.objects.get(pk=task.pk)
    assert (row.state, row.ref_id, row.done_by_name, row.nil) == ("done", id, "钱主任", False)
    submission = apps.get_model("sheets", "Submission").objects.get(pk=id)
    assert (submission.holder, submission.state, submission.passed) == ("duties", "submitted", 3)


def test_all_normal_is_one_tap_and_only_what_is_not_is_typed(filling, actors, term):
    task, id = first(filling()), uuid7()
    answers = {"01-02": AnswerIn(result="fail", note="昨日留样缺一份"), "01-03": AnswerIn(value="12")}
    answer_task(actors.qian, term + timedelta(hours=3), task_id=task.pk, id=id, answers=answers, rest_normal=True)
    found = apps.get_model("sheets", "Finding").objects.filter(submission_id=id)
    assert set(found.values_list("item", flat=True)) == {"01-02", "01-03"}


def test_a_nil_report_is_only_for_duties_that_allow_it(filling, actors, term):
    at = term + timedelta(hours=3)
    strict, lax = first(filling()), first(filling(nil=True))
    refused("duties.no_nil_report", lambda: answer_task(actors.qian, at, task_id=strict.pk, id=uuid7(), nil=True))
    answer_task(actors.qian, at, task_id=lax.pk, id=uuid7(), nil=True)
    row = Task.objects.get(pk=lax.pk)
    assert (row.state, row.nil, row.ref_id) == ("done", True, None)
    assert facts("task_done").get().facts["nil"] is True


def test_an_unfinished_sheet_does_nothing(filling, actors, term):
    task, at = first(filling()), term + timedelta(hours=3)
    answers = {"01-01": AnswerIn(result="pass")}
    refused("sheets.items_left", lambda: answer_task(actors.qian, at, task_id=task.pk, id=uuid7(), answers=answers))
    assert Task.objects.get(pk=task.pk).state == "open"
    assert not apps.get_model("sheets", "Submission").objects.exists()


def test_a_sheet_is_not_filled_before_its_time_twice_or_after_its_lock(filling, actors, term):
    made = filling(lock_days=2)
    tasks = list(Task.objects.filter(duty=made).order_by("on")[:2])
    answers = {code: AnswerIn(**answer) for code, answer in ALL.items()}

    def fill(task, at):
        return answer_task(actors.qian, at, task_id=task.pk, id=uuid7(), answers=answers)

    refused("duties.not_open_yet", lambda: fill(tasks[1], term))
    fill(tasks[0], term)
    assert "钱主任" in refused("duties.already_done", lambda: fill(tasks[0], term)).sentence
    at = tasks[1].closes_at + timedelta(days=1)
    miss_over(at)
    assert fill(tasks[1], at).backfilled
    third = Task.objects.filter(duty=made).order_by("on")[2]
    refused("duties.locked", lambda: fill(third, third.closes_at + timedelta(days=2, minutes=1)))


def test_what_a_phone_filled_in_time_without_a_network_is_in_time(filling, actors, term):
    task = first(filling(grace_minutes=30))
    at = task.closes_at + timedelta(hours=3)
    miss_over(at)
    args = {"task_id": task.pk, "id": uuid7(), "answers": ALL}
    execute(actors.qian, at, id=uuid7(), name="duties.answer_task", args=args, sent_at=task.due_at)
    assert Task.objects.get(pk=task.pk).state == "done"


def test_others_do_not_fill_it_and_a_second_envelope_is_the_first(filling, actors, term):
    task, at = first(filling()), term + timedelta(hours=3)
    for who, code in (("wang", "duties.not_your_task"), ("wu", "foundation.not_found")):
        refused(
            code, lambda who=who: answer_task(getattr(actors, who), at, task_id=task.pk, id=uuid7(), rest_normal=True)
        )
    assert Task.objects.get(pk=task.pk).state == "open"
    envelope, args = uuid7(), {"task_id": task.pk, "id": uuid7(), "answers": ALL}
    for _ in range(2):
        execute(actors.qian, at, id=envelope, name="duties.answer_task", args=args)
    assert facts("task_done").count() == 1


def test_a_patrol_is_not_filled_and_a_plain_act_is_just_done(duty, actors, term):
    patrol = first(duty(act="patrol"))
    sentence = refused(
        "duties.not_a_sheet", lambda: answer_task(actors.wang, term, task_id=patrol.pk, id=uuid7())
    ).sentence
    assert "巡查" in sentence
    plain = first(duty(act="act", windows=[]))
    assert answer_task(actors.wang, term, task_id=plain.pk, id=uuid7()).state == "done"


# --- excuse_task ------------------------------------------------------------------------------------------------------


def test_a_task_is_excused_with_a_reason_by_somebody_else(duty, actors, term):
    task = first(duty())
    refused("foundation.not_yours", lambda: excuse_task(actors.wang, term, task_id=task.pk, reason="请假"))
    refused("foundation.not_found", lambda: excuse_task(actors.wu, term, task_id=task.pk, reason="请假"))
    assert Task.objects.get(pk=task.pk).state == "open"
    envelope = uuid7()
    for _ in range(2):
        execute(
            actors.zhou, term, id=envelope, name="duties.excuse_task", args={"task_id": task.pk, "reason": "外出培训"}
        )
    row = Task.objects.get(pk=task.pk)
    assert (row.state, row.note, row.done_by_name, row.excused_by) == ("excused", "外出培训", "周校长", "person")
    assert facts("task_excused").get().facts["reason"] == "外出培训"
    refused("duties.already_over", lambda: excuse_task(actors.zhou, term, task_id=task.pk, reason="又请假"))
    refused(
        "duties.already_over", lambda: answer_task(actors.wang, moment("2026-11-09T07:10"), task_id=task.pk, id=uuid7())
    )


def test_nobody_excuses_what_is_their_own_to_do(duty, actors, term):
    task = first(duty(post="head"))
    refused("duties.own_excuse", lambda: excuse_task(actors.zhou, term, task_id=task.pk, reason="太忙"))
    assert excuse_task(actors.fang, term, task_id=task.pk, reason="外出开会").state == "excused"


# --- set_day ----------------------------------------------------------------------------------------------------------


def closing(net, **more):
    return {"org_id": net.school.pk, "on": date(2026, 11, 12), "kind": "closure", "name": "台风", **more}


def test_a_school_closes_for_days_and_a_bureau_for_all(duty, net, actors, term):
    duty()
    envelope = uuid7()
    for _ in range(2):
        execute(actors.zhou, term, id=envelope, name="duties.set_day", args=closing(net, until=date(2026, 11, 13)))
    rows = CalendarDay.objects.filter(org_id=net.school.pk).order_by("on")
    assert [(row.on.day, row.kind, row.term, row.week_no, row.by_name) for row in rows] == [
        (12, "closure", "2026-2027-1", 11, "周校长"), (13, "closure", "2026-2027-1", 11, "周校长"),
    ]  # fmt: skip
    assert facts("day_set").count() == 1
    set_day(actors.zhao, term, **closing(net, org_id=net.bureau.pk))
    assert CalendarDay.objects.get(org_id=net.bureau.pk, stage="", on=date(2026, 11, 12)).origin == "set"


def test_only_who_may_changes_the_calendar(duty, net, actors, term):
    duty()
    refused("foundation.not_yours", lambda: set_day(actors.wang, term, **closing(net)))
    refused("foundation.not_found", lambda: set_day(actors.wu, term, **closing(net)))
    refused("foundation.not_found", lambda: set_day(actors.zhou, term, **closing(net, org_id=net.bureau.pk)))
    assert not CalendarDay.objects.filter(origin="set").exists()
    assert not Task.objects.filter(state="excused").exists()


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"until": date(2026, 11, 1)}, "duties.bad_day"),
        ({"until": date(2027, 6, 1)}, "duties.bad_day"),
        ({"on": date(2024, 11, 1)}, "duties.bad_day"),
        ({"name": ""}, "duties.bad_day"),
        ({"stage": "junior"}, "duties.bad_day"),
        ({"kind": None}, "duties.nothing_to_lift"),
    ],
)
def test_a_day_that_cannot_be_is_refused(duty, net, actors, term, more, code):
    refused(code, lambda: set_day(actors.zhou, term, **closing(net, **more)))


def test_a_room_has_no_calendar_of_its_own(net, actors, term):
    refused("duties.bad_day", lambda: set_day(actors.zhou, term, **closing(net, org_id=net.room.pk)))


# --- minutes ----------------------------------------------------------------------------------------------------------


def telling(**more):
    return {
        "id": uuid7(),
        "week": date(2026, 11, 9),
        "entries": [{"action": "巡查", "count": 5, "seconds": 300}],
        **more,
    }


def test_minutes_are_summed_by_post_and_week_and_told_once(net, actors, term):
    envelope, args = uuid7(), telling()
    for _ in range(2):
        execute(actors.wang, term, id=envelope, name="duties.tell_minutes", args=args)
    more = {"entries": [{"action": "巡查", "count": 1, "seconds": 60}, {"action": "随手报", "count": 1, "seconds": 40}]}
    execute(actors.wang, term, id=uuid7(), name="duties.tell_minutes", args=telling(**more))
    rows = Minutes.objects.order_by("seconds").values_list("org_id", "post", "action", "count", "seconds")
    assert list(rows) == [(net.school.pk, "guard", "随手报", 1, 40), (net.school.pk, "guard", "巡查", 6, 360)]
    assert not any(hasattr(row, "user_id") for row in Minutes.objects.all())


def test_minutes_of_no_post_or_of_no_week_are_refused(actors, term):
    refused(
        "foundation.not_found",
        lambda: execute(actors.nobody, term, id=uuid7(), name="duties.tell_minutes", args=telling()),
    )
    bad = telling(week=date(2026, 11, 10))
    refused("duties.bad_week", lambda: execute(actors.wang, term, id=uuid7(), name="duties.tell_minutes", args=bad))
    assert not Minutes.objects.exists()


def test_an_outsiders_minutes_are_their_own_schools(net, actors, term):
    execute(actors.wu, term, id=uuid7(), name="duties.tell_minutes", args=telling())
    assert Minutes.objects.get().org_id == net.other_school.pk


def test_keep_duty_takes_a_place(net, term, actors):
    from bihuan.engines.responsibility.queries import place_of

    made = keep_duty(
        SYSTEM, term, id=uuid7(), org=place_of(SYSTEM, net.room.pk), code="lab", title="实验室日查", act="act", subject_id=None,
        post="lab-keeper", cadence={"every": "school-day"}, windows=[], starts_on=date(2026, 9, 1),
    )  # fmt: skip
    assert Task.objects.filter(duty=made, org_id=net.room.pk).count() == 7
