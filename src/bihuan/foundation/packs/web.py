"""The packs' pages: what is installed, and how far each clause of the policy runs today."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from bihuan.foundation.packs.queries import installed, pack_page
from bihuan.foundation.pages.answers import signed_in


@signed_in
def pack_list(request: HttpRequest) -> HttpResponse:
    """The packs in force."""
    return render(request, "packs/list.html", {"packs": installed(request.actor)})


@signed_in
def pack_detail(request: HttpRequest, code: str) -> HttpResponse:
    """One pack, clause by clause."""
    return render(request, "packs/pack.html", {"page": pack_page(request.actor, code)})


urlpatterns = [path("", pack_list, name="packs"), path("<slug:code>/", pack_detail, name="pack")]
