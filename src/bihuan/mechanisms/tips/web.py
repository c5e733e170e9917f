"""Doors for strangers (``/p/<code>/tell/``, ``/tips/``) and for the school's desk (``/tips/desk/``)."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from bihuan.foundation import clock
from bihuan.foundation.evidence.web import bytes_of
from bihuan.foundation.ids import uuid7
from bihuan.foundation.pages.answers import again, done, send, signed_in
from bihuan.foundation.pages.visitors import address_of
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.risks import queries as risks
from bihuan.mechanisms.risks.rules import headline
from bihuan.mechanisms.tips import commands, limits, queries, rules

TRAP = "website"
"""A field that no person sees: whoever fills it in is a program, thanked and forgotten."""


@never_cache
@require_http_methods(["GET", "POST"])
def tell(request: HttpRequest, code: str) -> HttpResponse:
    """Three fields for anybody; the slip is shown once. A code that is void, unknown or invented is one same page."""
    point = risks.open_point(code)
    form = request.POST.get("_form") or str(uuid4())
    context: dict[str, Any] = {"point": point, "code": code, "form": form[:60], "trap": TRAP}
    if request.method == "GET":
        return render(request, "tips/tell.html", context) if point else _no_label(request)
    if request.POST.get(TRAP):
        return _thanks(request, rules.slip(limits.secret(), form), point)
    try:
        photo = request.FILES.get("photo")
        slip = commands.tell(
            clock.now(), code=code, form=form[:60], words=request.POST.get("words", ""), place=request.POST.get("place", ""),
            photo=bytes_of(photo) if photo else None, address=address_of(request),
        )  # fmt: skip
    except Refusal as refusal:
        if refusal.status == 404 or point is None:
            return _no_label(request)
        return again(request, "tips/tell.html", refusal, context)
    return _thanks(request, slip, point)


def _thanks(request: HttpRequest, slip: str, point: Any) -> HttpResponse:
    return render(request, "tips/thanks.html", {"slip": rules.spaced(slip), "point": point})


def _no_label(request: HttpRequest) -> HttpResponse:
    return render(request, "risks/no_label.html", status=404)


@never_cache
@sensitive_post_parameters("slip")
@require_http_methods(["GET", "POST"])
def status(request: HttpRequest) -> HttpResponse:
    """What became of a tip; the slip is posted, so that it stands in no history and no log."""
    if request.method == "GET":
        return render(request, "tips/status.html")
    try:
        limits.allow_lookup(clock.now(), address=address_of(request))
    except Refusal as refusal:
        return again(request, "tips/status.html", refusal)
    found = queries.became(request.POST.get("slip", "")[:60])
    return render(request, "tips/status.html", {"found": found, "asked": True, "typed": request.POST})


@signed_in
@require_GET
def desk(request: HttpRequest) -> HttpResponse:
    """The list of those who deal with tips."""
    found = queries.desk(request.actor, state=request.GET.get("state", ""), cursor=request.GET.get("cursor", ""))  # type: ignore[attr-defined]
    return render(request, "tips/desk.html", {"desk": found})


@signed_in
@require_GET
def one(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One tip: the words, the photo, and what to do with it."""
    return render(request, "tips/tip.html", _page(request, pk))


def _page(request: HttpRequest, pk: UUID) -> dict[str, Any]:
    found = queries.tip(request.actor, pk)  # type: ignore[attr-defined]
    title = f"{found.tip.point_name}：{headline(found.tip.words)}"
    return {"page": found, "tip": found.tip, "id": request.POST.get("id") or uuid7(), "title": title[:120]}


@signed_in
@require_POST
def take(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The school looks into it."""
    send(request, "tips.take_tip", {"tip_id": pk, "revision": request.POST.get("revision", "")})
    return done(request, f"/tips/desk/{pk}/", "已受理。反映人凭查询码能看到“正在核实”。")


@signed_in
@require_POST
def answer(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Words that the teller reads."""
    args = {"tip_id": pk, "revision": request.POST.get("revision", ""), "answer": request.POST.get("answer", "")}
    try:
        send(request, "tips.answer_tip", args)
    except Refusal as refusal:
        if refusal.status == 404:
            raise
        return again(request, "tips/tip.html", refusal, _page(request, pk))
    return done(request, f"/tips/desk/{pk}/", "已答复。反映人凭查询码能看到。")


@signed_in
@require_POST
def make_case(request: HttpRequest, pk: UUID) -> HttpResponse:
    """It becomes a hazard."""
    args = {"tip_id": pk, **{name: request.POST.get(name, "") for name in ("revision", "id", "title", "level")}}
    try:
        send(request, "tips.make_case", args)
    except Refusal as refusal:
        if refusal.status == 404:
            raise
        return again(request, "tips/tip.html", refusal, _page(request, pk))
    return done(request, f"/hazards/{args['id']}/", "已转为隐患，现在交办给人整改。")


urlpatterns = [
    path("", status, name="tip-status"),
    path("desk/", desk, name="tips-desk"),
    path("desk/<uuid:pk>/", one, name="tip"),
    path("desk/<uuid:pk>/take/", take, name="tip-take"),
    path("desk/<uuid:pk>/answer/", answer, name="tip-answer"),
    path("desk/<uuid:pk>/case/", make_case, name="tip-case"),
]
wall_patterns = [path("<str:code>/tell/", tell, name="tell")]
