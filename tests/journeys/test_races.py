"""Everybody at once, over HTTP: exactly one wins, nothing is doubled, numbers have no gaps."""

from functools import partial

import pytest
from django.apps import apps
from playwright.sync_api import expect

from bihuan.foundation.ids import uuid7
from tests.journeys.conftest import tap
from tests.journeys.doors import all_at_once


def test_two_clerks_press_the_same_button(world, sits):
    """Both had the form open before either sent it; the second keeps what was typed and learns who was faster."""
    case = world.report()
    zhao, yu = sits(world, "zhao"), sits(world, "yu")
    for page, words in ((zhao, "三天内换好"), (yu, "今天就换，别拖")):
        page.goto(f"/hazards/{case}/steps/assign/")
        page.get_by_label("整改人").select_option(str(world.people["li"]))
        page.get_by_label("说明").fill(words)
    tap(zhao.get_by_role("button", name="交办"))
    expect(zhao.locator(f"#standing-{case}")).to_contain_text("整改中")
    tap(yu.get_by_role("button", name="交办"))
    expect(yu.get_by_role("alert").first).to_contain_text("赵科员")
    expect(yu.get_by_label("说明")).to_have_value("今天就换，别拖")
    facts = apps.get_model("foundation", "Event").objects.filter(subject_id=case, name="cases.assigned")
    assert [fact.by_name for fact in facts] == ["赵科员"]


def test_two_clerks_at_the_very_same_moment(world, door):
    cases = [world.report(title=f"第 {n} 处护栏松动") for n in range(4)]
    clerks = [door(world, "zhao"), door(world, "yu")]
    for case in cases:
        revision = apps.get_model("cases", "Case").objects.get(pk=case).revision
        form = {"rectifier": str(world.people["li"]), "note": "请尽快", "revision": revision}
        press = [partial(clerk.post, f"/hazards/{case}/steps/assign/", form) for clerk in clerks]
        answers = all_at_once(press)
        assert sorted(answer.status_code for answer in answers) == [302, 409]
        loser = next(answer for answer in answers if answer.status_code == 409)
        assert "已由" in loser.text
        assert "没有生效" in loser.text
        assert apps.get_model("foundation", "Event").objects.filter(subject_id=case, name="cases.assigned").count() == 1


def test_an_envelope_sent_six_times_at_once_is_one_fact(world, machine):
    photo, id, envelope = world.photo("wang"), str(uuid7()), str(uuid7())
    lines = [machine(world, "wang") for _ in range(6)]
    args = {"id": id, "org": str(world.orgs["school"]), "title": "操场井盖破损", "photos": [photo]}
    answers = all_at_once([lambda m=m: m.send("cases.report_hazard", envelope, **args) for m in lines])
    assert {answer.status_code for answer in answers} == {200}
    assert len({str(answer.json()["answer"]) for answer in answers}) == 1
    assert sorted(answer.json()["replayed"] for answer in answers) == [False, *[True] * 5]
    assert apps.get_model("cases", "Case").objects.count() == 1
    assert apps.get_model("foundation", "Event").objects.filter(subject_id=id).count() == 1
    assert apps.get_model("foundation", "Receipt").objects.filter(pk=envelope).count() == 1

    # the same id with other words, or from somebody else, is no second fact either
    other = machine(world, "wang").send("cases.report_hazard", envelope, **(args | {"title": "换了说法"}))
    assert (other.status_code, other.json()["code"]) == (409, "foundation.receipt_conflict")
    stranger = machine(world, "li").send("cases.report_hazard", envelope, **args)
    assert (stranger.status_code, stranger.json()["code"]) == (409, "foundation.receipt_conflict")


@pytest.mark.clause("CB-11")
def test_eight_hands_take_paper_numbers_one_to_eight(world, machine):
    cases = [world.report(title=f"第 {n} 处插座松动") for n in range(8)]
    lines = [machine(world, "zhao" if n % 2 else "chen") for n in range(8)]
    answers = all_at_once(
        [
            lambda m=m, c=c: m.send("cases.assign_case", case=c, rectifier=str(world.people["li"]))
            for m, c in zip(lines, cases, strict=True)
        ]
    )
    assert {answer.status_code for answer in answers} == {200}
    Paper = apps.get_model("foundation", "Paper")
    rows = Paper.objects.filter(code="supervision-notice", bureau_id=world.orgs["bureau"])
    assert sorted(rows.values_list("serial", flat=True)) == list(range(1, 9))
    assert len(set(rows.values_list("number", flat=True))) == 8
    numbers = set(apps.get_model("cases", "Case").objects.values_list("notice_number", flat=True))
    assert numbers == set(rows.values_list("number", flat=True))
