"""The desk's pages."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import include, path
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from bihuan.foundation import clock
from bihuan.foundation.ids import uuid7
from bihuan.foundation.messages import inbox, notice, unread_count
from bihuan.foundation.pages.answers import done, send, signed_in
from bihuan.foundation.refusals import Refusal
from bihuan.surfaces.workbench import queries
from bihuan.surfaces.workbench.feed import feed


@signed_in
def home(request: HttpRequest) -> HttpResponse:
    """My todo."""
    found = queries.home(request.actor, clock.now())  # type: ignore[attr-defined]
    template = "workbench/home.html" + ("#todo" if request.htmx else "")  # type: ignore[attr-defined]
    return render(request, template, {"home": found, "unread": found.unread})


@signed_in
def notices(request: HttpRequest) -> HttpResponse:
    """What the system told me, the newest first."""
    unread = request.GET.get("only") == "unread"
    page = inbox(request.actor, unread=unread, cursor=request.GET.get("cursor", ""))  # type: ignore[attr-defined]
    return render(request, "workbench/notices.html", {"page": page, "only_unread": unread})


@require_POST
@signed_in
def open_notice(request: HttpRequest, notice_id: str) -> HttpResponse:
    """Mark one notice as read and go to what it is about."""
    found = notice(request.actor, notice_id)  # type: ignore[attr-defined]
    send(request, "messages.mark_read", {"notices": [notice_id]})
    return redirect(found.link if url_has_allowed_host_and_scheme(found.link, allowed_hosts=None) else "/notices/")


@require_POST
@signed_in
def read_all(request: HttpRequest) -> HttpResponse:
    """Mark all my notices as read."""
    send(request, "messages.mark_read", {})
    return done(request, "/notices/", say="通知已全部标为已读。")


@require_GET
@signed_in
def bell(request: HttpRequest) -> HttpResponse:
    """The number on the bell."""
    return render(request, "shell/unread.html", {"unread": unread_count(request.actor)})  # type: ignore[attr-defined]


def _list_page(request: HttpRequest) -> str:
    page = request.POST.get("page", "/")
    return page if url_has_allowed_host_and_scheme(page, allowed_hosts=None) else "/"


@require_POST
@signed_in
def save_view(request: HttpRequest) -> HttpResponse:
    """Keep the filter of a list as one of my tabs."""
    page, name, query = _list_page(request), request.POST.get("name", ""), request.POST.get("query", "")
    # the row takes the form's own id, so that sending it twice is one view
    made = {"id": request.POST.get("_id") or str(uuid7()), "page": page, "name": name, "query": query}
    try:
        send(request, "workbench.save_view", made)
    except Refusal as refusal:
        return done(request, f"{page}?{query}", say=refusal.fields.get("name") or refusal.sentence)
    return done(request, f"{page}?{query}", say=f"已存为「{name.strip()}」。")


@require_POST
@signed_in
def forget_view(request: HttpRequest) -> HttpResponse:
    """Drop one of my tabs."""
    send(request, "workbench.forget_view", {"view": request.POST.get("view", "")})
    return done(request, _list_page(request), say="常用筛选已删掉。")


@signed_in
def search(request: HttpRequest) -> HttpResponse:
    """The box on top: an exact number goes straight to the case, everything else is the hazards list."""
    words = request.GET.get("q", "").strip()[:80]
    return render(request, "workbench/search.html", {"words": words, "found": queries.search(request.actor, words)})  # type: ignore[attr-defined]


@signed_in
def scan(request: HttpRequest) -> HttpResponse:
    """A wall code by camera or by hand; the code's own page says who may do what there."""
    code = "".join(
        letter
        for letter in request.GET.get("code", "")[:200].rsplit("/p/", 1)[-1]
        if letter.isalnum() or letter in " -"
    )
    if code.strip():
        return redirect("wall", code=code.replace(" ", "").strip("-"))
    return render(request, "workbench/scan.html")


urlpatterns = [
    path("", home, name="home"),
    path("feed/", feed, name="feed"),
    path("notices/", notices, name="notices"),
    path("notices/bell/", bell, name="bell"),
    path("notices/read/", read_all, name="read-all"),
    path("notices/<uuid:notice_id>/", open_notice, name="open-notice"),
    path("views/", save_view, name="save-view"),
    path("views/forget/", forget_view, name="forget-view"),
    path("search/", search, name="search"),
    path("scan/", scan, name="scan"),
    path("", include("bihuan.accounts.web")),
]
if settings.DEMO:
    urlpatterns.append(path("kit/", include("bihuan.foundation.pages.kit")))
