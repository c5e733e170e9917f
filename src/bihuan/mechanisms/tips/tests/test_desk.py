"""The school's desk: taking up, answering, making a hazard; what the bureau sees; who sees nothing."""

import re
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bihuan.accounts.commands import issue_token
from bihuan.foundation import clock
from bihuan.foundation.commands import execute
from bihuan.foundation.ids import uuid7
from bihuan.foundation.models import Event, Evidence, Notice
from bihuan.foundation.reactions import react
from bihuan.foundation.refusals import Refusal
from bihuan.foundation.tests.test_evidence_doors import photo
from bihuan.mechanisms.tips.commands import answer_tip, escalate_late, make_case, take_tip
from bihuan.mechanisms.tips.models import Tip
from bihuan.mechanisms.tips.queries import became
from bihuan.mechanisms.tips.queries import tip as tip_page

pytestmark = pytest.mark.django_db


def refused(code):
    return pytest.raises(Refusal, match=re.escape(code))


def html(response):
    return response.content.decode()


def carry_out():
    while react(datetime.now(UTC)):
        continue


@pytest.fixture
def tip(told):
    """One tip with a photo; ``tip.slip`` is the teller's."""
    slip = told(photo=photo(1), place="北墙")
    row = Tip.objects.get()
    row.slip = slip
    return row


def cases():
    return apps.get_model("cases", "Case").objects


def test_a_tip_is_taken_up_and_answered_and_the_teller_reads_it(actors, tip):
    take_tip(actors.li, clock.now(), tip_id=tip.pk, revision=0)
    assert became(tip.slip).words == "学校正在核实。"
    answer_tip(actors.zhou, clock.now(), tip_id=tip.pk, revision=1, answer="谢谢，软管当天已经换新。")
    found = became(tip.slip)
    assert (found.state, found.answer, found.due_at) == ("已答复", "谢谢，软管当天已经换新。", None)
    names = list(Event.objects.filter(subject_id=tip.pk).order_by("recorded_at", "id").values_list("name", flat=True))
    assert names == ["tips.told", "tips.taken", "tips.answered"]


def test_a_tip_becomes_a_hazard_of_its_point_with_the_photo(actors, tip, net):
    case_id = uuid7()
    make_case(actors.li, clock.now(), tip_id=tip.pk, revision=0, id=case_id, title="软管开裂", level="serious")
    case = cases().get()
    assert (case.pk, case.source, case.source_id, case.point_id, case.level) == (
        case_id,
        "tip",
        tip.pk,
        tip.point_id,
        "serious",
    )
    assert (case.description, case.place, case.reporter_name) == (tip.words, "北墙", "李安")
    picture = Evidence.objects.get()
    assert (picture.pk, picture.subject_id, case.before) == (tip.photo, case_id, [str(tip.photo)])
    assert [photo.pk for photo in tip_page(actors.li, tip.pk).photos] == [tip.photo]
    assert became(tip.slip).words == "已经列为安全隐患，正在整改。"
    cases().update(state="closed", is_open=False, closed_at=clock.now())
    assert became(tip.slip).words == "已经整改，复查合格。"


def test_what_is_refused_below_leaves_the_tip_as_it_was(actors, tip):
    with refused("cases.bad_level"):
        make_case(actors.li, clock.now(), tip_id=tip.pk, revision=0, id=uuid7(), title="软管开裂", level="terrible")
    tip.refresh_from_db()
    assert (tip.state, tip.revision, cases().count()) == ("new", 0, 0)


def test_the_same_envelope_is_one_hazard(actors, tip):
    args = {"tip_id": str(tip.pk), "revision": 0, "id": str(uuid7()), "title": "软管开裂"}
    envelope = uuid7()
    first = execute(actors.li, clock.now(), id=envelope, name="tips.make_case", args=args)
    again = execute(actors.li, clock.now(), id=envelope, name="tips.make_case", args=args)
    assert (first.answer, again.replayed, cases().count()) == (again.answer, True, 1)
    for name, more in (("tips.take_tip", {}), ("tips.answer_tip", {"answer": "已经处理好了"})):
        with refused("tips.ended"):
            execute(actors.li, clock.now(), id=uuid7(), name=name, args={"tip_id": str(tip.pk), "revision": 1, **more})


def test_who_has_no_desk_changes_nothing_and_sees_nothing(door, actors, tip):
    acts = [
        lambda by: take_tip(by, clock.now(), tip_id=tip.pk, revision=0),
        lambda by: answer_tip(by, clock.now(), tip_id=tip.pk, revision=0, answer="不该由我答复"),
        lambda by: make_case(by, clock.now(), tip_id=tip.pk, revision=0, id=uuid7(), title="不该由我转"),
    ]
    for act in acts:
        for who in ("wang", "qian", "zhao", "wu", "sun", "nobody", "huo", "admin"):
            with refused("foundation.not_found"):
                act(getattr(actors, who))
    for who in ("wang", "wu", "sun", "zhao"):
        assert door(who).get(f"/tips/desk/{tip.pk}/").status_code == 404
        assert door(who).get(f"/evidence/{tip.photo}.webp").status_code == 404
        for path in ("take", "answer", "case"):
            assert door(who).post(f"/tips/desk/{tip.pk}/{path}/", {"revision": "0"}).status_code in {404, 422}
    assert door("wang").get("/tips/desk/").status_code == 403
    assert tip.words not in html(door("wu").get("/tips/desk/"))
    assert door("li").get(f"/evidence/{tip.photo}.webp").status_code == 200
    tip.refresh_from_db()
    assert (tip.state, tip.revision) == ("new", 0)


