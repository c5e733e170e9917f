"""The doors: every page opens for whom it is for, shows the day, keeps what was typed, and stays shut for others."""

from __future__ import annotations

import io
import re
from datetime import UTC, date, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from python_calamine import CalamineWorkbook

from bihuan.engines.responsibility import queries
from bihuan.engines.responsibility.commands import NewPerson, assign_sponsor, hand_over
from bihuan.engines.responsibility.models import Appointment, Org, RosterImport
from bihuan.engines.responsibility.tests.workbooks import clean, nasty
from bihuan.foundation import clock, packs
from bihuan.foundation.ids import uuid7

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
TODAY = date(2026, 11, 22)


@pytest.fixture(autouse=True)
def on_that_day():
    with clock.travel(AT):
        yield


def text(answer) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def held(person, post):
    return Appointment.objects.get(user=person, post=post, ends_on=None)


@pytest.mark.clause("CB-01")
@pytest.mark.clause("CB-06")
def test_the_tree_shows_units_people_and_gaps(net, cast, door):
    page = text(door("zhao").get("/net/"))
    for word in (
        "灞东区第一小学",
        "周校长",
        "包校干部",
        "陈包校",
        "灞东区第二中学 校长空缺",
        "灞东区第一小学 东校区 实验楼 无人负责",
    ):
        assert word in page
    inside = text(door("li").get("/net/"))
    assert "化学实验室" in inside
    assert "灞东区第二中学" not in inside


def test_the_page_turns_to_the_day(net, cast, actors, door):
    hand_over(
        actors.admin,
        AT,
        id=uuid7(),
        appointment_id=held(cast.zhou, "head").pk,
        on=TODAY,
        person=NewPerson(name="新来校长"),
    )
    desk = door("zhao")
    assert "新来校长" in text(desk.get("/net/"))
    before = text(desk.get("/net/?on=2026-11-21"))
    assert "周校长" in before
    assert "新来校长" not in before
    assert "2026年11月21日" in before
    unit = text(desk.get(f"/net/{net.school.pk}/"))
    assert "周校长，校长，2024-09-01 至 2026-11-21" in unit
    assert "周校长" not in text(desk.get("/net/?on=2024-08-31"))


@pytest.mark.parametrize("on", ["2026-13-01", "昨天", "9999-12-31", "0001-01-01"])
def test_a_day_that_is_none_is_refused_in_words(door, on):
    answer = door("zhao").get("/net/", {"on": on})
    assert answer.status_code == 422
    assert "不是日期" in text(answer)


def test_who_may_open_what(net, cast, door):
    row = held(cast.wang, "guard").pk
    pages = [
        "/net/", "/net/gaps/", "/net/sponsors/", "/net/import/", f"/net/{net.school.pk}/", f"/net/{net.school.pk}/appoint/",
        f"/net/{net.school.pk}/new/", f"/net/{net.school.pk}/change/", f"/net/{net.school.pk}/move/", f"/net/{net.school.pk}/close/",
        f"/net/served/{row}/hand-over/", f"/net/served/{row}/stand-in/", f"/net/served/{row}/end/", "/net/posts/", "/net/posts/guard/",
    ]  # fmt: skip
    for page in pages:
        assert door("admin").get(page).status_code == 200, page
        assert door("").get(page).status_code == 302, page
    for page in pages:
        strange = door("wu").get(page)
        if str(net.school.pk) in page or str(row) in page:
            assert strange.status_code == 404, page
        else:
            assert "李安" not in text(strange), page
            assert "王保安" not in text(strange), page
    assert door("wang").get("/net/").status_code == 403
    assert door("wang").get("/net/posts/guard/").status_code == 200
    assert door("zhao").get("/net/posts/nothing/").status_code == 404


