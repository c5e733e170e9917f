"""The pages: my tasks, one task, the calendar, the duties, what it costs."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from bihuan.engines.duties import printouts, queries
from bihuan.engines.duties.calendar import KINDS, monday_of
from bihuan.engines.duties.rules import ACTS, STATES
from bihuan.engines.responsibility.queries import school_choices, sensible_day
from bihuan.engines.sheets.rules import STAGES
from bihuan.engines.sheets.rules.answers import RESULTS
from bihuan.foundation import clock
from bihuan.foundation.evidence.web import photos_of
from bihuan.foundation.ids import uuid7
from bihuan.foundation.pages.answers import again, done, send, signed_in
from bihuan.foundation.pages.reading import day_of, xlsx
from bihuan.foundation.refusals import Refusal

PASTED = "粘贴的日期.csv"


@require_GET
@signed_in
def task_list(request: HttpRequest) -> HttpResponse:
    """Tasks as a sentence: mine or all, open or ended, when, which act, which school."""
    actor, at = request.actor, clock.now()
    only = _filter(request)
    schools = school_choices(actor)
    context = {
        "page": queries.tasks_page(actor, at, only, cursor=request.GET.get("cursor", "")),
        "only": only,
        "schools": schools if len(schools) > 1 else [],
        "whose": list(queries.WHOSE.items()),
        "states": [*STATES.items(), ("any", "全部状态")],
        "whens": list(queries.WHEN.items()),
        "anytime": "今天该办" if only.state == "open" else "不限期限",
        "acts": list(ACTS.items()),
    }
    return render(request, "duties/list.html", context)


def _filter(request: HttpRequest) -> queries.TaskFilter:
    asked = request.GET
    return queries.TaskFilter(
        whose="all" if asked.get("whose") == "all" else "mine",
        state=asked.get("state") if asked.get("state") in {*STATES, "any"} else "open",  # type: ignore[arg-type]
        when=asked.get("when", "") if asked.get("when") in queries.WHEN else "",
        act=asked.get("act", "") if asked.get("act") in ACTS else "",
        school=_id(asked.get("school", "")),
        on=day_of(asked.get("on", "")),
    )


@require_GET
@signed_in
def task(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One task: until when, by which rule, and doing it."""
    return render(request, "duties/task.html", _task(queries.task_view(request.actor, pk, clock.now())))


def _task(view: queries.TaskView, **more: Any) -> dict[str, Any]:
    return {"view": view, "judgements": list(RESULTS.items()), **more}


