"""What people's days cost them: a canteen manager's morning, a class teacher's day, a guard's shift, a principal's month.

Every tap and every field of each is counted as it is done in a real browser, priced with the pack's seconds, and held
against the pack's budget of the post: a form that grows makes the journey fail.
"""

import math
import os
import re
from collections import Counter
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.utils import timezone
from playwright.sync_api import expect

from bihuan.engines.duties.loads import works_of
from bihuan.foundation import clock, packs
from bihuan.foundation.ids import uuid7
from bihuan.foundation.packs.loader import find, read_pack
from bihuan.foundation.packs.sections import data_of
from tests.journeys.conftest import tap
from tests.journeys.test_loop import sign
from tests.journeys.world import PACK

DAYS_A_WEEK, WEEKS_A_MONTH = 5, 52 / 12
LETTERS = 10
"""A longer text costs one field of text for every so many letters."""


class Hand:
    """One person at one screen: does a thing, and counts what it cost. ``usually`` counts what follows so many times."""

    def __init__(self, page, bureau_id):
        self.page, self.spent, self.times = page, Counter(), 1
        self.seconds = {code: row["seconds"] for code, row in packs.entries(bureau_id, "field-seconds").items()}

    def usually(self, times):
        self.times = times

    def open(self, address):
        self.page.goto(address)
        self.spent["open"] += self.times

    def tap(self, thing):
        tap(thing)
        self.spent["tap"] += self.times

    def write(self, field, words, kind="text"):
        field.fill(words)
        self.spent[kind] += self.times * (math.ceil(len(words) / LETTERS) if kind == "text" else 1)

    def choose(self, field, word):
        field.select_option(word)
        self.spent["choice"] += self.times

    def tick(self, thing):
        tap(thing)
        self.spent["choice"] += self.times

    def sign(self):
        sign(self.page)
        self.spent["signature"] += self.times

    @property
    def minutes(self):
        return sum(count * self.seconds[kind] for kind, count in self.spent.items()) / 60

    @property
    def fields(self):
        return self.spent.total() - self.spent["open"] - self.spent["tap"]

    def look(self, name):
        if folder := os.environ.get("BIHUAN_LOOKS"):
            self.page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def budget(world, post):
    """Minutes a week that the pack allows a post."""
    return packs.entries(world.orgs["bureau"], "budgets")[post]["minutes"]


@pytest.fixture(scope="module")
def expected():
    """Duty → what one time of doing it is expected to ask for."""
    found = read_pack(find(PACK)).chapters()
    said = {name: {item.code: data_of(item) for item in items} for name, items in found.items()}
    return {work.code: work.form for work in works_of(said)}


@pytest.fixture
def day(world):
    """The school has a canteen manager and a class with its teacher, each with yesterday's pages behind them."""
    school, today = str(world.orgs["school"]), timezone.localdate(clock.now())
    room = uuid7()
    world.do("system", "responsibility.create_org", id=str(room), parent_id=school, kind="class", name="三（1）班")
    for n, (key, name, post, place) in enumerate(
        [("he2", "何食堂", "canteen-manager", school), ("sun2", "孙班主任", "class-teacher", school)]
    ):
        made = world.do(
            "system", "responsibility.appoint", id=str(uuid7()), org_id=place, post=post,
            starts_on=str(today - timedelta(days=30)), person={"name": name, "phone": f"1990200{n:04d}", "staff_no": f"JY9{n}"},
        )  # fmt: skip
        world.people[key] = apps.get_model("responsibility", "Appointment").objects.get(pk=made["id"]).user_id
    yesterday = {"org_id": school, "on": str(today - timedelta(days=1))}
    pages = {
        ("he2", "disinfection"): [{"object": one, "way": "高温", "minutes": "30", "by": "何食堂"} for one in ("餐具", "案板", "餐车")],
        ("he2", "staff-health"): [{"name": one, "check": "正常"} for one in ("何食堂", "马师傅", "丁师傅", "田师傅")],
        ("sun2", "class-log"): [{"class": "三（1）班", "present": "44", "talk": "过马路", "facility": "正常"}],
        ("sun2", "health-round"): [
            {"class": "三（1）班", "turn": turn, "due": "45", "came": "44", "ill": "0"} for turn in ("晨检", "午检")
        ],
    }  # fmt: skip
    for (who, ledger), rows in pages.items():
        found = [{"id": str(uuid7()), "answers": answers} for answers in rows]
        world.do(who, "ledgers.write_rows", ledger=ledger, rows=found, **yesterday)
    return SimpleNamespace(school=school, today=today, room=str(room))


