"""A version of a plan as a paper."""

from __future__ import annotations

from django.utils import timezone

from bihuan.foundation.printing.paper import Column, Heading, Note, Paper, Paragraph, Table
from bihuan.foundation.printing.pdf import render_paper
from bihuan.mechanisms.plans.queries import Filed, PlanPage

NUMERALS = "一二三四五六七八九十"


def plan_pdf(page: PlanPage | Filed, *, address: str) -> bytes:
    """One version: its sections, who does what, who knows it, and how its filing stands."""
    version = page.version
    parts = []
    for n, part in enumerate(version.content["sections"]):
        parts.append(Heading(f"{NUMERALS[n] if n < len(NUMERALS) else n + 1}、{part['title']}"))
        parts += [Paragraph(line) for line in (part["text"] or "（还没有写）").splitlines() if line.strip()]
    rows = tuple((role["role"], role["name"] or "（还没有写到人）", role["duty"]) for role in version.content["roles"])
    published = timezone.localdate(version.published_at) if version.published_at else None
    return render_paper(
        Paper(
            head=page.plan.org_name, title=page.plan.title, number=version.receipt,
            blocks=(
                *parts, Heading("分工"), Table((Column("职责"), Column("姓名"), Column("做什么", 3)), rows),
                Note(f"第 {version.n} 版。已知悉：{'、'.join(one.user_name for one in page.known) or '无'}"
                     + (f"；还没有知悉：{'、'.join(page.left)}" if page.left else "")),
            ),
            issuer=page.plan.org_name if published else "", issued_on=published, qr_url=address,
            watermark="" if published else "草稿",
        )
    )  # fmt: skip
