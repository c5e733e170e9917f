"""The doors of evidence: upload one file, show one file. Everything is private; an outsider gets 404."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotModified, JsonResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_GET, require_POST

from bihuan.foundation import clock
from bihuan.foundation.evidence import store
from bihuan.foundation.evidence.commands import Kind, keep_evidence
from bihuan.foundation.evidence.queries import seen
from bihuan.foundation.evidence.voices import SUFFIXES
from bihuan.foundation.pages.answers import refused, signed_in
from bihuan.foundation.refusals import Refusal, declare

LARGEST = 20_000_000
KEPT_SECONDS = 3600
"""How long a browser may show a picture again without asking: its content never changes, the right to see it may."""
_RANGE = re.compile(r"bytes=(\d{1,9})-(\d{0,9})")
KINDS = ("image", "document", "signature", "audio")

declare({"evidence.no_file": (422, "没有收到文件。请选一张照片或一个文件再上传。")})


@require_POST
def upload(request: HttpRequest) -> HttpResponse:
    """Keep one file (multipart ``file``; ``id`` and ``kind`` may stand beside it).

    Answers a thumbnail with the hidden input ``photos``, or JSON ``{"id", "thumb"}`` when that is what is accepted.
    """
    wants_json = "application/json" in request.headers.get("Accept", "")
    try:
        if request.actor.id is None:  # type: ignore[attr-defined]
            raise Refusal("foundation.sign_in")
        row = keep_evidence(
            request.actor,  # type: ignore[attr-defined]
            clock.now(),
            raw=bytes_of(request.FILES.get("file")),
            name=request.FILES["file"].name or "",
            kind=request.POST.get("kind") if request.POST.get("kind") in KINDS else "image",  # type: ignore[arg-type]
            id=_given_id(request),
        )
    except Refusal as refusal:
        if not wants_json:
            return refused(request, refusal)
        return JsonResponse({"code": refusal.code, "sentence": refusal.sentence}, status=refusal.status)
    if wants_json:
        return JsonResponse({"id": str(row.pk), "thumb": f"/evidence/{row.pk}.webp?size=thumb"})
    return render(request, "evidence/thumb.html", {"row": row})


def _given_id(request: HttpRequest) -> UUID | None:
    try:
        return UUID(request.POST["id"]) if request.POST.get("id") else None
    except ValueError:
        raise Refusal("foundation.bad_input", count=1, summary="编号格式不对", fields={"id": "编号格式不对"}) from None


def bytes_of(file: UploadedFile | None) -> bytes:
    """The upload's bytes; refuses with ``evidence.no_file`` and, before reading it, ``evidence.too_large``."""
    if file is None:
        raise Refusal("evidence.no_file")
    if (file.size or 0) > LARGEST:
        raise Refusal("evidence.too_large", size=f"{(file.size or 0) / 1e6:.1f}", most=f"{LARGEST / 1e6:g}")
    return bytes(file.read())


def photos_of(request: HttpRequest, name: str = "photos", *, papers: bool = False) -> list[UUID]:
    """The evidence that a form brings: ids of pictures uploaded before, and files chosen without JavaScript.

    Other rooms' doors call it before they send their command; the files are kept (unattached) on the way. With
    ``papers`` what is chosen and is no picture is kept as a document.
    """
    found: list[UUID] = []
    for text in request.POST.getlist(name):
        try:
            found.append(UUID(text))
        except ValueError:
            raise Refusal(
                "foundation.bad_input", count=1, summary="照片编号格式不对", fields={name: "请重新选择照片。"}
            ) from None
    for file in request.FILES.getlist(name):
        kind: Kind = "document" if papers and not (file.content_type or "").startswith("image/") else "image"
        try:
            row = keep_evidence(request.actor, clock.now(), raw=bytes_of(file), name=file.name or "", kind=kind)  # type: ignore[attr-defined]
        except Refusal as refusal:
            refusal.fields = {name: refusal.sentence}
            raise
        found.append(row.pk)
    return list(dict.fromkeys(found))


@require_GET
@signed_in
def show(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """A picture in the page, a document or a voice note as a download; ``?size=thumb`` is a picture's small copy."""
    return file_of(request, seen(request.actor, pk))  # type: ignore[attr-defined]


def file_of(request: HttpRequest, row: Any) -> HttpResponseBase:
    """The bytes of a piece of evidence that was found visible, with headers that keep them private and inert."""
    small = request.GET.get("size") == "thumb" and row.kind == "image"
    tag = f'"{row.sha256}{"-thumb" if small else ""}"'
    if request.headers.get("If-None-Match") == tag:
        response: HttpResponseBase = HttpResponseNotModified()
    elif row.kind == "audio" and (asked := _RANGE.fullmatch(request.headers.get("Range", ""))):
        response = _piece(row, int(asked[1]), int(asked[2] or row.size))
    else:
        document = row.kind in ("document", "audio")
        suffix = "pdf" if row.kind == "document" else SUFFIXES.get(row.media_type, "webp")
        name = row.name if document and row.name.lower().endswith(f".{suffix}") else f"{row.pk}.{suffix}"
        response = FileResponse(
            store.stream(row.sha256, thumb=small), as_attachment=document, filename=name, content_type=row.media_type
        )
    if row.kind == "audio":
        response["Accept-Ranges"] = "bytes"
    response["ETag"] = tag
    response["Cache-Control"] = f"private, max-age={KEPT_SECONDS}"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def _piece(row: Any, first: int, last: int) -> HttpResponseBase:
    """What a player asks for of a recording: an iPhone plays nothing from a server that sends no pieces."""
    last = min(last, row.size - 1)
    if first > last:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{row.size}"})
    piece = HttpResponse(store.read(row.sha256)[first : last + 1], status=206, content_type=row.media_type)
    piece["Content-Range"] = f"bytes {first}-{last}/{row.size}"
    piece["Content-Disposition"] = f'attachment; filename="{row.pk}.{SUFFIXES[row.media_type]}"'
    return piece


urlpatterns = [
    path("", upload, name="evidence-upload"),
    path("<uuid:pk>.webp", show, name="evidence-picture"),
    path("<uuid:pk>/", show, name="evidence-file"),
]
