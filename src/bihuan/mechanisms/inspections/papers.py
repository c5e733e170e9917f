"""The 检查清单 as a file, exactly as it was issued."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.http import content_disposition_header

from bihuan.foundation.actors import SYSTEM
from bihuan.foundation.evidence import queries as evidence
from bihuan.foundation.evidence import store
from bihuan.foundation.printing.check_codes import check_code
from bihuan.foundation.printing.paper import Paper
from bihuan.foundation.printing.pdf import render_paper
from bihuan.foundation.printing.word import render_docx
from bihuan.mechanisms.inspections.printouts import paper_of

MEDIA_TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


def typeset(row: Any) -> Paper:
    """What stands on the paper: its frozen content, the signature, its QR."""
    return paper_of(
        row.content,
        number=row.number,
        qr_url=f"{settings.BIHUAN_URL}/inspections/{row.subject_id}/",
        check_code=check_code(row.pk, row.number),
        image=_image,
    )


def printed(row: Any, form: str) -> bytes:
    """A paper of the room as PDF or Word."""
    return render_paper(typeset(row)) if form == "pdf" else render_docx(typeset(row))


def disposition(row: Any, form: str) -> str:
    """How a browser names the file: a PDF is shown, a Word file is saved."""
    return content_disposition_header(form == "docx", f"{row.number}{row.title}.{form}") or ""


def _image(evidence_id: str) -> bytes | None:
    found = evidence.seen(SYSTEM, UUID(evidence_id))
    return store.read(found.sha256) if store.is_kept(found.sha256) else None
