"""The list, one point, its forms."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from pydantic import ValidationError

from bihuan.foundation import clock
from bihuan.foundation.ids import uuid7
from bihuan.foundation.pages.answers import again, done, send, signed_in
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.risks import queries, rules
from bihuan.mechanisms.risks.printouts import tag_address_of
from bihuan.mechanisms.risks.scoring import Scoring
from bihuan.mechanisms.risks.web.prints import site

FACTORS = ("likelihood", "severity", "exposure", "consequence")
PLAIN = ("name", "kind", "place", "hazard_source", "accident", "owner_post", "cadence")


@signed_in
@require_GET
def points(request: HttpRequest) -> HttpResponse:
    """The list with the four-colour strip and the filter sentence."""
    listing = queries.listing(request.actor, request.GET.dict(), at=clock.now())  # type: ignore[attr-defined]
    return render(request, "risks/list.html", {"listing": listing, "late": [("1", "超期没巡查")]})


@signed_in
@require_GET
def point(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One point: colour, how it was scored, measures, people, history, prints."""
    page = queries.point(request.actor, pk, on=timezone.localdate(clock.now()))  # type: ignore[attr-defined]
    n = page.label.n if page.label else 0
    context = {"page": page, "point": page.point, "address": tag_address_of(site(request), page.point.code, n)}
    return render(request, "risks/point.html", context | {"photo_rows": [page.photo] if page.photo else []})


@signed_in
@require_GET
def scoring(request: HttpRequest) -> HttpResponse:
    """The scoring part of a form as chosen so far, with what it would give."""
    asked = request.GET.get("method") or request.GET.get("matrix", "")
    given = _scoring(request.GET, asked) if not request.GET.get("method") else None
    trial = queries.trial(request.actor, None, asked, _parsed(given))  # type: ignore[attr-defined]
    template = "risks/scoring.html" + ("#words" if given else "")
    return render(request, template, {"trial": trial, "typed": request.GET})


@signed_in
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Register a point: first the school (who has only one is not asked), then everything on one page."""
    asked = request.POST.get("school") or request.GET.get("school", "")
    school, schools, choices = queries.form(request.actor, _asked_school(asked))  # type: ignore[attr-defined]
    context: dict[str, Any] = {
        "school": school,
        "schools": schools,
        "choices": choices,
        "id": request.POST.get("id") or uuid7(),
    }
    context |= _form_context(request, school)
    if request.method == "GET" or request.POST.get("method"):
        context |= {"typed": request.POST} if request.method == "POST" else {}
        return render(request, "risks/form.html", context)
    try:
        args = {
            "id": request.POST.get("id", ""),
            "org_id": request.POST.get("org_id", ""),
            "measures": _measures(request),
        }
        args |= {name: request.POST.get(name, "") for name in PLAIN}
        args |= {
            "owner_id": request.POST.get("owner_id") or None,
            "scoring": _scoring(request.POST, request.POST.get("matrix", "")) or {},
        }
        outcome = send(request, "risks.make_point", args)
    except Refusal as refusal:
        return again(request, "risks/form.html", _by_control(refusal), context)
    return done(
        request,
        f"/points/{outcome.answer['id']}/",
        f"已登记，编号 {outcome.answer['number']}。现在可以打印标签贴到现场。",
    )


@signed_in
@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Change a point; the score stays unless a new one is given."""
    row, choices = queries.change_form(request.actor, pk)  # type: ignore[attr-defined]
    context: dict[str, Any] = {
        "point": row,
        "choices": choices,
        "measures": [(k, w, row.measures.get(k, "")) for k, w in rules.MEASURES.items()],
    }
    context |= _form_context(request, row, measures=context["measures"])
    if request.method == "GET" or request.POST.get("method"):
        context |= {"typed": request.POST} if request.method == "POST" else {}
        return render(request, "risks/form.html", context)
    try:
        args: dict[str, Any] = {
            "point_id": pk,
            "revision": request.POST.get("revision", ""),
            "measures": _measures(request),
        }
        args |= {name: request.POST.get(name, "") for name in PLAIN}
        owner = request.POST.get("owner_id")
        args |= {"owner_id": owner} if owner else {"without_owner": True}
        if scored := _scoring(request.POST, request.POST.get("matrix", "")):
            args["scoring"] = scored
        send(request, "risks.change_point", args)
    except Refusal as refusal:
        return again(request, "risks/form.html", _by_control(refusal), context)
    return done(request, f"/points/{pk}/", "已保存，修改前的内容留在历史里。")


