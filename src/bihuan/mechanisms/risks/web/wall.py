"""The page behind a code on the wall: for whoever stands before it with a phone."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from bihuan.foundation import clock
from bihuan.foundation.evidence.web import photos_of
from bihuan.foundation.ids import uuid7
from bihuan.foundation.pages.answers import again, done, send, signed_in
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.risks import queries, rules
from bihuan.mechanisms.risks.printouts import tag_address_of
from bihuan.mechanisms.risks.web.prints import site

PHONE = "phone"
"""The cookie by which a browser says that the patrol app on it is enrolled; it names nobody."""


@require_GET
def page(request: HttpRequest, code: str) -> HttpResponse:
    """The notice card for anybody; the two buttons, the people and the last checks for those of the net."""
    seen = _seen(request, code)
    if seen is None:
        return no_such_label(request)
    how = urlencode({name: request.GET[name] for name in ("n", "via") if request.GET.get(name)})
    context = {
        "wall": seen, "point": seen.point, "outside": not seen.inside, "on_phone": PHONE in request.COOKIES,
        "in_app": f"/m/#/p/{seen.code}{'?' if how else ''}{how}",
    }  # fmt: skip
    return render(request, "risks/wall.html", context)


def no_such_label(request: HttpRequest) -> HttpResponse:
    """One answer for a code that was invented, mistyped or forgotten."""
    return render(request, "risks/no_label.html", status=404)


def _seen(request: HttpRequest, code: str) -> queries.Wall | None:
    try:
        n = request.GET.get("n", "")
        return queries.wall(
            request.actor,  # type: ignore[attr-defined]
            code,
            on=timezone.localdate(clock.now()),
            n=int(n) if n.isascii() and n.isdecimal() and len(n) < 7 else None,
        )
    except Refusal as refusal:
        if refusal.status == 404:
            return None
        raise


def _mine(request: HttpRequest, code: str) -> queries.Wall:
    """The point behind a label that is in force, for somebody of its net."""
    seen = _seen(request, code)
    if seen is None or not seen.inside:
        raise Refusal("foundation.not_found")
    if seen.void:
        raise Refusal("risks.voided_label")
    return seen


@require_POST
@signed_in
def check(request: HttpRequest, code: str) -> HttpResponse:
    """正常: one tap."""
    seen = _mine(request, code)
    send(request, "risks.check_point", {"point_id": seen.point.pk})
    return done(request, f"/p/{seen.code}", f"已登记：{seen.point.name} 正常。")


@signed_in
@require_http_methods(["GET", "POST"])
def report(request: HttpRequest, code: str) -> HttpResponse:
    """有问题: a photo, a few words; the place is known."""
    seen = _mine(request, code)
    context = {
        "wall": seen,
        "point": seen.point,
        "id": request.POST.get("id") or uuid7(),
        "photos": request.POST.getlist("photos"),
    }
    if request.method == "GET":
        return render(request, "risks/report.html", context)
    words = request.POST.get("description", "").strip()
    try:
        context["photos"] = photos = photos_of(request)
        if not photos or len(words) < 2:
            raise _lacking(bool(photos), words)
        outcome = send(
            request,
            "cases.report_hazard",
            {
                "id": context["id"], "org": seen.point.org_id, "title": f"{seen.point.name}：{rules.headline(words)}",
                "description": words, "place": request.POST.get("place", "").strip() or seen.point.place,
                "point": seen.point.pk, "photos": photos, "source": "point",
            },
        )  # fmt: skip
    except Refusal as refusal:
        return again(request, "risks/report.html", refusal, context)
    return done(request, f"/hazards/{outcome.answer['id']}/", "已上报，谢谢你。有进展会通知你。")


def _lacking(has_photo: bool, words: str) -> Refusal:
    fields = {} if has_photo else {"photos": "请拍一张能看清问题的照片。"}
    if len(words) < 2:
        fields["description"] = "请写一句话：什么问题。"
    return Refusal("foundation.bad_input", fields=fields, count=len(fields), summary="；".join(fields.values()))


@signed_in
@require_http_methods(["GET", "POST"])
def post(request: HttpRequest, code: str) -> HttpResponse:
    """The label hangs: a photo of it on the wall, and where."""
    seen = _mine(request, code)
    address = tag_address_of(site(request), seen.code, seen.label.n)
    context = {"wall": seen, "point": seen.point, "address": address, "photos": request.POST.getlist("photos")}
    if request.method == "GET":
        return render(request, "risks/post.html", context)
    try:
        context["photos"] = photos = photos_of(request)
        place = {name: value for name in ("lat", "lon", "accuracy") if (value := request.POST.get(name, "").strip())}
        n = f"?n={request.GET['n']}" if request.GET.get("n") else ""
        args = {"code": f"{seen.code}{n}", "photo": photos[0] if photos else None, **place}
        send(request, "risks.post_label", args)
    except Refusal as refusal:
        return again(request, "risks/post.html", refusal, context)
    return done(request, f"/p/{seen.code}", f"已登记：{seen.point.name} 的标签贴好了。")
