"""校内巡查 of a month as schools file it: a titled table for paper, and the same as Excel."""

from __future__ import annotations

import io
from typing import Any
from urllib.parse import quote

import xlsxwriter
from django.utils import timezone

from bihuan.foundation.printing.paper import Band, Column, Note, Paper, Signature, Signatures, Table
from bihuan.foundation.printing.pdf import render_paper
from bihuan.mechanisms.patrols.queries.month import Month, result_words
from bihuan.mechanisms.patrols.queries.today import Line

MEDIA_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}
_SAFE = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
HEADS = ("日期", "应巡时段", "路线", "巡查人", "到点时间", "点位", "结果", "发现问题")
WIDTHS = (12, 18, 30, 12, 16, 10, 12, 10)


def disposition(found: Month, form: str) -> str:
    """The file's name for the browser."""
    name = f"{found.school.short_name or found.school.name} 校内巡查 {found.name}.{form}"
    return f"attachment; filename*=UTF-8''{quote(name)}"


def printed(found: Month, form: str) -> bytes:
    """The month as ``pdf`` or ``xlsx``."""
    return _workbook(found) if form == "xlsx" else _paper(found)


def _cells(line: Line) -> tuple[str, ...]:
    done = line.round
    walked = f"{len(done.covered)}/{done.stops_count}" if done else ""
    times = f"{timezone.localtime(done.started_at):%H:%M}–{timezone.localtime(done.ended_at):%H:%M}" if done else ""
    problems = f"{done.found_count} 处" if done and done.found_count else ""
    title = str(line.task["title"])
    return (line.window, title, done.by_name if done else "", times, walked, result_words(line), problems)


def _paper(found: Month) -> bytes:
    rows: list[Any] = [(f"{line.task['on']:%m-%d}", *_cells(line)) for line in found.lines]
    missed = sum(line.task["state"] == "missed" for line in found.lines)
    note = f"应巡 {len(found.lines)} 次，漏巡 {missed} 次。" + (
        "行数较多，只印到这里，全部请用 Excel。" if found.cut else ""
    )
    columns = (
        Column("日期", 0.8), Column("应巡时段", 1.4), Column("路线", 2.2), Column("巡查人", 1.0), Column("到点时间", 1.3),
        Column("点位", 0.8), Column("结果", 1.0), Column("问题", 0.8),
    )  # fmt: skip
    paper = Paper(
        head=found.school.name, title="校内巡查登记表", addressee="",
        blocks=(
            Note(f"{found.first.year}年{found.first.month}月　{note}"),
            Table(columns, tuple(rows) or (Band("这个月没有应走的巡查"),)),
            Signatures((Signature("安全负责人"), Signature("分管领导"))),
        ),
    )  # fmt: skip
    return render_paper(paper)


def _workbook(found: Month) -> bytes:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, _SAFE) as book:
        sheet = book.add_worksheet(found.name)
        large, bold = book.add_format({"bold": True, "font_size": 14}), book.add_format({"bold": True, "border": 1})
        plain, day = book.add_format({"border": 1}), book.add_format({"border": 1, "num_format": "yyyy-mm-dd"})
        sheet.write_string(0, 0, f"{found.school.name}　{found.first.year}年{found.first.month}月校内巡查登记表", large)
        sheet.write_row(1, 0, HEADS, bold)
        for at, line in enumerate(found.lines, start=2):
            sheet.write_datetime(at, 0, line.task["on"], day)
            for column, text in enumerate(_cells(line), start=1):
                sheet.write_string(at, column, text, plain)
        for column, width in enumerate(WIDTHS):
            sheet.set_column(column, column, width)
        sheet.freeze_panes(2, 0)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(1)
    return content.getvalue()
