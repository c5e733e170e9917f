"""The pages of mandates: what came, what was asked, one of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_GET, require_POST

from bihuan.foundation.evidence.web import photos_of
from bihuan.foundation.ids import uuid7
from bihuan.foundation.pages.answers import again, done, send, signed_in
from bihuan.foundation.pages.reading import id_of, moment_of
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.mandates import queries, rules


@require_GET
@signed_in
def mandates(request: HttpRequest) -> HttpResponse:
    """What came to my units and to me."""
    state = request.GET.get("state", "live")
    context = {
        "page": queries.received(request.actor, state=state, cursor=request.GET.get("cursor", "")),
        "states": list(queries.MINE.items()),
        "homes": queries.homes(request.actor),
    }
    return render(request, "mandates/received.html", context)


@require_GET
@signed_in
def issued(request: HttpRequest) -> HttpResponse:
    """What my bureau asked."""
    context = {
        "page": queries.directives(request.actor, cursor=request.GET.get("cursor", "")),
        "homes": queries.homes(request.actor),
    }
    return render(request, "mandates/issued.html", context)


@signed_in
def new(request: HttpRequest) -> HttpResponse:
    """Ask something."""
    form = request.POST
    above = form.get("above") or request.GET.get("above", "")
    unit = form.get("org_id") or request.GET.get("unit", "")
    found = queries.choices(request.actor, id_of(unit), above=id_of(above) if above else None)
    context = {
        "found": found, "new_id": form.get("id") or uuid7(), "wants": list(rules.WANTS.items()),
        "audiences": [("schools", "全部学校和幼儿园"), ("kinds", "按学校类型"), ("units", "选定的单位")],
    }  # fmt: skip
    if request.method != "POST":
        return render(request, "mandates/new.html", context)
    names = ("id", "org_id", "office", "title", "text", "wants", "unit", "audience")
    args: dict[str, Any] = {name: form.get(name, "") for name in names}
    args |= {
        "due_at": moment_of(form.get("due_at", "")),
        "kinds": form.getlist("kinds"),
        "units": form.getlist("units"),
    }
    if above:
        args["above"] = above
    try:
        args["files"] = [str(one) for one in photos_of(request, "files", papers=True)]
        send(request, "mandates.issue", args)
    except Refusal as refusal:
        return again(request, "mandates/new.html", refusal, context)
    return done(request, f"/mandates/{args['id']}/", say="已下达，各单位会收到通知。")


@require_GET
@signed_in
def directive(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What was asked, and how far each unit is."""
    return render(request, "mandates/directive.html", _directive(request, pk))


def _directive(request: HttpRequest, pk: UUID) -> dict[str, Any]:
    asked = request.GET
    viewer = request.actor  # type: ignore[attr-defined]
    page = queries.directive_page(viewer, pk, state=asked.get("state", ""), cursor=asked.get("cursor", ""))
    return {"page": page, "filters": list(queries.FILTERS.items())}


