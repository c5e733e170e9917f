"""校内巡查 of a month as schools file it: a titled table for paper, and the same as Excel."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from bihuan.foundation.printing.paper import Band, Column, Note, Paper, Signature, Signatures, Table
from bihuan.foundation.printing.pdf import render_paper
from bihuan.foundation.printing.workbook import Leaf, workbook
from bihuan.mechanisms.patrols.queries.month import Month, result_words
from bihuan.mechanisms.patrols.queries.today import Line

HEADS = (
    ("日期", 12), ("应巡时段", 18), ("路线", 30), ("巡查人", 12), ("到点时间", 16), ("点位", 10), ("结果", 12), ("发现问题", 10),
)  # fmt: skip


def name_of(found: Month) -> str:
    """The file's name, without its ending."""
    return f"{found.school.short_name or found.school.name} 校内巡查 {found.name}"


def _cells(line: Line) -> tuple[str, ...]:
    done = line.round
    walked = f"{len(done.covered)}/{done.stops_count}" if done else ""
    times = f"{timezone.localtime(done.started_at):%H:%M}–{timezone.localtime(done.ended_at):%H:%M}" if done else ""
    problems = f"{done.found_count} 处" if done and done.found_count else ""
    title = str(line.task["title"])
    return (line.window, title, done.by_name if done else "", times, walked, result_words(line), problems)


def month_pdf(found: Month) -> bytes:
    """The month on paper."""
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


def month_xlsx(found: Month) -> bytes:
    """The month as Excel."""
    title = f"{found.school.name}　{found.first.year}年{found.first.month}月校内巡查登记表"
    return workbook([Leaf(found.name, title, HEADS, [(line.task["on"], *_cells(line)) for line in found.lines])])
