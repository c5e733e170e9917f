"""The county list, a school's map, and what is placed on it."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from bihuan.foundation.evidence.web import photos_of
from bihuan.foundation.ids import uuid7
from bihuan.foundation.pages.answers import again, done, send, signed_in
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.risks import queries


@signed_in
@require_GET
def county(request: HttpRequest) -> HttpResponse:
    """The schools by what their points show; whoever has one school is shown its map."""
    found = queries.county(request.actor, request.GET.dict())  # type: ignore[attr-defined]
    if found.only and not found.filtered:
        return redirect(f"/points/map/{found.only}/")
    return render(request, "risks/county.html", {"county": found})


@signed_in
@require_GET
def school(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A school's plan or sketch with its points, and the same points as a list."""
    return render(request, "risks/map.html", {"map": _map(request, pk)})


def _map(request: HttpRequest, pk: UUID) -> queries.SchoolMap:
    try:
        plan_id = UUID(request.GET["plan"]) if request.GET.get("plan") else None
    except ValueError:
        raise Refusal("foundation.not_found") from None
    return queries.school_map(request.actor, pk, plan_id=plan_id)  # type: ignore[attr-defined]


@signed_in
@require_GET
def sketch(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The drawn sketch of a school; a picture that can do nothing."""
    response = HttpResponse(queries.school_sketch(request.actor, pk), content_type="image/svg+xml")  # type: ignore[attr-defined]
    response["Cache-Control"] = "private, max-age=300"
    response["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    return response


@signed_in
@require_POST
def place(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Put a point at a place of the picture, in hundredths of its width and height; empty fields take it off again."""
    args: dict[str, object] = {"point_id": pk, "plan_id": request.POST.get("plan") or None}
    try:
        for name in ("x", "y"):
            if text := request.POST.get(name, "").strip():
                args[name] = float(text) / 100
    except ValueError:
        raise Refusal(
            "foundation.bad_input", count=1, summary="位置应填 0 到 100 的数字", fields={name: "应填 0 到 100 的数字"}
        ) from None
    send(request, "risks.place_point", args)
    school, plan = request.POST.get("school", ""), request.POST.get("plan", "")
    if getattr(request, "htmx", False):
        return HttpResponse(status=204)
    back = f"/points/map/{UUID(school)}/" if _is_uuid(school) else "/points/map/"
    return done(request, f"{back}?plan={plan}" if _is_uuid(plan) else back, "已摆好。")


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


@signed_in
@require_http_methods(["GET", "POST"])
def new_plan(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Upload a floor plan of a school, a site or a building."""
    school, choices = queries.form(request.actor, pk)[::2]  # type: ignore[attr-defined]
    id = request.POST.get("id") or uuid7()
    context = {"school": school, "choices": choices, "id": id, "pictures": request.POST.getlist("picture")}
    if request.method == "GET":
        return render(request, "risks/plan_new.html", context)
    try:
        context["pictures"] = pictures = photos_of(request, "picture")
        if not pictures:
            raise Refusal("risks.no_picture", fields={"picture": "请选一张图片。"})
        args = {
            "id": id,
            "org_id": request.POST.get("org_id", ""),
            "name": request.POST.get("name", ""),
            "picture": pictures[0],
        }
        outcome = send(request, "risks.keep_plan", args)
    except Refusal as refusal:
        return again(request, "risks/plan_new.html", refusal, context)
    return done(request, f"/points/map/{pk}/?plan={outcome.answer['id']}", "平面图已存好。现在把风险点摆上去。")


@signed_in
@require_POST
def drop_plan(request: HttpRequest, pk: UUID, plan: UUID) -> HttpResponse:
    """Take a plan out of use."""
    send(request, "risks.drop_plan", {"plan_id": plan, "revision": request.POST.get("revision", "")})
    return done(request, f"/points/map/{pk}/", "平面图已撤下，上面的风险点回到示意图。")
