"""What is printed for a wall: labels, the notice card."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from bihuan.foundation import clock
from bihuan.foundation.pages.answers import again, send, signed_in
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.risks import printouts, queries


@signed_in
@require_GET
def choose_labels(request: HttpRequest) -> HttpResponse:
    """What will be printed, with a picture of the first sheet."""
    return render(request, "risks/labels.html", _context(request))


def _context(request: HttpRequest) -> dict[str, Any]:
    printing = _chosen(request)
    return {
        "printing": printing,
        "rows": printing.rows,
        "four": queries.four(request.actor),  # type: ignore[attr-defined]
        "sheets": -(-len(printing.rows) // printouts.PER_SHEET),
        "query": request.GET.urlencode(),
        "unposted_words": [("1", "还没贴的")],
        "printed_before": any(row["n"] for row in printing.rows),
    }


@signed_in
@require_GET
def labels_pdf(request: HttpRequest) -> HttpResponse:
    """A4 sheets of 24 labels as they were printed last: the same serials again."""
    return _sheets(request, _chosen(request).rows)


@signed_in
@require_POST
def print_labels(request: HttpRequest) -> HttpResponse:
    """Count a print and answer its sheets; the same form sent twice is one print."""
    chosen = [row["id"] for row in _chosen(request).rows]
    try:
        replace = request.POST.get("replace") == "1"
        send(request, "risks.print_labels", {"points": chosen, "replace": replace})
    except Refusal as refusal:
        return again(request, "risks/labels.html", refusal, _context(request))
    return _sheets(request, _chosen(request).rows)


def _sheets(request: HttpRequest, rows: list[dict[str, Any]]) -> HttpResponse:
    name = f"风险点标签-{timezone.localdate(clock.now())}.pdf"
    return _file(printouts.labels_pdf(rows, site(request)), "application/pdf", name)


@signed_in
@require_GET
def labels_png(request: HttpRequest) -> HttpResponse:
    """The first sheet as a picture."""
    return _file(printouts.labels_png(_chosen(request).rows, site(request)), "image/png", "labels.png")


@signed_in
@require_GET
def label_lives(request: HttpRequest) -> HttpResponse:
    """The labels by how far they have come: not yet posted, posted without a photo, posted, void."""
    return render(request, "risks/label_lives.html", {"labels": queries.labels(request.actor, request.GET.dict())})  # type: ignore[attr-defined]


def _chosen(request: HttpRequest) -> queries.Printing:
    given = request.GET
    try:
        ids = [UUID(text) for text in given.getlist("point")[: queries.MOST_LABELS]]
        school, area = (UUID(given[name]) if given.get(name) else None for name in ("school", "area"))
    except ValueError:
        raise Refusal("foundation.not_found") from None
    return queries.to_label(
        request.actor,  # type: ignore[attr-defined]
        school_id=school,
        area_id=area,
        colour=given.get("colour", ""),
        unposted=given.get("unposted") == "1",
        ids=ids,
    )


@signed_in
@require_GET
def card_pdf(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The notice card (风险告知卡) to hang beside the place."""
    on = timezone.localdate(clock.now())
    page = queries.point(request.actor, pk, on=on)  # type: ignore[attr-defined]
    return _file(
        printouts.card_pdf(page, site(request), on=on), "application/pdf", f"风险告知卡-{page.point.number}.pdf"
    )


def site(request: HttpRequest) -> str:
    """The address that a wall code carries: the demo's own, otherwise the one that the bureau configured."""
    return request.build_absolute_uri("/").rstrip("/") if settings.DEMO else settings.BIHUAN_URL


def _file(content: bytes, media_type: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=media_type)
    response["Content-Disposition"] = f"inline; filename*=UTF-8''{quote(name)}"
    response["Cache-Control"] = "private, no-store"
    return response
