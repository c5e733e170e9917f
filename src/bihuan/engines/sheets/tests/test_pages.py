"""The pages of checklists: read, filter, print, draft, discuss, publish, import."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
import xlsxwriter
from django.utils import timezone

from bihuan.engines.sheets.queries import sheet_lines, version_by_id
from bihuan.foundation import clock
from bihuan.foundation.ids import uuid7

pytestmark = pytest.mark.django_db


def test_the_checklist_is_read_filtered_and_printed(line, door, django_assert_max_num_queries):
    client, at = door("li"), f"/sheets/{line.sheet.pk}/"
    with django_assert_max_num_queries(12):
        whole = client.get(at).content.decode()
    assert "379 项" in whole
    assert "消防安全责任人和管理人有书面任命" in whole
    some = client.get(
        at, {"section": "08", "severity": "major", "stage": "kindergarten", "way": "records"}
    ).content.decode()
    assert "消防安全责任人和管理人有书面任命" in some
    assert "每日防火巡查记录不断档" not in some
    printed = client.get(f"{at}print.pdf", {"section": "20"})
    assert printed.content.startswith(b"%PDF")
    assert client.get("/sheets/").status_code == 200


@pytest.mark.parametrize("way", ["", "versions/", "print.pdf"])
def test_another_bureau_finds_nothing(line, door, way):
    assert door("sun").get(f"/sheets/{line.sheet.pk}/{way}").status_code == 404
    assert door("nobody").get(f"/sheets/{line.sheet.pk}/{way}").status_code == 404
    assert line.sheet.title not in door("sun").get("/sheets/").content.decode()


@pytest.mark.clause("CB-23")
def test_a_new_version_is_drafted_discussed_and_published(line, actors, door):
    client, at = door("zhao"), f"/sheets/{line.sheet.pk}"
    went = client.post(f"{at}/draft/", {"_id": str(uuid7()), "version": "1.1", "note": "补一项"})
    draft = went.headers["Location"]
    pk = draft.split("/")[3]
    revision = version_by_id(actors.zhao, pk).version.revision
    form = {
        "_id": str(uuid7()), "revision": revision, "code": "08-90", "section": "08", "title": "楼道电动车清零", "kind": "pass-fail",
        "standard": "楼道、门厅没有停放或充电的电动自行车。", "ways": ["site"], "severity": "serious", "proof": "own",
    }  # fmt: skip
    assert client.post(f"{draft}add/", form | {"title": "楼"}).status_code == 422
    assert client.post(f"{draft}add/", form | {"_id": str(uuid7())}).status_code == 302
    assert client.get(f"{draft}items/08-90/").status_code == 200
    assert (
        door("li")
        .post(f"{draft}add/", form | {"_id": str(uuid7()), "code": "08-91", "title": "学校自己加一项"})
        .status_code
        == 403
    )
    said = door("li").post(
        f"{draft}opinions/", {"_id": str(uuid7()), "item": "08-90", "text": "楼道口能不能给个充电棚的说法"}
    )
    assert said.status_code == 302
    page = client.get(draft).content.decode()
    assert "楼道口能不能给个充电棚的说法" in page
    versions = client.get(f"{at}/compare/", {"old": line.current.pk, "new": pk}).content.decode()
    assert "新增 1 项" in versions
    today = timezone.localdate(clock.now())
    revision = version_by_id(actors.zhao, pk).version.revision
    form = {"_id": str(uuid7()), "revision": revision, "effective_on": (today - timedelta(days=1)).isoformat()}
    assert client.post(f"{draft}publish/", form).status_code == 422
    assert (
        client.post(f"{draft}publish/", form | {"_id": str(uuid7()), "effective_on": today.isoformat()}).status_code
        == 302
    )
    assert sheet_lines(actors.zhao, on=today)[0].current.version == "1.1"
    assert client.get(f"{at}/versions/").status_code == 200


def test_a_spreadsheet_becomes_a_draft(line, actors, door):
    raw = io.BytesIO()
    book = xlsxwriter.Workbook(raw, {"in_memory": True})
    page = book.add_worksheet()
    for row, cells in enumerate([
        ["灞东区校园安全检查表"],
        ["类别", "检查内容", "标准要求", "检查方式", "依据", "等级"],
        ["消防", "灭火器压力正常", "指针在绿区", "看现场", "消防法第16条", "一般"],
        ["", "安全出口畅通", "没有上锁、堆物", "看现场、问师生", "消防法第28条", "重大"],
        ["食堂", "食品留样", "每样不少于１２５克，４８小时", "查资料", "", "不知道"],
    ]):  # fmt: skip
        page.write_row(row, 0, cells)
    book.close()
    raw.seek(0)
    raw.name = "检查表.xlsx"
    client, at = door("zhao"), "/sheets/import/"
    checked = client.post(at, {"_id": str(uuid7()), "title": "本局检查表", "version": "2.0", "file": raw})
    text = checked.content.decode()
    assert "1 行要改" in text
    assert "看不懂严重程度「不知道」" in text
    table = checked.context["table"].replace("不知道", "一般")
    form = {
        "_id": str(uuid7()),
        "title": "本局检查表",
        "version": "2.0",
        "table": table,
        "file_name": "检查表.xlsx",
        "step": "import",
    }
    form |= {f"column-{name}": chosen for name, _, chosen in checked.context["columns"]}
    went = client.post(at, form)
    view = version_by_id(actors.zhao, went.headers["Location"].split("/")[3])
    assert [item.section for item in view.content.items] == ["01", "01", "02"]
    assert view.content.items[2].standard == "每样不少于125克，48小时"
    assert view.content.items[1].severity == "major"
    assert door("li").post(at, form | {"_id": str(uuid7())}).status_code == 403
    notes = io.BytesIO("这不是表格".encode())
    notes.name = "说明.xlsx"
    refused = client.post(at, {"_id": str(uuid7()), "title": "本局检查表", "version": "2.1", "file": notes})
    assert refused.status_code == 422
    assert "读不出表格" in refused.content.decode()
    assert "本局检查表" in refused.content.decode()