def entries(ledger, **having):
    return apps.get_model("ledgers", "Entry").objects.filter(ledger=ledger, **having)


def cell(row, title):
    return row.get_by_label(title, exact=True)


def test_a_canteen_managers_morning(world, day, sits, door, expected):
    page = sits(world, "he2", phone=True)
    hand = Hand(page, world.orgs["bureau"])
    page.goto("/ledgers/")
    hand.look("canteen-0-shelf")

    # 晨检: yesterday's four people stand ready, all normal is one tap
    hand.open(f"/ledgers/{day.school}/staff-health/")
    expect(page.locator("tr[data-ready]")).to_have_count(4)
    hand.look("canteen-1-health")
    hand.tap(page.get_by_role("button", name="都正常，一起登记"))
    expect(page.locator("#messages")).to_contain_text("新登记 4 行")
    assert hand.spent["tap"] == expected["ledger-staff-health"].taps == 1

    # 采购验收: several deliveries in one grid; papers and quarantine are usual, who received them is known
    hand.open(f"/ledgers/{day.school}/food-in/")
    usual, before = expected["ledger-food-in"], hand.fields
    deliveries = [
        ("鲜猪肉", "20261121", "秦牧肉联", "40 公斤"),
        ("小白菜", "20261122", "城东蔬菜", "30 公斤"),
        ("大米", "20260901", "关中粮油", "100 公斤"),
    ]
    hand.usually(usual.rows / len(deliveries))
    for row, said in zip(page.locator("tr[data-new]").all(), deliveries, strict=True):
        for title, words in zip(("品名", "批号或生产日期", "供货方", "数量"), said, strict=True):
            hand.write(cell(row, title), words)
    hand.usually(1)
    hand.look("canteen-2-deliveries")
    hand.tap(page.get_by_role("button", name="保存"))
    expect(page.locator("#messages")).to_contain_text("新登记 3 行")
    assert set(entries("food-in").values_list("answers__by", "answers__papers", "answers__quarantine")) == {
        ("何食堂", "齐全", "不需要")
    }
    assert hand.fields - before == usual.fields

    # 留样: four dishes; the moment is the server's, and the clock of 48 hours runs
    hand.open(f"/ledgers/{day.school}/food-samples/?rows=4")
    usual, before = expected["ledger-food-samples"], hand.fields
    for row, dish in zip(page.locator("tr[data-new]").all(), ("番茄炒蛋", "红烧肉", "清炒白菜", "米饭"), strict=True):
        hand.write(cell(row, "菜名"), dish)
        hand.write(cell(row, "留样量"), "130", "number")
        hand.write(cell(row, "冷藏温度"), "4", "number")
    hand.look("canteen-3-samples")
    hand.tap(page.get_by_role("button", name="保存"))
    expect(page.locator("#messages")).to_contain_text("新登记 4 行")
    expect(page.locator("tr", has_text="还在留样期")).to_have_count(4)
    hand.look("canteen-4-running")
    assert hand.fields - before == usual.fields
    kept = [(one.clock_due_at - one.made_at) for one in entries("food-samples")]
    assert all(timedelta(hours=47, minutes=58) < span <= timedelta(hours=48) for span in kept)
    expect(page.get_by_role("button", name="销毁留样")).to_have_count(
        0
    )  # not before its time, not by the address either
    sample = entries("food-samples").first()
    assert door(world, "he2").post(f"/ledgers/rows/{sample.pk}/end/").status_code == 302
    assert not entries("food-samples", clock_ended_at__isnull=False).exists()

    # 消毒: what was done yesterday stands ready
    hand.open(f"/ledgers/{day.school}/disinfection/")
    hand.tap(page.get_by_role("button", name="都正常，一起登记"))
    expect(page.locator("#messages")).to_contain_text("新登记 3 行")
    hand.spent["tap"] += 4  # tomorrow's taps: the samples of the day before yesterday are destroyed
    assert hand.minutes <= budget(world, "canteen-manager") / DAYS_A_WEEK


