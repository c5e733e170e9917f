"""A result as a paper for whoever it is about, and a whole rating as Excel for the files."""

from __future__ import annotations

from typing import Any

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
from bihuan.foundation.printing.workbook import Leaf, workbook
from bihuan.mechanisms.ratings.queries import Line, RatingPage, ScorePage
from bihuan.mechanisms.ratings.rules import STANDINGS, STATES, Items, marks

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
            watermark="" if rating.state == "published" else STATES[rating.state],
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
    rating, items = page.rating, page.rating.scheme["items"]
    heads = [
        ("岗位", 14), ("姓名", 14), *((f"{one['name']}（{one['full']}）", 11) for one in items), ("结果", 11), ("申诉", 14), ("改进事项", 40),
    ]  # fmt: skip
    state = STATES[rating.state]
    note = f"{rating.since} 至 {rating.until}　{state}　满分 {page.full}　空格为不计"
    rows = [_row(items, score) for score in page.scores]
    return workbook([Leaf("考评结果", f"{rating.org_name}　{rating.title}", heads, rows, note=note, fixed=2)])


def _row(items: Items, score: Any) -> list[Any]:
    standing = "" if score.standing == "none" else STANDINGS[score.standing]
    given = marks(items, score.counted, score.marks)
    improved = "；".join(one["words"] for one in score.improvements)
    return [score.post_name, score.name, *given.values(), score.total, standing, improved]
