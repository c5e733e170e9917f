"""What becomes of a paper: drawn up, signed by the bureau, acknowledged by the school; and who verifies together."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bihuan.engines.cases import commands as cases
from bihuan.engines.cases import queries
from bihuan.engines.cases.jobs import escalate_due
from bihuan.engines.cases.models import Case
from bihuan.engines.cases.papers import printed
from bihuan.engines.cases.printouts import paper_of
from bihuan.engines.cases.tests.conftest import T0
from bihuan.foundation import clock, packs
from bihuan.foundation.commands import execute
from bihuan.foundation.events import timeline
from bihuan.foundation.ids import uuid7
from bihuan.foundation.models import Notice, PackEntry, Paper
from bihuan.foundation.reactions import react
from bihuan.foundation.refusals import Refusal

pytestmark = pytest.mark.django_db


@pytest.fixture
def receipts(rules):
    """The ladder's papers and the 督办单 must be acknowledged; a 复查单 needs two verifiers, as in packs/chanba-12345n."""
    blank = [
        {"code": "talked-place", "label": "约谈地点"},
        {"code": "received-at", "label": "签收时间"},
    ]
    for entry in PackEntry.objects.filter(section="papers"):
        entry.data["receipt"] = entry.code != "verification-slip"
        entry.data["verifiers"] = 2 if entry.code == "verification-slip" else 1
        entry.data["layout"]["fields"] += blank
        entry.data["layout"]["signatures"] = [
            {"code": "issuer", "label": "签发人"},
            {"code": "receiver", "label": "签收人"},
        ]
        entry.save()
    packs.forget()


@pytest.fixture
def drafted(receipts, loop):
    """A 通报 that the ladder has drawn up a day after the deadline."""
    case = loop.assign(loop.report())
    case.refresh_from_db()
    late = case.due_at + timedelta(days=1, hours=1)
    escalate_due(case.due_at + timedelta(minutes=1))
    escalate_due(late)
    for _ in range(3):  # what is told about the climb draws up the paper, of which others are told
        react(T0 + timedelta(days=400), most=500)
    return Paper.objects.get(code="circular"), Case.objects.get(pk=case.pk), late


def test_a_draft_is_signed_by_the_bureau_and_acknowledged_by_the_school(drafted, actors):
    paper, case, late = drafted
    assert (paper.state, paper.signed_at, paper.content["draft"]) == ("draft", None, True)
    assert paper_of(paper.content, number=paper.number).watermark == "拟稿"
    assert Notice.objects.filter(user_id=actors.zhao.id, kind="cases.paper").count() == 1
    assert [line.may for line in queries.papers_waiting(actors.zhao)] == ["sign"]
    for name, code in (
        ("chen", "cases.no_signing_right"), ("li", "cases.no_signing_right"), ("admin", "cases.no_signing_right"),
        ("wu", "foundation.not_found"), ("sun", "foundation.not_found"),
    ):  # fmt: skip
        with pytest.raises(Refusal, match=code):
            cases.sign_paper(getattr(actors, name), late, paper=paper.pk)
    with pytest.raises(Refusal, match="cases.paper_not_open") as no:
        cases.receive_paper(actors.zhou, late, paper=paper.pk)
    assert "还没有签发" in no.value.sentence
    with pytest.raises(Refusal, match="cases.no_such_blank"):
        cases.sign_paper(actors.zhao, late, paper=paper.pk, words={"school": "别的学校"})
    paper.refresh_from_db()
    assert paper.state == "draft"

    envelope, args = uuid7(), {"paper": str(paper.pk), "words": {"talked-place": "局三楼会议室"}}
    said = [execute(actors.zhao, late, id=envelope, name="cases.sign_paper", args=args).replayed for _ in range(3)]
    assert said == [False, True, True]
    paper.refresh_from_db()
    assert (paper.state, paper.signed_by_name, paper.signed_at) == ("sent", "赵科", late)
    form = paper_of(paper.content, number=paper.number)
    assert (form.watermark, form.signer) == ("", "赵科")
    assert ["约谈地点", "局三楼会议室"] in paper.content["fields"]
    react(T0 + timedelta(days=400), most=500)
    assert Notice.objects.filter(user_id=actors.zhou.id, kind="cases.paper", title__contains="签收").exists()
    assert not queries.papers_waiting(actors.zhao)
    assert Notice.objects.get(user_id=actors.zhao.id, kind="cases.paper").read_at == late  # who signed need not open it

    next_day = late + timedelta(days=1)
    for name, code in (
        ("wang", "cases.no_receiving_right"), ("zhao", "cases.no_receiving_right"), ("wu", "foundation.not_found")
    ):  # fmt: skip
        with pytest.raises(Refusal, match=code):
            cases.receive_paper(getattr(actors, name), next_day, paper=paper.pk)
    assert paper.number in [line.paper.number for line in queries.papers_waiting(actors.zhou)]
    cases.receive_paper(actors.zhou, next_day, paper=paper.pk)
    with pytest.raises(Refusal, match="cases.paper_not_open") as no:
        cases.receive_paper(actors.li, next_day, paper=paper.pk)
    assert "已由周校长签收" in no.value.sentence
    paper.refresh_from_db()
    (slot,) = [s for s in last_block(paper).slots if s.label == "签收人"]
    assert (slot.name, slot.signed_on is not None) == ("周校长", True)
    assert printed(paper, "pdf").startswith(b"%PDF")
    names = [event.name for event in timeline(actors.zhou, bureau_id=case.bureau_id, subject_id=case.pk)]
    assert names[-2:] == ["cases.paper_signed", "cases.paper_received"]