@require_POST
@signed_in
def answer(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Fill the sheet of a task, say that all is normal, that there was nothing, or that it is done."""
    view = queries.task_view(request.actor, pk, clock.now())
    form = request.POST
    args: dict[str, Any] = {"task_id": str(pk), "id": form.get("_id") or str(uuid7()), "nil": form.get("nil") == "1"}
    if view.items and not args["nil"]:
        args["answers"] = _answers(request, view.items)
        args["rest_normal"] = form.get("rest_normal") == "1"
    try:
        send(request, "duties.answer_task", args)
    except Refusal as refusal:
        kinds = {item.code: "note" if item.kind == "pass-fail" else "value" for item in view.items}
        refusal.fields = {f"{kinds[c]}-{c}" if c in kinds else c: words for c, words in refusal.fields.items()}
        return again(request, "duties/task.html", refusal, _task(view))
    return done(request, "/duties/", f"「{view.task.title}」已记为{'无事' if args['nil'] else '完成'}。")


def _answers(request: HttpRequest, items: list[Any]) -> dict[str, dict[str, Any]]:
    """What was typed of each item; an item left empty is not answered."""
    form, found = request.POST, {}
    for item in items:
        said: dict[str, Any] = {
            name: form.get(f"{name}-{item.code}", "").strip() for name in ("result", "value", "note")
        }
        if item.kind in ("photo", "signature"):
            said["photos"] = [str(pk) for pk in photos_of(request, f"photos-{item.code}")]
        if any(said.values()):
            found[item.code] = said
    return found


@require_POST
@signed_in
def excuse(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Excuse a task with a reason."""
    try:
        send(request, "duties.excuse_task", {"task_id": str(pk), "reason": request.POST.get("reason", "")})
    except Refusal as refusal:
        view = queries.task_view(request.actor, pk, clock.now())
        return again(request, "duties/task.html", refusal, _task(view, excusing=True))
    return done(request, f"/duties/{pk}/", "已批准免办，理由记在这里。")


@require_http_methods(["GET", "POST"])
@signed_in
def calendar(request: HttpRequest) -> HttpResponse:
    """A term as months, and changing its days."""
    asked = request.GET
    context = _calendar(request, _id(asked.get("unit", "")), asked.get("stage", ""), asked.get("term", ""))
    if request.method == "GET":
        return render(request, "duties/calendar.html", context)
    form = request.POST
    place: dict[str, Any] = {"org_id": str(context["page"].org.pk), "stage": form.get("stage", "")}
    args = place | {"on": form.get("on", ""), "until": form.get("until") or None, "name": form.get("name", "")}
    args["kind"] = form.get("kind") or None
    try:
        send(request, "duties.set_day", args)
    except Refusal as refusal:
        return again(request, "duties/calendar.html", refusal, context)
    said = "校历已改，当天的待办跟着调整了。" if args["kind"] else "已恢复原来的安排，待办重新打开了。"
    return done(request, request.get_full_path(), said)


def _calendar(request: HttpRequest, unit: UUID | None, stage: str, term: str) -> dict[str, Any]:
    page = queries.calendar_page(request.actor, org_id=unit, stage=stage, term=term)
    schools = school_choices(request.actor)
    return {
        "page": page,
        "kinds": list(KINDS.items()),
        "kind_choices": [*KINDS.items(), ("", "恢复原来的安排")],
        "stages": list(STAGES.items()),
        "schools": schools if len(schools) > 1 else [],
        "stage": stage,
        "today": timezone.localdate(clock.now()),
        "runs_out": page.known_to is None or page.known_to < timezone.localdate(clock.now()) + timedelta(days=60),
    }


# --- lists of dates ---------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@signed_in
def date_lists(request: HttpRequest) -> HttpResponse:
    """Send a list of dates as a file or as pasted lines; those that were sent before."""
    homes = queries.date_homes(request.actor)
    context = {"homes": homes, "lists": queries.date_lists(request.actor)}
    if not homes and not context["lists"]:
        raise Refusal("foundation.not_found")
    if request.method == "GET":
        return render(request, "duties/dates.html", context)
    file, text = request.FILES.get("file"), request.POST.get("text", "").strip()
    try:
        if file is None and not text:
            raise Refusal("duties.unreadable_dates", sentence="还没有选文件，也没有粘贴日期")
        name, content = (file.name or "日期", file.read()) if file else (PASTED, text.encode())
        args = {"id": str(uuid7()), "org_id": request.POST.get("org_id") or (homes[0][0] if homes else "")}
        args |= {"file_name": name[-160:], "content": base64.b64encode(content).decode()}
        made = send(request, "duties.send_dates", args)
    except Refusal as refusal:
        return again(request, "duties/dates.html", refusal, context)
    return done(request, f"/duties/calendar/import/{made.answer['id']}/")


@require_http_methods(["GET", "POST"])
@signed_in
def date_list(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The dry run of every row, and the one button that installs; then what was installed, and taking it back."""
    row = queries.date_list(request.actor, pk)
    if request.method == "GET":
        return render(request, "duties/date_list.html", _dates(row))
    try:
        send(request, "duties.install_dates", {"import_id": str(pk)})
    except Refusal as refusal:
        return again(request, "duties/date_list.html", refusal, _dates(row))
    return done(request, f"/duties/calendar/import/{pk}/", "校历已改，没办的待办跟着调整；办过的不变。")


def _dates(row: Any) -> dict[str, Any]:
    if row.installed_at:
        return {"row": row, "listed": [(one, KINDS[one["kind"]]) for one in row.dates["days"]]}
    report = queries.dates_check(row, timezone.localdate(clock.now()))
    order = {"error": 0, "warning": 1, "ok": 2}
    rows = sorted(report.rows, key=lambda one: (order[one.verdict], one.row.number))
    counts = report.counts
    return {"row": row, "found": rows, "counts": counts, "ready": not counts["error"] and counts["days"]}


@require_POST
@signed_in
def undo_dates(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take a list of dates back."""
    row = queries.date_list(request.actor, pk)
    try:
        send(request, "duties.undo_dates", {"import_id": str(pk)})
    except Refusal as refusal:
        return again(request, "duties/date_list.html", refusal, _dates(row))
    return done(request, "/duties/calendar/import/", f"《{row.file_name}》已撤回，校历回到没有它的样子。")


@require_GET
@signed_in
def dates_template(request: HttpRequest) -> HttpResponse:
    """An empty list of dates with sample rows."""
    return xlsx(printouts.dates_template(), "校历日期模板")


@require_GET
@signed_in
def rules(request: HttpRequest) -> HttpResponse:
    """The duties in force: what, how often, for whom, whose."""
    return render(request, "duties/rules.html", {"lines": queries.duties(request.actor)})


@require_GET
@signed_in
def burden(request: HttpRequest) -> HttpResponse:
    """What the duties ask of each post in a week, expected and measured, against its budget; what is asked twice."""
    week = monday_of(sensible_day(day_of(request.GET.get("week", "")) or timezone.localdate(clock.now())))
    schools = school_choices(request.actor)
    context = {
        "page": queries.burden(request.actor, week=week, org_id=_id(request.GET.get("school", ""))),
        "schools": schools if len(schools) > 1 else [],
        "week": week,
        "before": week - timedelta(days=7),
        "after": week + timedelta(days=7),
    }
    return render(request, "duties/minutes.html", context)


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


urlpatterns = [
    path("", task_list, name="tasks"),
    path("calendar/", calendar, name="calendar"),
    path("calendar/import/", date_lists, name="calendar-imports"),
    path("calendar/import/template/", dates_template, name="calendar-template"),
    path("calendar/import/<uuid:pk>/", date_list, name="calendar-import"),
    path("calendar/import/<uuid:pk>/undo/", undo_dates, name="calendar-undo"),
    path("rules/", rules, name="duties"),
    path("minutes/", burden, name="minutes"),
    path("<uuid:pk>/", task, name="task"),
    path("<uuid:pk>/answer/", answer, name="task-answer"),
    path("<uuid:pk>/excuse/", excuse, name="task-excuse"),
]
