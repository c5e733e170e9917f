"""The summary of a period: days in numbers and the schools that missed a day, on paper and as a workbook; of one school
also its register: who was on duty and what was reported."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any

from bihuan.foundation.printing.paper import Column, Fields, Heading, Paper, Paragraph, Table, chinese_date
from bihuan.foundation.printing.pdf import render_paper
from bihuan.foundation.printing.workbook import Leaf, workbook
from bihuan.mechanisms.periods.queries import Cell, Summary
from bihuan.mechanisms.periods.rules import DAY, DaySum

_HEADS = ("日期", "应报", "已报", "零报告", "迟报", "漏报", "未报", "免报", "值守到岗", "加密检查")
_WEEK = "一二三四五六日"


def summary_pdf(summary: Summary, *, address: str) -> bytes:
    """Per day: asked, answered, nil, late, missed; the schools that missed, each with its days; a school's register."""
    line, row, days, missed = summary.line, summary.line.row, summary.days, _missed(summary.cells)
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
    if summary.register:
        heads = (("日期", 1.4), ("事项", 2.6), ("状态", 1.4), ("谁办", 1.2), ("登记内容", 4.0))
        rows = tuple((f"{on:%m-%d} 周{_WEEK[on.weekday()]}", *rest) for on, *rest in summary.register)
        blocks += [Heading("三、值守和日报告登记"), Table(tuple(Column(*head) for head in heads), rows)]
    title = f"{row.name}情况汇总"
    return render_paper(
        Paper(
            head=summary.head, title=title, blocks=tuple(blocks), qr_url=address, issued_on=summary.last,
            watermark="" if line.state == "over" else "未结束",
        )
    )  # fmt: skip


def _numbers(day: DaySum) -> Iterable[str]:
    return (
        f"{day.on:%m-%d} 周{_WEEK[day.on.weekday()]}", str(day.due), str(day.answered), str(day.nil), str(day.late), str(day.missed),
        str(day.waiting), str(day.excused), f"{day.watch_done}/{day.watch_due}", f"{day.raised_done}/{day.raised_due}",
    )  # fmt: skip


def _missed(cells: Iterable[Cell]) -> list[tuple[str, str, str]]:
    days: dict[str, list[date]] = defaultdict(list)
    for name, on, state, _ in cells:
        if state == "missed":
            days[name].append(on)
    worst = sorted(days.items(), key=lambda one: -len(one[1]))
    return [(name, str(len(found)), "、".join(f"{on:%m-%d}" for on in found)) for name, found in worst]


_CELL = {"open": "未报", "late": "迟报", "missed": "漏报", "excused": "免报"}


def summary_xlsx(summary: Summary) -> bytes:
    """The days in numbers, and every school by day (零报告, 已报, 迟报, 漏报, 未报, 免报); of one school its register."""
    row = summary.line.row
    title = f"{summary.head}　{row.name}　{row.starts_on} 至 {row.ends_on}"
    leaves = [Leaf("每天", title, [(head, 12) for head in _HEADS], [_counts(day) for day in summary.days], fixed=1)]
    if summary.register:
        heads = [("日期", 12), ("事项", 24), ("状态", 12), ("谁办", 12), ("登记内容", 60)]
        leaves.append(Leaf("值守和日报告", "", heads, summary.register, fixed=1))
    else:
        leaves.append(Leaf("各校", "", *_by_school(summary), fixed=1))
    return workbook(leaves, made_on=summary.last)


def _counts(day: DaySum) -> tuple[Any, ...]:
    return (
        day.on, day.due, day.answered, day.nil, day.late, day.missed, day.waiting, day.excused,
        f"{day.watch_done}/{day.watch_due}", f"{day.raised_done}/{day.raised_due}",
    )  # fmt: skip


def _by_school(summary: Summary) -> tuple[list[tuple[str, int]], list[list[str]]]:
    """The heads and one row for each school, a cell a day."""
    first, until = summary.line.row.starts_on, min(summary.last, summary.line.row.ends_on)
    days = [first + n * DAY for n in range((until - first).days + 1)]
    rows: list[list[str]] = []
    for name, on, state, nil in summary.cells:
        if not rows or rows[-1][0] != name:
            rows.append([name, *[""] * len(days)])
        rows[-1][1 + (on - first).days] = _CELL.get(state) or ("零报告" if nil else "已报")
    return [("学校", 28), *((f"{day:%m-%d}", 9) for day in days)], rows
