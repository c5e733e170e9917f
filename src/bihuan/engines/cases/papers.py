"""Printing an issued paper: the frozen content, its QR back to the live record, its check code, its photos."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.conf import settings

from bihuan.engines.cases.printouts import paper_of
from bihuan.foundation.evidence.queries import of_subjects
from bihuan.foundation.evidence.store import read
from bihuan.foundation.printing.check_codes import check_code
from bihuan.foundation.printing.paper import Paper
from bihuan.foundation.printing.pdf import render_paper

MEDIA_TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


def typeset(paper: Any, kept: Mapping[UUID, list[Any]] | None = None) -> Paper:
    """What stands on the paper today: its frozen content, its photos, its QR, and who acknowledged it.

    *kept*: the evidence of its cases, where many papers are printed at once.
    """
    wanted = {pair[side] for pair in paper.content["photos"] for side in ("before", "after") if pair[side]}
    cases = [UUID(pk) for pk in paper.content["cases"]]
    rows = of_subjects(paper.bureau_id, cases) if kept is None else kept
    evidence = [row for case in cases for row in rows.get(case, ())]
    photos = {str(row.pk): row for row in evidence if str(row.pk) in wanted}

    def image(pk: str) -> bytes | None:
        return read(photos[pk].sha256) if pk in photos else None

    first = paper.content["cases"][0]
    return paper_of(
        paper.content, number=paper.number, qr_url=f"{settings.BIHUAN_URL}/hazards/{first}/",
        check_code=check_code(paper.pk, paper.number), image=image,
        voices=sum(row.kind == "audio" for row in evidence),
        received=(paper.received_by_name, paper.received_at) if paper.received_at else None,
    )  # fmt: skip


def printed(paper: Any, form: str, kept: Mapping[UUID, list[Any]] | None = None) -> bytes:
    """The paper's bytes in one of ``MEDIA_TYPES``."""
    if form == "pdf":
        return render_paper(typeset(paper, kept))
    from bihuan.foundation.printing.word import render_docx

    return render_docx(typeset(paper))


def disposition(paper: Any, form: str) -> str:
    """Shown in the browser as PDF, saved as Word; the file is called by its number."""
    name = quote(f"{paper.title} {paper.number}.{form}")
    return f"{'inline' if form == 'pdf' else 'attachment'}; filename=\"{paper.code}-{paper.serial}.{form}\"; filename*=UTF-8''{name}"
