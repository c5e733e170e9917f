"""What is printed for a wall: labels, the notice card."""

from __future__ import annotations

from urllib.parse import quote
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from bihuan.foundation import clock
from bihuan.foundation.pages.answers import signed_in
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.risks import printouts, queries


@signed_in
@require_GET
def choose_labels(request: HttpRequest) -> HttpResponse:
    """What will be printed, with a picture of the first sheet."""
    schools, rows = _chosen(request)
    sheets = -(-len(rows) // printouts.PER_SHEET)
    four = queries.four(request.actor)  # type: ignore[attr-defined]
    context = {"schools": schools, "four": four, "rows": rows, "sheets": sheets, "query": request.GET.urlencode()}
    return render(request, "risks/labels.html", context)


@signed_in
@require_GET
def labels_pdf(request: HttpRequest) -> HttpResponse:
    """A4 sheets of 24 labels."""
    _, rows = _chosen(request)
    return _file(
        printouts.labels_pdf(rows, _site(request)),
        "application/pdf",
        f"风险点标签-{timezone.localdate(clock.now())}.pdf",
    )


@signed_in
@require_GET
def labels_png(request: HttpRequest) -> HttpResponse:
    """The first sheet as a picture."""
    _, rows = _chosen(request)
    return _file(printouts.labels_png(rows, _site(request)), "image/png", "labels.png")


def _chosen(request: HttpRequest) -> tuple[list[tuple[str, str]], list[dict[str, object]]]:
    try:
        ids = [UUID(text) for text in request.GET.getlist("point")[: queries.MOST_LABELS]]
        school = UUID(request.GET["school"]) if request.GET.get("school") else None
    except ValueError:
        raise Refusal("foundation.not_found") from None
    return queries.to_label(request.actor, school_id=school, colour=request.GET.get("colour", ""), ids=ids)  # type: ignore[attr-defined]


@signed_in
@require_GET
def card_pdf(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The notice card (风险告知卡) to hang beside the place."""
    on = timezone.localdate(clock.now())
    page = queries.point(request.actor, pk, on=on)  # type: ignore[attr-defined]
    return _file(
        printouts.card_pdf(page, _site(request), on=on), "application/pdf", f"风险告知卡-{page.point.number}.pdf"
    )


def _site(request: HttpRequest) -> str:
    """The address that a wall code carries: the demo's own, otherwise the one that the bureau configured."""
    return request.build_absolute_uri("/").rstrip("/") if settings.DEMO else settings.BIHUAN_URL


def _file(content: bytes, media_type: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=media_type)
    response["Content-Disposition"] = f"inline; filename*=UTF-8''{quote(name)}"
    response["Cache-Control"] = "private, no-store"
    return response
