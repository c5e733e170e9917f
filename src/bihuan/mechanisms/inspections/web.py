"""The pages of inspections: begin, judge item by item (phone first), end, sign, print."""

from __future__ import annotations

import base64
import binascii
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from bihuan.engines.responsibility import queries as net
from bihuan.foundation import clock
from bihuan.foundation.evidence.commands import keep_evidence
from bihuan.foundation.evidence.web import photos_of
from bihuan.foundation.ids import uuid7
from bihuan.foundation.pages.answers import again, done, send, signed_in
from bihuan.foundation.pages.reading import moment_of
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.inspections import papers, queries, rules

PNG = "data:image/png;base64,"
LEVELS = [("general", "一般"), ("serious", "较大"), ("major", "重大（命中判定标准）")]


@require_GET
@signed_in
def inspection_list(request: HttpRequest) -> HttpResponse:
    """The inspections of my net, newest first."""
    asked = {name: request.GET.get(name, "") for name in ("state", "kind", "school", "mine")}
    page = queries.inspections(request.actor, queries.InspectionFilter(**asked), cursor=request.GET.get("cursor", ""))
    viewer = request.actor
    found = net.schools(viewer) if viewer.may_anywhere("see-net") or viewer.may_anywhere("inspect") else []
    schools = [(str(org.pk), str(org)) for org in found] if viewer.may_anywhere("see-net") else []
    context = {
        "page": page,
        "states": list(rules.STATES.items()),
        "kinds": list(rules.KINDS.items()),
        "schools": schools if len(schools) > 1 else [],
        "may_begin": any(viewer.may("inspect", org) for org in found),
        "mine_words": [("1", "我参加的")],
    }
    return render(request, "inspections/list.html", context)


@require_http_methods(["GET", "POST"])
@signed_in
def new(request: HttpRequest) -> HttpResponse:
    """Begin an inspection: which school, what kind, how much of the checklist."""
    start = queries.start_choices(request.actor, at=clock.now())
    context = {
        "start": start,
        "schools": [(str(org.pk), f"{org}{'（我包的学校）' if org.pk in start.mine else ''}") for org in start.schools],
        "new_id": request.POST.get("id") or uuid7(),
        "chosen": request.GET.get("school", ""),
        "extents": [("1", "适用这所学校的项目"), ("0", "整份清单，不适用的现场判")],
        "may_draw": queries.may_draw(request.actor),
        "may_hide": any(code == "unannounced" for code, _ in start.kinds),
    }
    if request.method == "GET":
        return render(request, "inspections/new.html", context)
    form = request.POST
    args = {
        "id": form.get("id", ""),
        "school": form.get("school", ""),
        "kind": form.get("kind", ""),
        "categories": form.getlist("categories"),
        "applicable_only": form.get("applicable_only", "1") == "1",
        "focus": form.get("focus", ""),
        "hidden_until": moment_of(form.get("hidden_until", "")) or None,
    }
    try:
        outcome = send(request, "inspections.open_inspection", {k: v for k, v in args.items() if v is not None})
    except Refusal as refusal:
        return again(request, "inspections/new.html", refusal, context)
    return done(request, f"/inspections/{outcome.answer['id']}/")


