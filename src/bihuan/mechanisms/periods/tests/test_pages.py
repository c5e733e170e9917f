"""The pages, the papers, the API and the pack's chapter."""

import io
import re
from datetime import timedelta

import pytest
from django.apps import apps
from python_calamine import CalamineWorkbook

from bihuan.accounts.commands import issue_token
from bihuan.foundation import clock, packs
from bihuan.foundation.models import PackEntry
from bihuan.foundation.packs.measures import measured
from bihuan.foundation.packs.sections import sections
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.periods import printouts, queries
from bihuan.mechanisms.periods.models import Period
from bihuan.mechanisms.periods.tests.conftest import _pack, day, living, moment, nil, task

pytestmark = pytest.mark.django_db
NOW = "10-01T15:00"


def text_of(answer):
    return re.sub(r"<[^>]+>", " ", answer.content.decode())


@pytest.fixture
def today(declare, net, actors):
    """The national day, three in the afternoon: one school has reported, the other has not."""
    row = declare()
    with living(NOW) as now:
        nil(actors.li, now, row, "10-01", net.school)
        yield row


@pytest.mark.clause("XX-17")
def test_the_bureau_sees_who_is_silent_with_a_telephone_number(today, door, cast):
    page = door("zhao").get(f"/periods/{today.pk}/")
    body = page.content.decode()
    assert body.index("灞东区第二中学") < body.index("灞东区第一小学")  # whoever has not answered stands first
    assert f'href="tel:{cast.wu.phone}"' in body
    assert "外校老吴" in text_of(page)
    assert "零报告" in text_of(page)
    silent = text_of(door("zhao").get(f"/periods/{today.pk}/?which=waiting"))
    assert "灞东区第二中学" in silent
    assert "灞东区第一小学" not in silent
    assert "line-leader" not in body  # no code where a word belongs
    assert "分管安全副校长" in body


def test_a_post_that_nobody_holds_is_said_in_words(declare, net, cast, actors, door):
    row = declare()
    apps.get_model("responsibility", "Appointment").objects.filter(user=cast.wu).update(ends_on=day("09-29"))
    with living("10-01T15:00"):
        assert "安全负责人（保卫主任）没有人担任" in text_of(door("zhao").get(f"/periods/{row.pk}/"))


@pytest.mark.clause("XX-17")
def test_the_desk_says_how_many_have_not_reported(today, door, actors, net):
    assert "还有 1 所学校 今天没有报告" in re.sub(r"\s+", " ", text_of(door("zhao").get("/periods/band/")))
    assert "今天该报的都报了" in text_of(door("li").get("/periods/band/"))
    assert "本校今天还没有报告" in text_of(door("wu").get("/periods/band/"))
    assert "没有报告" not in text_of(door("wang").get("/periods/band/"))
    assert 'hx-get="/periods/band/"' in door("zhao").get("/").content.decode()
    mine = text_of(door("wu").get("/"))
    assert "战备日报告" in mine  # in my todo by itself
    with clock.travel(moment("10-13T09:00")):
        assert text_of(door("zhao").get("/periods/band/")).strip() == ""


def test_a_nil_report_is_one_tap(today, door, net, actors):
    pk = task(today, "period-report", "10-01", net.other_school).pk
    assert "今天无事，一下报完" in door("wu").get(f"/duties/{pk}/").content.decode()
    assert door("wu").post(f"/duties/{pk}/answer/", {"nil": "1"}).status_code == 302
    assert not queries.days(actors.zhao, today, first=day("10-01"), last=day("10-01"))[0].waiting


