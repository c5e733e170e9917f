"""A result as a paper for whoever it is about, and a whole rating as Excel for the files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from bihuan.foundation.packs.deeds import kinds
from bihuan.foundation.printing.paper import (
    Band,
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
from bihuan.mechanisms.ratings.qualities import Five
from bihuan.mechanisms.ratings.queries import Line, RatingPage, ScorePage, lines_of
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


def rating_pdf(page: RatingPage, *, address: str) -> bytes:
    """A whole rating for the files: what is rated, how the results lie, and for whoever appraises each result with its basis."""
    rating = page.rating
    told = timezone.localdate(rating.published_at) if rating.published_at else None
    pairs = (
        ("考评期间", f"{rating.since:%Y-%m-%d} 至 {rating.until:%Y-%m-%d}"), ("公布", f"{rating.published_by_name} {told or ''}".strip()),
        ("份数", f"{page.rated} 份" + (f"，另有 {page.left_out} 份不计" if page.left_out else "")), ("满分", f"{page.full} 分"),
    )  # fmt: skip
    items = tuple(
        (one["name"], one.get("text", "") or kinds().get(one.get("measure", ""), ""), str(one["full"]))
        for one in rating.scheme["items"]
    )
    blocks: list[Any] = [
        Fields(pairs), Heading("一、考评项目"), Table((Column("项目", 1.4), Column("看什么", 3), Column("满分", 0.6, "right")), items),
        Heading("二、全校分布"),
    ]  # fmt: skip
    bands = tuple((one.words, str(one.count)) for one in page.bands)
    few = f"不满 {rating.scheme['fewest']} 份，不列分布。"
    blocks.append(Table((Column("得分", 2), Column("份数", 1, "right")), bands) if bands else Paragraph(few))
    if page.scores:
        rows: list[Any] = []
        for score in page.scores:
            got = NONE if score.total is None else f"{score.total} 分"
            standing = "" if score.standing == "none" else f"　{STANDINGS[score.standing]}"
            rows.append(Band(f"{score.name}（{score.post_name}）　{got}{standing}"))
            lines = lines_of(score, plain=True)
            rows += [(line.name, basis(line), NONE if line.mark is None else str(line.mark)) for line in lines]
            rows += [
                ("改进", f"{one['words']}（{one['name']}，{one['until']} 以前）", "") for one in score.improvements
            ]
        blocks += [
            Heading("三、各人结果和依据" if rating.scheme["subject"] == "post" else "三、各部门结果和依据"),
            Table((Column("项目", 1.4), Column("依据", 3.6), Column("得分", 0.7, "right")), tuple(rows)),
        ]
    else:
        blocks.append(Note("个人结果由学校保管，只有本人和学校负责人看得到。"))
    return render_paper(
        Paper(
            head=rating.org_name, title=rating.title, blocks=tuple(blocks), qr_url=address,
            watermark="" if rating.state == "published" else STATES[rating.state],
        )
    )  # fmt: skip


def five_pdf(school: Any, found: Sequence[Five]) -> bytes:
    """The five qualities of a school, month by month."""
    rows: list[Any] = []
    for five in found:
        rows.append(Band(f"{five.first.year}年{five.first.month}月"))
        rows += [(one.name, one.number, one.words) for one in five.qualities]
    columns = (Column("指标", 1.6), Column("数", 0.8, "right"), Column("怎样算", 3.4))
    note = Note("都从系统的记录里算，不用填报。原文只写了五个“性”，怎样算是本项目的建议。")
    return render_paper(Paper(head=school.name, title="五项指标", blocks=(Table(columns, tuple(rows)), note)))


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
