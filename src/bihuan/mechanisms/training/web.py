"""The pages of drills: plan, run from a phone, end, print; and of the lessons that staff have."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from bihuan.engines.responsibility.queries import school_choices
from bihuan.foundation import clock
from bihuan.foundation.evidence.web import photos_of
from bihuan.foundation.ids import uuid7
from bihuan.foundation.pages.answers import again, done, send, signed_in
from bihuan.foundation.pages.reading import id_of, moment_of, pdf
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.training import printouts, queries, rules

GROUP = re.compile(r"^(?P<name>.*?)[\s，,]+(?P<due>\d{1,4})\s*人?$")


@require_GET
@signed_in
def drills(request: HttpRequest) -> HttpResponse:
    """The drills of my net."""
    only = queries.DrillFilter(**{name: request.GET.get(name, "") for name in ("state", "kind", "school")})
    schools = school_choices(request.actor)
    context = {
        "page": queries.drills(request.actor, only, cursor=request.GET.get("cursor", "")),
        "states": list(rules.STATES.items()), "schools": schools if len(schools) > 1 else [],
        "may_plan": request.actor.may_anywhere("sign-for-school") or request.actor.may_anywhere("assign"),
        "may_read_lessons": any(request.actor.may_anywhere(act) for act in ("sign-for-school", "assign", "see-net")),
    }  # fmt: skip
    return render(request, "training/drills.html", context)


@signed_in
def new(request: HttpRequest) -> HttpResponse:
    """Plan a drill: first the school (where there are several), then what, when, who."""
    schools = school_choices(request.actor)
    chosen = request.POST.get("org_id") or request.GET.get("school", "") or (schools[0][0] if len(schools) == 1 else "")
    if not chosen:
        return render(request, "training/choose.html", {"schools": schools})
    found = queries.choices(request.actor, id_of(chosen), clock.now())
    context = {"found": found, "new_id": request.POST.get("id") or uuid7(), "roles": list(rules.ROLES.items())}
    if request.method != "POST":
        return render(request, "training/new.html", context)
    form = request.POST
    try:
        args = {
            "id": form.get("id", ""), "org_id": chosen, "kind": form.get("kind", ""), "title": form.get("title", ""),
            "script": form.get("script", ""), "told": form.get("told", ""), "planned_at": moment_of(form.get("planned_at", "")),
            "groups": _groups(form.get("groups", "")),
            "roles": {role: form[f"role.{role}"].strip() for role in rules.ROLES if form.get(f"role.{role}", "").strip()},
        }  # fmt: skip
        outcome = send(request, "training.plan_drill", args)
    except Refusal as refusal:
        return again(request, "training/new.html", refusal, context)
    return done(
        request, f"/training/{outcome.answer['id']}/", say="演练已安排。到时候打开这一页，点“拉响警报”开始计时。"
    )


@require_GET
@signed_in
def drill(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One drill: before, while it runs, and afterwards; the part ``groups`` alone for live pages."""
    part = "#groups" if request.htmx and request.GET.get("part") == "groups" else ""
    return render(request, f"training/drill.html{part}", {"page": queries.drill_page(request.actor, pk)})


