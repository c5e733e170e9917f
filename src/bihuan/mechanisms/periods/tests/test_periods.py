"""Periods declared, lived through weekends and holidays, prolonged, ended early; two people; reminders; races."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.apps import apps
from django.db import connection

from bihuan.engines.duties.commands import answer_task
from bihuan.engines.duties.models import Duty, Task
from bihuan.engines.responsibility.queries import forget_actors
from bihuan.foundation import clock
from bihuan.foundation.commands import execute
from bihuan.foundation.ids import uuid7
from bihuan.foundation.models import Event, Notice, Reaction
from bihuan.foundation.refusals import Refusal
from bihuan.foundation.scoping import placed
from bihuan.mechanisms.periods import commands, queries, rules
from bihuan.mechanisms.periods.models import Period
from bihuan.mechanisms.periods.tests.conftest import day, living, moment, nil, settle, states, task

pytestmark = pytest.mark.django_db
ALL = [f"{d:%m-%d}" for d in (day("09-30") + timedelta(n) for n in range(13))]


def refusal(call):
    with pytest.raises(Refusal) as refused:
        call()
    return refused.value.code


# --- a period lived ---------------------------------------------------------------------------------------------------


@pytest.mark.clause("XX-17")
def test_a_period_lived_over_a_holiday_a_weekend_and_a_make_up_day(declare, net, actors):
    """30 September to 12 October 2026, ended early on the 11th: who answered, who was late, who missed."""
    row = declare()
    with living("09-30T15:00") as now:
        nil(actors.li, now, row, "09-30", net.school)
    with living("10-01T19:00") as now:  # the national day: due until 18:00, until 22:00 it is late
        nil(actors.li, now, row, "10-01", net.school)
    with living("10-03T15:00") as now:  # a Saturday of the holiday; somebody looks at every item
        answer_task(
            actors.li, now, task_id=task(row, "period-report", "10-03", net.school).pk, id=uuid7(), rest_normal=True
        )
        nil(actors.wu, now, row, "10-03", net.other_school)
    with living("10-04T15:00") as now:  # a day later the missed one is made up for, and marked
        late = task(row, "period-report", "10-02", net.school)
        assert late.state == "missed"
        done = answer_task(actors.li, now, task_id=late.pk, id=uuid7(), nil=True)
        assert (done.state, done.backfilled) == ("late", True)
    with living("10-10T15:00") as now:  # a Saturday on which school is
        nil(actors.li, now, row, "10-10", net.school)
    with living("10-11T12:00") as now:  # a plain Sunday: it is over sooner
        commands.end_period(actors.zhao, now, period_id=row.pk, last_on=day("10-10"), reason="上级通知解除")
    with living("10-13T06:00"):
        pass
    held = states(row, "period-report", net.school)
    assert list(held) == ALL[:11]  # the report of the 11th had not begun: it is gone
    assert held == dict.fromkeys(ALL[:11], "missed") | {
        "09-30": "done（零）", "10-01": "late（零）", "10-02": "late（零）", "10-03": "done", "10-10": "done（零）",
    }  # fmt: skip
    other = states(row, "period-report", net.other_school)
    assert other == dict.fromkeys(ALL[:11], "missed") | {"10-03": "done（零）"}
    assert states(row, "period-leader", net.school) == dict.fromkeys(ALL[:11], "missed") | {"10-11": "excused"}
    with clock.travel(moment("10-13T06:00")):
        days = {f"{one.on:%m-%d}": one for one in queries.days(actors.zhao, row, first=day("09-30"), last=day("10-12"))}
    first, third = days["09-30"], days["10-03"]
    assert (first.due, first.answered, first.nil, first.missed) == (2, 1, 1, 1)
    assert (third.due, third.answered, third.nil, third.late, third.waiting) == (2, 2, 1, 0, 0)
    assert (days["10-01"].late, days["10-02"].late) == (1, 1)
    assert "10-12" not in days


@pytest.mark.clause("XX-17")
def test_a_raised_duty_is_daily_and_does_the_weekly_one_too(declare, net, actors):
    row = declare()
    weekly = Duty.objects.get(code="perimeter-week")
    assert list(states(row, "period-perimeter", net.school)) == ALL[:8]  # eight days ahead, as all duties
    with living("09-30T09:00") as now:
        today = task(row, "period-perimeter", "09-30", net.school)
        answer_task(actors.li, now, task_id=today.pk, id=uuid7(), rest_normal=True)
        done = Task.objects.get(duty=weekly, org_id=net.school.pk, on=day("09-28"))
        assert (done.state, done.via_id) == ("done", today.pk)
    with living("10-03T09:00"):
        assert task(row, "period-perimeter", "10-03", net.school).state == "open"  # on a Saturday of the holiday
        assert not Task.objects.filter(
            duty=weekly, on=day("10-05"), org_id=net.school.pk, due_at__lt=moment("10-08T00:00")
        )


@pytest.mark.clause("XX-17")
def test_two_people_are_on_duty_and_nobody_is_both(declare, net, actors, cast):
    row = declare()
    appointment = apps.get_model("responsibility", "Appointment")
    appointment.objects.create(
        user=cast.fang,
        org=net.school,
        post="safety-lead",
        kind="stand_in",
        starts_on=day("09-01"),
        **placed(net.school),
    )
    forget_actors()
    with living("10-01T08:00") as now:
        leader, officer = (task(row, code, "10-01", net.school) for code in ("period-leader", "period-officer"))
        fang = actors.fang
        answer_task(fang, now, task_id=leader.pk, id=uuid7())
        before = Event.objects.count()
        with pytest.raises(Refusal) as refused:
            answer_task(fang, now, task_id=officer.pk, id=uuid7())
        assert refused.value.code == "duties.two_people"
        assert "必须是两个人" in refused.value.sentence
        officer.refresh_from_db()
        assert (officer.state, Event.objects.count()) == ("open", before)
        answer_task(actors.li, now, task_id=officer.pk, id=uuid7())
        tomorrow = moment("10-02T08:00")  # the next day they change
        answer_task(fang, tomorrow, task_id=task(row, "period-officer", "10-02", net.school).pk, id=uuid7())


@pytest.mark.django_db(transaction=True)
def test_one_person_who_answers_both_at_the_same_moment_has_answered_one(declare, net, actors):
    """The head may do either for somebody else; two phones do not make two people."""
    row = declare()
    codes, outcomes = ("period-leader", "period-officer"), []
    pks, gate = [task(row, code, "10-01", net.school).pk for code in codes], Barrier(2)

    def run(pk):
        gate.wait()
        try:
            execute(
                actors.zhou, moment("10-01T08:00"), id=uuid7(), name="duties.answer_task", args={"task_id": str(pk), "id": str(uuid7())}
            )  # fmt: skip
            outcomes.append("done")
        except Refusal as refused:
            outcomes.append(refused.code)
        finally:
            connection.close()

    with clock.travel(moment("10-01T08:00")):
        threads = [Thread(target=run, args=(pk,)) for pk in pks]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
    assert sorted(outcomes) == ["done", "duties.two_people"]
    assert Task.objects.filter(pk__in=pks, done_by_id=actors.zhou.id).count() == 1


# --- declaring --------------------------------------------------------------------------------------------------------


def test_declared_by_the_bureau_for_all_schools_or_by_a_head_for_the_own(declare, net, actors):
    row = declare(words="加强校门值守")
    assert row.name == "国庆、中秋战备期"
    duties = Duty.objects.filter(pk__in=row.duty_ids())
    assert {one.org_id for one in duties} == {net.bureau.pk}
    assert duties.count() == 4  # the drains are the flood season's
    assert all(one.cadence == {"every": "day"} for one in duties)
    assert Notice.objects.filter(user_id=actors.wu.id, kind="periods.changed").count() == 1
    own = declare(actors.zhou, net.school, kind="other", starts="10-01", ends="10-02")
    held = Task.objects.filter(duty_id__in=own.duty_ids()).values_list("school_id", flat=True)
    assert set(held) == {net.school.pk}
    assert Duty.objects.filter(pk__in=declare(kind="flood").duty_ids()).count() == 5


def test_what_the_pack_says_later_does_not_change_a_running_period(declare, net, chapter):
    row = declare()
    entry = apps.get_model("foundation", "PackEntry").objects.get(bureau_id=net.bureau.pk, section="periods")
    entry.data["duties"] = entry.data["duties"][:1]
    entry.save()
    row.refresh_from_db()
    assert len(row.duties) == 4


@pytest.mark.parametrize(("starts", "ends"), [("09-28", "10-03"), ("10-03", "10-02"), ("10-01", "10-01")])
def test_days_that_no_period_can_have(declare, starts, ends):
    if starts == ends:
        assert declare(starts=starts, ends=ends).ends_on == day(ends)
        return
    assert refusal(lambda: declare(starts=starts, ends=ends)) == "periods.bad_days"
    assert not Period.objects.exists()


def test_nobody_declares_without_the_right(declare, net, actors):
    for who, where in (
        (actors.wang, net.school), (actors.qian, net.school), (actors.chief, net.bureau), (actors.zhou, net.other_school),
        (actors.zhou, net.bureau), (actors.wu, net.school), (actors.sun, net.bureau), (actors.nobody, net.school),
    ):  # fmt: skip
        assert refusal(lambda who=who, where=where: declare(who, where)) in (
            "foundation.not_yours",
            "foundation.not_found",
        )
    assert refusal(lambda: declare(actors.wu, net.school)) == "foundation.not_found"
    assert refusal(lambda: declare(place=net.office)) == "periods.not_a_place"
    assert refusal(lambda: declare(kind="carnival")) == "periods.unknown_kind"
    assert not Period.objects.exists()
    assert not Event.objects.filter(name__startswith="periods.").exists()


def test_two_of_one_kind_never_overlap_at_one_place(declare, net, actors):
    declare()
    for starts, ends in (("10-12", "10-20"), ("09-29", "09-30"), ("10-03", "10-04")):
        assert refusal(lambda a=starts, b=ends: declare(starts=a, ends=b)) == "periods.overlaps"
    declare(starts="10-13", ends="10-20")
    declare(kind="exam")
    declare(actors.zhou, net.school)  # a school's own is at another place
    assert Period.objects.count() == 4


@pytest.mark.django_db(transaction=True)
def test_two_who_declare_at_once_are_one_period(declare, net, actors):
    gate, outcomes = Barrier(2), []

    def run():
        gate.wait()
        try:
            args = {
                "id": str(uuid7()), "org_id": str(net.bureau.pk), "kind": "exam", "starts_on": "2026-10-01",
                "ends_on": "2026-10-05",
            }  # fmt: skip
            execute(actors.zhao, moment("09-29T10:00"), id=uuid7(), name="periods.declare_period", args=args)
            outcomes.append("done")
        except Refusal as refused:
            outcomes.append(refused.code)
        finally:
            connection.close()

    threads = [Thread(target=run) for _ in range(2)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sorted(outcomes) == ["done", "periods.overlaps"]
    assert Period.objects.count() == 1


def test_a_period_far_ahead_is_told_of_at_once_and_due_when_its_days_come(declare, net, actors):
    row = declare(starts="10-20", ends="10-22")
    told = set(Notice.objects.filter(kind="periods.changed").values_list("user_id", flat=True))
    assert told == {actors.li.id, actors.fang.id, actors.wu.id}  # whoever has to report or to be on duty
    assert not states(row, "period-report", net.school)
    with living("10-19T06:00"):
        assert list(states(row, "period-report", net.school)) == ["10-20", "10-21", "10-22"]


# --- prolonging and ending --------------------------------------------------------------------------------------------


def test_prolonged_its_new_days_are_due_too(declare, net, actors):
    row = declare(ends="10-02")
    assert list(states(row, "period-report", net.school)) == ALL[:3]
    with living("10-02T10:00") as now:
        commands.prolong_period(actors.zhao, now, period_id=row.pk, ends_on=day("10-05"))
    assert list(states(row, "period-report", net.school)) == ALL[:6]
    with living("10-03T10:00") as now:
        assert refusal(lambda: commands.prolong_period(actors.zhao, now, period_id=row.pk, ends_on=day("10-05"))) == (
            "periods.bad_end"
        )
        other = declare(starts="10-08", ends="10-09", at="10-03T10:00")
        clash = {"period_id": row.pk, "ends_on": day("10-08")}
        assert refusal(lambda: commands.prolong_period(actors.zhao, now, **clash)) == "periods.overlaps"
        with clock.travel(moment("10-03T11:00")):
            commands.end_period(
                actors.zhao, moment("10-03T11:00"), period_id=other.pk, last_on=day("10-03"), reason="不再需要"
            )
        commands.prolong_period(actors.zhao, now, **clash)  # what was called off is in nobody's way
        assert queries.period(actors.zhao, other.pk).state_words == "已解除"


def test_ended_today_after_the_report_or_at_once(declare, net, actors):
    row = declare()
    with living("10-01T08:00") as now:
        answer_task(actors.fang, now, task_id=task(row, "period-leader", "10-01", net.school).pk, id=uuid7())
    with living("10-01T16:00") as now:
        args = {"period_id": row.pk, "reason": "上级通知解除"}
        assert refusal(lambda: commands.end_period(actors.zhao, now, last_on=day("10-12"), **args)) == "periods.bad_end"
        assert refusal(lambda: commands.end_period(actors.zhao, now, last_on=day("09-29"), **args)) == "periods.bad_end"
        commands.end_period(actors.zhao, now, last_on=day("09-30"), **args)
    assert states(row, "period-report", net.school) == {"09-30": "missed", "10-01": "excused"}
    assert states(row, "period-leader", net.school) == {"09-30": "missed", "10-01": "done"}
    assert Notice.objects.filter(user_id=actors.wu.id, title__startswith="战备期解除").count() == 1
    with clock.travel(moment("10-01T17:00")):
        assert (
            refusal(lambda: commands.end_period(actors.zhao, now, last_on=day("10-01"), **args))
            == "periods.already_ended"
        )
        late = {"period_id": row.pk, "ends_on": day("10-20")}
        assert refusal(lambda: commands.prolong_period(actors.zhao, now, **late)) == "periods.already_ended"
    assert Event.objects.filter(name="periods.ended").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_who_end_it_at_once_end_it_once(declare, actors):
    row, gate, outcomes = declare(), Barrier(2), []

    def run():
        gate.wait()
        try:
            args = {"period_id": str(row.pk), "last_on": "2026-10-01", "reason": "上级通知解除"}
            execute(actors.zhao, moment("10-01T10:00"), id=uuid7(), name="periods.end_period", args=args)
            outcomes.append("done")
        except Refusal as refused:
            outcomes.append(refused.code)
        finally:
            connection.close()

    threads = [Thread(target=run) for _ in range(2)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sorted(outcomes) == ["done", "periods.already_ended"]


def test_a_period_that_ran_out_is_neither_prolonged_nor_ended(declare, actors):
    row, now = declare(ends="10-02"), moment("10-03T08:00")
    for call in (
        lambda: commands.prolong_period(actors.zhao, now, period_id=row.pk, ends_on=day("10-05")),
        lambda: commands.end_period(actors.zhao, now, period_id=row.pk, last_on=day("10-01"), reason="解除"),
    ):
        assert refusal(call) == "periods.already_over"


def test_the_duties_follow_the_row_whichever_fact_comes_first(declare, net, actors):
    """Ended before the worker came round to the declaration: nothing is asked of anybody."""
    now = moment("09-29T10:00")
    with clock.travel(now):
        row = commands.declare_period(
            actors.zhao, now, id=uuid7(), org_id=net.bureau.pk, kind="exam", starts_on=day("09-29"), ends_on=day("10-05")
        )  # fmt: skip
        commands.end_period(actors.zhao, now, period_id=row.pk, last_on=day("09-28"), reason="发错了")
        Reaction.objects.filter(event__name="periods.declared").update(next_at=None)
        settle()
        Reaction.objects.filter(event__name="periods.declared").update(next_at=now)
        settle()
    assert not Task.objects.filter(duty_id__in=row.duty_ids()).exists()


# --- reminding --------------------------------------------------------------------------------------------------------


def test_those_who_have_not_reported_are_reminded_once_an_hour(declare, net, actors):
    row = declare()
    with living("10-01T15:00") as now:
        nil(actors.li, now, row, "10-01", net.school)
        assert commands.remind_schools(actors.zhao, now, period_id=row.pk) == {"schools": 1, "people": 1}
        assert Notice.objects.filter(user_id=actors.wu.id, kind="periods.waiting").count() == 1
        assert not Notice.objects.filter(user_id=actors.li.id, kind="periods.waiting").exists()
        soon = now + timedelta(minutes=59)
        assert refusal(lambda: commands.remind_schools(actors.zhao, soon, period_id=row.pk)) == "periods.told_just_now"
        later = now + timedelta(hours=1)
        commands.remind_schools(actors.zhao, later, period_id=row.pk)
        assert Notice.objects.filter(user_id=actors.wu.id, kind="periods.waiting").count() == 2
        nil(actors.wu, later, row, "10-01", net.other_school)
        last = later + timedelta(hours=2)
        assert refusal(lambda: commands.remind_schools(actors.zhao, last, period_id=row.pk)) == "periods.nobody_waits"
    assert refusal(lambda: commands.remind_schools(actors.zhao, moment("10-13T09:00"), period_id=row.pk)) == (
        "periods.not_live"
    )


@pytest.mark.django_db(transaction=True)
def test_two_who_remind_at_once_remind_once(declare, actors):
    row, gate, outcomes = declare(), Barrier(2), []

    def run():
        gate.wait()
        try:
            args = {"period_id": str(row.pk)}
            execute(actors.zhao, moment("10-01T15:00"), id=uuid7(), name="periods.remind_schools", args=args)
            outcomes.append("done")
        except Refusal as refused:
            outcomes.append(refused.code)
        finally:
            connection.close()

    threads = [Thread(target=run) for _ in range(2)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sorted(outcomes) == ["done", "periods.told_just_now"]
    assert Notice.objects.filter(user_id=actors.wu.id, kind="periods.waiting").count() == 1


def test_a_shared_post_is_reminded_with_all_who_hold_it(declare, net, actors, cast):
    appointment = apps.get_model("responsibility", "Appointment")
    appointment.objects.create(
        user=cast.huo, org=net.other_school, post="safety-lead", starts_on=day("09-01"), **placed(net.other_school)
    )
    row, now = declare(), moment("10-01T15:00")
    assert task(row, "period-report", "10-01", net.other_school).assignee_id is None
    assert commands.remind_schools(actors.zhao, now, period_id=row.pk) == {"schools": 2, "people": 3}


# --- outsiders, replay ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["wu", "sun", "nobody"])
def test_an_outsider_finds_nothing(declare, net, actors, door, who):
    row, stranger, now = declare(actors.zhou, net.school), getattr(actors, who), moment("10-01T10:00")
    for attempt in (
        lambda: commands.declare_period(
            stranger, now, id=uuid7(), org_id=net.school.pk, kind="exam", starts_on=day("10-01"), ends_on=day("10-02")
        ),
        lambda: commands.prolong_period(stranger, now, period_id=row.pk, ends_on=day("10-20")),
        lambda: commands.end_period(stranger, now, period_id=row.pk, last_on=day("10-01"), reason="解除"),
        lambda: commands.remind_schools(stranger, now, period_id=row.pk),
        lambda: queries.period_page(stranger, row.pk),
    ):
        assert refusal(attempt) == "foundation.not_found"
    for part in ("", "summary.pdf", "summary.xlsx"):
        assert door(who).get(f"/periods/{row.pk}/{part}").status_code == 404
    row.refresh_from_db()
    assert (row.ends_on, row.ended_at, row.reminded_at) == (day("10-12"), None, None)


def test_a_school_sees_the_bureaus_period_with_its_own_rows_only_and_changes_nothing(declare, net, actors):
    row = declare()
    with clock.travel(moment("10-01T10:00")):
        page = queries.period_page(actors.wu, row.pk)
        assert [one.school for one in page.answers.rows] == ["灞东区第二中学"]
        assert (page.chosen.due, page.may_change, page.may_remind) == (1, False, False)
    now = moment("10-01T10:00")
    for attempt in (
        lambda: commands.prolong_period(actors.zhou, now, period_id=row.pk, ends_on=day("10-20")),
        lambda: commands.end_period(actors.zhou, now, period_id=row.pk, last_on=day("10-01"), reason="解除"),
        lambda: commands.remind_schools(actors.zhou, now, period_id=row.pk),
    ):
        assert refusal(attempt) == "foundation.not_yours"


def test_sent_twice_is_done_once(declare, net, actors, chapter):
    now = moment("10-01T10:00")
    row = declare()
    said = {
        "declare_period": {"id": str(uuid7()), "org_id": str(net.bureau.pk), "kind": "exam", "starts_on": "2026-10-02", "ends_on": "2026-10-05"},
        "remind_schools": {"period_id": str(row.pk)},
        "prolong_period": {"period_id": str(row.pk), "ends_on": "2026-10-20"},
        "end_period": {"period_id": str(row.pk), "last_on": "2026-10-02", "reason": "解除"},
    }  # fmt: skip
    for name, args in said.items():
        envelope = uuid7()
        for replayed in (False, True):
            assert execute(actors.zhao, now, id=envelope, name=f"periods.{name}", args=args).replayed is replayed
    facts = Event.objects.filter(name__startswith="periods.").values_list("name", flat=True)
    assert sorted(facts) == sorted(
        ["periods.declared", "periods.declared", "periods.reminded", "periods.prolonged", "periods.ended"]
    )


# --- rules ------------------------------------------------------------------------------------------------------------


def test_what_was_excused_is_due_to_nobody():
    on = day("10-01")
    counted = [
        rules.Counted(on, "report", "done", True, 3), rules.Counted(on, "report", "late", False, 1),
        rules.Counted(on, "report", "open", False, 2), rules.Counted(on, "report", "missed", False, 1),
        rules.Counted(on, "report", "excused", False, 5), rules.Counted(on, "watch", "done", False, 4),
        rules.Counted(on, "watch", "missed", False, 1), rules.Counted(on, "raised", "excused", False, 9),
    ]  # fmt: skip
    (one,) = rules.by_day(counted)
    assert (one.due, one.answered, one.nil, one.late, one.waiting, one.missed, one.excused) == (7, 4, 3, 1, 2, 1, 5)
    assert (one.watch_done, one.watch_due, one.raised_due) == (4, 5, 0)


def test_a_period_is_coming_live_or_over():
    first, last = day("10-01"), day("10-03")
    assert [rules.state_of(first, last, day(f"{d}")) for d in ("09-30", "10-01", "10-03", "10-04")] == [
        "coming", "live", "live", "over",
    ]  # fmt: skip
    assert rules.state_of(first, day("09-30"), day("09-29")) == "over"
    assert rules.fault_of(first, first + (rules.LONGEST - 1) * rules.DAY, first) == ("", "")
    assert rules.fault_of(first, first + rules.LONGEST * rules.DAY, first)[0] == "ends_on"
