"""Several people at once: one wins, the others get a sentence; numbers have neither gaps nor doubles."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection

from bihuan.engines.cases import commands as cases
from bihuan.engines.cases.models import Case
from bihuan.engines.cases.tests.conftest import T0
from bihuan.foundation.commands import execute
from bihuan.foundation.ids import uuid7
from bihuan.foundation.models import Event, Paper, Receipt
from bihuan.foundation.refusals import Refusal

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*calls):
    """Run the calls in threads that start together; what each answered or refused, in order."""
    start = threading.Barrier(len(calls))
    answers = [None] * len(calls)

    def work(n, call):
        try:
            start.wait()
            answers[n] = call()
        except Refusal as no:
            answers[n] = no
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(n, call)) for n, call in enumerate(calls)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    return answers


def test_two_clerks_press_the_same_button(loop, actors):
    case = loop.report()
    answers = at_once(
        *(lambda by=by: cases.assign_case(by, T0 + timedelta(hours=1), case=case.pk, rectifier=actors.li.id, revision=0)
          for by in (actors.chen, actors.zhao, actors.zhou))
    )  # fmt: skip
    lost = [a for a in answers if isinstance(a, Refusal)]
    assert len(lost) == 2
    assert {no.code for no in lost} == {"cases.not_now"}
    assert all("交办" in no.sentence for no in lost)
    assert Event.objects.filter(subject_id=case.pk, name="cases.assigned").count() == 1
    assert Paper.objects.filter(code="supervision-notice").count() == sum(
        Case.objects.values_list("supervised", flat=True)
    )


def test_the_same_envelope_six_times_at_once(loop, net, actors, photo):
    envelope, args = uuid7(), {"id": uuid7(), "org": net.school.pk, "title": "灯罩松脱", "photos": [photo(actors.wang)]}
    answers = at_once(*[lambda: execute(actors.wang, T0, id=envelope, name="cases.report_hazard", args=args)] * 6)
    assert len({str(a.answer) for a in answers}) == 1
    assert sum(not a.replayed for a in answers) == 1
    assert (Case.objects.count(), Receipt.objects.filter(pk=envelope).count()) == (1, 1)


@pytest.mark.clause("CB-11")
def test_paper_and_case_numbers_have_no_gaps_and_no_doubles(loop, actors):
    made = [loop.report(title=f"第{n}处") for n in range(8)]
    wrong = [lambda: loop.assign(made[0], rectifier=actors.wu.id)] * 3
    answers = at_once(*(lambda case=case: loop.assign(case) for case in made), *wrong)
    assert sum(isinstance(a, Refusal) for a in answers) == 3
    assert sorted(Paper.objects.filter(code="supervision-notice").values_list("serial", flat=True)) == list(range(1, 9))
    assert sorted(Case.objects.values_list("number", flat=True)) == [f"2026-{n:05d}" for n in range(1, 9)]


def test_verify_and_return_at_once(loop, actors):
    case = loop.rectify(loop.assign(loop.report()))
    answers = at_once(
        lambda: loop.verify(case),
        lambda: cases.return_case(actors.zhao, T0 + timedelta(days=2), case=case.pk, note="没改好"),
    )
    assert sum(isinstance(a, Refusal) for a in answers) == 1
    row = Case.objects.get(pk=case.pk)
    assert (row.state, row.revision) in {("closed", 3), ("rectifying", 3)}
