"""The pages of the archive: choose a school, see what is missing, take it away."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_GET, require_POST

from bihuan.foundation import clock
from bihuan.foundation.pages.answers import send, signed_in
from bihuan.foundation.pages.streams import sent
from bihuan.surfaces.archive import queries
from bihuan.surfaces.archive.packing import packed


@require_GET
@signed_in
def schools(request: HttpRequest) -> HttpResponse:
    """My school's archive; people of several schools choose one."""
    found = queries.schools(request.actor)
    if len(found) == 1:
        return redirect(f"/archive/{found[0][0]}/")
    return render(request, "archive/schools.html", {"schools": found})


@require_GET
@signed_in
def archive(request: HttpRequest, school_id: UUID) -> HttpResponse:
    """One term of a school: clause by clause what is there and what is missing."""
    found = _opened(request, school_id, request.GET)
    context = {
        "page": queries.archive_page(found), "terms": [(term.code, term.name) for term in found.terms[1:]],
        "packs": [(code, name) for code, name in found.packs.items() if code != next(iter(found.packs))],
        "first_pack": next(iter(found.packs.values()), ""),
    }  # fmt: skip
    return render(request, "archive/archive.html", context)


@require_POST
@signed_in
def take(request: HttpRequest, school_id: UUID) -> StreamingHttpResponse:
    """The whole term as a zip, sent while it is made; that it was taken is stated first."""
    given = {"term": request.POST.get("term", ""), "pack": request.POST.get("pack", "")}
    send(request, "archive.take_archive", {"school_id": str(school_id), **given})
    found = _opened(request, school_id, given)
    response = StreamingHttpResponse(sent(request, packed(queries.archive_page(found))), content_type="application/zip")
    response["Content-Disposition"] = f"attachment; filename=\"archive.zip\"; filename*=UTF-8''{quote(found.title)}.zip"
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


def _opened(request: HttpRequest, school_id: UUID, given: Any) -> queries.Opened:
    return queries.opened(
        request.actor, school_id, term=given.get("term", ""), pack=given.get("pack", ""), at=clock.now()
    )


urlpatterns = [
    path("", schools, name="archives"),
    path("<uuid:school_id>/", archive, name="archive"),
    path("<uuid:school_id>/take/", take, name="archive-take"),
]
