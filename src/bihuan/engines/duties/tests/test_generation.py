"""Tasks are made ahead, once, for the right units on the right days, and follow the calendar, the net and the rule."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from bihuan.engines.duties.commands import fulfil, generate
from bihuan.engines.duties.models import Task
from bihuan.foundation.ids import uuid7

pytestmark = pytest.mark.django_db


def days(**only):
    return list(Task.objects.filter(**only).order_by("on", "slot").values_list("on", flat=True))


def test_a_duty_has_its_tasks_for_eight_days_at_once(duty, term, net):
    made = duty()
    assert days(duty=made) == [date(2026, 11, n) for n in (9, 10, 11, 12, 13, 16, 17)]
    first = Task.objects.filter(duty=made).order_by("on").first()
    assert (first.org_id, first.school_id, first.bureau_id, first.path) == (
        net.school.pk, net.school.pk, net.bureau.pk, net.school.path,
    )  # fmt: skip
    assert (first.title, first.post, first.state, first.act) == ("校门早巡", "guard", "open", "act")
    assert first.due_at - first.opens_at == timedelta(minutes=40)
    assert first.closes_at - first.due_at == timedelta(minutes=30)


def test_generating_again_adds_nothing_and_a_day_later_one_day(duty, term):
    made = duty()
    assert generate(term) == 0
    assert generate(term + timedelta(days=1)) == 1
    assert days(duty=made)[-1] == date(2026, 11, 18)
    assert generate(term + timedelta(days=1)) == 0


def test_an_act_fulfils_a_task_once(duty, term, actors):
    made = duty()
    task = Task.objects.filter(duty=made).order_by("on").first()
    first = fulfil(actors.wang, term, task_id=task.pk, ref_id=uuid7(), done_at=task.due_at)
    assert (first.state, first.task.done_by_name) == ("done", "王保安")
    second = fulfil(actors.zhou, term, task_id=task.pk, ref_id=uuid7(), done_at=task.due_at)
    assert (second.state, second.task.done_by_name) == ("double", "王保安")