@pytest.fixture
def reminder(world, day):
    """The minute before school is out, today, whatever day and time it is."""
    sheet = apps.get_model("sheets", "Sheet").objects.get(code="remind-daily")
    world.do(
        "zhou", "duties.set_duty", id=str(uuid7()), org_id=day.school, code="remind-now", title="放学前 1 分钟安全提醒", act="sheet",
        sheet_id=str(sheet.pk), post="class-teacher", cadence={"every": "day"}, starts_on=str(day.today),
        scope={"tiers": ["area"], "kinds": ["class"]},
    )  # fmt: skip
    return apps.get_model("duties", "Task").objects.get(
        title="放学前 1 分钟安全提醒", on=day.today, duty__code="remind-now"
    )


def test_a_class_teachers_day(world, day, reminder, sits, expected):
    page = sits(world, "sun2", phone=True)
    hand = Hand(page, world.orgs["bureau"])

    # 晨午检: class, turn and how many are due stand ready; what came is counted
    hand.open(f"/ledgers/{day.school}/health-round/")
    usual, before = expected["ledger-health-round"], hand.fields
    rows = page.locator("tr[data-new]")
    expect(rows).to_have_count(2)
    expect(cell(rows.first, "班级")).to_have_value("三（1）班")
    for row in rows.all():
        hand.write(cell(row, "实到人数"), "45", "number")
    hand.look("teacher-1-health")
    hand.tap(page.get_by_role("button", name="保存"))
    expect(page.locator("#messages")).to_contain_text("新登记 2 行")
    assert hand.fields - before == usual.fields
    assert sorted(entries("health-round", on=day.today).values_list("answers__turn", flat=True)) == ["午检", "晨检"]

    # 班级安全日志
    hand.open(f"/ledgers/{day.school}/class-log/")
    usual, before = expected["ledger-class-log"], hand.fields
    hand.write(page.get_by_label("出勤人数"), "45", "number")
    hand.write(page.get_by_label("1530 提醒内容"), "过马路看两边")
    hand.look("teacher-2-log")
    hand.tap(page.get_by_role("button", name="保存"))
    expect(page.locator("#messages")).to_contain_text("新登记 1 行")
    assert hand.fields - before == usual.fields

    # 1530: one minute, from the list of what is to be done
    page.goto("/duties/")
    hand.look("teacher-3-duties")
    hand.open(f"/duties/{reminder.pk}/")
    usual, before = expected["remind-daily"], hand.fields
    hand.tick(page.get_by_label("交通安全"))
    hand.write(page.get_by_label(re.compile("在场人数")), "45", "number")
    hand.look("teacher-4-1530")
    hand.tap(page.get_by_role("button", name="提交"))
    expect(page.locator("#messages")).to_contain_text("已记为完成")
    assert hand.fields - before == usual.fields
    reminder.refresh_from_db()
    assert (reminder.state, reminder.done_by_name) == ("done", "孙班主任")
    assert hand.minutes <= budget(world, "class-teacher") / DAYS_A_WEEK


