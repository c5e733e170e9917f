"""A major hazard: 五落实 before anything starts, plan approved, listed, put right, verified, reviewed, allowed again."""

import pytest
from django.apps import apps
from playwright.sync_api import expect

from tests.journeys.conftest import tap
from tests.journeys.test_loop import photo

FIVE = {
    "责任": "校长负总责，李安全具体办", "措施": "停用三层，加装报警", "资金": "维修经费 8 万元", "时限": "12 月 10 日前", "预案": "停用期间并班，夜间双人巡查",
}  # fmt: skip


def take(page, case, button, *, note="", pictures=(), beside="", **fields):
    """Open the case, press the step's button, fill its form, send it."""
    page.goto(f"/hazards/{case}/")
    tap(page.locator("#steps").get_by_role("link", name=button, exact=True))
    # beside the case, or as a page of its own when the button was pressed the moment the live feed had put it there anew
    form = page.locator("form[id^=step-]")
    for label, words in fields.items():
        form.get_by_label(label).fill(words)
    if note:
        form.get_by_label("说明").fill(note)
    if beside:
        tap(form.get_by_text(beside))
    if pictures:
        form.locator("input[type=file]").set_input_files([photo(words) for words in pictures])
    tap(form.get_by_role("button", name=button, exact=True))


@pytest.mark.clause("CB-13")
def test_a_major_hazard_from_five_provisions_to_use_again(world, sits, machine):
    case = world.report(title="宿舍没有火灾自动报警", level="major", basis="重大事故隐患判定指南", place="宿舍三层")
    row = apps.get_model("cases", "Case").objects
    pages = {key: sits(world, key) for key in ("li", "meng", "chief", "chen", "he", "gao")}
    everybody = {
        key: machine(world, key)
        for key in ("wang", "li", "zhou", "chen", "zhao", "meng", "he", "gao", "chief", "admin", "wu", "sun")
    }

    def only(command, *allowed, **args):
        """Whoever is not meant is refused, sees nothing if it is not theirs to see, and changes nothing."""
        before = row.get(pk=case).revision
        for key, line in everybody.items():
            if key in allowed:
                continue
            refused = line.send(command, case=case, **args)
            assert refused.status_code in ((404,) if key in ("wu", "sun") else (403,)), (key, command, refused.text)
        assert row.get(pk=case).revision == before

    def now(state):
        assert row.get(pk=case).state == state

    def shown(key, words):
        expect(pages[key].locator(f"#standing-{case}")).to_contain_text(words)

    world.assign(case)
    now("planning")

    # half of the 五落实 can be kept, but the plan does not go out
    only("cases.fill_five", "li", duty="我来")
    take(pages["li"], case, "填写五落实", **dict(list(FIVE.items())[:3]))
    expect(pages["li"].locator("[data-said]")).to_contain_text("已保存")
    take(pages["li"], case, "报送方案", note="请审批")
    expect(pages["li"].locator("form[id^=step-] [role=alert]").first).to_contain_text("五落实还缺时限、预案")
    expect(pages["li"].locator("form[id^=step-]").get_by_label("说明")).to_have_value("请审批")
    now("planning")
    take(pages["li"], case, "填写五落实", **FIVE)
    expect(pages["li"].locator("[data-said]")).to_contain_text("已保存")
    only("cases.submit_plan", "li")
    take(pages["li"], case, "报送方案", note="五落实齐了，请审批")
    shown("li", "方案待批")

    # no work before the plan is approved and the hazard is listed
    refused = everybody["li"].send("cases.rectify_case", case=case, note="已经动工", photos=[world.photo("li")])
    assert refused.status_code == 409
    only("cases.approve_plan", "meng")
    take(pages["meng"], case, "批准方案", note="同意")
    shown("meng", "待挂牌")
    only("cases.list_supervision", "chief")
    take(pages["chief"], case, "挂牌督办", note="全区挂牌")
    shown("chief", "整改中")
    expect(pages["chief"].get_by_text("挂牌督办", exact=True).first).to_be_visible()

    only("cases.rectify_case", "li", note="替他做", photos=[])
    take(pages["li"], case, "提交整改", note="三层报警已装好并调试", pictures=["报警主机", "探头"])
    shown("li", "待复查")

    # verify: neither the rectifier, nor whoever approved the plan, nor a school's own people under a 督办单
    only("cases.verify_case", "chen", "zhao", note="看过", photos=[world.photo("chen")])
    take(pages["chen"], case, "复查合格，报审核", note="逐个探头试过", pictures=["试验"], beside="于科员")
    shown("chen", "待销号审核")
    only("cases.close_review", "he", note="同意")
    take(pages["he"], case, "审核销号", note="同意销号")
    shown("he", "待恢复使用")

    # 销号不等于可恢复使用
    assert row.get(pk=case).is_open
    only("cases.resume_use", "gao", note="可以用了")
    take(pages["gao"], case, "批准恢复使用", note="同意恢复使用")
    shown("gao", "已销号")
    now("closed")
    hands = row.get(pk=case).hands
    judged = [hands[step] for step in ("rectify", "verify", "close-review", "resume-use")]
    assert [len(people) for people in judged] == [1, 2, 1, 1]
    assert len({person for people in judged for person in people}) == 5
