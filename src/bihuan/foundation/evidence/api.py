"""Evidence for machines: upload a file, read what is known about it, download it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponseBase
from ninja import File, Form, Router, Schema
from ninja.files import UploadedFile

from bihuan.foundation import clock
from bihuan.foundation.evidence.commands import keep_evidence
from bihuan.foundation.evidence.queries import seen
from bihuan.foundation.evidence.web import bytes_of, file_of

router = Router()


class EvidenceOut(Schema):
    """What is known about a photo, document, signature or voice note; its bytes are at ``/evidence/{id}/file``."""

    id: UUID
    kind: str
    media_type: str
    name: str
    size: int
    width: int | None
    height: int | None
    seconds: int | None
    sha256: str
    taken_at: datetime | None
    made_by_name: str
    made_at: datetime
    subject_kind: str
    subject_id: UUID | None


@router.post("/evidence", response={200: EvidenceOut}, summary="Keep a photo, document, signature or voice note")
def post_evidence(
    request: HttpRequest,
    file: UploadedFile = File(...),  # noqa: B008 - how ninja is told where an argument stands
    kind: Literal["image", "document", "signature", "audio"] = Form("image"),
    id: UUID | None = Form(None),  # noqa: B008
) -> Any:
    """Idempotent by the client's ``id``; attach it by naming its id in the command that it proves."""
    return keep_evidence(request.actor, clock.now(), raw=bytes_of(file), name=file.name or "", kind=kind, id=id)  # type: ignore[attr-defined]


@router.get("/evidence/{id}", response=EvidenceOut, summary="One piece of evidence")
def get_evidence(request: HttpRequest, id: UUID) -> Any:
    """What is known about it."""
    return seen(request.actor, id)  # type: ignore[attr-defined]


@router.get(
    "/evidence/{id}/file",
    summary="Its bytes",
    openapi_extra={"responses": {200: {"content": {"image/webp": {}, "application/pdf": {}, "audio/webm": {}}}}},
)
def get_evidence_file(request: HttpRequest, id: UUID, size: Literal["full", "thumb"] = "full") -> HttpResponseBase:
    """The picture (``size=thumb``: its small copy), the document or the voice note."""
    return file_of(request, seen(request.actor, id))  # type: ignore[attr-defined]