def test_a_guards_shift(world, day, sits, expected):
    page = sits(world, "wang", phone=True)
    hand = Hand(page, world.orgs["bureau"])

    # 交接班: his own shift is ticked, gear and state are usual
    hand.open(f"/ledgers/{day.school}/gate-shift/")
    shift = page.locator("tr[data-new]").first
    expect(cell(shift, "班次")).to_have_value("早班")
    hand.write(cell(shift, "交班人"), "刘保安")
    hand.write(cell(shift, "接班人"), "王保安")
    hand.look("guard-1-shift")
    hand.tap(page.get_by_role("button", name=re.compile("保存")))
    expect(page.locator("#messages")).to_contain_text("新登记 1 行")
    (row,) = entries("gate-shift")
    assert (row.answers["gear"], row.answers["state"], bool(row.answers["time"])) == ("齐全", "正常", True)

    # a visitor comes: three words, the moment is the server's; and leaves with one tap
    usual, before, taps = expected["ledger-visitors"], hand.fields, hand.spent["tap"]
    hand.usually(usual.rows)
    hand.open(f"/ledgers/{day.school}/visitors/")
    new = page.locator("tr[data-new]").first
    for title, words in (("来访人", "李家长"), ("来访事由", "送药"), ("受访人", "张老师")):
        hand.write(cell(new, title), words)
    hand.look("guard-2-visitor")
    hand.tap(page.get_by_role("button", name="保存"))
    expect(page.locator("tr", has_text="还在校内")).to_have_count(1)
    hand.look("guard-3-inside")
    hand.tap(page.get_by_role("button", name="已离校"))
    expect(page.locator("#messages")).to_contain_text("已销记")
    assert entries("visitors").get().clock_ended_at
    assert (hand.fields - before, hand.spent["tap"] - taps) == (usual.fields, usual.taps)

    # a delivery comes and drives off
    usual, before = expected["ledger-vehicles"], hand.fields
    hand.usually(usual.rows)
    hand.open(f"/ledgers/{day.school}/vehicles/")
    new = page.locator("tr[data-new]").first
    for title, words in (("车牌号", "陕A·12345"), ("单位", "城东蔬菜"), ("货物", "蔬菜")):
        hand.write(cell(new, title), words)
    hand.tap(page.get_by_role("button", name="保存"))
    expect(page.locator("tr", has_text="还在校内")).to_have_count(1)
    hand.tap(page.get_by_role("button", name="已驶离"))
    expect(page.locator("#messages")).to_contain_text("已销记")
    assert hand.fields - before == usual.fields
    assert entries("vehicles").get().answers["guide"] == "王保安"

    # nobody leaves early: one tap
    hand.usually(1)
    hand.open(f"/ledgers/{day.school}/early-leave/")
    hand.tap(page.get_by_role("button", name="今日无中途离校"))
    expect(page.locator("#messages")).to_contain_text("零报告已记下")

    # a patrol: the second round of the day is ticked when it is walked; five of them a day
    hand.usually(expected["ledger-rounds"].rows)
    hand.open(f"/ledgers/{day.school}/rounds/")
    hand.tap(page.get_by_role("checkbox", name="登记这一行").first)
    hand.look("guard-4-round")
    hand.tap(page.get_by_role("button", name="保存勾选的"))
    expect(page.locator("#messages")).to_contain_text("新登记 1 行")
    (row,) = entries("rounds")
    assert (row.answers["turn"], row.answers["state"]) == ("第1次", "正常")
    hand.look("guard-5-rounds")
    page.goto("/ledgers/")
    hand.look("guard-6-shelf")
    page.goto("/ledgers/running/")
    hand.look("guard-7-running")
    assert hand.minutes <= budget(world, "guard") / DAYS_A_WEEK


@pytest.fixture
def month(world, day):
    """The year's letters are out, one is signed; a task was missed; this month's meeting is due."""
    world.do("li", "pledges.issue_year", org_id=day.school, year="2026-2027")
    world.do(
        "zhou", "duties.set_duty", id=str(uuid7()), org_id=day.school, code="meeting-now", title="本月安全会商", act="act",
        post="head", cadence={"every": "day"}, starts_on=str(day.today),
    )  # fmt: skip
    return day


