"""Each command: done, refused without the right, not there for an outsider, and sent twice."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from bihuan.engines.cases import commands as cases
from bihuan.engines.cases.models import Case
from bihuan.engines.cases.tests.conftest import T0
from bihuan.engines.cases.tests.test_loop import facts, refused
from bihuan.foundation.commands import commands, execute
from bihuan.foundation.events import timeline
from bihuan.foundation.ids import uuid7

pytestmark = pytest.mark.django_db
LATER = T0 + timedelta(days=10)


def rectifying(loop):
    return loop.assign(loop.report())


def asked(loop, actors):
    case = rectifying(loop)
    return cases.request_extension(
        actors.li, T0 + timedelta(days=1), case=case.pk, due=case.due_at + timedelta(days=3), note="等配件"
    )


EVERY = {  # command: how the case comes about, who does it, who may not, further arguments, the fact
    "grade_hazard": (
        lambda loop, a: loop.report(),
        "chen",
        "wang",
        {"level": "major", "basis": "判定指南"},
        "cases.graded",
    ),
    "assign_case": (lambda loop, a: loop.report(), "chen", "wang", {"rectifier": "li"}, "cases.assigned"),
    "withdraw_case": (lambda loop, a: loop.report(), "wang", "li", {"note": "看错了"}, "cases.withdrawn"),
    "transfer_case": (
        lambda loop, a: rectifying(loop),
        "chen",
        "wang",
        {"rectifier": "qian", "note": "归总务"},
        "cases.transferred",
    ),
    "rectify_case": (lambda loop, a: rectifying(loop), "li", "zhou", {"note": "已换", "photos": 1}, "cases.rectified"),
    "request_extension": (
        lambda loop, a: rectifying(loop),
        "li",
        "zhou",
        {"note": "等配件", "due": LATER + timedelta(days=3)},
        "cases.extension_requested",
    ),
    "decide_extension": (asked, "meng", "zhou", {"grant": True, "note": "同意"}, "cases.extension_granted"),
    "verify_case": (lambda loop, a: loop.rectify(rectifying(loop)), "chen", "zhou", {"note": "合格"}, "cases.closed"),
    "return_case": (
        lambda loop, a: loop.rectify(rectifying(loop)),
        "zhao",
        "zhou",
        {"note": "没改好"},
        "cases.returned",
    ),
    "fill_five": (lambda loop, a: loop.major("planning"), "li", "zhou", {"duty": "校长"}, "cases.five_filled"),
    "submit_plan": (lambda loop, a: loop.fill(loop.major("planning")), "li", "zhou", {}, "cases.plan_submitted"),
    "approve_plan": (lambda loop, a: loop.major("approving"), "meng", "zhao", {}, "cases.plan_approved"),
    "return_plan": (
        lambda loop, a: loop.major("approving"),
        "meng",
        "zhao",
        {"note": "预算不清"},
        "cases.plan_returned",
    ),
    "list_supervision": (lambda loop, a: loop.major("listing"), "chief", "zhao", {}, "cases.supervision_listed"),
    "close_review": (lambda loop, a: loop.major("reviewing"), "he", "zhao", {"note": "同意"}, "cases.review_closed"),
    "send_back": (lambda loop, a: loop.major("reviewing"), "he", "zhao", {"note": "再看"}, "cases.sent_back"),
    "resume_use": (lambda loop, a: loop.major("resuming"), "gao", "zhao", {"note": "同意"}, "cases.use_resumed"),
}


@pytest.mark.parametrize("name", EVERY)
def test_done_refused_hidden_and_replayed(name, loop, actors, photo):
    ready, who, not_who, args, fact = EVERY[name]
    case = ready(loop, actors)
    actor = lambda key: getattr(actors, key)  # noqa: E731
    args = {
        k: actor(v).id if k == "rectifier" else [photo(actor(who))] if k == "photos" else v for k, v in args.items()
    }
    before = Case.objects.filter(pk=case.pk).values().get()

    no = refused_by(name, actors.wu, case, args)
    assert no == "foundation.not_found"
    assert refused_by(name, actor(not_who), case, {k: v for k, v in args.items() if k != "photos"} | ({"photos": []} if "photos" in args else {})) in {
        "cases.not_your_step", "cases.same_person",
    }  # fmt: skip
    assert (
        refused_by(name, actors.admin, case, args | ({"photos": []} if "photos" in args else {}))
        == "cases.not_your_step"
    )
    assert Case.objects.filter(pk=case.pk).values().get() == before

    envelope = uuid7()
    sent = {**args, "case": case.pk}
    first = execute(actor(who), T0 + timedelta(days=2), id=envelope, name=f"cases.{name}", args=sent)
    again = execute(actor(who), T0 + timedelta(days=2), id=envelope, name=f"cases.{name}", args=sent)
    assert (first.replayed, again.replayed, again.answer) == (False, True, first.answer)
    assert facts(actors.zhao, case).count(fact) == 1


def refused_by(name, by, case, args):
    return refused_code(getattr(cases, name), by, T0 + timedelta(days=2), case=case.pk, **args)


def refused_code(call, *args, **kwargs):
    from bihuan.foundation.refusals import Refusal

    with pytest.raises(Refusal) as no:
        call(*args, **kwargs)
    return no.value.code


def test_reporting(loop, net, actors, photo):
    refused("foundation.not_found", loop.report, by=actors.wu, photos=[])
    refused("cases.may_not_report", loop.report, by=actors.admin, photos=[])
    refused("cases.bad_level", loop.report, level="huge")
    refused("cases.bad_source", loop.report, source="dream")
    args = {"id": uuid7(), "org": net.canteen.pk, "title": "地面湿滑", "photos": [photo(actors.wang)]}
    envelope = uuid7()
    for replayed in (False, True):
        assert execute(actors.wang, T0, id=envelope, name="cases.report_hazard", args=args).replayed is replayed
    case = Case.objects.get(pk=args["id"])
    assert (case.org_name, case.place, case.school_id) == ("灞东区第一小学", "食堂后厨", net.school.pk)
    assert case.due_at > T0


def test_an_id_is_used_once(loop, net, actors):
    case = loop.report()
    for by in (actors.wang, actors.li):
        refused(
            "foundation.receipt_conflict", cases.report_hazard, by, T0, id=case.pk, org=net.school.pk, title="别的事"
        )


@pytest.mark.parametrize("year", [1, 1969, 2031, 9999])
def test_a_deadline_out_of_this_world_is_refused(loop, year):
    refused("cases.bad_due", loop.assign, loop.report(), due=datetime(year, 12, 31, 23, 59))


def test_the_same_thing_at_the_same_place_again_is_linked(loop, actors):
    first = loop.report(item="08-03", category="消防")
    second = loop.report(item="08-03", category="消防", at=T0 + timedelta(days=100))
    assert second.recurrence_of_id == first.pk
    assert loop.report(item="08-03", place="教学楼", at=T0 + timedelta(days=101)).recurrence_of_id is None
    assert loop.report(item="08-03", at=T0 + timedelta(days=400)).recurrence_of_id is None
    point = uuid7()
    one = loop.report(item="08-04", point=point, place="甲")
    assert loop.report(item="08-04", point=point, place="乙", at=T0 + timedelta(days=1)).recurrence_of_id == one.pk


def test_grading_between_tables_starts_again(loop, actors):
    case = rectifying(loop)
    refused("cases.lacking", cases.grade_hazard, actors.chen, T0, case=case.pk, level="major")
    refused("cases.same_level", cases.grade_hazard, actors.chen, T0, case=case.pk, level="general")
    case = cases.grade_hazard(
        actors.chen, T0 + timedelta(days=1), case=case.pk, level="major", basis="判定指南消防第四条"
    )
    assert (case.lifecycle, case.state, case.rectifier_id) == ("major-hazard@1", "reported", None)
    assert case.due_at == T0 + timedelta(days=2)
    case = cases.grade_hazard(
        actors.chen, T0 + timedelta(days=1), case=case.pk, level="serious", basis="复核后不属于重大"
    )
    assert (case.lifecycle, case.level) == ("hazard@1", "serious")


def test_grading_inside_a_table_keeps_the_work(loop, actors):
    case = rectifying(loop)
    case = cases.grade_hazard(actors.chen, T0 + timedelta(days=1), case=case.pk, level="serious", basis="人员密集")
    assert (case.level, case.state, case.rectifier_name) == ("serious", "rectifying", "李安")


def test_a_rectifier_needs_the_duty_at_this_school(loop, actors):
    case = loop.report()
    for stranger in (actors.wu, actors.wang, actors.nobody):
        no = refused("cases.wrong_rectifier", loop.assign, case, rectifier=stranger.id)
        assert stranger.name not in no.sentence  # an id that somebody tries is answered with no name
    refused("cases.lacking", cases.assign_case, actors.chen, T0, case=case.pk)
    refused("cases.bad_due", loop.assign, case, due=T0)
    assert Case.objects.get(pk=case.pk).state == "reported"


def test_a_school_assigns_without_a_paper_and_its_line_leader_verifies(loop, actors):
    case = loop.assign(loop.report(), by=actors.zhou)
    assert (case.supervised, case.notice_number) == (False, "")
    case = loop.verify(loop.rectify(case), by=actors.fang)
    assert case.state == "closed"


@pytest.mark.clause("CB-12")
def test_what_the_bureau_supervises_the_school_cannot_wave_through(loop, actors):
    case = loop.rectify(rectifying(loop))
    refused("cases.needs_slip", loop.verify, case, by=actors.fang)


@pytest.mark.clause("CB-18")
def test_a_partner_department_takes_over(loop, net, actors, photo):
    case = cases.transfer_case(
        actors.chen, T0 + timedelta(hours=2), case=rectifying(loop).pk, party=net.fire.pk, note="消防栓归大队"
    )
    assert (case.party_name, case.rectifier_id, case.waits_for_name) == (
        "灞东区消防救援大队",
        None,
        "灞东区消防救援大队",
    )
    case = loop.rectify(case, by=actors.huo)
    assert (case.state, case.rectifier_name) == ("verifying", "消防老霍")
    refused("cases.wrong_party", cases.transfer_case, actors.chen, T0, case=case.pk, party=net.school.pk, note="x")
    assert loop.verify(case).state == "closed"


def test_merging(loop, net, actors):
    keep, double = loop.report(), loop.report(title="同一具灭火器")
    refused("cases.merge_itself", cases.merge_cases, actors.chen, T0, into=keep.pk, cases=[keep.pk], note="同")
    refused("cases.not_your_step", cases.merge_cases, actors.wang, T0, into=keep.pk, cases=[double.pk], note="同")
    (merged,) = cases.merge_cases(actors.chen, T0, into=keep.pk, cases=[double.pk], note="同一具")
    assert (merged.state, merged.merged_into_id, merged.is_open) == ("merged", keep.pk, False)
    refused("cases.carries_others", cases.withdraw_case, actors.zhao, T0, case=keep.pk, note="撤回")
    refused("cases.target_ended", cases.merge_cases, actors.chen, T0, into=double.pk, cases=[keep.pk], note="同")
    far = loop.report(by=actors.zhao, org=net.other_school.pk)
    refused("cases.not_together", cases.merge_cases, actors.zhao, T0, into=keep.pk, cases=[far.pk], note="同")


def test_extensions_have_limits(loop, actors):
    case = rectifying(loop)

    def ask(due, at=T0 + timedelta(days=1)):
        return cases.request_extension(actors.li, at, case=case.pk, due=due, note="等配件")

    refused("cases.due_not_later", ask, case.due_at - timedelta(hours=1))
    refused("cases.due_too_far", ask, case.due_at + timedelta(days=16))
    refused("cases.no_extension", cases.decide_extension, actors.meng, T0, case=case.pk, grant=True)
    due = case.due_at
    for n in (1, 2):
        due += timedelta(days=5)
        ask(due)
        refused("cases.extension_pending", ask, due + timedelta(days=1))
        case = cases.decide_extension(actors.meng, T0 + timedelta(days=2), case=case.pk, grant=True)
        assert (case.extensions, case.due_at, case.rung, case.state) == (n, due, 0, "rectifying")
    refused("cases.no_more_extensions", ask, due + timedelta(days=1))


def test_bulk_assign_reports_each(loop, net, actors):
    good, gone, far = loop.report(), loop.report(), loop.report(by=actors.zhao, org=net.other_school.pk)
    cases.withdraw_case(actors.wang, T0, case=gone.pk, note="看错了")
    report = cases.bulk_assign(
        actors.zhao, T0 + timedelta(hours=1), cases=[good.pk, gone.pk, far.pk, uuid7()], rectifier=actors.li.id
    )
    assert [line.get("code", "") for line in report["items"]] == [
        "",
        "cases.not_now",
        "cases.wrong_rectifier",
        "foundation.not_found",
    ]
    assert (report["done"], report["refused"]) == (1, 3)
    assert [paper["number"] for paper in report["papers"]] == ["灞教安督〔2026〕1号"]
    assert Case.objects.get(pk=good.pk).notice_number == "灞教安督〔2026〕1号"
    assert Case.objects.get(pk=far.pk).state == "reported"


def test_there_is_no_bulk_close():
    closing = [
        name
        for name in commands()
        if name.startswith("cases.") and ("bulk" in name or "close" in name or "verify" in name)
    ]
    assert closing == ["cases.bulk_assign", "cases.close_review", "cases.verify_case"]


@pytest.mark.clause("CB-11")
def test_one_notice_for_several_hazards(loop, actors):
    made = [loop.assign(loop.report(title=f"第{n}处"), notice="later") for n in range(3)]
    assert not any(case.supervised for case in made)
    refused("cases.no_paper_right", cases.issue_supervision_notice, actors.zhou, T0, cases=[made[0].pk])
    refused("foundation.not_found", cases.issue_supervision_notice, actors.wu, T0, cases=[made[0].pk])
    paper = cases.issue_supervision_notice(actors.chen, T0 + timedelta(hours=2), cases=[case.pk for case in made])
    assert {case.notice_number for case in Case.objects.all()} == {paper["number"]}
    refused("cases.already_noticed", cases.issue_supervision_notice, actors.chen, T0, cases=[made[0].pk])
    refused("cases.not_assigned_yet", cases.issue_supervision_notice, actors.chen, T0, cases=[loop.report().pk])


def test_whoever_comes_late_learns_who_was_faster(loop, actors):
    case = loop.report()
    loop.assign(case, by=actors.zhou)
    no = refused(
        "cases.not_now",
        cases.assign_case,
        actors.chen,
        T0 + timedelta(hours=2),
        case=case.pk,
        rectifier=actors.li.id,
        revision=0,
    )
    assert no.sentence.startswith("这件事已由周校长于 11-16 11:00 交办，现在是“整改中”")


def test_a_refused_step_returns_its_paper_number(loop, actors):
    case = loop.report()
    refused("cases.wrong_rectifier", loop.assign, case, rectifier=actors.wu.id)
    assert loop.assign(case).notice_number == "灞教安督〔2026〕1号"


def test_the_story_names_the_photos_by_content(loop, actors):
    case = loop.rectify(rectifying(loop))
    told = timeline(actors.chen, bureau_id=case.bureau_id, subject_id=case.pk)[-1]
    assert [set(photo) for photo in told.facts["photos"]] == [{"id", "sha256"}]


def test_text_that_no_database_holds_is_refused(loop, net, actors):
    case = loop.report()
    for name, args in (
        ("report_hazard", {"id": uuid7(), "org": net.school.pk, "title": "灯\x00罩"}),
        ("withdraw_case", {"case": case.pk, "note": "\x00"}),
        ("grade_hazard", {"case": case.pk, "level": "major", "basis": "\x00"}),
        ("fill_five", {"case": case.pk, "duty": "\x00"}),
    ):
        refused("foundation.bad_input", execute, actors.zhao, T0, id=uuid7(), name=f"cases.{name}", args=args)
