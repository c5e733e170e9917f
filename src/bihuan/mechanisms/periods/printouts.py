"""The summary of a period: days in numbers and the schools that missed a day, on paper and as a workbook."""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any

import xlsxwriter

from bihuan.foundation.actors import Actor
from bihuan.foundation.printing.paper import Column, Fields, Heading, Paper, Paragraph, Table, chinese_date
from bihuan.foundation.printing.pdf import render_paper
from bihuan.mechanisms.periods import queries, rules

_SAFE = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
_HEADS = ("日期", "应报", "已报", "零报告", "迟报", "漏报", "未报", "免报", "值守到岗", "加密检查")
_WEEK = "一二三四五六日"


def summary_pdf(viewer: Actor, line: queries.Line, *, address: str) -> bytes:
    """Per day: asked, answered, nil, late, missed; then the schools that missed, each with its days."""
    row, last = line.row, queries.today()
    days = queries.days(viewer, row, first=row.starts_on, last=last)
    missed = _missed(queries.cells(viewer, row, last=last))
    pairs = [
        ("时期", f"{row.name}（{row.kind_name}）"),
        ("范围", row.org_name),
        ("起止", f"{chinese_date(row.starts_on)}至{chinese_date(row.ends_on)}"),
        ("宣布", row.declared_by_name),
    ]
    if row.ended_at:
        pairs.append(("提前解除", f"{row.ended_by_name}：{row.ended_for}"))
    blocks: list[Any] = [
        Fields(tuple(pairs), wide=frozenset({"起止", "提前解除"})),
        Heading("一、每天报告情况"),
        Table(
            tuple(Column(head, 1.5 if n == 0 else 1.0, "left" if n == 0 else "right") for n, head in enumerate(_HEADS)),
            tuple(tuple(_numbers(day)) for day in days),
        )
        if days
        else Paragraph("还没有到第一天。"),
        Heading("二、漏报的学校"),
        Table((Column("学校", 2), Column("天数", 0.5, "right"), Column("哪几天", 4)), tuple(missed))
        if missed
        else Paragraph("没有。"),
    ]
    title = f"{row.name}情况汇总"
    return render_paper(
        Paper(
            head=row.org_name, title=title, blocks=tuple(blocks), qr_url=address, issued_on=last,
            watermark="" if line.state == "over" else "未结束",
        )
    )  # fmt: skip


def _numbers(day: rules.DaySum) -> Iterable[str]:
    return (
        f"{day.on:%m-%d} 周{_WEEK[day.on.weekday()]}", str(day.due), str(day.answered), str(day.nil), str(day.late), str(day.missed),
        str(day.waiting), str(day.excused), f"{day.watch_done}/{day.watch_due}", f"{day.raised_done}/{day.raised_due}",
    )  # fmt: skip


def _missed(cells: Iterable[tuple[str, date, str, bool]]) -> list[tuple[str, str, str]]:
    days: dict[str, list[date]] = defaultdict(list)
    for name, on, state, _ in cells:
        if state == "missed":
            days[name].append(on)
    worst = sorted(days.items(), key=lambda one: -len(one[1]))
    return [(name, str(len(found)), "、".join(f"{on:%m-%d}" for on in found)) for name, found in worst]


_CELL = {"open": "未报", "late": "迟报", "missed": "漏报", "excused": "免报"}


def summary_xlsx(viewer: Actor, line: queries.Line) -> bytes:
    """Two sheets: the days in numbers, and every school by day (零报告, 已报, 迟报, 漏报, 未报, 免报)."""
    row, last = line.row, queries.today()
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, _SAFE) as book:
        bold = book.add_format({"bold": True, "border": 1, "align": "center"})
        large = book.add_format({"bold": True, "font_size": 14})
        plain = book.add_format({"border": 1})
        date_form = book.add_format({"border": 1, "num_format": "yyyy-mm-dd"})
        sheet = book.add_worksheet("每天")
        sheet.write_string(0, 0, f"{row.org_name}　{row.name}　{row.starts_on} 至 {row.ends_on}", large)
        sheet.write_row(1, 0, _HEADS, bold)
        for at, day in enumerate(queries.days(viewer, row, first=row.starts_on, last=last), start=2):
            sheet.write_datetime(at, 0, day.on, date_form)
            counts = (day.due, day.answered, day.nil, day.late, day.missed, day.waiting, day.excused)
            for column, number in enumerate(counts, start=1):
                sheet.write_number(at, column, number, plain)
            sheet.write_string(at, 8, f"{day.watch_done}/{day.watch_due}", plain)
            sheet.write_string(at, 9, f"{day.raised_done}/{day.raised_due}", plain)
        sheet.set_column(0, len(_HEADS) - 1, 12)
        sheet.freeze_panes(2, 1)
        _by_school(book.add_worksheet("各校"), viewer, line, last, bold, plain)
    return content.getvalue()


def _by_school(sheet: Any, viewer: Actor, line: queries.Line, last: date, bold: Any, plain: Any) -> None:
    row = line.row
    until = min(last, row.ends_on)
    days = [row.starts_on + n * rules.DAY for n in range((until - row.starts_on).days + 1)]
    sheet.write_row(0, 0, ["学校", *(f"{day:%m-%d}" for day in days)], bold)
    column = {day: n for n, day in enumerate(days, start=1)}
    at, before = 0, ""
    for name, on, state, nil in queries.cells(viewer, row, last=last):
        if name != before:
            at, before = at + 1, name
            sheet.write_string(at, 0, name, plain)
        sheet.write_string(at, column[on], _CELL.get(state) or ("零报告" if nil else "已报"), plain)
    sheet.set_column(0, 0, 28)
    sheet.freeze_panes(1, 1)