def test_what_stays_unanswered_is_seen_by_the_bureau(door, actors, cast, tip):
    assert escalate_late(clock.now()) == 0
    late = tip.due_at + timedelta(minutes=1)
    assert (escalate_late(late), escalate_late(late)) == (1, 0)
    carry_out()
    assert tip.words[:10] in html(door("zhao").get("/tips/desk/"))
    told = set(Notice.objects.filter(kind="tips.unanswered").values_list("user_id", flat=True))
    assert {cast.zhao.pk, cast.li.pk} <= told
    assert cast.wu.pk not in told
    answer_tip(actors.zhao, clock.now(), tip_id=tip.pk, revision=0, answer="已责成学校当天更换。")
    assert became(tip.slip).answer == "已责成学校当天更换。"


def test_an_answered_tip_is_never_late(actors, tip):
    answer_tip(actors.li, clock.now(), tip_id=tip.pk, revision=0, answer="已经换了新的软管")
    assert escalate_late(tip.due_at + timedelta(days=9)) == 0


def test_those_who_deal_with_it_are_told_at_once(cast, tip):
    carry_out()
    told = set(Notice.objects.filter(kind="tips.told").values_list("user_id", flat=True))
    assert {cast.zhou.pk, cast.li.pk} <= told
    assert not told & {cast.wang.pk, cast.wu.pk, cast.zhao.pk}


def test_the_desk_by_forms(door, tip):
    client = door("li")
    listed = html(client.get("/tips/desk/"))
    assert tip.words[:10] in listed
    page = html(client.get(f"/tips/desk/{tip.pk}/"))
    assert "我去核实" in page
    assert client.post(f"/tips/desk/{tip.pk}/take/", {"revision": "0"}).status_code == 302
    short = client.post(f"/tips/desk/{tip.pk}/answer/", {"revision": "1", "answer": "好"})
    assert short.status_code == 422
    done = client.post(
        f"/tips/desk/{tip.pk}/case/", {"revision": "1", "id": str(uuid7()), "title": "软管开裂", "level": "general"}
    )
    assert done.status_code == 302
    assert "软管开裂" in html(client.get(done["Location"]))
    assert client.post(f"/tips/desk/{tip.pk}/answer/", {"revision": "2", "answer": "晚了一步的答复"}).status_code == 409
    assert tip.words[:10] in html(client.get("/tips/desk/?state=case"))


def test_pages_and_calls_stay_inside_their_budget(client, door, actors, tip):
    token = issue_token(actors.li, clock.now(), name="试验", scopes=["read"])["token"]
    bearer = {"authorization": f"Bearer {token}"}
    calls = [lambda at=at: door("li").get(at) for at in ("/tips/desk/", f"/tips/desk/{tip.pk}/")]
    calls += [lambda at=at: client.get(f"/api/v1{at}", headers=bearer) for at in ("/tips", f"/tips/{tip.pk}")]
    for call in calls:
        call()
        with CaptureQueriesContext(connection) as made:
            assert call().status_code == 200
        assert len(made) <= 12


def test_the_api_shows_the_desk_and_nothing_to_others(client, actors, tip):
    def call(who, path):
        token = issue_token(getattr(actors, who), clock.now(), name="试验", scopes=["read"])["token"]
        return client.get(f"/api/v1{path}", headers={"authorization": f"Bearer {token}"})

    assert [row["id"] for row in call("li", "/tips").json()["items"]] == [str(tip.pk)]
    assert call("li", f"/tips/{tip.pk}").json()["words"] == tip.words
    assert call("wu", "/tips").json()["items"] == []
    assert call("wu", f"/tips/{tip.pk}").json() == call("wu", f"/tips/{uuid7()}").json()
    assert call("wang", "/tips").status_code == 403
    assert call("li", "/tips?state=nonsense").status_code == 422
    assert call("li", "/tips?cursor=zzz").status_code == 422


@pytest.mark.django_db(transaction=True)
def test_two_clerks_make_one_hazard(actors, tip):
    start, said = Barrier(2), []

    def make(by):
        start.wait()
        try:
            make_case(by, clock.now(), tip_id=tip.pk, revision=0, id=uuid7(), title="软管开裂")
            said.append("made")
        except Refusal as refusal:
            said.append(refusal.code)
        finally:
            connection.close()

    threads = [Thread(target=make, args=(by,)) for by in (actors.li, actors.zhou)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (sorted(said)[0], cases().count()) == ("made", 1)
    assert set(said) <= {"made", "tips.ended", "foundation.changed_meanwhile"}