def test_an_appointment_by_form_and_what_was_typed_is_kept(net, cast, door):
    desk = door("li")
    page = f"/net/{net.room.pk}/appoint/"
    typed = {
        "post": "lab-keeper",
        "person.name": "孙晓燕",
        "person.phone": "13900000001",
        "starts_on": "2026-11-22",
        "ends_on": "2026-11-01",
        "rank": "1",
    }
    refused = desk.post(page, typed)
    assert refused.status_code == 422
    assert "结束日期早于开始日期" in text(refused)
    for value in ("孙晓燕", "13900000001", "2026-11-01"):
        assert f'value="{value}"' in refused.content.decode()
    done = desk.post(page, typed | {"ends_on": ""}, follow=True)
    assert "孙晓燕的任职已登记。" in text(done)
    assert Appointment.objects.get(user__name="孙晓燕").org_id == net.room.pk
    broken = desk.post(page, typed | {"person.name": "", "starts_on": "明天"})
    assert broken.status_code == 422
    assert "日期格式不对" in text(broken)


def test_hand_over_stand_in_and_end_by_form(net, cast, door):
    desk = door("li")
    wang, fang = held(cast.wang, "guard"), held(cast.fang, "line-leader")
    said = desk.post(f"/net/served/{wang.pk}/hand-over/", {"person.name": "新保安", "on": "2026-11-22"}, follow=True)
    assert "已交接给新保安" in text(said)
    said = desk.post(
        f"/net/served/{fang.pk}/stand-in/",
        {"person.name": "钱主任", "starts_on": "2026-11-22", "ends_on": "2026-11-24"},
        follow=True,
    )
    assert "已安排钱主任代班" in text(said)
    assert "代 方副校长" in text(desk.get(f"/net/{net.school.pk}/"))
    said = desk.post(f"/net/served/{fang.pk}/end/", {"ends_on": "2026-11-30", "reason": "调离"}, follow=True)
    assert "已登记结束" in text(said)
    refused = door("zhou").post(f"/net/served/{held(cast.qian, 'logistics-lead').pk}/end/", {"ends_on": "2026-11-30"})
    assert refused.status_code == 403
    assert "你的岗位不能调整这里的人员" in text(refused)


def test_units_by_form(net, cast, door):
    desk = door("admin")
    new = desk.post(f"/net/{net.bureau.pk}/new/", {"kind": "primary", "name": "灞东区第三小学", "code": "12"})
    assert new.status_code == 422
    assert 'value="灞东区第三小学"' in new.content.decode()
    new = desk.post(
        f"/net/{net.bureau.pk}/new/",
        {"kind": "primary", "name": "灞东区第三小学", "code": "2161000009", "stages": ["primary"]},
        follow=True,
    )
    assert "已新建「灞东区第三小学」" in text(new)
    school = Org.objects.get(code="2161000009")
    saved = desk.post(
        f"/net/{school.pk}/change/",
        {"revision": 1, "name": "灞东区实验小学", "code": "2161000009", "stages": ["primary"]},
        follow=True,
    )
    assert "灞东区实验小学" in text(saved)
    stale = desk.post(f"/net/{school.pk}/change/", {"revision": 1, "name": "又改", "code": "2161000009"})
    assert stale.status_code == 409
    closed = desk.post(f"/net/{school.pk}/close/", {"revision": 2, "on": "2026-11-22"}, follow=True)
    assert "2026年11月22日 撤销" in text(closed)
    moved = desk.post(f"/net/{net.room.pk}/move/", {"revision": 1, "parent_id": str(net.site.pk)}, follow=True)
    assert "已调整上级单位" in text(moved)
    assert Org.objects.get(pk=net.room.pk).parent_id == net.site.pk


def test_sponsors_by_form(net, cast, door):
    desk = door("admin")
    nobody = desk.post("/net/sponsors/", {"post": "sponsor-cadre", "person.name": "刘包校", "from": "2026-11-22"})
    assert nobody.status_code == 422
    assert "至少选一所" in text(nobody)
    both = [str(net.school.pk), str(net.other_school.pk)]
    done = desk.post(
        "/net/sponsors/",
        {"post": "sponsor-cadre", "person.name": "刘包校", "from": "2026-11-22", "schools": both},
        follow=True,
    )
    assert "已调整2所学校" in text(done)
    assert text(done).count("刘包校") >= 2


