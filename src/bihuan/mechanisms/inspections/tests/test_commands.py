"""Commands of inspections: who may, what is refused, replay, several inspectors, secrecy, one hazard for each finding."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from bihuan.engines.cases import queries as cases
from bihuan.engines.sheets import commands as sheets
from bihuan.engines.sheets.commands import AnswerIn
from bihuan.engines.sheets.queries import submissions
from bihuan.foundation import clock
from bihuan.foundation.commands import execute
from bihuan.foundation.events import timeline
from bihuan.foundation.ids import uuid7
from bihuan.foundation.models import Event, Notice
from bihuan.foundation.reactions import react
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.inspections import commands as inspections
from bihuan.mechanisms.inspections.commands import HazardIn
from bihuan.mechanisms.inspections.models import Inspection
from bihuan.mechanisms.inspections.queries import InspectionFilter, detail, start_choices, unfinished
from bihuan.mechanisms.inspections.queries import inspections as listed
from bihuan.mechanisms.inspections.rules import FIVE, LESSONS

pytestmark = pytest.mark.django_db
GOOD, BAD = AnswerIn(result="pass"), AnswerIn(result="fail", note="门口没有人值守", place="校门")
FIVE_WORDS = dict.fromkeys(FIVE, "已经落实到人")


def begin(by, school, kind="sponsor_round", **more):
    return inspections.open_inspection(by, clock.now(), id=uuid7(), school=school.pk, kind=kind, **more)


def codes(by, row, count=6):
    return [view.code for section in detail(by, row.pk).sections for view in section.items][:count]


def answer(by, row, answers, **more):
    return inspections.answer(by, clock.now(), inspection_id=row.pk, answers=answers, **more)


def raise_hazards(by, row, **more):
    return inspections.raise_hazards(by, clock.now(), inspection_id=row.pk, **more)


def close(by, row, **more):
    return inspections.close_inspection(by, clock.now(), inspection_id=row.pk, **more)


# --- beginning -------------------------------------------------------------------------------------------------------


def test_the_checklist_is_asked_whole_in_part_or_as_it_applies(sheet, net, actors):
    whole = begin(actors.chen, net.school, applicable_only=False)
    assert detail(actors.chen, whole.pk).tally.asked == 379
    fitting = detail(actors.chen, begin(actors.chen, net.school).pk)
    assert 200 < fitting.tally.asked < 379
    assert all(
        "kindergarten" not in view.item.stages
        for s in fitting.sections
        for view in s.items
        if view.item.stages and "primary" not in view.item.stages
    )
    fire = detail(actors.chen, begin(actors.chen, net.school, categories=["08", "11"], applicable_only=False).pk)
    assert [section.code for section in fire.sections] == ["08", "11"]
    assert fire.tally.asked == 28 + 30
    with pytest.raises(Refusal, match="sheets.nothing_asked"):
        begin(actors.chen, net.school, categories=["99"])


@pytest.mark.parametrize(
    ("by", "kind", "code"),
    [
        ("wang", "self_check", "inspections.may_not_open"),
        ("zhou", "self_check", "inspections.may_not_open"),
        ("li", "sponsor_round", "inspections.wrong_kind"),
        ("chen", "self_check", "inspections.wrong_kind"),
        ("wu", "self_check", "foundation.not_found"),
        ("sun", "spot_check", "foundation.not_found"),
        ("nobody", "sponsor_round", "foundation.not_found"),
        ("huo", "joint", "foundation.not_found"),
    ],
)
def test_who_may_not_begin_changes_nothing(sheet, net, actors, by, kind, code):
    who = actors.wang if by == "zhou" else getattr(actors, by)
    with pytest.raises(Refusal, match=code):
        begin(who, net.school, kind=kind)
    assert not Inspection.objects.exists()
    assert submissions(actors.chief).rows == []


def test_the_same_envelope_is_one_inspection(sheet, net, actors):
    envelope, args = uuid7(), {"id": str(uuid7()), "school": str(net.school.pk), "kind": "sponsor_round"}
    for replayed in (False, True, True):
        assert (
            execute(actors.chen, clock.now(), id=envelope, name="inspections.open_inspection", args=args).replayed
            is replayed
        )
    assert Inspection.objects.count() == 1
    with pytest.raises(Refusal, match="foundation.receipt_conflict"):
        execute(actors.chen, clock.now(), id=uuid7(), name="inspections.open_inspection", args=args)


def test_without_a_checklist_nothing_begins(net, actors):
    with pytest.raises(Refusal, match="inspections.no_checklist"):
        begin(actors.chen, net.school)
    with pytest.raises(Refusal, match="inspections.not_a_school"):
        begin(actors.chen, net.canteen)


def test_a_school_checks_itself_and_the_bureau_the_others(sheet, net, actors):
    assert dict(start_choices(actors.li, at=clock.now()).kinds) == {"self_check": "学校自查"}
    assert "self_check" not in dict(start_choices(actors.zhao, at=clock.now()).kinds)
    assert start_choices(actors.chen, at=clock.now()).kinds[0][0] == "sponsor_round"
    with pytest.raises(Refusal, match="inspections.may_not_open"):
        start_choices(actors.wang, at=clock.now())


# --- judging ---------------------------------------------------------------------------------------------------------


def test_only_inspectors_judge(opened, actors):
    first = codes(actors.chen, opened, 1)[0]
    for by, code in (
        ("li", "inspections.not_inspector"),
        ("zhao", "inspections.not_inspector"),
        ("wu", "foundation.not_found"),
        ("sun", "foundation.not_found"),
    ):
        with pytest.raises(Refusal, match=code):
            answer(getattr(actors, by), opened, {first: GOOD})
    with pytest.raises(Refusal, match="inspections.own_school"):
        inspections.join_inspection(actors.li, clock.now(), inspection_id=opened.pk)
    with pytest.raises(Refusal, match="inspections.own_school"):
        inspections.add_inspector(actors.chen, clock.now(), inspection_id=opened.pk, user_id=actors.li.id)
    with pytest.raises(Refusal, match="sheets.filled_elsewhere"):
        sheets.answer_items(actors.li, clock.now(), submission_id=opened.submission_id, answers={first: GOOD})
    assert detail(actors.chen, opened.pk).tally.done == 0


def test_an_inspection_is_resumed_from_anywhere(opened, actors):
    first, second, third = codes(actors.chen, opened, 3)
    answer(actors.chen, opened, {first: GOOD, third: GOOD})
    (line,) = listed(actors.chen, InspectionFilter(state="open", mine="1")).rows
    assert line.pk == opened.pk
    later = detail(actors.chen, line.pk)
    assert later.next_open("") == second
    assert later.find(first)[1].answer["by_name"] == "陈包校"
    assert later.beside(second) == (first, third)


def test_what_i_lead_or_share_waits_for_me_until_it_ends(opened, net, actors):
    shared = begin(actors.zhao, net.school, kind="joint", inspectors=[actors.chen.id])
    for viewer, mine in ((actors.chen, [shared, opened]), (actors.zhao, [shared]), (actors.li, []), (actors.wu, [])):
        waiting = unfinished(viewer)
        assert [(one["id"], one["title"], one["opened_at"]) for one in waiting] == [
            (row.pk, row.title, row.opened_at) for row in mine
        ]
    assert unfinished(actors.chen, most=1)[0]["id"] == shared.pk
    type(opened).objects.filter(pk=shared.pk).update(state="closed")
    assert unfinished(actors.zhao) == []


@pytest.mark.clause("CB-16")
def test_a_joint_team_shares_one_inspection(sheet, net, actors):
    row = begin(actors.zhao, net.school, kind="joint", inspectors=[actors.huo.id])
    assert listed(actors.huo).rows[0].pk == row.pk
    first, second = codes(actors.zhao, row, 2)
    answer(actors.zhao, row, {first: GOOD})
    said = answer(actors.huo, row, {first: BAD, second: GOOD})
    assert [(one["item"], one["by_name"]) for one in said["replaced"]] == [(first, "赵科")]
    found = detail(actors.zhao, row.pk)
    assert found.find(first)[1].answer["by_name"] == "消防老霍"
    assert any("消防" in name for name in found.team)
    raised = inspections.raise_hazards(actors.huo, clock.now(), inspection_id=row.pk, hazards={first: HazardIn()})[
        "hazards"
    ][0]
    case = cases.seen(actors.zhao, raised["id"])
    assert (case.reporter_name, case.source) == ("赵科", "joint")
    assert "消防老霍现场判定" in case.description
    assert (case.state, case.rectifier_name) == ("reported", "")  # a partner department hands nothing out
    assert close(actors.zhao, row)["notice"] is None


@pytest.mark.django_db(transaction=True)
def test_two_inspectors_answering_at_once_lose_nothing_and_raise_one_hazard(sheet, net, actors, photo):
    row = begin(actors.chen, net.school, inspectors=[actors.zhao.id])
    some = codes(actors.chen, row, 13)
    answer(actors.chen, row, {some[12]: AnswerIn(result="fail", note="消防通道锁着", photos=[photo(actors.chen)])})

    def judge(n):
        by = actors.chen if n % 2 else actors.zhao
        try:
            answer(by, row, dict.fromkeys(some[n * 2 : n * 2 + 2], GOOD))
            return inspections.raise_hazards(by, clock.now(), inspection_id=row.pk)["hazards"][0]["id"]
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        raised = set(pool.map(judge, range(6)))
    found = detail(actors.chen, row.pk)
    assert found.tally.done == 13
    assert {str(case["id"]) for case in found.hazards} == raised
    assert len(raised) == 1
    assert len(cases.seen(actors.chen, raised.pop()).before) == 1


def test_a_hazard_comes_once_however_often_the_answer_is_sent(opened, actors):
    first = codes(actors.chen, opened, 1)[0]
    envelope = uuid7()
    args = {
        "inspection_id": str(opened.pk),
        "answers": {first: {"result": "fail", "note": "没有值班"}},
        "hazards": {first: {}},
    }
    answers = [execute(actors.chen, clock.now(), id=envelope, name="inspections.answer", args=args) for _ in range(6)]
    assert [one.replayed for one in answers] == [False] + [True] * 5
    again = execute(actors.chen, clock.now(), id=uuid7(), name="inspections.answer", args=args)
    assert again.answer["hazards"] == answers[0].answer["hazards"]
    assert len(detail(actors.chen, opened.pk).hazards) == 1
    with pytest.raises(Refusal, match="inspections.already_hazard"):
        answer(actors.chen, opened, {first: GOOD})
    assert detail(actors.chen, opened.pk).find(first)[1].result == "fail"
    close(actors.chen, opened)
    assert len(detail(actors.chen, opened.pk).hazards) == 1


def test_what_is_not_wrong_is_no_hazard(opened, actors):
    first, second = codes(actors.chen, opened, 2)
    answer(actors.chen, opened, {first: GOOD})
    for item in (first, second, "99-99"):
        with pytest.raises(Refusal, match="inspections.not_wrong"):
            inspections.raise_hazards(actors.chen, clock.now(), inspection_id=opened.pk, hazards={item: HazardIn()})
    with pytest.raises(Refusal, match="inspections.not_wrong"):
        answer(actors.chen, opened, {second: GOOD}, hazards={first: HazardIn()})
    assert detail(actors.chen, opened.pk).tally.done == 1


def test_the_rest_of_a_category_passes_only_when_seen(opened, actors):
    section = detail(actors.chen, opened.pk).sections[0]
    seen = [view.code for view in section.items]
    with pytest.raises(Refusal, match="inspections.not_seen"):
        inspections.pass_rest(actors.chen, clock.now(), inspection_id=opened.pk, section=section.code, seen=seen[:-1])
    answer(actors.chen, opened, {seen[0]: BAD})
    said = inspections.pass_rest(actors.chen, clock.now(), inspection_id=opened.pk, section=section.code, seen=seen)
    assert said["passed"] == seen[1:]
    assert detail(actors.chen, opened.pk).sections[0].tally.failed == 1
    with pytest.raises(Refusal, match="inspections.not_inspector"):
        inspections.pass_rest(actors.li, clock.now(), inspection_id=opened.pk, section="02", seen=[])


@pytest.mark.clause("CB-23")
def test_a_version_published_meanwhile_leaves_running_inspections_on_theirs(opened, sheet, net, actors):
    new = sheets.draft_version(actors.zhao, clock.now(), id=uuid7(), sheet_id=sheet.sheet.pk, version="1.1")
    first = codes(actors.chen, opened, 1)[0]
    sheets.edit_draft(actors.zhao, clock.now(), version_id=new.pk, revision=0, change="remove", code=first)
    sheets.publish_version(
        actors.zhao, clock.now(), version_id=new.pk, revision=1, effective_on=timezone.localdate(clock.now())
    )
    answer(actors.chen, opened, {first: GOOD})
    assert detail(actors.chen, opened.pk).version.version == "1.0"
    later = begin(actors.chen, net.school)
    assert detail(actors.chen, later.pk).version.version == "1.1"
    assert first not in codes(actors.chen, later)


# --- secrecy ---------------------------------------------------------------------------------------------------------


@pytest.mark.clause("CB-15")
def test_the_school_sees_nothing_of_an_unannounced_inspection_until_it_begins(sheet, net, actors, door):
    row = begin(
        actors.zhao,
        net.school,
        kind="unannounced",
        hidden_until=clock.now() + timedelta(days=2),
        inspectors=[actors.meng.id, actors.he.id, actors.gao.id],
    )
    school = ("zhou", "fang", "li", "wang", "chen", "wu")
    react(clock.now() + timedelta(seconds=1))
    for name in school:
        viewer = getattr(actors, name)
        assert listed(viewer).rows == []
        with pytest.raises(Refusal, match="foundation.not_found"):
            detail(viewer, row.pk)
        assert submissions(viewer).rows == []
        assert not Event.objects.visible_to(viewer).filter(subject_id__in=[row.pk, row.submission_id]).exists()
        assert not Notice.objects.filter(user_id=viewer.id).exists()
        for way in ("", "01/", "finish/"):
            assert door(name).get(f"/inspections/{row.pk}/{way}").status_code == 404
        assert str(row.pk) not in door(name).get("/inspections/").content.decode()
    assert Notice.objects.filter(user_id=actors.meng.id).count() == 1
    first = codes(actors.zhao, row, 1)[0]
    with pytest.raises(Refusal, match="inspections.not_begun"):
        answer(actors.zhao, row, {first: GOOD})
    with pytest.raises(Refusal, match="foundation.not_found"):
        inspections.begin_inspection(actors.li, clock.now(), inspection_id=row.pk)
    inspections.begin_inspection(actors.meng, clock.now(), inspection_id=row.pk)
    with pytest.raises(Refusal, match="inspections.not_planned"):
        inspections.begin_inspection(actors.zhao, clock.now(), inspection_id=row.pk)
    answer(actors.zhao, row, {first: GOOD})
    react(clock.now() + timedelta(seconds=1))
    assert [one.pk for one in listed(actors.zhou).rows] == [row.pk]
    assert door("li").get(f"/inspections/{row.pk}/").status_code == 200
    assert Notice.objects.filter(user_id=actors.zhou.id).count() == 1
    assert listed(actors.wu).rows == []
    began = [event.name for event in timeline(actors.zhou, bureau_id=row.bureau_id, subject_id=row.pk)]
    assert began == ["inspections.planned", "inspections.began", "inspections.answered"]


def test_only_unannounced_inspections_are_hidden_and_only_ahead(sheet, net, actors):
    later = clock.now() + timedelta(days=1)
    with pytest.raises(Refusal, match="inspections.hidden_only_unannounced"):
        begin(actors.zhao, net.school, kind="spot_check", hidden_until=later)
    for moment in (clock.now() - timedelta(days=1), clock.now() + timedelta(days=400)):
        with pytest.raises(Refusal, match="inspections.hidden_in_past"):
            begin(actors.zhao, net.school, kind="unannounced", hidden_until=moment)


@pytest.mark.clause("CB-15")
def test_schools_and_experts_are_drawn_and_the_draw_can_be_checked(sheet, net, actors, door):
    args = {
        "count": 2,
        "hidden_until": clock.now() + timedelta(days=1),
        "experts": [actors.meng.id, actors.he.id, actors.gao.id],
        "experts_each": 2,
    }
    made = inspections.draw_inspections(actors.zhao, clock.now(), id=uuid7(), **args)
    assert {row.org_id for row in made} == {net.school.pk, net.other_school.pk}
    assert all(row.state == "planned" and row.school_id is None for row in made)
    found = detail(actors.zhao, made[0].pk)
    assert found.draw_is_true
    assert len(found.inspectors) == 2
    row = Inspection.objects.get(pk=made[0].pk)
    Inspection.objects.filter(pk=row.pk).update(draw=row.draw | {"picked": list(reversed(row.draw["picked"]))})
    assert detail(actors.zhao, row.pk).draw_is_true is False
    with pytest.raises(Refusal, match="inspections.pool_too_small"):
        inspections.draw_inspections(actors.zhao, clock.now(), id=uuid7(), **(args | {"count": 3}))
    for by in ("li", "chen", "wu", "nobody"):
        with pytest.raises(Refusal, match="inspections.may_not_open"):
            inspections.draw_inspections(getattr(actors, by), clock.now(), id=uuid7(), **(args | {"count": 1}))
    assert listed(actors.li).rows == []
    assert door("zhao").get("/inspections/draw/").status_code == 200
    assert door("li").get("/inspections/draw/").status_code == 403
    moment = timezone.localtime(clock.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    assert (
        door("zhao")
        .post("/inspections/draw/", {"_id": str(uuid7()), "id": str(uuid7()), "count": "1", "hidden_until": moment})
        .status_code
        == 302
    )


# --- ending ----------------------------------------------------------------------------------------------------------


def test_what_was_not_raised_at_once_becomes_a_hazard_at_the_end(opened, actors, photo):
    inspections.join_inspection(actors.zhao, clock.now(), inspection_id=opened.pk)
    first, second, third = codes(actors.chen, opened, 3)
    answer(actors.zhao, opened, {first: AnswerIn(result="fail", note="值班表空着", photos=[photo(actors.zhao)])})
    answer(actors.chen, opened, {second: BAD, third: GOOD})
    due = clock.now() + timedelta(days=1)
    with pytest.raises(Refusal, match="inspections.problems_left") as no:
        close(actors.chen, opened)
    assert "2 个问题" in no.value.sentence
    raise_hazards(actors.chen, opened, hazards={second: HazardIn(level="serious", rectifier=actors.qian.id, due=due)})
    raised = raise_hazards(actors.chen, opened)["hazards"]
    ended = close(actors.chen, opened)
    assert ended["hazards"] == sorted(raised, key=lambda one: one["number"])
    by_item = {one["item"]: cases.seen(actors.chen, one["id"]) for one in ended["hazards"]}
    assert set(by_item) == {first, second}
    assert Inspection.objects.get(pk=opened.pk).hazards == 2
    assert len(by_item[first].before) == 1
    assert (by_item[second].level, by_item[second].rectifier_name) == ("serious", "钱主任")
    assert {case.notice_number for case in by_item.values()} == {ended["notice"]["number"]}
    with pytest.raises(Refusal, match="inspections.not_open"):
        close(actors.chen, opened)


def test_an_empty_inspection_is_cancelled_not_closed(opened, actors):
    with pytest.raises(Refusal, match="inspections.nothing_answered"):
        close(actors.chen, opened)
    with pytest.raises(Refusal, match="inspections.not_inspector"):
        inspections.cancel_inspection(actors.li, clock.now(), inspection_id=opened.pk, reason="学校不想查")
    with pytest.raises(Refusal, match="foundation.not_found"):
        inspections.cancel_inspection(actors.wu, clock.now(), inspection_id=opened.pk, reason="外校的人")
    first = codes(actors.chen, opened, 1)[0]
    answer(actors.chen, opened, {first: GOOD})
    with pytest.raises(Refusal, match="inspections.has_answers"):
        inspections.cancel_inspection(actors.chen, clock.now(), inspection_id=opened.pk, reason="不查了")
    assert Inspection.objects.get(pk=opened.pk).state == "open"


def test_a_planned_one_can_be_given_up(sheet, net, actors):
    row = begin(actors.zhao, net.school, kind="unannounced", hidden_until=clock.now() + timedelta(days=1))
    inspections.cancel_inspection(actors.zhao, clock.now(), inspection_id=row.pk, reason="当天全区停课")
    assert Inspection.objects.get(pk=row.pk).state == "cancelled"
    assert listed(actors.zhou).rows == []


def test_the_school_signs_once_or_says_why_not(sheet, net, actors, signature):
    row = begin(actors.chen, net.school, categories=["01"])
    answer(actors.chen, row, {codes(actors.chen, row, 1)[0]: GOOD})
    at = clock.now()
    with pytest.raises(Refusal, match="inspections.not_closed"):
        inspections.refuse_signature(actors.chen, at, inspection_id=row.pk, reason="还没有结束")
    close(actors.chen, row)
    assert not detail(actors.chen, row.pk).papers
    for by, code in (
        ("wang", "inspections.may_not_sign"),
        ("zhao", "inspections.may_not_sign"),
        ("wu", "foundation.not_found"),
    ):
        with pytest.raises(Refusal, match=code):
            inspections.refuse_signature(getattr(actors, by), at, inspection_id=row.pk, reason="替学校拒签")
    with pytest.raises(Refusal, match="foundation.not_found"):
        inspections.sign_inspection(
            actors.zhou, at, inspection_id=row.pk, signature=signature(actors.chen), signed_by_name="周校长"
        )
    with pytest.raises(Refusal, match="inspections.sign_or_refuse"):
        inspections.sign_inspection(
            actors.zhou, at, inspection_id=row.pk, signature=signature(actors.zhou), signed_by_name=""
        )
    inspections.refuse_signature(actors.zhou, at, inspection_id=row.pk, reason="对第一项判定有异议")
    with pytest.raises(Refusal, match="inspections.already_signed"):
        inspections.sign_inspection(
            actors.zhou, at, inspection_id=row.pk, signature=signature(actors.zhou), signed_by_name="周校长"
        )
    (paper,) = detail(actors.zhou, row.pk).papers
    assert paper.content["refused"] == "对第一项判定有异议"


@pytest.mark.clause("CB-13")
def test_a_self_check_needs_the_five_provisions_and_the_four_lessons(sheet, net, actors):
    row = begin(actors.li, net.school, kind="self_check", focus="晚自习后的宿舍")
    first, second = codes(actors.li, row, 2)
    with pytest.raises(Refusal, match="inspections.five_missing") as no:
        answer(actors.li, row, {first: BAD}, hazards={first: HazardIn(five={"duty": "李安", "funds": ""})})
    assert "措施、资金、时限、预案" in no.value.sentence
    assert detail(actors.li, row.pk).tally.done == 0
    answer(actors.li, row, {first: BAD, second: GOOD}, hazards={first: HazardIn(five=FIVE_WORDS)})
    with pytest.raises(Refusal, match="inspections.lessons_missing") as no:
        close(actors.li, row, lessons={"cause": "交接班没有签名"})
    assert set(no.value.fields) == {"person", "measure", "taught"}
    assert Inspection.objects.get(pk=row.pk).state == "open"
    ended = close(actors.li, row, lessons=dict.fromkeys(LESSONS, "已经写明"))
    assert ended["notice"] is None
    (hazard,) = detail(actors.zhou, row.pk).hazards
    assert "五落实：责任：已经落实到人" in cases.seen(actors.zhou, hazard["id"]).description
    (paper,) = detail(actors.zhou, row.pk).papers
    assert [label for label, _ in paper.content["lessons"]] == list(LESSONS.values())


def test_the_school_is_told_when_it_begins_and_when_it_ends(opened, actors):
    react(clock.now() + timedelta(seconds=1))
    assert Notice.objects.filter(user_id=actors.zhou.id, kind="inspections.opened").count() == 1
    assert not Notice.objects.filter(user_id__in=[actors.wu.id, actors.sun.id]).exists()
    answer(actors.chen, opened, {codes(actors.chen, opened, 1)[0]: BAD})
    raise_hazards(actors.chen, opened)
    close(actors.chen, opened)
    react(clock.now() + timedelta(seconds=1))
    told = Notice.objects.get(user_id=actors.li.id, kind="inspections.closed")
    assert told.body == "发现 1 个问题，已转为隐患，请按期整改。请查看结果并签字。"
    assert told.link == f"/inspections/{opened.pk}/"


def test_an_item_that_is_a_hazard_is_judged_again_beside_a_new_one(sheet, net, actors):
    """One envelope says "still wrong" about a raised item and raises another: nothing doubles, nothing is asked per item."""
    row = begin(actors.chen, net.school)
    items = codes(actors.chen, row)[:4]
    (one,) = answer(actors.chen, row, {items[0]: BAD}, hazards={items[0]: HazardIn()})["hazards"]
    again = answer(actors.chen, row, dict.fromkeys(items, BAD), hazards={item: HazardIn() for item in items})
    assert again["hazards"][0] == one
    assert len({hazard["id"] for hazard in again["hazards"]}) == 4
