"""Reading workbooks and rows, without a database."""

from __future__ import annotations

import contextlib
import io
import zipfile
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bihuan.engines.responsibility.rules.roster import day_of, find_header, phone_of, post_names, read_rows
from bihuan.engines.responsibility.rules.workbook import MOST_BYTES, Unreadable, read_workbook
from bihuan.engines.responsibility.tests.workbooks import nasty, xlsx


@pytest.mark.parametrize(
    "cell",
    [
        "2026-09-01",
        "2026.9.1",
        "2026/09/01",
        "2026年9月1日",
        "２０２６年９月１日",
        "20260901",
        "46266",
        "46266.0",
        "2026年9月",
        "2026.9",
        " 2026-9-1 00:00:00",
    ],
)
def test_days_as_people_write_them(cell):
    assert day_of(cell) == date(2026, 9, 1)


@pytest.mark.parametrize("cell", ["", "  ", "-", "无", "至今"])
def test_no_day(cell):
    assert day_of(cell) is None


@pytest.mark.parametrize("cell", ["九月一日", "2026-13-01", "2026-02-30", "1", "去年", "20269901"])
def test_what_is_not_a_day(cell):
    with pytest.raises(ValueError):  # noqa: PT011 - the text is the cell
        day_of(cell)


@given(st.dates(date(1960, 1, 1), date(2080, 12, 31)))
def test_every_style_of_a_day_is_the_same_day(day):
    styles = (
        f"{day:%Y-%m-%d}",
        f"{day.year}.{day.month}.{day.day}",
        f"{day.year}年{day.month}月{day.day}日",
        f"{day:%Y%m%d}",
    )
    assert {day_of(style) for style in styles} == {day}


@given(st.text(max_size=30))
def test_no_cell_breaks_the_reader(text):
    with contextlib.suppress(ValueError):
        day_of(text)
    phone_of(text)


def test_telephones_lose_their_ornaments():
    assert phone_of("１３９ ００００-0001") == "13900000001"
    assert phone_of("+86 139 0000 0001") == "13900000001"
    assert phone_of("（029）8888-0001") == "02988880001"


def test_a_nasty_workbook_is_read_as_it_was_meant():
    ((_, table),) = read_workbook(nasty(), "名册.xlsx")
    header = find_header(table)
    assert header.row == 2
    assert header.columns == {"unit": 1, "name": 2, "post": 3, "phone": 4, "staff_no": 5, "starts_on": 6, "area": 7}
    rows = read_rows(table, header.row, header.columns)
    assert [(row.number, row.unit, row.name, row.phone) for row in rows] == [
        (4, "灞东区第一小学", "王秀英", "13900000101"),
        (5, "灞东区第一小学", "李强", "13900000102"),
        (6, "灞东区第一小学", "李强", "13900000102"),
        (8, "灞东区第二中学", "赵敏", "13900000103"),
        (9, "3161000002", "赵敏", "13900000103"),
        (10, "灞东区第二中学", "赵敏", "13900000103"),
        (11, "灞东二中", "孙丽、周涛", "123"),
        (12, "灞东区第一小学", "王保安", ""),
    ]
    assert {row.starts_on for row in rows[:6]} == {date(2026, 9, 1)}
    assert rows[6].faults == (
        "「孙丽、周涛」像是几个人，请一人一行",
        "任职日期「九月一日」认不出，请写成 2026-09-01 这样",
    )


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "gb18030"])
@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_csv_in_any_usual_encoding(encoding, separator):
    lines = ["单位,姓名,岗位", "第一小学,李安,保安", ",王芳,班主任"]
    content = "\n".join(line.replace(",", separator) for line in lines).encode(encoding)
    ((_, table),) = read_workbook(content, "名册.csv")
    header = find_header(table)
    rows = read_rows(table, header.row, header.columns)
    assert [(row.unit, row.name) for row in rows] == [("第一小学", "李安"), ("第一小学", "王芳")]
    assert rows[1].notes == ("单位空着，按上面的「第一小学」算",)


def bomb() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("xl/worksheets/sheet1.xml", b"0" * 210_000_000)
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"", "名册.xlsx", "空的"),
        (b"\x89PNG\r\n", "名册.xlsx", "只认识"),
        (b"PK\x03\x04broken", "名册.xlsx", "没有上传完整"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600, "名册.xls", "打不开"),
        (b"x" * (MOST_BYTES + 1), "名册.csv", "超过8兆"),
        (b"\xff\xfe\x00\x81\x20\xff", "名册.csv", "编码"),
        (xlsx([["姓名"]]).replace(b"PK\x05\x06", b"PK\x00\x00"), "名册.xlsx", "没有上传完整"),
    ],
)
def test_files_that_cannot_be_read_are_refused_in_words(content, name, words):
    with pytest.raises(Unreadable, match=words):
        read_workbook(content, name)


def test_a_bomb_is_refused_before_it_is_unpacked():
    with pytest.raises(Unreadable, match="过大"):
        read_workbook(bomb(), "名册.xlsx")


def test_posts_are_known_by_the_parts_of_their_names():
    words = post_names(
        {"safety-lead": "安全负责人（保卫主任）", "k-lead": "幼儿园安全负责人", "head": "校长", "x": "保管员（校长）"}
    )
    assert (
        words["保卫主任"]
        == words["安全负责人"]
        == words["安全负责人(保卫主任)"]
        == words["safety-lead"]
        == "safety-lead"
    )
    assert words["校长"] == "head"
