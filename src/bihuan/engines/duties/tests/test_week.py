"""A school week lived by the clock: what is generated, moved, excused, missed is exactly what the rules say."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import pytest
from django.apps import apps

from bihuan.engines.duties.commands import answer_task, excuse_task, fulfil, generate, miss_over
from bihuan.engines.duties.models import Task
from bihuan.engines.duties.tests.conftest import moment, set_day
from bihuan.engines.responsibility.commands import create_org, hand_over
from bihuan.foundation import clock
from bihuan.foundation.ids import uuid7
from bihuan.foundation.models import Event, Reaction
from bihuan.foundation.reactions import react

pytestmark = pytest.mark.django_db


@contextmanager
def at(text):
    """Live until this moment of November 2026: the jobs run, then the story, then what the room does about it."""
    now = moment(f"2026-11-{text}")
    with clock.travel(now):
        generate(now)
        miss_over(now)
        yield now
        Reaction.objects.exclude(
            listener__startswith="bihuan.engines.duties"
        ).delete()  # rooms above have no part in it
        react(datetime.now(UTC) + timedelta(hours=1))


def task_of(made, day, org):
    return Task.objects.get(duty=made, on=date(2026, 11, day), org_id=org.pk)


def states(made, org):
    rows = Task.objects.filter(duty=made, org_id=org.pk, on__lte=date(2026, 11, 15)).order_by("on")
    return {row.on.day: row.state for row in rows}


@pytest.mark.clause("CB-19")
def test_a_week_with_a_make_up_saturday_a_class_away_a_staff_change_and_a_typhoon(duty, cast, actors, net, term):
    """Monday to Sunday: 9–15 November 2026."""
    day_shift = [{"since": "07:00", "until": "17:00"}]
    log = duty(org=net.bureau, post="head", windows=day_shift, title="带班日志", grace_minutes=60)
    rooms = duty(scope={"kinds": ["room"]}, post="safety-lead", windows=[], title="教室日查")
    weekly = duty(cadence={"every": "week", "day": 5}, post="safety-lead", windows=[], title="周排查")

    with at("09T16:00") as now:
        fulfil(actors.zhou, now, task_id=task_of(log, 9, net.school).pk, ref_id=None, done_at=now)
        fulfil(actors.li, now, task_id=task_of(rooms, 9, net.room).pk, ref_id=None, done_at=now)
    with at("10T08:00") as now:  # the bureau announces a make-up Saturday
        set_day(actors.zhao, now, org_id=net.bureau.pk, on=date(2026, 11, 14), kind="makeup", name="补运动会")
    with at("10T16:00") as now:  # the class of one room is away: its head excuses it
        fulfil(actors.zhou, now, task_id=task_of(log, 10, net.school).pk, ref_id=None, done_at=now)
        excuse_task(actors.zhou, now, task_id=task_of(rooms, 10, net.canteen).pk, reason="外出实践")
    with at("11T07:00") as now:  # on Wednesday the head hands over
        held = apps.get_model("responsibility", "Appointment").objects.get(org=net.school, post="head")
        hand_over(actors.admin, now, id=uuid7(), appointment_id=held.pk, on=now.date(), user_id=cast.fang.pk)
    assert task_of(log, 10, net.school).assignee_id == cast.zhou.pk
    assert task_of(log, 11, net.school).assignee_id == task_of(log, 16, net.school).assignee_id == cast.fang.pk
    with at("11T08:00") as now:  # a room that is new on Wednesday is looked at from Wednesday
        new = uuid7()
        create_org(actors.admin, now, id=new, parent_id=net.building.pk, kind="room", name="物理实验室")
    with at("11T20:00") as now:  # a typhoon is coming: the whole bureau closes on Thursday
        set_day(actors.zhao, now, org_id=net.bureau.pk, on=date(2026, 11, 12), kind="closure", name="台风")
    with at("13T16:00") as now:
        answer_task(actors.li, now, task_id=task_of(weekly, 9, net.school).pk, id=uuid7())
    with at("16T06:00"):
        pass

    assert states(log, net.school) == {9: "done", 10: "done", 11: "missed", 12: "excused", 13: "missed", 14: "missed"}
    assert states(log, net.other_school) == dict.fromkeys((9, 10, 11, 13, 14), "missed") | {12: "excused"}
    assert states(rooms, net.room) == dict.fromkeys((10, 11, 13, 14), "missed") | {9: "done", 12: "excused"}
    assert states(rooms, net.canteen) == dict.fromkeys((9, 11, 13, 14), "missed") | {10: "excused", 12: "excused"}
    assert {row.on.day: row.state for row in Task.objects.filter(org_id=new, on__lte=date(2026, 11, 15))} == {
        11: "missed", 12: "excused", 13: "missed", 14: "missed",
    }  # fmt: skip
    assert states(weekly, net.school) == {9: "done"}
    assert task_of(log, 12, net.school).note == "停课：台风"
    stated = Counter(Event.objects.filter(name__startswith="duties.task_").values_list("name", flat=True))
    ended = Counter(Task.objects.exclude(state="open").values_list("state", flat=True))
    assert stated == {f"duties.task_{state}": count for state, count in ended.items()}