def test_a_principals_month(world, month, sits):
    page = sits(world, "zhou")
    hand = Hand(page, world.orgs["bureau"])

    # the monthly meeting: called, signed in, minutes with one resolution that becomes a case
    hand.open("/meetings/")
    hand.look("head-0-meetings")
    hand.tap(page.get_by_role("link", name="召集会议"))
    hand.look("head-1-call")
    hand.write(page.get_by_label("会议名称"), "11 月安全会商研判")
    hand.write(page.get_by_label("议程"), "上月没办完的\n本月三个风险")
    soon = timezone.localtime(clock.now()) + timedelta(minutes=10)
    hand.write(page.get_by_label("什么时候"), f"{soon:%Y-%m-%dT%H:%M}", "date")
    expect(page.get_by_label(re.compile("周校长"))).to_be_checked()
    for name in ("李安全", "钱总务"):
        hand.tick(page.get_by_label(re.compile(name)))
    hand.tap(page.get_by_role("button", name="召集并通知"))
    hand.tap(page.get_by_role("button", name="签到"))
    expect(page.locator("#messages")).to_contain_text("已签到")
    hand.look("head-2-meeting")
    hand.write(page.get_by_label("纪要"), "上月 12 条清了 11 条；本月盯住食堂燃气、校门口停车。")
    hand.write(page.get_by_label("第 1 条做什么"), "更换二层灭火器")
    hand.choose(page.get_by_label("第 1 条谁办"), str(world.people["qian"]))
    hand.write(page.get_by_label("第 1 条期限"), str(month.today + timedelta(days=7)), "date")
    hand.tap(page.get_by_role("button", name="纪要定稿，交办事项"))
    expect(page.locator("#messages")).to_contain_text("已交办到人")
    hand.look("head-3-minutes")
    assert apps.get_model("cases", "Case").objects.filter(title="更换二层灭火器").exists()

    # the letter: his own is signed, then who has not
    hand.open("/pledges/")
    hand.look("head-4-letters")
    hand.tap(page.get_by_role("link", name="读完并签字").first)
    hand.look("head-5-letter")
    hand.sign()
    hand.tap(page.get_by_role("button", name="我已读完，签字"))
    expect(page.get_by_text("已签", exact=True).first).to_be_visible()
    hand.open(f"/pledges/school/{month.school}/?state=waiting")
    expect(page.locator("#rows, tbody").first).to_contain_text("李安全")
    hand.look("head-6-unsigned")
    hand.tap(page.get_by_role("button", name=re.compile("催还没签的")))
    expect(page.locator("#messages")).to_contain_text("催")

    # who misses what
    hand.open("/duties/?whose=all&state=missed")
    hand.look("head-7-missed")
    hand.open("/duties/minutes/")
    expect(page.locator("#post-guard")).to_contain_text("预算内")
    hand.look("head-8-minutes")
    hand.open("/ledgers/")
    hand.look("head-9-ledgers")

    # a plan: drafted from its kind, roles to people, published and sent to the bureau
    hand.open("/plans/")
    hand.look("head-10-plans")
    hand.tap(page.locator("tr", has_text="消防").get_by_role("link", name="起草"))
    hand.tap(page.get_by_role("button", name="起草"))
    hand.look("head-11-draft")
    for part in page.locator("textarea[name=text]").all():
        hand.write(part, "发现火情先喊人、按警铃、打 119。")
    for role in page.locator("select[name=person]").all()[:-1]:
        hand.choose(role, str(world.people["li"]))
    hand.tap(page.get_by_role("button", name="保存草稿"))
    expect(page.locator("#messages")).to_contain_text("草稿")
    hand.tap(page.get_by_role("button", name="发布这一版"))
    hand.tap(page.get_by_role("dialog").get_by_role("button", name=re.compile("确定|发布")))
    expect(page.get_by_text("施行中")).to_be_visible()
    hand.look("head-12-published")
    hand.tap(page.get_by_role("button", name="报送区局备案"))
    expect(page.locator("#messages")).to_contain_text("报送")
    hand.look("head-13-filed")
    assert hand.minutes <= budget(world, "head") * WEEKS_A_MONTH
