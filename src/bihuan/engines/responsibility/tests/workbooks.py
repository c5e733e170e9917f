"""Rosters as offices really send them, written on the spot."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import xlsxwriter

HEADER = ("序号", "单 位", "名字", "职务", "联系电话", "工号", "任职日期", "负责区域")


def xlsx(rows: Iterable[Sequence[Any]], merges: Iterable[tuple[int, int, int, int, Any]] = ()) -> bytes:
    """A workbook of these rows; ``merges`` are (first row, first column, last row, last column, value)."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        sheet = book.add_worksheet("人员")
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for at, row in enumerate(rows):
            for column, value in enumerate(row):
                if isinstance(value, date):
                    sheet.write_datetime(at, column, value, day)
                elif value not in (None, ""):
                    sheet.write(at, column, value)
        for merge in merges:
            sheet.merge_range(*merge)
    return content.getvalue()


def nasty() -> bytes:
    """Title rows, a merged unit, full-width digits, four kinds of dates, a repeated header, a footer, duplicates."""
    rows: list[Sequence[Any]] = [
        ["2026—2027学年度校园安全责任人一览表"],
        ["填报单位：灞东区教育局（盖章）"],
        HEADER,
        [1, "", "王 秀英", "班主任", 13900000101, "", date(2026, 9, 1), "东校区 实验楼"],
        [2, "", "李　强", "实验室管理员", "１３９０００００１０２", "T-02", "2026.9.1", "化学实验室"],
        [3, "", "李强", "总务主任", "139-0000-0102", "T-02", "2026年9月1日", ""],
        HEADER,
        [4, "灞东区第二中学", "赵敏", "门卫", "13900000103", "", "20260901", ""],
        [5, "3161000002", "赵敏", "保安", "13900000103", "", 46266, ""],
        [6, "灞东区第二中学", "赵敏", "保安", "13900000103", "", "2026/9/1", ""],
        [7, "灞东二中", "孙丽、周涛", "保安", "123", "", "九月一日", ""],
        [8, "灞东区第一小学", "王保安", "保安", "", "", "", ""],
        [],
        ["", "", "", "", "", "", "", "填表人：赵科"],
    ]
    return xlsx(rows, merges=[(0, 0, 0, 7, "2026—2027学年度校园安全责任人一览表"), (3, 1, 5, 1, "灞东区第一小学")])


def clean(count: int = 3, *, unit: str = "灞东区第一小学", post: str = "班主任") -> bytes:
    """A roster without a fault."""
    people = [
        [unit, f"新老师{'甲乙丙丁戊己庚辛壬癸'[n % 10]}", post, f"139{n:08d}", "2026-09-01"] for n in range(count)
    ]
    return xlsx([["单位", "姓名", "岗位", "电话", "任职日期"], *people])