@require_GET
@signed_in
def overview(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One inspection: progress by category, people, problems, papers; the part ``progress`` alone for live pages."""
    found = queries.detail(request.actor, pk)
    part = "#progress" if request.htmx and request.GET.get("part") == "progress" else ""
    return render(
        request, f"inspections/overview.html{part}", {"found": found, "row": found.row, "drawn": found.draw_is_true}
    )


@require_GET
@signed_in
def section(request: HttpRequest, pk: UUID, code: str) -> HttpResponse:
    """One category: its items, one on a screen or as a list."""
    return render(request, "inspections/section.html", _section(request, pk, code))


@require_POST
@signed_in
def judge(request: HttpRequest, pk: UUID, code: str, item: str) -> HttpResponse:
    """One item answered; with htmx the item comes back alone, else the page goes on to the next item."""
    try:
        outcome = send(request, "inspections.answer", _answer_args(request, pk, item))
    except Refusal as refusal:
        context = {**_section(request, pk, code), "refusal": refusal, "typed": request.POST, "typed_item": item}
        if refusal.code in ("foundation.not_found", "foundation.sign_in"):
            raise
        if request.htmx:
            _, view = context["found"].find(item)
            response = render(
                request, "inspections/item.html", {**context, "view": view}, status=422 if refusal.status < 500 else 503
            )
            response["X-Refused"] = refusal.code
            return response
        return render(request, "inspections/section.html", context, status=refusal.status)
    if request.htmx:
        context = _section(request, pk, code)
        _, view = context["found"].find(item)
        response = render(
            request, "inspections/item.html", {**context, "view": view, "replaced": outcome.answer["replaced"]}
        )
        response["X-Progress"] = f"{context['found'].tally.done}/{context['found'].tally.asked}"
        return response
    found = queries.detail(request.actor, pk)
    following = found.next_open(item)
    if not following:
        return redirect(f"/inspections/{pk}/")
    at, _ = found.find(following)
    return redirect(f"/inspections/{pk}/{at.code}/#item-{following}")


@require_POST
@signed_in
def rest(request: HttpRequest, pk: UUID, code: str) -> HttpResponse:
    """「其余本类均符合」."""
    seen = request.POST.getlist("seen")
    if request.POST.get("seen_all"):
        seen = [view.code for view in _section(request, pk, code)["section"].items]
    try:
        outcome = send(request, "inspections.pass_rest", {"inspection_id": str(pk), "section": code, "seen": seen})
    except Refusal as refusal:
        return again(
            request, "inspections/section.html", refusal, {**_section(request, pk, code), "rest_refused": True}
        )
    return done(request, f"/inspections/{pk}/", f"已把本类其余 {len(outcome.answer['passed'])} 项判为符合。")


@require_POST
@signed_in
def begin(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Arrive at the school of a planned inspection."""
    send(request, "inspections.begin_inspection", {"inspection_id": str(pk)})
    return done(request, f"/inspections/{pk}/", "检查开始，学校现在可以看到这次检查。")


@require_POST
@signed_in
def join(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take part."""
    send(request, "inspections.join_inspection", {"inspection_id": str(pk)})
    return done(request, f"/inspections/{pk}/", "你已加入检查组，可以和大家一起判定。")


@require_POST
@signed_in
def cancel(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Give it up, with a reason."""
    try:
        send(
            request,
            "inspections.cancel_inspection",
            {"inspection_id": str(pk), "reason": request.POST.get("reason", "")},
        )
    except Refusal as refusal:
        found = queries.detail(request.actor, pk)
        return again(
            request, "inspections/overview.html", refusal, {"found": found, "row": found.row, "cancel_refused": True}
        )
    return done(request, "/inspections/", "检查已取消，原因已记录。")


@require_http_methods(["GET", "POST"])
@signed_in
def team(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Bring somebody in: found by name in my net."""
    found = queries.detail(request.actor, pk)
    words = request.GET.get("q", "") or request.POST.get("q", "")
    context = {
        "found": found,
        "row": found.row,
        "people": net.people(request.actor, words) if words else [],
        "q": words,
    }
    if request.method == "POST":
        try:
            send(
                request,
                "inspections.add_inspector",
                {"inspection_id": str(pk), "user_id": request.POST.get("user_id", "")},
            )
        except Refusal as refusal:
            return again(request, "inspections/team.html", refusal, context)
        return done(request, f"/inspections/{pk}/team/", "已加入检查组。")
    return render(request, "inspections/team.html", context)


@require_http_methods(["GET", "POST"])
@signed_in
def finish(request: HttpRequest, pk: UUID) -> HttpResponse:
    """First the problems that are not yet hazards, then the summary; the school signs on the inspection's page."""
    if request.method == "GET":
        return render(request, "inspections/finish.html", _finishing(request, pk))
    form = request.POST
    try:
        if form.getlist("problem"):
            hazards = {code: _hazard(request, f"-{code}") for code in form.getlist("problem")}
            made = send(request, "inspections.raise_hazards", {"inspection_id": str(pk), "hazards": hazards})
            count = len(made.answer["hazards"])
            return done(request, f"/inspections/{pk}/finish/", f"{count} 个问题已转为隐患。写好小结就可以结束。")
        args: dict[str, Any] = {
            "inspection_id": str(pk),
            "summary": form.get("summary", ""),
            "lessons": {name: form[name] for name in rules.LESSONS if form.get(name)},
        }
        outcome = send(request, "inspections.close_inspection", args)
    except Refusal as refusal:
        return again(request, "inspections/finish.html", refusal, _finishing(request, pk))
    count = len(outcome.answer["hazards"])
    notice = outcome.answer["notice"] or {}
    said = f"检查已结束，{count} 个问题已转为隐患" if count else "检查已结束，没有发现问题"
    said += f"，督办单 {notice['number']} 已开出。" if notice else "。"
    if outcome.answer["paper"] is None:
        return done(request, f"/inspections/{pk}/#sign", said + "请学校代表看过结果后签字。")
    return done(request, f"/inspections/{pk}/", said)


def _finishing(request: HttpRequest, pk: UUID) -> dict[str, Any]:
    """What the two forms at the end offer: first the problems, then the summary."""
    found = queries.detail(request.actor, pk)
    own = found.row.kind == "self_check"
    return {
        "found": found,
        "row": found.row,
        "hazard": queries.prefill(request.actor, found.row, clock.now()) if found.pending else None,
        "levels": LEVELS,
        "lessons": list(rules.LESSONS.items()) if own and found.wrong else [],
        "five": list(rules.FIVE.items()) if own else [],
    }


@require_POST
@signed_in
def sign(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The school signs, or says why not."""
    try:
        if request.POST.get("refused"):
            send(request, "inspections.refuse_signature", {"inspection_id": str(pk), "reason": request.POST["refused"]})
            said = "已记录拒签理由，检查清单已出具。"
        else:
            drawn = _signature(request)
            if drawn is None:
                raise Refusal("inspections.sign_or_refuse", fields={"signature": "请签字"})
            args = {
                "inspection_id": str(pk),
                "signature": str(drawn),
                "signed_by_name": request.POST.get("signed_by_name", ""),
            }
            send(request, "inspections.sign_inspection", args)
            said = "已签字，检查清单已出具。"
    except Refusal as refusal:
        found = queries.detail(request.actor, pk)
        return again(
            request, "inspections/overview.html", refusal, {"found": found, "row": found.row, "sign_refused": True}
        )
    return done(request, f"/inspections/{pk}/", said)


@require_http_methods(["GET", "POST"])
@signed_in
def draw(request: HttpRequest) -> HttpResponse:
    """Draw schools (and experts) at random for unannounced inspections."""
    context = {
        "pool": queries.draw_pool(request.actor),
        "draw_id": request.POST.get("id") or uuid7(),
        "stages": queries.STAGE_WORDS,
    }
    if request.method == "GET":
        return render(request, "inspections/draw.html", context)
    form = request.POST
    args = {
        "id": form.get("id", ""),
        "count": form.get("count", ""),
        "hidden_until": moment_of(form.get("hidden_until", "")),
        "stages": form.getlist("stages"),
        "experts": form.getlist("experts"),
        "experts_each": form.get("experts_each") or 0,
    }
    try:
        outcome = send(request, "inspections.draw_inspections", args)
    except Refusal as refusal:
        return again(request, "inspections/draw.html", refusal, context)
    return done(request, "/inspections/?state=planned", f"已抽出 {len(outcome.answer['items'])} 所学校，到校前请保密。")


@require_GET
@signed_in
def paper(request: HttpRequest, pk: UUID, form: str) -> HttpResponse:
    """The 检查清单 as PDF or Word."""
    found = queries.paper(request.actor, pk)
    headers = {"Content-Disposition": papers.disposition(found, form), "Cache-Control": "private, max-age=3600"}
    return HttpResponse(papers.printed(found, form), content_type=papers.MEDIA_TYPES[form], headers=headers)


def _section(request: HttpRequest, pk: UUID, code: str) -> dict[str, Any]:
    found = queries.detail(request.actor, pk)
    shown = next((one for one in found.sections if one.code == code), None)
    if shown is None:
        raise Refusal("foundation.not_found")
    place = found.sections.index(shown)
    return {
        "found": found,
        "row": found.row,
        "section": shown,
        "before": found.sections[place - 1] if place else None,
        "after": found.sections[place + 1] if place + 1 < len(found.sections) else None,
        "hazard": queries.prefill(request.actor, found.row, clock.now()),
        "levels": LEVELS,
        "five": list(rules.FIVE.items()) if found.row.kind == "self_check" else [],
        "may_judge": found.is_mine and found.is_open,
    }


def _answer_args(request: HttpRequest, pk: UUID, item: str) -> dict[str, Any]:
    form = request.POST
    answer: dict[str, Any] = {
        "result": form.get("result", ""),
        "value": form.get("value", ""),
        "note": form.get("note", ""),
        "place": form.get("place", ""),
    }
    answer["photos"] = [str(photo) for photo in photos_of(request)]
    args: dict[str, Any] = {"inspection_id": str(pk), "answers": {item: answer}}
    if form.get("hazard_now") and form.get("result") == "fail":
        args["hazards"] = {item: _hazard(request, "")}
    return args


def _hazard(request: HttpRequest, suffix: str) -> dict[str, Any]:
    form = request.POST
    said: dict[str, Any] = {"level": form.get(f"level{suffix}", "")}
    if form.get(f"rectifier{suffix}"):
        said["rectifier"] = form[f"rectifier{suffix}"]
    if due := moment_of(form.get(f"due{suffix}", "")):
        said["due"] = due
    five = {name: form[f"{name}{suffix}"] for name in rules.FIVE if form.get(f"{name}{suffix}")}
    return {**said, "five": five} if five else said


def _signature(request: HttpRequest) -> UUID | None:
    text = request.POST.get("signature", "")
    if not text:
        return None
    try:
        raw = base64.b64decode(text.removeprefix(PNG), validate=True)
    except binascii.Error:
        raise Refusal("evidence.not_a_signature", fields={"signature": "请重新签字"}) from None
    return keep_evidence(request.actor, clock.now(), raw=raw, kind="signature").pk


urlpatterns = [
    path("", inspection_list, name="inspections"),
    path("new/", new, name="inspection-new"),
    path("draw/", draw, name="inspection-draw"),
    path("papers/<uuid:pk>.pdf", paper, {"form": "pdf"}, name="inspection-paper"),
    path("papers/<uuid:pk>.docx", paper, {"form": "docx"}, name="inspection-paper-word"),
    path("<uuid:pk>/", overview, name="inspection"),
    path("<uuid:pk>/begin/", begin, name="inspection-begin"),
    path("<uuid:pk>/join/", join, name="inspection-join"),
    path("<uuid:pk>/cancel/", cancel, name="inspection-cancel"),
    path("<uuid:pk>/team/", team, name="inspection-team"),
    path("<uuid:pk>/finish/", finish, name="inspection-finish"),
    path("<uuid:pk>/sign/", sign, name="inspection-sign"),
    path("<uuid:pk>/<slug:code>/", section, name="inspection-section"),
    path("<uuid:pk>/<slug:code>/rest/", rest, name="inspection-rest"),
    path("<uuid:pk>/<slug:code>/<slug:item>/", judge, name="inspection-judge"),
]
