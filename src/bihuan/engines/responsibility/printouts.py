"""What this room gives out as Excel: the template of a roster, and the report of every row."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import Any

import xlsxwriter

from bihuan.engines.responsibility.rules.roster import WORDS, Report

_SAFE = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
VERDICTS = {"ok": "可以导入", "warning": "请核对", "error": "需要修改"}
COLUMNS = ("unit", "area", "name", "post", "phone", "staff_no", "starts_on", "ends_on")


def template(school: str, posts: Sequence[str]) -> bytes:
    """An empty roster with two sample rows, and a second sheet naming the posts that may be written."""
    head = [WORDS[name] for name in COLUMNS]
    sample = [
        [school, "", "张示例", posts[0] if posts else "", "13800000000", "", "2026-09-01", ""],
        [school, "东校区 实验楼", "李示例", posts[-1] if posts else "", "13900000000", "", "2026-09-01", ""],
    ]
    note = "说明：一人一行；岗位写「岗位名称」表里的叫法；日期写成 2026-09-01；区域写校内的楼、层、室，没有就空着。上传前删去两行示例。"
    return _book({"名册": (note, head, sample), "岗位名称": ("", ["可以写的岗位"], [[post] for post in posts])})


def report(found: Report, file_name: str) -> bytes:
    """Every row's verdict with its sentences, wrong rows first."""
    order = {"error": 0, "warning": 1, "ok": 2}
    rows = [
        [
            one.row.number, VERDICTS[one.verdict], one.row.unit, one.row.area, one.row.name, one.row.post, one.row.phone,
            "；".join(one.sentences),
        ]
        for one in sorted(found.rows, key=lambda one: (order[one.verdict], one.row.number))
    ]  # fmt: skip
    counts = found.counts
    note = f"《{file_name}》核对结果：共{counts['rows']}行，可以导入{counts['ok']}行，请核对{counts['warning']}行，需要修改{counts['error']}行"
    head = ["行号", "结论", "单位", "区域", "姓名", "岗位", "电话", "说明"]
    return _book({"逐行核对": (note, head, rows)})


def _book(sheets: dict[str, tuple[str, Sequence[str], Iterable[Sequence[Any]]]]) -> bytes:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, _SAFE) as book:
        bold = book.add_format({"bold": True, "bottom": 1})
        words = book.add_format({"text_wrap": True, "valign": "top"})
        text = book.add_format({"num_format": "@"})
        for name, (note, head, rows) in sheets.items():
            sheet = book.add_worksheet(name)
            first = 1 if note else 0
            if note:
                sheet.merge_range(0, 0, 0, len(head) - 1, note, words)
                sheet.set_row(0, 32)
            sheet.write_row(first, 0, head, bold)
            for at, row in enumerate(rows, start=first + 1):
                for column, value in enumerate(row):
                    if isinstance(value, str):
                        sheet.write_string(at, column, value)
                    else:
                        sheet.write(at, column, value)
            sheet.freeze_panes(first + 1, 0)
            sheet.set_column(0, len(head) - 1, 16, text)
            sheet.set_column(len(head) - 1, len(head) - 1, 48 if len(head) > 1 else 30, text)
    return content.getvalue()