def _form_context(request: HttpRequest, place: Any, *, measures: Any = None) -> dict[str, Any]:
    asked = request.POST.get("method") or request.POST.get("matrix", "")
    given = _scoring(request.POST, asked) if request.method == "POST" else None
    bureau_id = place.bureau_id if place else None
    return {
        "trial": queries.trial(request.actor, bureau_id, asked, _parsed(given)),  # type: ignore[attr-defined]
        "measures": measures or [(kind, word, "") for kind, word in rules.MEASURES.items()],
    }


def _scoring(given: Any, method: str) -> dict[str, Any] | None:
    """The scoring that a form carries, or nothing when nobody touched it."""
    found: dict[str, Any] = {}
    if method not in ("direct", "chosen"):
        found = {name: value for name in FACTORS if (value := given.get(name, "").strip())}
    if method == "chosen":
        found |= {name: value for name in ("colour", "basis") if (value := given.get(name, "").strip())}
    if direct := [code for code in given.getlist("direct") if code]:
        found["direct"] = direct
    touched = bool(found)
    if method not in ("direct", "chosen") and (set(found) & set(FACTORS)):
        found["matrix"] = method
    return found if touched else None


def _parsed(given: dict[str, Any] | None) -> Scoring | None:
    try:
        return Scoring.model_validate(given) if given else None
    except ValidationError:
        return None


def _measures(request: HttpRequest) -> dict[str, str]:
    return {kind: text for kind in rules.MEASURES if (text := request.POST.get(f"measures.{kind}", "").strip())}


def _by_control(refusal: Refusal) -> Refusal:
    """Sentences of nested arguments under the name of their control: ``scoring.severity`` is the field ``severity``."""
    refusal.fields = {name.removeprefix("scoring."): sentence for name, sentence in refusal.fields.items()}
    return refusal


@signed_in
@require_http_methods(["GET", "POST"])
def adopt(request: HttpRequest) -> HttpResponse:
    """Take ready-made points over for a school: all that fit, or those ticked."""
    school_id = _asked_school(request.POST.get("school") or request.GET.get("school", ""))
    school, schools, _ = queries.form(request.actor, school_id)  # type: ignore[attr-defined]
    if school is None:
        return render(request, "risks/form.html", {"schools": schools, "school": None, "adopting": True})
    school, ready = queries.catalogue(request.actor, school.pk)  # type: ignore[attr-defined]
    context = {"school": school, "schools": schools, "ready": ready}
    if request.method == "GET":
        return render(request, "risks/adopt.html", context)
    chosen = request.POST.getlist("entry")
    if not chosen:
        refusal = Refusal("risks.none_chosen")
        return again(request, "risks/adopt.html", refusal, context)
    try:
        outcome = send(request, "risks.adopt_points", {"school_id": school.pk, "codes": chosen})
    except Refusal as refusal:
        return again(request, "risks/adopt.html", refusal, context)
    return done(
        request,
        f"/points/?school={school.pk}",
        f"已选用 {outcome.answer['adopted']} 个风险点。请逐个核对位置、措施和责任人。",
    )


@signed_in
@require_POST
def check(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The point is in order."""
    send(request, "risks.check_point", {"point_id": pk})
    return done(request, f"/points/{pk}/", "已登记：正常。")


@signed_in
@require_POST
def renew(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A new wall code; the old label is void from now on."""
    send(request, "risks.renew_code", {"point_id": pk, "revision": request.POST.get("revision", "")})
    return done(request, f"/points/{pk}/", "已换新码，旧标签作废。请打印新标签换上。")


@signed_in
@require_http_methods(["GET", "POST"])
def void(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take a point out of use, with the reason."""
    row, _ = queries.change_form(request.actor, pk)  # type: ignore[attr-defined]
    if request.method == "GET":
        return render(request, "risks/void.html", {"point": row})
    try:
        send(
            request,
            "risks.void_point",
            {"point_id": pk, "revision": request.POST.get("revision", ""), "reason": request.POST.get("reason", "")},
        )
    except Refusal as refusal:
        return again(request, "risks/void.html", refusal, {"point": row})
    return done(request, f"/points/{pk}/", "已停用。它的历史和旧标签都还认得。")


def _asked_school(text: str) -> UUID | None:
    if not text:
        return None
    found = _uuid(text)
    if found is None:
        raise Refusal("foundation.not_found")
    return found


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
