"""The ladder: set-based, once per rung, whoever sweeps; notices and numbered drafts follow."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from bihuan.engines.cases import hot
from bihuan.engines.cases.commands import sweeping
from bihuan.engines.cases.jobs import escalate_due
from bihuan.engines.cases.models import Case
from bihuan.engines.cases.pack import ladder_of
from bihuan.engines.cases.tests.conftest import T0
from bihuan.foundation.events import timeline
from bihuan.foundation.models import Event, Notice, Paper
from bihuan.foundation.reactions import react


def escalations(case):
    return [
        e.facts["measure"]
        for e in Event.objects.filter(subject_id=case.pk, name="cases.escalated").order_by("recorded_at", "id")
    ]


def react_all():
    while react(datetime.now(UTC) + timedelta(seconds=5)):
        continue


@pytest.mark.django_db
def test_one_rung_after_the_other(loop, actors):
    case = loop.assign(loop.report())
    assert escalate_due(case.due_at - timedelta(seconds=1)) == 0
    assert escalate_due(case.due_at) == 1
    assert escalate_due(case.due_at + timedelta(hours=23)) == 0
    for days in (1, 3, 7):
        assert escalate_due(case.due_at + timedelta(days=days)) == 1
    assert escalate_due(case.due_at + timedelta(days=70)) == 0
    assert escalations(case) == ["reminder", "circular", "official-letter", "formal-talk"]
    assert Case.objects.get(pk=case.pk).next_rung_at is None


@pytest.mark.django_db
def test_each_rung_tells_its_people_and_drafts_its_paper(loop, actors):
    case = loop.assign(loop.report())
    escalate_due(case.due_at + timedelta(days=7))
    react_all()
    told = {actors_name(actors, n.user_id) for n in Notice.objects.filter(kind="cases.escalated")}
    assert {"li", "zhou", "chen", "zhao", "gao", "he"} <= told
    assert "wang" not in told
    drafts = Paper.objects.filter(subject_id=case.pk).exclude(code="supervision-notice").order_by("issued_at", "code")
    assert {paper.code for paper in drafts} == {"circular", "official-letter", "formal-talk"}
    assert all(paper.content["draft"] for paper in drafts)
    assert [e.name for e in timeline(actors.chen, bureau_id=case.bureau_id, subject_id=case.pk)].count(
        "cases.paper_drafted"
    ) == 3


@pytest.mark.django_db
def test_a_school_is_not_named_because_an_office_was_slow(loop, actors):
    case = loop.rectify(loop.assign(loop.report()))
    escalate_due(case.due_at + timedelta(days=30))
    react_all()
    assert escalations(case) == ["reminder"] * 4
    told = {actors_name(actors, n.user_id) for n in Notice.objects.filter(kind="cases.escalated")}
    assert "chen" in told
    assert not told & {"zhou", "li"}
    assert {paper.code for paper in Paper.objects.all()} == {"supervision-notice"}


def actors_name(actors, user_id):
    return next((key for key, actor in vars(actors).items() if actor and actor.id == user_id), "")


@pytest.mark.django_db
def test_a_step_starts_the_ladder_anew_and_an_end_stops_it(loop):
    case = loop.assign(loop.report())
    escalate_due(case.due_at)
    case = loop.rectify(case, at=case.due_at + timedelta(hours=1))
    assert case.rung == 0
    assert Case.objects.get(pk=case.pk).next_rung_at == case.due_at
    case = loop.verify(case, at=case.due_at - timedelta(hours=1))
    assert escalate_due(case.due_at + timedelta(days=30)) == 0


@pytest.mark.django_db
def test_the_statement_and_its_twin_do_the_same(loop):
    for n in range(7):
        loop.report(at=T0 + timedelta(hours=n))
    after = [rung.after for rung in ladder_of(Case.objects.first().bureau_id)]
    bureau = Case.objects.first().bureau_id
    at = T0 + timedelta(days=9)
    twin = hot.climb_orm(bureau, after, at, 5)
    by_twin = dict(Case.objects.filter(pk__in=twin).values_list("pk", "next_rung_at"))
    Case.objects.filter(pk__in=twin).update(rung=0, next_rung_at=None)
    for case in Case.objects.filter(pk__in=twin):
        Case.objects.filter(pk=case.pk).update(next_rung_at=case.due_at)
    assert hot.climb(bureau, after, at, 5) == twin
    assert dict(Case.objects.filter(pk__in=twin).values_list("pk", "next_rung_at")) == by_twin


@pytest.mark.django_db
def test_a_row_that_raises_is_put_off_and_blocks_nobody(loop, monkeypatch):
    bad, good = loop.report(), loop.report()
    real = sweeping._facts
    monkeypatch.setattr(sweeping, "_facts", lambda case, *rest: 1 / 0 if case.pk == bad.pk else real(case, *rest))
    at = good.due_at + timedelta(hours=1)
    assert escalate_due(at) == 1
    assert (escalations(bad), escalations(good)) == ([], ["reminder"])
    assert Case.objects.get(pk=bad.pk).next_rung_at == at + sweeping.PUT_OFF
    assert Case.objects.get(pk=bad.pk).rung == 0


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_climb_the_same_rung_twice(loop):
    made = [loop.report(title=f"第{n}处") for n in range(24)]
    at = made[-1].due_at + timedelta(hours=1)
    start = threading.Barrier(3)
    climbed = []

    def work():
        try:
            start.wait()
            climbed.append(sweeping.escalate_due(at, batch=5))
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(3)]
    [w.start() for w in workers]
    [w.join() for w in workers]
    assert sum(climbed) == 24
    assert all(escalations(case) == ["reminder"] for case in made)


@pytest.mark.django_db
def test_an_empty_tick_is_one_statement(loop, django_assert_num_queries):
    loop.report()
    with django_assert_num_queries(1):
        assert escalate_due(T0) == 0