def test_declared_reminded_prolonged_and_ended_on_pages(chapter, door, net):
    client = door("zhao")
    form = client.get("/periods/new/").content.decode()
    assert "国庆、中秋" in form
    pk = re.search(r'name="id" value="([^"]+)"', form)[1]
    with clock.travel(moment("09-29T10:00")):
        said = {
            "id": pk,
            "org_id": str(net.bureau.pk),
            "kind": "national-day",
            "starts_on": "2026-09-30",
            "ends_on": "2026-09-29",
        }
        wrong = client.post("/periods/new/", said)
        assert wrong.status_code == 422
        assert "结束日期早于开始日期" in wrong.content.decode()
        assert "checked" in wrong.content.decode()  # what was chosen is kept
        assert client.post("/periods/new/", {**said, "ends_on": "2026-10-08"}).status_code == 302
        clash = client.post("/periods/new/", {**said, "id": "", "ends_on": "2026-10-08"})
        assert clash.status_code == 422
    with living("10-01T15:00"):
        pass
    with living("10-01T15:01"):
        assert client.post(f"/periods/{pk}/remind/").status_code == 302
        again = client.post(f"/periods/{pk}/remind/")
        assert (again.status_code, "一小时内不重复打扰" in again.content.decode()) == (409, True)
        assert client.post(f"/periods/{pk}/prolong/", {"ends_on": "2026-10-07"}).status_code == 422
        assert client.post(f"/periods/{pk}/prolong/", {"ends_on": "2026-10-12"}).status_code == 302
        short = client.post(f"/periods/{pk}/end/", {"last_on": "2026-10-01", "reason": ""})
        assert short.status_code == 422
        assert (
            client.post(f"/periods/{pk}/end/", {"last_on": "2026-10-01", "reason": "上级通知解除"}).status_code == 302
        )
    assert Period.objects.get(pk=pk).ended_for == "上级通知解除"
    assert "国庆、中秋战备期" in client.get("/periods/").content.decode()


def test_whoever_may_not_declare_finds_no_form(chapter, door):
    for who in ("wang", "chief", "nobody"):
        assert door(who).get("/periods/new/").status_code == 404
    assert "/periods/new/" not in door("wang").get("/periods/").content.decode()


def test_nobody_is_red_and_nobody_is_urged_before_the_hour(declare, door):
    row = declare()
    with living("10-01T09:00"):
        early = door("zhao").get(f"/periods/{row.pk}/").content.decode()
    assert "今天的日报 14:00 开始报" in early
    assert 'due-late">还没报' not in early
    assert f"/periods/{row.pk}/remind/" not in early
    with living("10-01T14:00"):
        body = door("zhao").get(f"/periods/{row.pk}/").content.decode()
    assert 'due-late">还没报' in body
    assert f"/periods/{row.pk}/remind/" in body


def test_only_whoever_reports_is_led_to_the_report(declare, door):
    row = declare()
    with living(NOW):
        shown = {who: door(who).get(f"/periods/{row.pk}/").content.decode() for who in ("li", "wang")}
    assert all("还没报" in body for body in shown.values())
    assert ["去报" in body for body in shown.values()] == [True, False]
    assert ["打印汇总" in body for body in shown.values()] == [True, False]  # a guard takes no lists away


def test_the_list_is_filtered_by_its_address(declare, net, actors, door):
    declare()
    declare(actors.zhou, net.school, kind="other", starts="10-20", ends="10-22", name="校庆战备期")
    with clock.travel(moment(NOW)):
        shown = {
            asked: text_of(door("zhao").get(f"/periods/?{asked}"))
            for asked in ("state=live", "state=coming", "state=over", "whose=school", "whose=bureau", "state=nonsense")
        }
    bureau, own = "国庆、中秋战备期", "校庆战备期"
    assert {asked: (bureau in body, own in body) for asked, body in shown.items()} == {
        "state=live": (True, False), "state=coming": (False, True), "state=over": (False, False),
        "whose=school": (False, True), "whose=bureau": (True, False), "state=nonsense": (True, True),
    }  # fmt: skip
    assert "没有这样的战备期" in shown["state=over"]


# --- papers -----------------------------------------------------------------------------------------------------------


def test_the_summary_on_paper_and_as_a_workbook(today, actors, net):
    with living("10-03T06:00"):
        found = queries.summary(actors.zhao, today.pk)
        paper = printouts.summary_pdf(found, address="http://127.0.0.1/")
        assert paper.startswith(b"%PDF")
        book = CalamineWorkbook.from_filelike(io.BytesIO(printouts.summary_xlsx(found)))
    days, schools = (book.get_sheet_by_name(name).to_python() for name in ("每天", "各校"))
    assert days[1][:6] == ["日期", "应报", "已报", "零报告", "迟报", "漏报"]
    second = days[3]
    assert second[:6] == [day("10-01"), 2, 1, 1, 0, 1]
    assert schools[0] == ["学校", "09-30", "10-01", "10-02", "10-03"]
    assert schools[1] == ["灞东区第一小学", "漏报", "零报告", "漏报", "未报"]
    assert schools[2] == ["灞东区第二中学", "漏报", "漏报", "漏报", "未报"]


