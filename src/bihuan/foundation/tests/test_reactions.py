"""What a fact sets in motion is done at least once and leaves its effects exactly once, whoever dies on the way."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from datetime import timedelta

import pytest

from bihuan.foundation import clock
from bihuan.foundation.ids import uuid7
from bihuan.foundation.jobs import Line, run_due
from bihuan.foundation.models import Job, Reaction
from bihuan.foundation.reactions import LEASE, MOST_ATTEMPTS, react
from bihuan.foundation.tests.conftest import heard, make, trouble

pytestmark = pytest.mark.django_db


@pytest.fixture
def fact(player):
    make(player, clock.now(), id=uuid7(), title="疏散通道堆物")
    return Reaction.objects.get()


def traces():
    return Job.objects.filter(name__startswith="heard-").count()


def test_a_reaction_is_done_once(fact):
    assert react(clock.now()) == 1
    assert react(clock.now() + LEASE) == 0
    assert traces() == 1
    fact.refresh_from_db()
    assert fact.done_at is not None
    assert fact.next_at is None


@pytest.mark.django_db(transaction=True)
def test_one_that_raises_is_put_off_and_tried_again(fact):
    trouble.append(RuntimeError("短信平台不通"))
    at = clock.now()
    react(at)
    fact.refresh_from_db()
    assert (fact.attempts, fact.done_at, traces()) == (1, None, 0)
    assert "短信平台不通" in fact.last_error
    assert fact.next_at > at
    assert react(at) == 0
    react(at + timedelta(hours=2))
    assert traces() == 1


@pytest.mark.django_db(transaction=True)
def test_one_that_always_raises_is_given_up_and_shown(fact):
    at = clock.now()
    for _ in range(MOST_ATTEMPTS):
        trouble.append(RuntimeError("总是失败"))
        react(at)
        at += timedelta(hours=2)
    fact.refresh_from_db()
    assert (fact.attempts, fact.next_at, fact.done_at) == (MOST_ATTEMPTS, None, None)


@pytest.mark.django_db(transaction=True)
def test_a_lease_runs_out_when_its_worker_is_gone(fact):
    at = clock.now()
    Reaction.objects.update(next_at=at + LEASE)  # a worker took it and was never heard of again
    assert react(at) == 0
    assert react(at + LEASE) == 1
    assert traces() == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_do_the_same_one_twice(player, in_threads):
    for n in range(20):
        make(player, clock.now(), id=uuid7(), title=f"隐患{n}号")
    at = clock.now()
    in_threads(lambda n: react(at), 3)
    assert traces() == 20
    assert len(heard) == 20


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_in_the_middle_loses_and_doubles_nothing(player, program_environment):
    for n in range(30):
        make(player, clock.now(), id=uuid7(), title=f"隐患{n}号")
    program = (
        "import django; django.setup()\n"
        "from bihuan.foundation import clock, reactions\n"
        "from bihuan.foundation.tests import conftest\n"
        "import time\n"
        "slow = conftest.listen\n"
        "reactions._listeners['bihuan.foundation.tests.conftest.listen'] = lambda e: (slow(e), time.sleep(0.05))\n"
        "print('working', flush=True)\n"
        "reactions.react(clock.now())\n"
    )
    worker = subprocess.Popen([sys.executable, "-c", program], env=program_environment, stdout=subprocess.PIPE)
    assert worker.stdout.readline() == b"working\n"
    deadline = time.monotonic() + 20
    while traces() < 3 and time.monotonic() < deadline:
        time.sleep(0.02)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    done = traces()
    assert 0 < done < 30
    react(clock.now() + 2 * LEASE)
    assert traces() == 30
    assert Reaction.objects.filter(done_at__isnull=False).count() == 30


@pytest.mark.django_db(transaction=True)
def test_a_line_of_the_timetable_runs_once_however_many_workers_look(in_threads):
    runs = []
    line = Line("play.tick", timedelta(minutes=1), runs.append)
    at = clock.now()
    run_due([line], at - timedelta(minutes=2))
    runs.clear()
    in_threads(lambda n: run_due([line], at), 4)
    assert runs == [at]
    assert Job.objects.get(pk="play.tick").last_ok_at == at


@pytest.mark.django_db(transaction=True)
def test_a_job_that_raises_is_shown_and_does_not_stop_the_others():
    def fail(at):
        raise RuntimeError("磁盘满了")

    ran = run_due(
        [Line("play.bad", timedelta(minutes=1), fail), Line("play.good", timedelta(minutes=1), lambda at: None)],
        clock.now(),
    )
    assert ran == ["play.bad", "play.good"]
    assert "磁盘满了" in Job.objects.get(pk="play.bad").last_error
    assert not Job.objects.get(pk="play.good").last_error