def test_a_roster_from_upload_to_undo(net, cast, door):
    desk = door("admin")
    sent = desk.post(
        "/net/import/", {"org_id": str(net.bureau.pk), "file": SimpleUploadedFile("责任人.xlsx", nasty())}, follow=True
    )
    page = text(sent)
    assert "需要修改 2" in page
    assert "没有叫「门卫」的岗位" in page
    row = RosterImport.objects.get()
    report = desk.get(f"/net/import/{row.pk}/report/")
    lines = CalamineWorkbook.from_filelike(io.BytesIO(report.content)).get_sheet_by_index(0).to_python()
    assert lines[2][:2] == [8.0, "需要修改"]
    assert "九月一日" in lines[3][-1]
    refused = desk.post(f"/net/import/{row.pk}/", {"header_row": "3", "unit": "1", "name": "2", "post": "3"})
    assert refused.status_code == 422
    assert "一行也没有导入" in text(refused)
    sent = desk.post(
        "/net/import/", {"org_id": str(net.school.pk), "file": SimpleUploadedFile("名册.xlsx", clean())}, follow=True
    )
    row = RosterImport.objects.get()  # the unfinished one before was replaced
    assert "导入这 3 条" in text(sent)
    swapped = text(desk.get(f"/net/import/{row.pk}/?header_row=1&name=2&post=1"))
    assert "没有叫「新老师甲」的岗位" in swapped
    unclear = text(desk.get(f"/net/import/{row.pk}/?header_row=1&name=1"))
    assert "还没有指定哪一列是岗位" in unclear
    done = desk.post(
        f"/net/import/{row.pk}/",
        {"header_row": "1", "unit": "0", "name": "1", "post": "2", "phone": "3", "starts_on": "4"},
        follow=True,
    )
    assert "名册已导入" in text(done)
    assert Appointment.objects.filter(import_id=row.pk).count() == 3
    assert desk.get(f"/net/import/{row.pk}/report/").status_code == 409
    undone = desk.post(f"/net/import/{row.pk}/undo/", follow=True)
    assert "已撤回" in text(undone)
    assert desk.post(f"/net/import/{row.pk}/undo/").status_code == 409
    assert door("wu").get(f"/net/import/{row.pk}/").status_code == 404
    assert door("wu").post(f"/net/import/{row.pk}/undo/").status_code == 404


def test_uploads_that_are_no_roster(net, cast, door):
    desk = door("admin")
    assert desk.post("/net/import/", {"org_id": str(net.bureau.pk)}).status_code == 422
    bad = desk.post("/net/import/", {"org_id": str(net.bureau.pk), "file": SimpleUploadedFile("x.xlsx", b"PK\x03\x04")})
    assert bad.status_code == 422
    assert "没有上传完整" in text(bad)


def test_the_template_can_be_filled_in(net, cast, door):
    sheets = CalamineWorkbook.from_filelike(io.BytesIO(door("li").get("/net/import/template/").content))
    rows = sheets.get_sheet_by_name("名册").to_python()
    assert rows[1] == ["单位", "区域", "姓名", "岗位", "电话", "工号", "任职日期", "截止日期"]
    assert rows[2][0] == "灞东区第一小学"
    assert ["保安"] in sheets.get_sheet_by_name("岗位名称").to_python()


def test_no_page_needs_more_than_twelve_statements(net, cast, actors, door):
    assign_sponsor(
        actors.admin,
        AT,
        schools=[net.school.pk, net.other_school.pk],
        post="office-head",
        on=TODAY,
        user_id=cast.meng.pk,
    )
    for page in (
        "/net/",
        "/net/gaps/",
        "/net/sponsors/",
        "/net/import/",
        "/net/posts/",
        f"/net/{net.school.pk}/",
        f"/net/{net.bureau.pk}/",
        f"/net/{net.school.pk}/appoint/",
    ):
        client = door("admin")
        packs.forget()
        queries.forget_actors()
        with CaptureQueriesContext(
            connection,
        ) as seen:
            assert client.get(page).status_code == 200
        assert len(seen) <= 12, (page, len(seen), [one["sql"][:90] for one in seen])
