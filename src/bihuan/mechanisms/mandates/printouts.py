"""A unit's part of a directive as a paper: what was asked, who did what, what came back and who judged it."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from bihuan.foundation.printing.paper import Column, Fields, Heading, Note, Paper, Paragraph, Table
from bihuan.foundation.printing.pdf import render_paper
from bihuan.mechanisms.mandates.queries import Filed
from bihuan.mechanisms.mandates.rules import WANTS


def assignment_pdf(filed: Filed, *, address: str) -> bytes:
    """The directive in its words, the people's shares, the answer, the judgement, and every step with its moment."""
    row, asked = filed.row, filed.row.directive
    pairs = (
        ("任务", asked.title), ("下达", f"{asked.office}　{_at(asked.issued_at)}"), ("期限", _at(row.due_at)), ("报回", WANTS[asked.wants]),
        ("签收", f"{row.signed_by_name} {_at(row.signed_at)}".strip() or "没有签收"), ("状态", row.state_words + ("，逾期过" if row.late else "")),
    )  # fmt: skip
    blocks: list[Any] = [Fields(pairs, wide=frozenset({"任务"})), Heading("一、要求"), *_paragraphs(asked.text)]
    if filed.shares:
        lines = tuple(
            (one.user_name, one.task, _at(one.done_at) if one.done_at else "已收回" if one.state == "dropped" else "还没有办完",
             "　".join(filter(None, (_number(one.amount, asked.unit), one.words))))
            for one in filed.shares
        )  # fmt: skip
        blocks += [
            Heading("二、分解到人"),
            Table((Column("谁办"), Column("做什么", 2), Column("办完", 1.2), Column("反馈", 3)), lines),
        ]
    blocks.append(Heading("三、反馈" if filed.shares else "二、反馈"))
    if row.answered_at:
        number = _number(row.amount, asked.unit)
        blocks += [*([Paragraph(number, lead="报数：")] if number else []), *_paragraphs(row.words)]
        blocks.append(Note(f"{row.answered_by_name} {_at(row.answered_at)} 报" + _pictures(filed.pictures)))
        if row.state == "accepted" and row.judged_at:
            blocks.append(Note(f"{row.judged_by_name} {_at(row.judged_at)} 验收办结"))
    else:
        blocks.append(Paragraph("只要签收，不用反馈。" if asked.wants == "receipt" else "还没有反馈。"))
    story = tuple((_at(at), who, did + (f"：{why}" if why else "")) for at, who, did, why in filed.story)
    if story:
        blocks += [Heading("经过"), Table((Column("时间", 1.2), Column("谁"), Column("办了什么", 4)), story)]
    return render_paper(
        Paper(
            head=row.org_name, title="上级任务办理情况", blocks=tuple(blocks), qr_url=address,
            watermark="" if row.state == "accepted" else row.state_words,
        )
    )  # fmt: skip


def _paragraphs(text: str) -> list[Paragraph]:
    return [Paragraph(line) for line in text.splitlines() if line.strip()]


def _at(moment: Any) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}" if moment else ""


def _number(amount: Any, unit: str) -> str:
    return "" if amount is None else f"{amount.normalize():f} {unit}".strip()


def _pictures(count: int) -> str:
    return f"，附照片和文件 {count} 件" if count else ""
