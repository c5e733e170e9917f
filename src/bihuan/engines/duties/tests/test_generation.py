"""Tasks are made ahead, once, for the right units on the right days, and follow the calendar, the net and the rule."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest
from django.apps import apps

from bihuan.conftest import placed_at
from bihuan.engines.duties.commands import end_duty, fulfil, generate, renew_duties
from bihuan.engines.duties.models import CalendarDay, Duty, Task
from bihuan.engines.duties.tests.conftest import CALENDAR, MORNING, moment, set_day
from bihuan.foundation import clock, packs
from bihuan.foundation.actors import SYSTEM
from bihuan.foundation.ids import uuid7
from bihuan.foundation.models import Event, PackEntry

pytestmark = pytest.mark.django_db
NOVEMBER = [date(2026, 11, n) for n in (9, 10, 11, 12, 13, 16, 17)]


def days(**only):
    return list(Task.objects.filter(**only).order_by("on", "slot").values_list("on", flat=True))


def states(**only):
    return {on.day: state for on, state in Task.objects.filter(**only).values_list("on", "state")}


def test_a_duty_has_its_tasks_for_eight_days_at_once(duty, term, net):
    made = duty()
    assert days(duty=made) == NOVEMBER
    first = Task.objects.filter(duty=made).order_by("on").first()
    assert (first.org_id, first.school_id, first.bureau_id, first.path) == (
        net.school.pk, net.school.pk, net.bureau.pk, net.school.path,
    )  # fmt: skip
    assert (first.title, first.post, first.state, first.act) == ("校门早巡", "guard", "open", "act")
    assert first.opens_at == moment("2026-11-09T07:00")
    assert first.due_at - first.opens_at == timedelta(minutes=40)
    assert first.closes_at - first.due_at == timedelta(minutes=30)
    assert first.pk.version == 7


def test_generating_again_adds_nothing_and_a_day_later_one_day(duty, term):
    made = duty()
    assert generate(term) == 0
    assert generate(term + timedelta(days=1)) == 1
    assert days(duty=made)[-1] == date(2026, 11, 18)
    assert generate(term + timedelta(days=1)) == 0


def test_what_is_over_is_not_made_any_more(duty, term):
    made = duty(at=moment("2026-11-09T12:00"))
    assert days(duty=made) == NOVEMBER[1:]


def test_a_bureaus_duty_is_for_the_units_of_its_scope(duty, net):
    apps.get_model("responsibility", "Org").objects.filter(pk=net.school.pk).update(facets=["canteen"])
    everywhere = duty(org=net.bureau, post="head")
    junior = duty(org=net.bureau, post="head", scope={"stages": ["junior"]})
    canteens = duty(org=net.bureau, post="head", scope={"facets": ["canteen"]})
    rooms = duty(org=net.bureau, post="head", scope={"kinds": ["room"]})
    office = duty(org=net.bureau, post="bureau-head", scope={"tiers": ["bureau"]})

    def at(made):
        return set(Task.objects.filter(duty=made).values_list("org_id", flat=True))

    assert at(everywhere) == {net.school.pk, net.other_school.pk}
    assert at(junior) == {net.other_school.pk}
    assert at(canteens) == {net.school.pk}
    assert at(rooms) == {net.room.pk, net.canteen.pk}
    assert at(office) == {net.bureau.pk}
    assert not Task.objects.filter(bureau_id=net.other_bureau.pk).exists()


def test_a_schools_duty_may_be_for_its_rooms(duty, net):
    made = duty(scope={"kinds": ["room"]})
    assert set(Task.objects.filter(duty=made).values_list("org_id", flat=True)) == {net.room.pk, net.canteen.pk}
    area = duty(org=net.room)
    assert set(Task.objects.filter(duty=area).values_list("org_id", "school_id")) == {(net.room.pk, net.school.pk)}


def test_windows_make_a_task_each_and_name_it(duty):
    made = duty(windows=[MORNING, {"name": "晚", "since": "17:00", "until": "18:00"}])
    monday = Task.objects.filter(duty=made, on=NOVEMBER[0]).order_by("slot")
    assert [(row.slot, row.title) for row in monday] == [(0, "校门早巡（早）"), (1, "校门早巡（晚）")]


def test_a_month_is_one_task_that_is_open_already(duty, term):
    made = duty(cadence={"every": "month"}, windows=[])
    (task,) = Task.objects.filter(duty=made)
    assert (task.on, task.opens_at, task.due_at) == (
        date(2026, 11, 1),
        moment("2026-11-02T00:00"),
        moment("2026-11-30T23:59"),
    )


def test_what_is_due_already_is_not_made_and_what_is_in_its_grace_is_left_alone(duty, net, term):
    made = duty(grace_minutes=3 * 1440, windows=[MORNING])
    wednesday = moment("2026-11-11T12:00")
    assert states(duty=made)[9] == "open"
    renew_duties(SYSTEM, wednesday, bureau_id=net.bureau.pk)
    assert states(duty=made)[9] == states(duty=made)[11] == "open"
    later = duty(at=wednesday, grace_minutes=3 * 1440, windows=[MORNING])
    assert days(duty=later)[0] == date(2026, 11, 12)


# --- whose ------------------------------------------------------------------------------------------------------------


def test_a_post_held_by_one_names_the_person_and_a_shared_one_nobody(duty, cast, net):
    assert set(Task.objects.filter(duty=duty(post="head")).values_list("assignee_id", flat=True)) == {cast.zhou.pk}
    appointment = apps.get_model("responsibility", "Appointment")
    appointment.objects.create(
        user=cast.qian, org=net.school, post="guard", starts_on=date(2024, 9, 1), **placed_at(net.school)
    )
    assert set(Task.objects.filter(duty=duty(post="guard")).values_list("assignee_id", flat=True)) == {None}
    fixed = duty(post="guard", assignee_id=cast.wang.pk)
    assert set(Task.objects.filter(duty=fixed).values_list("assignee_id", flat=True)) == {cast.wang.pk}


def test_a_kindergarten_has_its_own_head(duty, net):
    org = apps.get_model("responsibility", "Org")
    org.objects.filter(pk=net.other_school.pk).update(kind="kindergarten", stages=["kindergarten"])
    made = duty(org=net.bureau, post="head")
    assert dict(Task.objects.filter(duty=made).values_list("org_id", "post").distinct()) == {
        net.school.pk: "head",
        net.other_school.pk: "kindergarten-head",
    }


def test_a_person_who_comes_on_wednesday_has_the_tasks_from_wednesday(duty, cast, net, term):
    appointment = apps.get_model("responsibility", "Appointment")
    rows = appointment.objects.filter(org=net.school, post="head")
    rows.update(ends_on=date(2026, 11, 10))
    appointment.objects.create(
        user=cast.fang, org=net.school, post="head", starts_on=date(2026, 11, 11), **placed_at(net.school)
    )
    made = duty(post="head")
    held = dict(Task.objects.filter(duty=made).values_list("on", "assignee_id"))
    assert [held[day] for day in NOVEMBER[:4]] == [cast.zhou.pk, cast.zhou.pk, cast.fang.pk, cast.fang.pk]


def test_open_tasks_move_to_the_new_person_and_done_ones_keep_theirs(duty, cast, actors, net, term):
    made = duty(post="head")
    first = Task.objects.filter(duty=made).order_by("on").first()
    fulfil(actors.zhou, term, task_id=first.pk, ref_id=None, done_at=first.due_at)
    appointment = apps.get_model("responsibility", "Appointment")
    appointment.objects.filter(org=net.school, post="head").update(user=cast.fang)
    renew_duties(SYSTEM, term, bureau_id=net.bureau.pk, duties=[made])
    held = dict(Task.objects.filter(duty=made).values_list("on", "assignee_id"))
    assert held.pop(first.on) == cast.zhou.pk
    assert set(held.values()) == {cast.fang.pk}


# --- the calendar changes ---------------------------------------------------------------------------------------------


def test_a_closure_of_one_school_excuses_its_open_tasks_until_it_is_lifted(duty, actors, net, term):
    made = duty(org=net.bureau)
    here, there = {"duty": made, "org_id": net.school.pk}, {"duty": made, "org_id": net.other_school.pk}
    set_day(actors.zhou, term, org_id=net.school.pk, on=date(2026, 11, 12), kind="closure", name="台风")
    assert states(**here)[12] == "excused"
    closed = Task.objects.get(on=date(2026, 11, 12), **here)
    assert (closed.note, closed.excused_by) == ("停课：台风", "calendar")
    assert states(**there)[12] == "open"
    said = Event.objects.get(name="duties.task_excused")
    assert (said.subject_id, said.facts["reason"], said.by_name) == (closed.pk, "停课：台风", "周校长")
    set_day(actors.zhou, term, org_id=net.school.pk, on=date(2026, 11, 12), kind=None)
    assert states(**here)[12] == "open"
    assert Task.objects.get(pk=closed.pk).note == ""


def test_a_closure_decided_in_the_morning_leaves_what_was_done(duty, actors, net, term):
    made = duty()
    first = Task.objects.filter(duty=made).order_by("on").first()
    fulfil(actors.wang, term, task_id=first.pk, ref_id=None, done_at=first.due_at)
    set_day(actors.zhou, term, org_id=net.school.pk, on=first.on, kind="closure", name="停电")
    assert states(duty=made)[9] == "done"


def test_a_make_up_saturday_of_the_whole_bureau_brings_tasks_at_once(duty, actors, net, term):
    made = duty(org=net.bureau)
    set_day(actors.zhao, term, org_id=net.bureau.pk, on=date(2026, 11, 14), kind="makeup", name="补运动会")
    assert Counter(days(duty=made))[date(2026, 11, 14)] == 2
    set_day(actors.zhao, term, org_id=net.bureau.pk, on=date(2026, 11, 14), kind=None)
    assert set(Task.objects.filter(duty=made, on=date(2026, 11, 14)).values_list("state", flat=True)) == {"excused"}
    assert CalendarDay.objects.get(org_id=net.bureau.pk, on=date(2026, 11, 14)).kind == "weekend"


def test_a_stage_may_live_by_other_days(duty, actors, net, term):
    made = duty(org=net.bureau)
    set_day(
        actors.zhao, term, org_id=net.bureau.pk, on=date(2026, 11, 11), kind="closure", name="手足口", stage="primary"
    )
    assert states(duty=made, org_id=net.school.pk)[11] == "excused"
    assert states(duty=made, org_id=net.other_school.pk)[11] == "open"


def test_a_new_version_of_the_calendar_is_followed_by_the_next_generation(duty, net, term):
    made = duty()
    changed = {
        **CALENDAR,
        "holidays": [*CALENDAR["holidays"], {"name": "校庆", "starts_on": "2026-11-16", "ends_on": "2026-11-16"}],
    }
    PackEntry.objects.filter(section="calendar").update(data=changed)
    packs.forget()
    generate(term)
    assert states(duty=made)[16] == "excused"
    assert CalendarDay.objects.get(org_id=net.bureau.pk, on=date(2026, 11, 16)).name == "校庆"


def test_a_closure_on_the_first_day_of_a_month_moves_the_task_and_never_doubles_it(duty, actors, net, term):
    made = duty(cadence={"every": "month", "day": "first"}, windows=[])
    with clock.travel(moment("2026-11-25T08:00")):
        at = clock.now()
        generate(at)
        december = Task.objects.get(duty=made, on=date(2026, 12, 1))
        set_day(actors.zhou, at, org_id=net.school.pk, on=date(2026, 12, 1), kind="closure", name="大雪")
        moved = Task.objects.get(duty=made, on=date(2026, 12, 1))
        assert (moved.pk, moved.state, moved.opens_at) == (december.pk, "open", moment("2026-12-02T00:00"))


# --- the rule changes -------------------------------------------------------------------------------------------------


def test_a_changed_rule_takes_away_what_has_not_begun_and_keeps_what_it_still_asks_for(duty, term):
    made = duty(windows=[{"since": "00:00", "until": "23:00"}])
    duty(id=made.pk, code=made.code, cadence={"every": "week", "day": 5}, title="周巡")
    left = dict(Task.objects.filter(duty=made).values_list("on", "state"))
    assert left == {date(2026, 11, 9): "open", date(2026, 11, 16): "open"}  # the week is named by its Monday
    assert set(Task.objects.filter(duty=made).values_list("title", flat=True)) == {"周巡"}
    duty(id=made.pk, code=made.code, cadence={"every": "once", "date": "2026-11-17"})
    assert states(duty=made) == {17: "open"}


def test_a_duty_that_ends_leaves_what_was_done(duty, actors, term):
    made = duty()
    first = Task.objects.filter(duty=made).order_by("on").first()
    fulfil(actors.wang, term, task_id=first.pk, ref_id=None, done_at=first.due_at)
    end_duty(actors.li, term, duty_id=made.pk)
    assert states(duty=made) == {9: "done"}
    assert generate(term + timedelta(days=1)) == 0


def test_a_duty_that_ends_while_a_task_runs_excuses_it(duty, actors, term):
    made = duty(windows=[])
    end_duty(actors.li, term, duty_id=made.pk)
    assert states(duty=made) == {9: "excused"}
    assert Task.objects.get(duty=made).note == "这条职责已停止或改了规则"


def test_a_closed_school_has_nothing_due(duty, net, term):
    made = duty(org=net.bureau)
    apps.get_model("responsibility", "Org").objects.filter(pk=net.other_school.pk).update(active_to=date(2026, 11, 8))
    renew_duties(SYSTEM, term, bureau_id=net.bureau.pk, school_id=net.other_school.pk)
    assert set(Task.objects.filter(duty=made).values_list("org_id", flat=True)) == {net.school.pk}


def test_without_any_calendar_plain_weekdays_are_school_days(net):
    from bihuan.engines.duties.commands import keep_duty

    with clock.travel(moment("2026-11-09T06:00")):
        keep_duty(
            SYSTEM, clock.now(), id=uuid7(), org=net.school, code="gate", title="校门早巡", act="act", subject_id=None, post="guard",
            cadence={"every": "school-day"}, windows=[MORNING], starts_on=date(2026, 9, 1),
        )  # fmt: skip
        assert days() == NOVEMBER
        assert Duty.objects.get().sown_to == date(2026, 11, 17)