@require_GET
@signed_in
def got(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One unit's part."""
    return render(request, "mandates/got.html", {"page": queries.got(request.actor, pk)})


@require_POST
@signed_in
def accept(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Accept the chosen answers."""
    args = {"directive_id": str(pk), "assignments": request.POST.getlist("assignments")}
    return _said(request, pk, "mandates.accept", args, "已验收 {accepted} 个单位。", then="?state=answered")


@require_POST
@signed_in
def remind(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Remind whoever owes something."""
    args = {"directive_id": str(pk)}
    return _said(request, pk, "mandates.remind", args, "已催 {reminded} 个单位。", then="?state=unanswered")


@require_POST
@signed_in
def withdraw(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Withdraw it."""
    args = {"directive_id": str(pk), "reason": request.POST.get("reason", "")}
    return _said(request, pk, "mandates.withdraw", args, "已撤回，各单位会收到通知；已办结的保留。")


def _said(
    request: HttpRequest, pk: UUID, command: str, args: Mapping[str, Any], say: str, *, then: str = ""
) -> HttpResponse:
    """Send a command about a directive and come back to it; a refusal keeps what was typed."""
    try:
        answer = send(request, command, args).answer
    except Refusal as refusal:
        if refusal.code == "foundation.not_found":
            raise
        return again(request, "mandates/directive.html", refusal, _directive(request, pk))
    return done(request, f"/mandates/{pk}/{then}", say=say.format(**answer))


@require_POST
@signed_in
def sign(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Sign for my unit."""
    return _told(request, pk, "mandates.sign", {"assignment_id": str(pk)}, "已签收。")


@require_POST
@signed_in
def split(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Divide it among people."""
    form = request.POST
    rows = zip(form.getlist("person"), form.getlist("task"), form.getlist("until"), strict=False)
    shares = [
        {"person": person, "task": task, "until": moment_of(until) if until else None}
        for person, task, until in rows
        if person or task.strip()
    ]
    return _told(
        request, pk, "mandates.split", {"assignment_id": str(pk), "shares": shares}, "已分解到人，本人会收到通知。"
    )


@require_POST
@signed_in
def finish(request: HttpRequest, pk: UUID) -> HttpResponse:
    """My share is done."""
    said = {"share_id": request.POST.get("share_id", ""), **_answer(request)}
    return _told(request, pk, "mandates.finish_share", said, "已反馈给本单位负责人。", photos=True)


@require_POST
@signed_in
def drop(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take a share back."""
    said = {"share_id": request.POST.get("share_id", ""), "reason": request.POST.get("reason", "")}
    return _told(request, pk, "mandates.drop_share", said, "已收回，本人会收到通知。")


@require_POST
@signed_in
def feed_back(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Answer for my unit."""
    said = {"assignment_id": str(pk), **_answer(request)}
    return _told(request, pk, "mandates.feed_back", said, "已反馈，等验收。", photos=True)


@require_POST
@signed_in
def send_back(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Send an answer back."""
    form = request.POST
    said = {"assignment_id": str(pk), "reason": form.get("reason", ""), "until": moment_of(form.get("until", ""))}
    return _told(request, pk, "mandates.send_back", said, "已退回，单位会看到原因和新的时间。")


def _answer(request: HttpRequest) -> dict[str, Any]:
    amount = request.POST.get("amount", "").strip()
    return {"words": request.POST.get("words", ""), **({"amount": amount} if amount else {})}


def _told(
    request: HttpRequest, pk: UUID, command: str, args: Mapping[str, Any], say: str, *, photos: bool = False
) -> HttpResponse:
    """Send a command about one unit's part and come back to it; a refusal keeps what was typed."""
    try:
        more = {"photos": [str(one) for one in photos_of(request)]} if photos else {}
        send(request, command, {**args, **more})
    except Refusal as refusal:
        if refusal.code == "foundation.not_found":
            raise
        return again(request, "mandates/got.html", refusal, {"page": queries.got(request.actor, pk), "tried": command})
    return done(request, f"/mandates/got/{pk}/", say=say)


urlpatterns = [
    path("", mandates, name="mandates"),
    path("issued/", issued, name="mandates-issued"),
    path("new/", new, name="mandate-new"),
    path("<uuid:pk>/", directive, name="mandate"),
    path("<uuid:pk>/accept/", accept, name="mandate-accept"),
    path("<uuid:pk>/remind/", remind, name="mandate-remind"),
    path("<uuid:pk>/withdraw/", withdraw, name="mandate-withdraw"),
    path("got/<uuid:pk>/", got, name="mandate-got"),
    path("got/<uuid:pk>/sign/", sign, name="mandate-sign"),
    path("got/<uuid:pk>/split/", split, name="mandate-split"),
    path("got/<uuid:pk>/finish/", finish, name="mandate-finish"),
    path("got/<uuid:pk>/drop/", drop, name="mandate-drop"),
    path("got/<uuid:pk>/feed-back/", feed_back, name="mandate-feed-back"),
    path("got/<uuid:pk>/send-back/", send_back, name="mandate-send-back"),
]
