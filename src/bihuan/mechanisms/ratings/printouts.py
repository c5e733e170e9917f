"""A result as a paper for whoever it is about, and a whole rating as Excel for the files."""

from __future__ import annotations

import io
from typing import Any

import xlsxwriter
from django.utils import timezone

from bihuan.foundation.printing.paper import (
    Column,
    Fields,
    Heading,
    Note,
    Paper,
    Paragraph,
    Signature,
    Signatures,
    Table,
)
from bihuan.foundation.printing.pdf import render_paper
from bihuan.mechanisms.ratings.commands import marks_of
from bihuan.mechanisms.ratings.queries import Line, RatingPage, ScorePage
from bihuan.mechanisms.ratings.rules import STANDINGS

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_SAFE = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
NONE = "不计"


def score_pdf(page: ScorePage, *, address: str) -> bytes:
    """What was counted and judged, what became of an appeal, and what is to improve."""
    score, rating = page.score, page.rating
    pairs = (
        ("姓名" if rating.scheme["subject"] == "post" else "部门", score.name), ("岗位", score.post_name), ("考评期间", f"{rating.since:%Y-%m-%d} 至 {rating.until:%Y-%m-%d}"),
        ("结果", f"{score.total} / {page.full} 分" if score.total is not None else "没有可计的项目"),
    )  # fmt: skip
    columns = (Column("项目", 1.4), Column("依据", 3.2), Column("满分", 0.7), Column("得分", 0.7))
    rows = tuple(
        (line.name, basis(line), f"{line.full}", NONE if line.mark is None else f"{line.mark}") for line in page.lines
    )
    blocks: list[Any] = [
        Fields(pairs), Table(columns, rows), Note("没有到期事项的项目不计，分值由其余项目按比例分担。分值由学校在模型包里设定。")
    ]  # fmt: skip
    if score.standing != "none":
        blocks += [Heading("申诉"), Paragraph(score.appeal, lead="本人意见：")]
        if score.decided_at:
            first = next((one.total for one in page.versions if one.n == 1), None)
            blocks.append(Paragraph(score.decision, lead=f"{score.decided_by_name}决定（{page.standing_words}）："))
            if score.standing == "changed":
                blocks.append(Paragraph(f"原结果 {first} 分，更改为 {score.total} 分。"))
    if page.improvements:
        lines = tuple((one["words"], one["name"], one["until"], one["number"]) for one in page.improvements)
        blocks += [
            Heading("改进事项"),
            Table((Column("事项", 3), Column("谁办"), Column("期限"), Column("编号")), lines),
        ]
    told = timezone.localdate(rating.published_at) if rating.published_at else None
    seen = timezone.localdate(score.acknowledged_at) if score.acknowledged_at else None
    blocks.append(
        Signatures(
            (
                Signature("公布人", rating.published_by_name, None, told),
                Signature("本人知悉", score.name if seen else "", None, seen),
            )
        )
    )
    return render_paper(
        Paper(
            head=rating.org_name, title=rating.title, blocks=tuple(blocks), qr_url=address,
            watermark="" if rating.state == "published" else "未公布",
        )
    )  # fmt: skip


def basis(line: Line) -> str:
    """Why an item has its mark, in words."""
    counted = ""
    if line.measure:
        counted = f"{line.text}：{line.good} / {line.due}" if line.due else f"{line.text}：没有到期的"
    judged = f"{line.said['by_name']}评：{line.said['reason']}" if line.said else ""
    return "；".join(filter(None, (counted, judged))) or "没有人评"


def rating_xlsx(page: RatingPage) -> bytes:
    """Every result of a rating by post and name (never by rank), with what was counted and judged."""
    content = io.BytesIO()
    items = page.rating.scheme["items"]
    with xlsxwriter.Workbook(content, _SAFE) as book:
        bold = book.add_format({"bold": True, "border": 1, "text_wrap": True, "valign": "vcenter"})
        large = book.add_format({"bold": True, "font_size": 14})
        plain = book.add_format({"border": 1, "text_wrap": True, "valign": "top"})
        number = book.add_format({"border": 1, "num_format": "0.0", "valign": "top"})
        sheet = book.add_worksheet("考评结果")
        sheet.write_string(0, 0, f"{page.rating.org_name}　{page.rating.title}", large)
        state = "已公布" if page.rating.state == "published" else "未公布"
        sheet.write_string(1, 0, f"{page.rating.since} 至 {page.rating.until}　{state}　满分 {page.full}　空格为不计")
        heads = ["岗位", "姓名", *(f"{one['name']}（{one['full']}）" for one in items), "结果", "申诉", "改进事项"]
        sheet.write_row(2, 0, heads, bold)
        for at, score in enumerate(page.scores, start=3):
            sheet.write_row(at, 0, [score.post_name, score.name], plain)
            marks = marks_of(score, score.marks)
            for column, value in enumerate([*(marks[one["code"]] for one in items), score.total], start=2):
                if value is None:
                    sheet.write_blank(at, column, None, number)
                else:
                    sheet.write_number(at, column, float(value), number)
            standing = "" if score.standing == "none" else STANDINGS[score.standing]
            sheet.write_row(
                at, len(items) + 3, [standing, "；".join(one["words"] for one in score.improvements)], plain
            )
        sheet.freeze_panes(3, 2)
        sheet.set_column(0, 1, 14)
        sheet.set_column(2, len(items) + 2, 11)
        sheet.set_column(len(items) + 3, len(items) + 3, 14)
        sheet.set_column(len(items) + 4, len(items) + 4, 40)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(2)
    return content.getvalue()
