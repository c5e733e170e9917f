"""The living page of the kit: every part once, with sample words; it exists only in the demo."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from bihuan.foundation import clock
from bihuan.foundation.pages.keyset import Page
from bihuan.foundation.refusals import Refusal

_PICTURE = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 4 3'%3E%3Crect width='4' height='3' fill='%23{}'/%3E%3C/svg%3E"


def kit(request: HttpRequest) -> HttpResponse:
    """Show the kit; ``?refused`` shows the form as it comes back."""
    now = clock.now()
    samples = [("major", -2, "整改中"), ("serious", 0, "待复查"), ("general", 3, "整改中"), ("low", 9, "待交办")]
    rows = [
        {"id": n, "level": level, "title": f"第 {n} 行：一件事和它在哪里，标题写到四十个汉字也要排得开、看得清、点得到", "state": state,
         "due_at": now + timedelta(days=days, minutes=5), "mine": n == 2}
        for n, (level, days, state) in enumerate(samples, 1)
    ]  # fmt: skip
    context = {
        "page": Page(rows, "sample"),
        "days": [now + timedelta(days=n, minutes=-1) for n in (-40, -2, 0, 1, 30)],
        "now": now,
        "options": [("a", "甲"), ("b", "乙"), ("c", "丙")],
        "many": [(str(n), f"第 {n} 个单位") for n in range(1, 30)],
        "photos": [{"url": _PICTURE.format(c)} for c in ("7a8a94", "b0b8bd", "4d6a75", "c7a98b", "8b9a6b")],
        "before": {"url": _PICTURE.format("9a6b5b")},
        "after": {"url": _PICTURE.format("5b8a7a")},
    }
    if "refused" in request.GET:
        context["typed"] = {"title": "已经填好的字还在", "level": "b"}
        context["refusal"] = SimpleNamespace(
            sentence="这条记录已被王芳于 10:32 改动过，你的操作没有生效。请看过最新情况再决定。",
            code="foundation.changed_meanwhile", fields={"title": "内容太短，至少 2 个字"},
        )  # fmt: skip
    return render(request, "shell/kit.html", context)


def refuse(request: HttpRequest) -> HttpResponse:
    """A refusal as htmx brings it."""
    raise Refusal("foundation.changed_meanwhile", who="王芳")


urlpatterns = [path("", kit, name="kit"), path("refuse/", refuse, name="kit-refuse")]
