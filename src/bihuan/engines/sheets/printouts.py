"""The checklist on paper, blank, to be ticked by hand where no phone may go."""

from __future__ import annotations

from collections.abc import Sequence

from bihuan.engines.sheets.rules import Item, Section
from bihuan.foundation.printing.paper import Band, Column, Fields, Note, Paper, Paragraph, Signature, Signatures, Table

COLUMNS = (
    Column("编号", 1.1),
    Column("检查内容与合格标准", 8),
    Column("方式", 1.4),
    Column("依据", 3.2),
    Column("符合", 0.8, "center"),
    Column("有问题", 0.9, "center"),
    Column("不适用", 0.9, "center"),
)


def blank_checklist(
    title: str, version: str, shown: Sequence[tuple[Section, Sequence[Item]]], *, head: str = "", school: str = ""
) -> Paper:
    """These categories and items as a form with empty boxes, a place for problems and for two signatures."""
    rows: list[tuple[str, ...] | Band] = []
    for section, items in shown:
        rows.append(Band(f"{section.code} {section.title}（{len(items)} 项）"))
        rows += [(i.code, f"{i.title}。{i.standard}", i.ways_in_words, i.basis, "□", "□", "□") for i in items]
    return Paper(
        head=head,
        title=title,
        blocks=(
            Fields((("学校", school), ("日期", ""), ("检查人", ""), ("陪同人", ""))),
            Paragraph("方式：查资料、看现场、问师生。在方格里打勾；有问题的，在下面写明编号、位置和看到的情况。"),
            Table(COLUMNS, tuple(rows)),
            Table(
                (Column("编号", 1), Column("位置", 2), Column("看到的情况", 6), Column("要求", 3)),
                (("", "", "", ""),) * 6,
                caption="问题记录",
            ),
            Signatures((Signature("检查人（签字）"), Signature("学校代表（签字）"))),
            Note(f"第 {version} 版，共 {sum(len(items) for _, items in shown)} 项。"),
        ),
    )