def last_block(paper):
    form = paper_of(paper.content, number=paper.number, received=(paper.received_by_name, paper.received_at))
    return next(block for block in form.blocks if type(block).__name__ == "Signatures")


def test_a_notice_is_delivered_with_its_signature_and_waits_for_the_school(receipts, loop, actors, door):
    first, second = loop.report(), loop.report(title="楼梯扶手松动")
    for case in (first, second):
        loop.assign(case, notice="later")
    page = door("zhao")
    with clock.travel(T0 + timedelta(hours=2)):
        listed = page.get("/hazards/").content.decode()
        assert "开一张督办单" in listed
        assert "开督办单" in page.get(f"/hazards/{first.pk}/").content.decode()
        form = page.post("/hazards/bulk/", {"act": "notice", "case": [first.pk, second.pk]})
        assert "签发督办单" in form.content.decode()
        made = page.post(
            "/hazards/bulk/",
            {"_id": str(uuid7()), "act": "notice", "case": [first.pk, second.pk], "note": "三日内改好"},
        )
        paper = Paper.objects.get(code="supervision-notice")
        assert made.headers["Location"] == f"/hazards/papers/{paper.pk}/"
        assert (paper.state, paper.signed_by_name) == ("sent", "赵科")
        react(T0 + timedelta(days=400), most=500)
        assert Notice.objects.filter(user_id=actors.zhou.id, kind="cases.paper").count() == 1
        head = door("zhou")
        home = head.get("/").content.decode()
        assert "等我签发、签收的文书" in home
        assert paper.number in home
        assert "等学校签收" in head.get(f"/hazards/{second.pk}/").content.decode()
        assert head.get(f"/hazards/papers/{paper.pk}/").status_code == 200
        assert door("wu").get(f"/hazards/papers/{paper.pk}/").status_code == 404
        signed = head.post(f"/hazards/papers/{paper.pk}/", {"_id": str(uuid7()), "act": "receive"})
        assert signed.status_code == 302
        assert "周校长于 11-16 12:00 签收" in head.get(f"/hazards/{first.pk}/").content.decode()
        again = head.post(f"/hazards/papers/{paper.pk}/", {"_id": str(uuid7()), "act": "receive"})
        assert again.status_code == 409
        assert "已由周校长签收" in again.content.decode()


def test_under_a_notice_two_verify_and_both_stand_on_the_slip(receipts, loop, actors, door):
    case = loop.rectify(loop.assign(loop.report()))
    with pytest.raises(Refusal, match="cases.second_verifier") as no:
        loop.verify(case)
    assert set(no.value.fields) == {"second"}
    for wrong in (actors.li, actors.wang, actors.wu):
        with pytest.raises(Refusal, match="cases.wrong_second"):
            loop.verify(case, second=[wrong.id])
    with pytest.raises(Refusal, match="cases.second_verifier"):
        loop.verify(case, second=[actors.chen.id])  # oneself twice is one
    with pytest.raises(Refusal, match="cases.second_verifier"):
        cases.return_case(actors.chen, T0 + timedelta(days=2), case=case.pk, note="还差一具")
    assert Case.objects.get(pk=case.pk).state == "verifying"
    with clock.travel(T0 + timedelta(days=2)):
        form = door("chen").get(f"/hazards/{case.pk}/steps/verify/").content.decode()
        assert "和谁一起复查" in form
        assert f'value="{actors.zhao.id}"' in form
        assert f'value="{actors.li.id}"' not in form
    closed = loop.verify(case, second=[actors.zhao.id])
    assert closed.state == "closed"
    assert set(closed.hands["verify"]) == {str(actors.chen.id), str(actors.zhao.id)}
    story = door("li").get(f"/hazards/{case.pk}/").content.decode()
    assert "与 <b>赵科</b> 一起" in story
    assert Paper.objects.filter(code="verification-slip").exists()


def test_a_spot_check_of_a_general_hazard_needs_one_and_no_slip(receipts, loop, actors):
    case = loop.rectify(loop.assign(loop.report(), by=actors.li, rectifier=actors.qian.id), by=actors.qian)
    assert not case.supervised
    assert loop.verify(case, by=actors.fang).state == "closed"
    other = loop.rectify(loop.assign(loop.report(), by=actors.li, rectifier=actors.qian.id), by=actors.qian)
    assert loop.verify(other).state == "closed"  # 陈包校 could issue a 复查单, but is alone
    assert not Paper.objects.filter(code="verification-slip").exists()
