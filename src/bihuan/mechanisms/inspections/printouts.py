"""The 检查清单 as an official paper: what it says is frozen as plain JSON at issue, how it looks is printing's business."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from bihuan.engines.sheets import queries as sheet_queries
from bihuan.engines.sheets.rules import SEVERITIES, tally
from bihuan.foundation.actors import SYSTEM
from bihuan.foundation.printing.paper import (
    Block,
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
    framed,
)
from bihuan.mechanisms.inspections import rules
from bihuan.mechanisms.inspections.models import Inspection, Inspector


def record_content(row: Inspection, layout: Mapping[str, Any], *, at: datetime) -> dict[str, Any]:
    """Everything that the 检查清单 of this inspection says, from its frozen answers."""
    submission = row.submission
    version = sheet_queries.version_for_filling(SYSTEM, submission.version_id)
    counted = tally(version.content.items, submission.asked, submission.answers)
    team = [
        row.lead_name,
        *Inspector.objects.filter(inspection=row).order_by("joined_at", "id").values_list("name", flat=True),
    ]
    form = layout.get("layout") or {}
    values = {
        "inspection-kind": rules.KINDS[row.kind],
        "school": row.org_name,
        "inspected-on": chinese_date(timezone.localdate(row.began_at or row.opened_at)),
        "inspectors": "、".join(team),
        "sheet-version": f"{version.title} 第{version.version}版",
        "checked-count": str(counted.done),
        "pass-count": str(counted.passed),
        "fail-count": str(counted.failed),
        "not-applicable-count": str(counted.not_applicable),
        "unchecked-count": str(counted.left),
        "scope": row.scope_words,
        "focus": row.focus,
        "summary": row.summary,
    }
    columns = form.get("columns", [])
    return {
        "code": "checklist-record",
        "head": layout.get("issuer", ""),
        "title": layout.get("title", ""),
        "issuer": layout.get("issuer", ""),
        "copy_to": list(layout.get("copy_to", ()) or ()),
        "footer": layout.get("footer", ""),
        "opening": form.get("opening", ""),
        "closing": form.get("closing", ""),
        "addressee": row.org_name,
        "issued_on": timezone.localdate(at).isoformat(),
        "fields": [[field["label"], values.get(field["code"], "")] for field in form.get("fields", ())],
        "columns": [[column["label"], column.get("width", 1)] for column in columns],
        "rows": _rows(columns, row, submission, version),
        "summary": row.summary,
        "lessons": [[label, row.lessons[name]] for name, label in rules.LESSONS.items() if row.lessons.get(name)],
        "refused": row.signature_refused,
        "signature": str(row.signature_id) if row.signature_id else "",
        "signed_by": row.signed_by_name,
        "signed_on": timezone.localdate(row.signed_at).isoformat() if row.signed_at else "",
        "team": team,
        "signatures": [[s["code"], s["label"]] for s in form.get("signatures", ())],
    }


def _rows(columns: list[dict[str, Any]], row: Inspection, submission: Any, version: Any) -> list[list[str]]:
    titles = version.content.section_titles
    found = []
    for serial, finding in enumerate(sheet_queries.findings_of(submission.pk), 1):
        item = version.content.by_code[finding.item]
        values = {
            "serial": str(serial),
            "section": titles.get(item.section, ""),
            "item": f"{item.code} {item.title}",
            "basis": item.basis,
            "problem": finding.note,
            "place": finding.place,
            "level": SEVERITIES[finding.severity],
            "hazard-number": finding.case_number,
        }
        found.append([values.get(column["code"], "") for column in columns])
    return found


def paper_of(
    content: Mapping[str, Any],
    *,
    number: str,
    qr_url: str = "",
    check_code: str = "",
    image: Callable[[str], bytes | None] = lambda _: None,
) -> Paper:
    """The frozen content as a printable paper; ``image`` gives the bytes of an evidence id."""
    blocks: list[Block] = [Fields(tuple((label, value) for label, value in content["fields"]))]
    if content["opening"]:
        blocks.append(Paragraph(content["opening"]))
    if content["rows"]:
        columns = tuple(Column(label, float(width)) for label, width in content["columns"])
        blocks.append(Table(columns, tuple(tuple(row) for row in content["rows"])))
    else:
        blocks.append(Paragraph("本次检查没有发现不符合项。"))
    if content["summary"]:
        blocks += [Heading("小结", 2), Paragraph(content["summary"])]
    if content["lessons"]:
        blocks += [
            Heading("四不放过", 2),
            Fields(tuple((label, value) for label, value in content["lessons"]), columns=1),
        ]
    if content["refused"]:
        blocks.append(Paragraph(content["refused"], lead="学校拒签，理由："))
    elif content["closing"]:
        blocks.append(Paragraph(content["closing"]))
    blocks.append(Signatures(tuple(_slot(code, label, content, image) for code, label in content["signatures"])))
    if content["footer"]:
        blocks.append(Note(content["footer"]))
    return framed(content, blocks, number=number, qr_url=qr_url, check_code=check_code)


def _slot(code: str, label: str, content: Mapping[str, Any], image: Callable[[str], bytes | None]) -> Signature:
    if code == "school" and content["signature"]:
        return Signature(
            label, content["signed_by"], image(content["signature"]), date.fromisoformat(content["signed_on"])
        )
    return Signature(label, "、".join(content["team"]) if code == "inspectors" else "")
