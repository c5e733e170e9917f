"""The loop: report → assign → rectify → verify → closed; and the major path."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bihuan.engines.cases import commands as cases
from bihuan.engines.cases.models import Case
from bihuan.engines.cases.tests.conftest import T0
from bihuan.foundation.events import timeline
from bihuan.foundation.refusals import Refusal

pytestmark = pytest.mark.django_db


def facts(actor, case):
    return [event.name for event in timeline(actor, bureau_id=case.bureau_id, subject_id=case.pk)]


def refused(code, call, *args, **kwargs):
    with pytest.raises(Refusal) as no:
        call(*args, **kwargs)
    assert no.value.code == code, no.value.sentence
    return no.value


@pytest.mark.clause("CB-11")
@pytest.mark.clause("CB-12")
def test_a_hazard_goes_all_the_way_round(loop, actors):
    case = loop.report()
    assert (case.state, case.number, case.waits_for_name) == ("reported", "2026-00001", "李安")
    case = loop.assign(case)
    assert (case.state, case.rectifier_name, case.waits_for_name) == ("rectifying", "李安", "李安")
    assert case.notice_number == "灞教安督〔2026〕1号"
    assert case.supervised
    case = loop.rectify(case)
    assert (case.state, case.waits_for_name) == ("verifying", "陈包校")
    case = loop.verify(case)
    assert case.state == "closed"
    case = Case.objects.get(pk=case.pk)
    assert not case.is_open
    assert case.closed_at
    assert case.next_rung_at is None
    assert facts(actors.chen, case) == ["cases.reported", "cases.assigned", "cases.rectified", "cases.closed"]
    slips = [
        e.facts["paper"]["number"]
        for e in timeline(actors.chen, bureau_id=case.bureau_id, subject_id=case.pk)
        if "paper" in e.facts
    ]
    assert slips == ["灞教安督〔2026〕1号", "灞教安复〔2026〕1号"]


@pytest.mark.clause("CB-12")
def test_a_return_starts_a_second_round(loop, actors):
    case = loop.rectify(loop.assign(loop.report()))
    case = cases.return_case(actors.chen, T0 + timedelta(days=2), case=case.pk, note="压力仍不足", conclusion="partly")
    assert (case.state, case.returns, case.waits_for_name) == ("rectifying", 1, "李安")
    assert loop.verify(loop.rectify(case, at=T0 + timedelta(days=3)), at=T0 + timedelta(days=4)).state == "closed"


@pytest.mark.clause("CB-13")
def test_the_major_path_needs_five_people_and_five_provisions(loop, actors):
    case = loop.major("planning")
    no = refused("cases.lacking", cases.submit_plan, actors.li, T0, case=case.pk)
    assert "责任、措施、资金、时限、预案" in no.sentence
    case = loop.major("closed")
    assert case.state == "closed"
    assert case.listed_at
    assert (case.rectifier_name, case.verifier_name, case.approver_name) == ("李安", "陈包校", "何副局长")


def test_nobody_judges_their_own_work(loop, actors):
    case = loop.rectify(loop.assign(loop.report()))
    for person in (actors.li, actors.admin, actors.zhou, actors.wang):
        code = "cases.same_person" if person is actors.li else "cases.not_your_step"
        refused(code, loop.verify, case, by=person)
    assert Case.objects.get(pk=case.pk).state == "verifying"
    refused("foundation.not_found", loop.verify, case, by=actors.wu)


def test_a_rectifier_who_was_replaced_still_cannot_verify(loop, actors, cast):
    """Chen rectifies nothing himself, but whoever once sent in a rectification is barred for good."""
    case = loop.report()
    case = loop.assign(case, by=actors.li, rectifier=actors.qian.id)
    case = loop.rectify(case, by=actors.qian)
    case = cases.return_case(actors.fang, T0 + timedelta(days=2), case=case.pk, note="没有改好")
    case = cases.transfer_case(
        actors.li, T0 + timedelta(days=2), case=case.pk, rectifier=actors.li.id, note="钱主任出差"
    )
    case = loop.rectify(case, by=actors.li, at=T0 + timedelta(days=3))
    assert case.hands["rectify"] == sorted([str(actors.qian.id), str(actors.li.id)])


def test_closing_needs_evidence(loop, actors):
    case = loop.assign(loop.report())
    no = refused("cases.lacking", loop.rectify, case, photos=[])
    assert no.fields == {"photos": "没有照片。"}
    refused("cases.not_now", loop.verify, case)
    assert Case.objects.get(pk=case.pk).state == "rectifying"
