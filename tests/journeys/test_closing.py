"""No way round: closing without evidence, or by whoever put it right, is refused at every door, and nothing changes."""

import pytest
from django.apps import apps
from django.conf import settings

from bihuan.config.demo.plan import read_plan
from bihuan.foundation.commands import commands
from bihuan.foundation.ids import uuid7
from bihuan.foundation.packs import entries
from bihuan.foundation.refusals import Refusal

CLOSING = {"verify": "cases.verify_case", "close-review": "cases.close_review", "resume-use": "cases.resume_use"}
INSIDE = ("li", "zhou", "qian", "wang", "admin", "chief", "meng", "he", "gao", "huo")
"""Everybody of the net who may not verify this case: the rectifier, their head, administrators and superiors."""


def standing(case):
    row = apps.get_model("cases", "Case").objects.get(pk=case)
    facts = apps.get_model("foundation", "Event").objects.filter(subject_id=case).count()
    return row.state, row.is_open, row.revision, row.closed_at, facts


@pytest.mark.clause("CB-12")
def test_nobody_closes_what_they_may_not_by_page_or_api_or_program(world, door, machine):
    case = world.rectify(world.assign(world.report()))
    before = standing(case)
    for who in INSIDE:
        pages, line = door(world, who), machine(world, who)
        page = pages.post(f"/hazards/{case}/steps/verify/", {"note": "通过", "revision": before[2]})
        api = line.send("cases.verify_case", case=case, note="通过")
        assert page.status_code == api.status_code
        assert api.status_code in (403, 404), (who, api.text)
        if api.status_code == 403:
            assert api.json()["detail"] in page.text.replace("&quot;", '"'), who
        with pytest.raises(Refusal):  # a program on the server has no other way either
            world.do(who, "cases.verify_case", case=case, note="通过")
    with pytest.raises(Refusal):
        world.do("system", "cases.verify_case", case=case, note="系统代办")
    assert standing(case) == before


def test_without_evidence_nothing_closes(world, machine, door):
    """Straight from every earlier state, by somebody who may verify: there is no such step, and no photo no closing."""
    reported, rectifying = world.report(), world.assign(world.report())
    for case in (reported, rectifying):
        before = standing(case)
        for action, command in CLOSING.items():
            assert machine(world, "chen").send(command, case=case, note="直接销号").status_code in (403, 409)
            assert door(world, "chen").post(f"/hazards/{case}/steps/{action}/", {"note": "直接销号"}).status_code in (
                403,
                409,
            )
        assert standing(case) == before
    lacking = machine(world, "li").send("cases.rectify_case", case=rectifying, note="改好了，没拍照")
    assert (lacking.status_code, lacking.json()["code"]) == (422, "cases.lacking")
    assert "照片" in lacking.json()["detail"]
    page = door(world, "li").post(f"/hazards/{rectifying}/steps/rectify/", {"note": "改好了，没拍照"})
    assert page.status_code == 422
    assert "改好了，没拍照" in page.text
    assert standing(rectifying)[0] == "rectifying"


def test_somebody_elses_photo_or_an_unknown_one_is_no_evidence(world, machine):
    case = world.assign(world.report())
    for photo in (world.photo("wu"), str(uuid7())):
        refused = machine(world, "li").send("cases.rectify_case", case=case, note="改好了", photos=[photo])
        assert refused.status_code in (403, 404, 422), refused.text
    used = apps.get_model("foundation", "Evidence").objects.filter(subject_id=case).values_list("pk", flat=True)[0]
    again = machine(world, "li").send("cases.rectify_case", case=case, note="用发现时的照片", photos=[str(used)])
    assert again.status_code in (403, 404, 409, 422), again.text
    assert standing(case)[0] == "rectifying"


def test_there_is_no_bulk_closing_and_no_other_command_that_closes(world, machine, door):
    """What takes several cases at once only hands over, merges or prints; every other command leaves a case open."""
    several = {name for name, command in commands().items() if "cases" in command.arguments.model_fields}
    assert several == {"cases.bulk_assign", "cases.issue_supervision_notice", "cases.merge_cases"}
    case = world.rectify(world.assign(world.report()))
    before = standing(case)
    refused = door(world, "chen").post(
        "/hazards/bulk/", {"case": case, "rectifier": str(world.people["li"]), "action": "verify", "state": "closed"}
    )
    assert refused.status_code == 200
    assert "没有交办" in refused.text
    assert standing(case) == before


def test_merging_or_withdrawing_hides_nothing_that_was_being_put_right_by_the_rectifier(world, machine):
    other, case = world.report(title="同一处"), world.assign(world.report())
    before = standing(case)
    for command, args in {
        "cases.merge_cases": {"into": other, "cases": [case]},
        "cases.withdraw_case": {"case": case},
    }.items():
        assert machine(world, "li").send(command, note="不想改", **args).status_code == 403, command
    assert standing(case) == before


def test_the_demo_has_no_account_that_stands_above_the_rule(world):
    """Its people hold posts of the net like everybody else, and no post both puts right and verifies."""
    posts = entries(world.orgs["bureau"], "posts")
    plan, _ = read_plan(settings.BIHUAN_PACKS / "chanba-12345n" / "demo")
    assert {account.post for account in plan.accounts} <= set(posts)
    for bureau in ("bureau", "other_bureau"):
        posts = entries(world.orgs[bureau], "posts")
        assert [code for code, post in posts.items() if {"rectify", "verify"} <= set(post["acts"])] == []
        assert not {"verify", "close-review", "resume-use", "rectify", "assign"} & set(posts["bureau-admin"]["acts"])