def test_the_summary_of_a_school_has_its_own_rows_only(today, actors):
    with clock.travel(moment(NOW)):
        found = queries.summary(actors.wu, today.pk)
        book = CalamineWorkbook.from_filelike(io.BytesIO(printouts.summary_xlsx(found)))
    assert [row[0] for row in book.get_sheet_by_name("各校").to_python()] == ["学校", "灞东区第二中学"]


# --- API --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def ask(client, actors):
    """``ask("zhao", "/periods")``: the answer of the API."""

    def asked(who, address):
        token = issue_token(getattr(actors, who), clock.now(), name="测试", scopes=["read"], days=30)["token"]
        return client.get(f"/api/v1{address}", headers={"authorization": f"Bearer {token}"})

    return asked


def test_periods_for_machines(today, ask, cast):
    listed = ask("zhao", "/periods").json()["items"]
    assert [(one["id"], one["state"], one["school_id"]) for one in listed] == [(str(today.pk), "live", None)]
    found = ask("zhao", f"/periods/{today.pk}").json()
    assert [(one["on"], one["answered"], one["nil"], one["missed"]) for one in found["days"]] == [
        ("2026-09-30", 0, 0, 2), ("2026-10-01", 1, 1, 0),
    ]  # fmt: skip
    silent = ask("zhao", f"/periods/{today.pk}/answers?which=waiting").json()
    assert [(one["org_name"], one["responsible"], one["phone"]) for one in silent["items"]] == [
        ("灞东区第二中学", "外校老吴", cast.wu.phone)
    ]
    assert ask("wu", f"/periods/{today.pk}/answers").json()["items"][0]["org_name"] == "灞东区第二中学"
    assert ask("sun", f"/periods/{today.pk}").status_code == 404
    assert ask("sun", "/periods").json()["items"] == []
    first = ask("zhao", f"/periods/{today.pk}/answers?limit=1").json()
    second = ask("zhao", f"/periods/{today.pk}/answers?limit=1&cursor={first['next']}").json()
    assert [first["items"][0]["org_name"], second["items"][0]["org_name"]] == ["灞东区第二中学", "灞东区第一小学"]


def test_todays_number_of_the_clause(today, actors):
    assert measured(actors.zhao, "periods-today").number == "1"
    with clock.travel(moment("10-13T09:00") + timedelta(days=1)):
        assert measured(actors.zhao, "periods-today").number == "0"


# --- the pack's chapter -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pack", ["base", "chanba-12345n", "hanyin-333", "primary-seven"])
def test_our_packs_say_what_a_period_asks_for(pack):
    (item,) = _pack(pack).items["periods"]
    roles = [duty.role for duty in item.spec.duties]
    assert (roles.count("report"), roles.count("watch")) == (1, 2)
    leader, officer = (duty for duty in item.spec.duties if duty.role == "watch")
    assert (leader.apart, officer.apart) == ((officer.code,), (leader.code,))
    assert leader.post != officer.post


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"role": "raised"}, "periods.one_report"),
        ({"nil": False}, "periods.bad_report"),
        ({"cadence": {"every": "school-day"}}, "periods.bad_report"),
        ({"kinds": ("carnival",)}, "periods.no_such_kind"),
        ({"apart": ("period-nobody",)}, "periods.no_such_duty"),
        ({"starts_on": day("10-01")}, "periods.dated"),
        ({"act": "patrol", "sheet": "", "nil": False}, "periods.bad_act"),
        ({"post": "captain"}, "duties.no_such_post"),
        ({"sheet": "no-such-sheet"}, "duties.no_such_sheet"),
        ({"code": "period-leader"}, "packs.twice"),
    ],
)
def test_what_is_wrong_with_a_chapter_is_said(change, code):
    read = _pack("base")
    (item,) = read.items["periods"]
    report, *others = item.spec.duties
    spec = item.spec.model_copy(update={"duties": (report.model_copy(update=change), *others)})
    chapter = next(one for one in sections() if one.name == "periods")
    codes = frozenset((name, one.code) for name, items in read.items.items() for one in items)
    wrong = type(item)(item.file, item.row, item.code, spec)
    assert code in {fault.code for fault in chapter.check(wrong, codes)}
    assert not list(chapter.check(item, codes))


def test_without_a_chapter_nothing_is_declared(net, actors):
    PackEntry.objects.filter(section="periods").delete()
    packs.forget()
    with pytest.raises(Refusal) as refused:
        queries.places(actors.zhao)
    assert refused.value.code == "periods.no_chapter"
