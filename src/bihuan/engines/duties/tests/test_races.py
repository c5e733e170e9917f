"""Several workers and several people at once: nothing twice, nobody lost."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection

from bihuan.engines.duties.commands import fulfil, generate, miss_over
from bihuan.engines.duties.models import Duty, Task
from bihuan.foundation.ids import uuid7
from bihuan.foundation.models import Event

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*calls):
    """Run the calls in threads that start together; what each answered, in order."""
    start, answers = threading.Barrier(len(calls)), [None] * len(calls)

    def work(n, call):
        try:
            start.wait()
            answers[n] = call()
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(n, call)) for n, call in enumerate(calls)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    return answers


def test_two_generators_make_each_task_once(duty, net, term):
    for _ in range(4):
        duty(org=net.bureau)
    wanted = Task.objects.count()
    Task.objects.all().delete()
    Duty.objects.update(sown_to=None)
    made = at_once(*[lambda: generate(term)] * 3)
    assert sum(made) == Task.objects.count() == wanted
    assert set(Duty.objects.values_list("sown_to", flat=True)) != {None}


def test_of_two_who_do_the_same_task_one_is_kept(duty, actors, term):
    task = Task.objects.filter(duty=duty()).order_by("on").first()
    acts = [uuid7() for _ in range(4)]
    answers = at_once(
        *(lambda ref=ref: fulfil(actors.wang, term, task_id=task.pk, ref_id=ref, done_at=task.due_at) for ref in acts)
    )
    assert sorted(one.state for one in answers) == ["done", "double", "double", "double"]
    kept = Task.objects.get(pk=task.pk).ref_id
    assert {one.task.ref_id for one in answers} == {kept}
    assert Event.objects.filter(name="duties.task_done").count() == 1


def test_three_sweepers_state_each_missed_task_once(duty, net, term):
    duty(org=net.bureau)
    at = term + timedelta(days=3)
    missed = at_once(*[lambda: miss_over(at, batch=2)] * 3)
    assert sum(missed) == Task.objects.filter(state="missed").count() == 6
    assert Event.objects.filter(name="duties.task_missed").count() == 6


def test_a_sweep_and_an_act_never_both_win(duty, actors, term):
    task = Task.objects.filter(duty=duty()).order_by("on").first()
    at = task.closes_at + timedelta(minutes=1)
    answers = at_once(
        lambda: fulfil(actors.wang, at, task_id=task.pk, ref_id=uuid7(), done_at=task.due_at).state,
        lambda: miss_over(at),
    )
    row = Task.objects.get(pk=task.pk)
    assert answers[0] == "done"
    assert (row.state, row.done_by_name) == ("done", "王保安")
