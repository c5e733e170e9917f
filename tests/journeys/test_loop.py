"""One hazard goes all the way round: found with the 379-item checklist on a phone, put right, verified by another, closed."""

import io
import re

import pytest
from django.apps import apps
from PIL import Image
from playwright.sync_api import expect

from tests.journeys.conftest import tap
from tests.journeys.papers import pages_with_ink, words_of
from tests.journeys.world import PASSWORD, UNITS, jpeg


def photo(words):
    return {"name": "IMG_20261120.jpg", "mimeType": "image/jpeg", "buffer": jpeg(words)}


def judge(page, code, word):
    item = page.locator(f"#item-{code}")
    tap(item.get_by_role("radio", name=word))
    return item


def sign(page):
    canvas = page.locator("[data-signature][data-ready] canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + 30, box["y"] + 40)
    page.mouse.down()
    for n in range(1, 9):
        page.mouse.move(box["x"] + 30 + 22 * n, box["y"] + (80 if n % 2 else 35), steps=3)
    page.mouse.up()
    expect(page.locator("input[name=signature]")).to_have_value(re.compile("^data:image/png;base64,.{500,}"))


@pytest.mark.clause("CB-10")
@pytest.mark.clause("CB-11")
@pytest.mark.clause("CB-12")
@pytest.mark.clause("CB-14")
def test_a_hazard_goes_all_the_way_round(world, sits, machine):
    # 陈包校 opens an inspection on a phone with the whole checklist
    chen = sits(world, "chen", phone=True)
    chen.goto("/inspections/")
    chen.get_by_role("link", name="开始检查").first.click()
    chen.get_by_label("哪所学校").select_option(str(world.orgs["school"]))
    tap(chen.get_by_label("包校巡查"))
    tap(chen.get_by_text("整份清单"))
    tap(chen.get_by_role("button", name="开始检查"))
    expect(chen.locator("#progress")).to_contain_text("0 / 379 项已判")
    expect(chen.locator(".check-sections li")).to_have_count(21)
    inspection = chen.url.rstrip("/").rsplit("/", 1)[1]

    # goes through a part of it; one item is wrong, and a photo says so
    tap(chen.locator(".check-sections a", has_text="08 消防"))
    for code in ("08-02", "08-03"):
        item = judge(chen, code, "符合")
        expect(item.locator(".check-said")).to_contain_text("陈包校")
    item = judge(chen, "08-04", "不适用")
    expect(item.locator(".check-said")).to_contain_text("不适用")
    item = judge(chen, "08-06", "有问题")
    item.get_by_label("看到了什么").fill("二层西侧 2 具灭火器指针在红区")
    item.get_by_label("在哪里").fill("教学楼二层西侧")
    item.locator("input[type=file]").set_input_files(photo("红区"))
    tap(item.get_by_role("button", name="确定"))
    expect(item.locator(".check-said")).to_contain_text("已转隐患")

    # the photo lost where and with what it was taken
    Evidence = apps.get_model("foundation", "Evidence")
    kept = Evidence.objects.get(subject_kind="cases.case", kind="image")
    raw = chen.request.get(f"/evidence/{kept.pk}.webp")
    assert raw.headers["content-type"] == "image/webp"
    with Image.open(io.BytesIO(raw.body())) as image:
        assert not image.getexif()
        assert "exif" not in image.info

    # stops, comes back later, ends: the school signs on the screen
    chen.goto(f"/inspections/{inspection}/")
    expect(chen.locator("#progress")).to_contain_text("4 / 379 项已判")
    tap(chen.get_by_role("link", name="结束检查"))
    chen.get_by_label("小结").fill("消防器材要补压，其余较好。")
    tap(chen.get_by_role("button", name="结束检查"))
    tap(chen.locator("#confirm").get_by_role("button", name="确定"))
    expect(chen.locator("[data-said]")).to_contain_text(re.compile(r"1 个问题已转为隐患，督办单 .+1号 已开出"))
    chen.get_by_label("签字人姓名").fill("周校长")
    sign(chen)
    tap(chen.get_by_role("button", name="签字，出具检查清单"))
    expect(chen.locator("[data-said]")).to_contain_text("检查清单已出具")
    case = apps.get_model("cases", "Case").objects.get()
    assert case.notice_number
    assert case.state == "rectifying"
    assert case.rectifier_id == world.people["li"]
    assert (case.item, case.source_id) == ("08-06", apps.get_model("inspections", "Inspection").objects.get().pk)
    assert case.basis

    # 李安全 signs in through the real page, sees it, puts it right
    li = sits(world, phone=True)
    li.goto(f"/hazards/{case.pk}/")
    li.get_by_label("账号").fill("li")
    li.locator("input[name=password]").fill(PASSWORD)
    tap(li.get_by_role("button", name="登录"))
    expect(li.locator("h1")).to_contain_text("灭火器")
    expect(li.locator(f"#standing-{case.pk}")).to_contain_text("整改中")

    # meanwhile the office has the case open in another tab
    zhao = sits(world, "zhao")
    zhao.goto(f"/hazards/{case.pk}/")
    expect(zhao.locator(f"#standing-{case.pk}")).to_contain_text("整改中")
    zhao.evaluate("window.untouched = true")

    tap(li.get_by_role("link", name="提交整改"))
    form = li.locator("#step-rectify")
    form.get_by_label("说明").fill("两具灭火器已更换，压力正常")
    form.locator("input[type=file]").set_input_files(photo("绿区"))
    tap(form.get_by_role("button", name="提交整改"))
    expect(li.locator("[data-said]")).to_contain_text("整改已提交")

    # the other tab knows without being loaded again
    expect(zhao.locator(f"#standing-{case.pk}")).to_contain_text("待复查")
    expect(zhao.locator(".story")).to_contain_text("两具灭火器已更换")
    assert zhao.evaluate("window.untouched") is True

    # whoever put it right cannot verify it: the page says why, the API refuses, nothing changes
    case.refresh_from_db()
    expect(li.locator(".not-now", has_text="复查通过")).to_contain_text("你是这件事的整改人")
    refused = machine(world, "li").send("cases.verify_case", case=str(case.pk), note="自己看过了")
    assert (refused.status_code, refused.json()["code"]) == (403, "cases.same_person")
    before = case.revision
    case.refresh_from_db()
    assert (case.state, case.revision) == ("verifying", before)

    # 陈包校 verifies; closed, with a 复查单
    chen.goto(f"/hazards/{case.pk}/")
    tap(chen.get_by_role("link", name="复查通过"))
    form = chen.locator("#step-verify")
    form.get_by_label("说明").fill("现场看过，压力正常")
    tap(form.get_by_text("于科员"))  # a 复查单 needs two
    tap(form.get_by_role("button", name="复查通过"))
    expect(chen.locator(f"#standing-{case.pk}")).to_contain_text("已销号")
    expect(zhao.locator(f"#standing-{case.pk}")).to_contain_text("已销号")
    expect(zhao.locator("h2", has_text="整改前后")).to_be_visible()

    # three papers, as PDF and as Word
    case.refresh_from_db()
    assert (case.state, case.is_open) == ("closed", False)
    Paper = apps.get_model("foundation", "Paper")
    papers = {paper.code: paper for paper in Paper.objects.all()}
    assert set(papers) == {"checklist-record", "supervision-notice", "verification-slip"}
    for code, paper in papers.items():
        at = "/inspections/papers" if code == "checklist-record" else "/hazards/papers"
        pdf = chen.request.get(f"{at}/{paper.pk}.pdf")
        assert pdf.status == 200
        assert pages_with_ink(pdf.body()) >= 1
        words = words_of(chen.request.get(f"{at}/{paper.pk}.docx").body())
        assert paper.number in words
        assert "灞东一小" in words or UNITS["school"][2] in words
