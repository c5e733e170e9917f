"""The record of a drill as schools file it."""

from __future__ import annotations

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
    chinese_date,
    numbered,
)  # fmt: skip
from bihuan.foundation.printing.pdf import render_paper
from bihuan.mechanisms.training import rules
from bihuan.mechanisms.training.queries import DrillPage


def record_pdf(page: DrillPage, *, address: str) -> bytes:
    """One drill: head, times class by class, verdict, findings and what became of them."""
    drill, counted = page.drill, page.outcome
    alarm = timezone.localtime(drill.alarm_at) if drill.alarm_at else None
    within = "" if counted.within is None else "，在要求之内" if counted.within else "，超过要求"
    pairs = (
        ("演练项目", page.kind), ("状态", page.state_words),
        ("警报时间", f"{alarm:%Y-%m-%d %H:%M:%S}" if alarm else ""), ("告知范围", drill.told),
        ("疏散用时", f"{page.time_words or '未全部到齐'}{within}"), ("要求", f"{page.limit_words}以内"),
        ("应到 / 实到", f"{counted.due} / {counted.came} 人"), ("受伤", f"{drill.hurt} 人"),
    )  # fmt: skip
    rows = tuple(
        (
            group.name, str(group.due), "" if group.came is None else str(group.came),
            rules.clock_words(round((group.out_at - drill.alarm_at).total_seconds())) if group.out_at and drill.alarm_at else "",
            group.note,
        )
        for group in page.groups
    )  # fmt: skip
    becomes = {"hazard": "已建隐患", "revision": "修订预案"}
    blocks = [
        Fields(pairs),
        Heading("一、脚本"), Paragraph(drill.script),
        Heading("二、分工"), Paragraph("；".join(f"{role}：{name}" for role, name in page.roles) or "（没有写明）"),
        Heading("三、各班用时"), Table((Column("班级", 2), Column("应到"), Column("实到"), Column("用时"), Column("说明", 3)), rows),
        Heading("四、评估"), Paragraph(drill.verdict or "（演练还没有结束）"),
    ]  # fmt: skip
    if drill.findings:
        blocks += [
            Heading("五、问题与改进"),
            *numbered(f"{one['words']}（{becomes[one['becomes']]}）" for one in drill.findings),
        ]
    if page.checks:
        heads = (Column("项目", 3), Column("核对"))
        named = (
            (f"{one.item.title}{'（名称待核实）' if one.item.basis_is_unproven else ''}", one.value)
            for one in page.checks
        )
        blocks += [Heading(f"{'六' if drill.findings else '五'}、{page.check_title}"), Table(heads, tuple(named))]
    if drill.fulfilled:
        blocks.append(Note("本次演练同时完成：" + "、".join(one["title"] for one in drill.fulfilled)))
    blocks.append(Signatures((Signature("总指挥"), Signature("记录人"))))
    return render_paper(
        Paper(
            head=drill.org_name, title=f"{drill.title}记录", blocks=tuple(blocks), qr_url=address,
            issued_on=alarm.date() if alarm else None, printed_by=f"{chinese_date(timezone.localdate(drill.planned_at))}安排",
        )
    )  # fmt: skip
