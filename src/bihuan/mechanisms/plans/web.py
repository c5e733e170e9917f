"""The pages of plans: a school's shelf, one plan, writing, knowing, filing."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_GET, require_POST

from bihuan.engines.responsibility.queries import school_choices
from bihuan.foundation.ids import uuid7
from bihuan.foundation.pages.answers import again, done, send, signed_in
from bihuan.foundation.pages.reading import id_of, pdf
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.plans import printouts, queries
from bihuan.mechanisms.plans.pack import ACTIVITY, kinds_of


@require_GET
@signed_in
def shelf(request: HttpRequest) -> HttpResponse:
    """A school's plans; people of several schools see what waits for an answer, what warns, and choose a school."""
    schools = school_choices(request.actor)
    chosen = request.GET.get("school", "") or (schools[0][0] if len(schools) == 1 else "")
    if chosen:
        found = queries.shelf(request.actor, id_of(chosen))
        return render(request, "plans/shelf.html", {"shelf": found, "schools": schools if len(schools) > 1 else []})
    context = {
        "page": queries.filings(request.actor, cursor=request.GET.get("cursor", "")),
        "unfiled": queries.unfiled_activities(request.actor), "schools": schools,
    }  # fmt: skip
    return render(request, "plans/bureau.html", context)


@signed_in
def new(request: HttpRequest) -> HttpResponse:
    """Begin a plan or an activity."""
    school = request.POST.get("org_id") or request.GET.get("school", "")
    found = queries.shelf(request.actor, id_of(school))
    kinds = [(code, kind["name"]) for code, kind in kinds_of(found.org.bureau_id).items()]
    context = {
        "shelf": found, "kinds": kinds, "new_id": request.POST.get("id") or uuid7(),
        "kind": request.GET.get("kind", ""), "activity": ACTIVITY,
    }  # fmt: skip
    if request.method != "POST":
        return render(request, "plans/new.html", context)
    names = ("id", "org_id", "kind", "title", "activity_on", "place", "people")
    args: dict[str, Any] = {name: request.POST[name] for name in names if request.POST.get(name, "").strip()}
    try:
        answer = send(request, "plans.draft_plan", args).answer
    except Refusal as refusal:
        return again(request, "plans/new.html", refusal, context)
    return done(request, f"/plans/{answer['id']}/", say="草稿已建好，把每一段和分工写完就可以发布。")


@signed_in
def plan(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One plan: read, or write its draft."""
    asked = request.GET.get("n", "")
    page = queries.plan_page(request.actor, pk, n=int(asked) if asked.isdigit() and len(asked) < 6 else None)
    if request.method != "POST":
        return render(request, "plans/plan.html", {"page": page})
    form = request.POST
    args = {
        "version_id": str(page.version.pk), "revision": form.get("revision", ""), "note": form.get("note", ""),
        "sections": [
            {"title": title, "text": text} for title, text in zip(form.getlist("title"), form.getlist("text"), strict=False)
        ],
        "roles": [
            {"role": role, "person": person or None, "duty": duty}
            for role, person, duty in zip(form.getlist("role"), form.getlist("person"), form.getlist("duty"), strict=False)
            if role.strip()
        ],
    }  # fmt: skip
    try:
        send(request, "plans.edit_version", args)
    except Refusal as refusal:
        for part, kept in zip(page.version.content["sections"], args["sections"], strict=False):
            part["text"] = kept["text"]
        return again(request, "plans/plan.html", refusal, {"page": page})
    return done(request, f"/plans/{pk}/", say="草稿已保存。")


def _step(command: str, say: str, *more: str) -> Any:
    """A door of one button: send a command about the shown version and come back to the plan."""

    @require_POST
    @signed_in
    def door(request: HttpRequest, pk: UUID) -> HttpResponse:
        args = {"version_id": request.POST.get("version_id", "")} | {name: request.POST.get(name, "") for name in more}
        try:
            send(request, command, args)
        except Refusal as refusal:
            if refusal.code == "foundation.not_found":
                raise
            return again(request, "plans/plan.html", refusal, {"page": queries.plan_page(request.actor, pk)})
        return done(request, f"/plans/{pk}/", say=say)

    return door


@require_POST
@signed_in
def start(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Begin the next version."""
    send(request, "plans.start_version", {"id": str(uuid7()), "plan_id": str(pk)})
    return done(request, f"/plans/{pk}/", say="新的一版已起草，内容从施行的一版抄来。")


@require_POST
@signed_in
def retire(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take a plan out of use."""
    send(request, "plans.retire_plan", {"plan_id": str(pk), "reason": request.POST.get("reason", "")})
    return done(request, "/plans/", say="已停用，各版仍可查看。")


@require_GET
@signed_in
def plan_pdf(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The shown version as a paper."""
    asked = request.GET.get("n", "")
    page = queries.plan_page(request.actor, pk, n=int(asked) if asked.isdigit() and len(asked) < 6 else None)
    content = printouts.plan_pdf(page, address=f"{settings.BIHUAN_URL}/plans/{pk}/")
    return pdf(content, page.plan.title)


urlpatterns = [
    path("", shelf, name="plans"),
    path("new/", new, name="plan-new"),
    path("<uuid:pk>/", plan, name="plan"),
    path("<uuid:pk>/plan.pdf", plan_pdf, name="plan-pdf"),
    path(
        "<uuid:pk>/publish/",
        _step("plans.publish_version", "已发布。分工里的人会收到通知，逐个签知悉。", "revision"),
        name="plan-publish",
    ),
    path("<uuid:pk>/know/", _step("plans.know_version", "已记下你知悉这一版。"), name="plan-know"),
    path("<uuid:pk>/file/", _step("plans.file_version", "已报送，等区局回执。"), name="plan-file"),
    path("<uuid:pk>/receive/", _step("plans.receive_version", "回执已出。"), name="plan-receive"),
    path("<uuid:pk>/return/", _step("plans.return_version", "已退回，学校会看到原因。", "words"), name="plan-return"),
    path("<uuid:pk>/start/", start, name="plan-start"),
    path("<uuid:pk>/retire/", retire, name="plan-retire"),
]