@require_POST
@signed_in
def begin(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ring the alarm."""
    send(request, "training.begin_drill", {"drill_id": str(pk)})
    return done(request, f"/training/{pk}/", say="警报已拉响，开始计时。各班到集合点后报人数。")


@require_POST
@signed_in
def out(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A class is at the meeting place."""
    args = {"drill_id": str(pk), **{name: request.POST.get(name, "") for name in ("group", "came", "note")}}
    try:
        answer = send(request, "training.group_out", args).answer
    except Refusal as refusal:
        if refusal.code == "foundation.not_found":
            raise
        context = {"page": queries.drill_page(request.actor, pk), "typed_group": args["group"]}
        return again(request, "training/drill.html" + ("#groups" if request.htmx else ""), refusal, context)
    if request.htmx:
        return render(request, "training/drill.html#groups", {"page": queries.drill_page(request.actor, pk)})
    left = answer["groups"] - answer["reported"]
    return done(request, f"/training/{pk}/", say=f"已报到。还有 {left} 个班没有到。" if left else "各班都已报到。")


@require_POST
@signed_in
def end(request: HttpRequest, pk: UUID) -> HttpResponse:
    """End the drill."""
    form = request.POST
    findings = [
        {"words": words.strip(), "becomes": becomes}
        for words, becomes in zip(form.getlist("finding"), form.getlist("becomes"), strict=False)
        if words.strip()
    ]
    args = {
        "drill_id": str(pk), "verdict": form.get("verdict", ""), "hurt": form.get("hurt") or 0, "findings": findings,
        "missing_words": form.get("missing_words", ""),
        "check": {name.removeprefix("check."): form[name] for name in form if name.startswith("check.")},
    }  # fmt: skip
    try:
        args["photos"] = [str(one) for one in photos_of(request)]
        send(request, "training.end_drill", args)
    except Refusal as refusal:
        if refusal.code == "foundation.not_found":
            raise
        return again(request, "training/drill.html", refusal, {"page": queries.drill_page(request.actor, pk)})
    return done(request, f"/training/{pk}/", say="演练已结束，记录可以打印。")


@require_POST
@signed_in
def cancel(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Cancel a drill."""
    send(request, "training.cancel_drill", {"drill_id": str(pk), "reason": request.POST.get("reason", "")})
    return done(request, f"/training/{pk}/", say="已取消。")


@require_GET
@signed_in
def record_pdf(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The record as a paper."""
    page = queries.drill_page(request.actor, pk)
    return pdf(printouts.record_pdf(page, address=f"{settings.BIHUAN_URL}/training/{pk}/"), page.drill.title)


def _groups(text: str) -> list[dict[str, Any]]:
    """Lines like 「三（2）班 45」; a line without a number is told to its writer."""
    found = []
    for line in filter(None, map(str.strip, text.splitlines())):
        match = GROUP.match(line)
        if match is None or not match["name"].strip():
            words = f"「{line[:30]}」没有写人数，请写成“三（2）班 45”。"
            raise Refusal("foundation.bad_input", fields={"groups": words}, count=1, summary=words)
        found.append({"name": match["name"].strip(), "due": int(match["due"])})
    return found


# --- lessons of the staff ---------------------------------------------------------------------------------------------


@require_GET
@signed_in
def lessons(request: HttpRequest) -> HttpResponse:
    """A school's lessons for its staff in a year, and each person's share."""
    schools = school_choices(request.actor)
    chosen = request.GET.get("school", "") or (schools[0][0] if len(schools) == 1 else "")
    if not chosen:
        return render(request, "training/choose.html", {"schools": schools, "lessons": True})
    year = request.GET.get("year", "")
    found = queries.lessons_page(request.actor, id_of(chosen), year=int(year) if year.isdecimal() else None)
    return render(request, "training/lessons.html", {"page": found, "schools": schools if len(schools) > 1 else []})


@require_http_methods(["GET", "POST"])
@signed_in
def new_lesson(request: HttpRequest) -> HttpResponse:
    """Record a lesson: everybody was there, but for those beside whom a reason is written."""
    schools = school_choices(request.actor)
    chosen = request.POST.get("org_id") or request.GET.get("school", "") or (schools[0][0] if len(schools) == 1 else "")
    if not chosen:
        return render(request, "training/choose.html", {"schools": schools, "lessons": True})
    school, staff = queries.lesson_choices(request.actor, id_of(chosen))
    form = request.POST
    why = {name.removeprefix("absent."): text.strip() for name, text in form.items() if name.startswith("absent.")}
    context = {
        "school": school, "staff": [(pk, one, why.get(pk, "")) for pk, one in staff.items()],
        "new_id": form.get("id") or uuid7(), "today": timezone.localdate(clock.now()),
    }  # fmt: skip
    if request.method == "GET":
        return render(request, "training/new_lesson.html", context)
    args = {"id": form.get("id", ""), "org_id": chosen, **{n: form.get(n, "") for n in ("title", "on", "minutes")}}
    args["absent"] = [{"person": person, "reason": reason} for person, reason in why.items() if reason]
    try:
        answer = send(request, "training.hold_lesson", args).answer
    except Refusal as refusal:
        return again(request, "training/new_lesson.html", refusal, context)
    return done(request, f"/training/lessons/{answer['id']}/", say="培训已登记。没到的人补训以后，在这里登记补训日期。")


@require_GET
@signed_in
def lesson(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One lesson: who was there, who has to make it up."""
    return render(request, "training/lesson.html", _lesson(request, pk))


def _lesson(request: HttpRequest, pk: UUID) -> dict[str, Any]:
    return {"page": queries.lesson_page(request.actor, pk), "today": timezone.localdate(clock.now())}


@require_POST
@signed_in
def made_up(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Somebody made the lesson up."""
    args = {"lesson_id": str(pk), "user_id": request.POST.get("user_id", ""), "on": request.POST.get("on", "")}
    try:
        send(request, "training.make_up", args)
    except Refusal as refusal:
        return again(request, "training/lesson.html", refusal, _lesson(request, pk))
    return done(request, f"/training/lessons/{pk}/", say="补训已登记。")


urlpatterns = [
    path("", drills, name="drills"),
    path("lessons/", lessons, name="lessons"),
    path("lessons/new/", new_lesson, name="lesson-new"),
    path("lessons/<uuid:pk>/", lesson, name="lesson"),
    path("lessons/<uuid:pk>/made-up/", made_up, name="lesson-made-up"),
    path("new/", new, name="drill-new"),
    path("<uuid:pk>/", drill, name="drill"),
    path("<uuid:pk>/begin/", begin, name="drill-begin"),
    path("<uuid:pk>/out/", out, name="drill-out"),
    path("<uuid:pk>/end/", end, name="drill-end"),
    path("<uuid:pk>/cancel/", cancel, name="drill-cancel"),
    path("<uuid:pk>/record.pdf", record_pdf, name="drill-record"),
]
