"""The desk's pages."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from bihuan.foundation.pages.answers import signed_in


@signed_in
def home(request: HttpRequest) -> HttpResponse:
    """My todo."""
    return render(request, "workbench/home.html")


urlpatterns = [path("", home, name="home")]
