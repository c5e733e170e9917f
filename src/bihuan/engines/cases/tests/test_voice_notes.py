"""A hazard that somebody also spoke of: heard on its page, said on its papers, sealed in its history."""

import pytest

from bihuan.engines.cases import commands as cases
from bihuan.engines.cases import queries
from bihuan.engines.cases.models import Case
from bihuan.engines.cases.papers import printed, typeset
from bihuan.engines.cases.tests.conftest import T0
from bihuan.foundation import clock
from bihuan.foundation.events import timeline
from bihuan.foundation.evidence.commands import keep_evidence
from bihuan.foundation.ids import uuid7
from bihuan.foundation.models import Paper
from bihuan.foundation.printing.paper import Note
from bihuan.foundation.refusals import Refusal
from bihuan.foundation.tests.recordings import webm

pytestmark = pytest.mark.django_db
SAID = "附语音说明 1 段"


@pytest.fixture
def voice(photo):
    return lambda by: keep_evidence(by, T0, raw=webm(4), kind="audio").pk


def reported(loop, actors, photo, voice):
    """A photo and a voice note."""
    note = voice(actors.wang)
    return loop.report(photos=[photo(actors.wang), note]), note


@pytest.mark.clause("HY-17")
def test_it_stands_in_the_story_with_its_hash_and_is_no_picture(loop, actors, photo, voice, door):
    case, note = reported(loop, actors, photo, voice)
    assert str(note) not in case.before
    assert len(case.before) == 1
    (told,) = timeline(actors.li, bureau_id=case.bureau_id, subject_id=case.pk)
    assert [one["id"] for one in told.facts["photos"]] == [*case.before, str(note)]
    assert all(one["sha256"] for one in told.facts["photos"])
    page = door("li").get(f"/hazards/{case.pk}/").content.decode()
    assert f'hx-preserve controls preload="none" src="/evidence/{note}/" aria-label="语音说明">' in page
    assert "语音说明 4 秒" in page
    assert page.count("<audio") == 1
    assert f"/evidence/{note}.webp" not in page
    assert door("li").get(f"/evidence/{note}/").status_code == 200
    for outsider in ("wu", "sun"):
        assert door(outsider).get(f"/evidence/{note}/").status_code == 404


def test_somebody_elses_cannot_be_reported_and_it_proves_no_rectification(loop, actors, photo, voice):
    theirs = voice(actors.li)
    with pytest.raises(Refusal, match=r"foundation\.not_found"):
        loop.report(photos=[theirs])
    case = loop.assign(loop.report())
    with pytest.raises(Refusal, match=r"evidence\.no_voice_here"):
        cases.rectify_case(actors.li, T0, case=case.pk, note="换好了", photos=[theirs])
    case.refresh_from_db()
    assert (case.state, case.after) == ("rectifying", [])


def test_papers_say_that_there_is_one(loop, actors, photo, voice):
    case, _ = reported(loop, actors, photo, voice)
    loop.verify(loop.rectify(loop.assign(case)))
    other = loop.verify(loop.rectify(loop.assign(loop.report())))
    for paper in Paper.objects.filter(subject_id=case.pk):
        notes = [block.text for block in typeset(paper).blocks if isinstance(block, Note)]
        assert any(SAID in text for text in notes), notes
        assert printed(paper, "pdf").startswith(b"%PDF")
        assert printed(paper, "docx").startswith(b"PK")
    assert Paper.objects.filter(subject_id=case.pk).exists()
    for paper in Paper.objects.filter(subject_id=other.pk):
        assert not any(isinstance(block, Note) and SAID in block.text for block in typeset(paper).blocks)


def test_by_the_api_and_again(phone_of_wang, photo, voice, actors, net):
    note, pk = voice(actors.wang), uuid7()
    args = {"id": str(pk), "org": str(net.school.pk), "title": "灭火器", "photos": [str(photo(actors.wang)), str(note)]}
    for _ in range(2):
        assert phone_of_wang("cases.report_hazard", pk, args).status_code == 200
    assert Case.objects.get().pk == pk
    assert [row.pk for row in queries.detail(actors.li, pk).story[0].photos][1] == note


@pytest.fixture
def phone_of_wang(rules, actors):
    from django.test import Client

    from bihuan.accounts.commands import issue_token

    token = issue_token(actors.wang, clock.now(), name="手机", scopes=["read", "write"])["token"]
    client = Client(headers={"authorization": f"Bearer {token}"})

    def send(name, envelope, args):
        return client.post(
            f"/api/v1/commands/{name}", {"id": str(envelope), "args": args}, content_type="application/json"
        )

    return send
