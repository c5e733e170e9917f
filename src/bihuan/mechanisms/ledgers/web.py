"""The pages of ledgers: the shelf of a school, a page to write on, a day across schools, what still runs, a month on paper."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from bihuan.engines.responsibility.queries import school_choices
from bihuan.foundation import clock
from bihuan.foundation.ids import uuid7
from bihuan.foundation.pages.answers import again, done, send, signed_in
from bihuan.foundation.pages.reading import id_of, pdf, xlsx
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.ledgers import printouts, queries

BLANK_ROWS = 3
MOST_BLANK_ROWS = 60
GIVEN: Mapping[str, str] = {"me": "空着就是我", "now": "空着就是现在"}


@require_GET
@signed_in
def shelf(request: HttpRequest) -> HttpResponse:
    """My school's ledgers on a day; people of several schools choose one or look across all."""
    schools = school_choices(request.actor) or queries.own_schools(request.actor)
    chosen = request.GET.get("school", "") or (schools[0][0] if len(schools) == 1 else "")
    on = _day(request)
    if chosen:
        found = queries.shelf(request.actor, id_of(chosen), on=on, at=clock.now())
        return render(
            request, "ledgers/shelf.html", {"shelf": found, "schools": schools if len(schools) > 1 else [], "on": on}
        )
    wide = request.actor.may_anywhere("see-net")  # the menu shows ledgers to everybody: without a school there are none
    day_off, daily, lines = queries.day_across(request.actor, on=on) if wide else ("", (), [])
    return render(
        request,
        "ledgers/across.html",
        {"day_off": day_off, "daily": daily, "lines": lines, "on": on, "today": _today()},
    )


@require_GET
@signed_in
def coverage(request: HttpRequest) -> HttpResponse:
    """Which schools have what they have to have in a ledger, and how many took part of how many."""
    ledgers = queries.coverages(request.actor.bureau_id)
    code = request.GET.get("ledger", "") or (ledgers[0].code if ledgers else "")
    found = queries.coverage(request.actor, code, on=_day(request)) if code else None
    context = {"found": found, "ledgers": [(one.code, one.title) for one in ledgers], "on": _day(request)}
    return render(request, "ledgers/coverage.html", context)


@require_GET
@signed_in
def running(request: HttpRequest) -> HttpResponse:
    """Visitors still inside, samples still kept: the earliest due first."""
    found = queries.running(request.actor, cursor=request.GET.get("cursor", ""))
    return render(request, "ledgers/running.html", {"page": found, "now": clock.now()})


@require_http_methods(["GET", "POST"])
@signed_in
def page(request: HttpRequest, org_id: UUID, code: str) -> HttpResponse:
    """One page of a ledger: read, and written like a spreadsheet."""
    on = _day(request)
    if request.method == "GET":
        context = _page(request, org_id, code, on)
        answer = render(request, "ledgers/page.html", context)
        return _no_copy(answer) if context["page"].ledger.restricted else answer
    rows = _rows(request.POST)
    args = {"ledger": code, "org_id": str(org_id), "on": on.isoformat(), "rows": rows}
    try:
        if not rows:
            raise Refusal("ledgers.bad_rows", count=1, summary="还没有填写任何一行")
        outcome = send(request, "ledgers.write_rows", args).answer
    except Refusal as refusal:
        if refusal.code in ("foundation.not_found", "foundation.sign_in", "ledgers.no_such_ledger"):
            raise
        return again(
            request, "ledgers/page.html", refusal, _page(request, org_id, code, on, typed=rows, refusal=refusal)
        )
    words = f"新登记 {outcome['new']} 行，改了 {outcome['changed']} 行。" + (
        f"其中 {outcome['wrong']} 行有异常，需要整改的请上报隐患。" if outcome["wrong"] else ""
    )
    return done(request, _address(org_id, code, on), say=words)


@require_POST
@signed_in
def nil(request: HttpRequest, org_id: UUID, code: str) -> HttpResponse:
    """Nothing to be written on this page."""
    on = _day(request)
    try:
        send(request, "ledgers.report_nil", {"ledger": code, "org_id": str(org_id), "on": on.isoformat()})
    except Refusal as refusal:
        return again(request, "ledgers/page.html", refusal, _page(request, org_id, code, on))
    return done(request, _back(request, _address(org_id, code, on)), say="零报告已记下。")


@require_POST
@signed_in
def end(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """A visitor has left, a sample is destroyed."""
    try:
        send(request, "ledgers.end_clock", {"entry_id": str(entry_id)})
    except Refusal as refusal:
        if refusal.code not in ("ledgers.too_early", "ledgers.no_clock"):
            raise
        return done(request, _back(request), say=f"没有销记。{refusal.sentence}")
    return done(request, _back(request), say="已销记。")


@require_POST
@signed_in
def strike(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """Strike a row out."""
    send(request, "ledgers.strike_row", {"entry_id": str(entry_id), "reason": request.POST.get("reason", "")})
    return done(request, _back(request), say="这一行已划去，原文仍可查看。")


@require_http_methods(["GET", "POST"])
@signed_in
def gate(request: HttpRequest) -> HttpResponse:
    """The visitors who are inside with a pass, those over time first; whoever keeps the gate scans or types one that leaves."""
    schools = school_choices(request.actor) or queries.own_schools(request.actor)
    chosen = request.POST.get("org_id", "") or (schools[0][0] if len(schools) == 1 else "")
    context = {"schools": schools, "chosen": chosen}
    if request.method == "POST":
        args = {"org_id": chosen, "code": request.POST.get("code", "")}
        try:
            answer = send(request, "ledgers.leave_by_pass", args).answer
        except Refusal as refusal:
            return again(request, "ledgers/gate.html", refusal, context | _inside(request))
        say = f"访客证 {answer['number']} " + ("此前已经登记离校，不用再扫。" if answer["again"] else "已登记离校。")
        return done(request, "/ledgers/passes/", say=say)
    return render(request, "ledgers/gate.html", context | _inside(request))


@require_GET
@signed_in
def visitor_pass(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One pass on the guard's phone."""
    return _no_copy(render(request, "ledgers/pass.html", _pass(request, pk)))


@require_http_methods(["GET", "POST"])
@signed_in
def give_pass(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """Give the visitor of a row a pass; one that is there already is shown."""
    form = queries.pass_form(request.actor, entry_id, at=clock.now())
    if request.method == "GET" and form.has:
        return redirect(f"/ledgers/passes/{form.has}/")
    context = {"form": form, "people": [("", "不在名册上"), *form.people], "new_id": request.POST.get("id") or uuid7()}
    if request.method == "GET":
        return render(request, "ledgers/give_pass.html", context)
    args = {"id": request.POST.get("id", ""), "entry_id": str(entry_id), "host_id": request.POST.get("host_id") or None}
    try:
        answer = send(request, "ledgers.issue_pass", args).answer
    except Refusal as refusal:
        return again(request, "ledgers/give_pass.html", refusal, context)
    return done(request, f"/ledgers/passes/{answer['id']}/", say="访客证已发。打印出来，或让访客拍下这一页。")


@require_POST
@signed_in
def void(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A pass is lost or wrong."""
    try:
        send(request, "ledgers.void_pass", {"pass_id": str(pk), "reason": request.POST.get("reason", "")})
    except Refusal as refusal:
        if refusal.code == "foundation.not_found":
            raise
        return again(request, "ledgers/pass.html", refusal, _pass(request, pk))
    return done(request, f"/ledgers/passes/{pk}/", say="已作废。再有人拿着它，扫码会提示拦下核对。")


@require_GET
@signed_in
def pass_pdf(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A slip of 80 mm for a label printer."""
    view = queries.pass_view(request.actor, pk, at=clock.now())
    return _no_copy(pdf(printouts.pass_pdf(view), f"访客证 {view.number}"))


@require_GET
@signed_in
def file(request: HttpRequest, org_id: UUID, code: str, form: str) -> HttpResponse:
    """A span of a ledger as schools file it: PDF or Excel."""
    until = _day(request, "until", _today())
    since = _day(request, "since", until.replace(day=1))
    name, content = printouts.book(request.actor, org_id, code, since=since, until=until, form=form)
    return xlsx(content, name) if form == "xlsx" else pdf(content, name)


# --- inside ----------------------------------------------------------------------------------------------------------


def _page(
    request: HttpRequest, org_id: UUID, code: str, on: date, *, typed: list[dict[str, Any]] | None = None,
    refusal: Refusal | None = None,
) -> dict[str, Any]:  # fmt: skip
    found = queries.ledger_page(request.actor, org_id, code, on=on, at=clock.now())
    asked = request.GET.get("rows", "")
    blank = min(int(asked), MOST_BLANK_ROWS) if asked.isdigit() else BLANK_ROWS
    wanted = typed if typed is not None else [{"id": str(uuid7()), "answers": one} for one in found.ready]
    known = {str(line.entry.pk) for line in found.lines}
    at = {row["id"]: n for n, row in enumerate(wanted)}
    faults: Mapping[str, str] = refusal.fields if refusal else {}
    new = [row for row in wanted if row["id"] not in known]
    if typed is None:
        usual = dict(found.ledger.normal or {})
        new += [{"id": str(uuid7()), "answers": usual} for _ in range(0 if found.ready and not asked else blank)]
    typed_of = {row["id"]: row["answers"] for row in wanted} if typed is not None else {}
    passes = queries.passes_of(line.entry for line in found.lines) if found.ledger.gate_pass else {}
    return {
        "page": found,
        "rows": [
            {
                "line": line, "id": str(line.entry.pk), "pass": passes.get(line.entry.pk),
                "cells": _cells(
                    [item for item, _, _ in line.cells], typed_of.get(str(line.entry.pk), line.entry.answers), found,
                    at.get(str(line.entry.pk)), faults,
                ),
            }
            for line in found.lines
        ],
        "new": [
            {"id": row["id"], "cells": _cells(found.columns, row["answers"], found, at.get(row["id"]), faults), "ready": row in wanted and bool(found.ready)}
            for row in new
        ],
        "today": _today(), "more": blank + 10, "all_columns": request.GET.get("all") == "1" or bool(faults),
    }  # fmt: skip


def _inside(request: HttpRequest) -> dict[str, Any]:
    found, views = queries.passes_inside(request.actor, at=clock.now(), cursor=request.GET.get("cursor", ""))
    return {"page": found, "views": views}


def _pass(request: HttpRequest, pk: UUID) -> dict[str, Any]:
    view = queries.pass_view(request.actor, pk, at=clock.now())
    return {"view": view, "qr": printouts.pass_picture(view)}


def _no_copy(response: HttpResponse) -> HttpResponse:
    """Nothing of it stays on the device."""
    response["Cache-Control"] = "no-store"
    return response


def _cells(
    columns: Any, answers: Mapping[str, str], found: Any, n: int | None, faults: Mapping[str, str]
) -> list[dict[str, Any]]:
    ends = found.ledger.clock.ends if found.ledger.clock else ""
    return [
        {
            "item": item, "value": answers.get(item.code, ""), "fault": faults.get(f"{n}.{item.code}", ""),
            "by_itself": item.code == ends,
            "usual": (found.ledger.normal or {}).get(item.code, "") == answers.get(item.code, "") != "",
            "given": GIVEN.get((found.ledger.given or {}).get(item.code, ""), ""),
        }
        for item in columns
    ]  # fmt: skip


def _rows(form: Any) -> list[dict[str, Any]]:
    """The rows of the form: those of the page, and new ones in which something was written or that were confirmed."""
    taken = set(form.getlist("take"))
    found = []
    for row in dict.fromkeys(form.getlist("row")):
        mark = f"c.{row}."
        answers = {name.removeprefix(mark): form[name].strip() for name in form if name.startswith(mark)}
        revision = form.get(f"revision.{row}", "")
        ready = f"ready.{row}" in form
        written = any(word and word != form.get(f"usual.{row}.{code}") for code, word in answers.items())
        if revision or (ready and (row in taken or "all_normal" in form)) or (not ready and written):
            found.append({"id": row, "answers": answers} | ({"revision": int(revision)} if revision.isdigit() else {}))
    return found


def _address(org_id: UUID, code: str, on: date) -> str:
    return f"/ledgers/{org_id}/{code}/?on={on:%Y-%m-%d}"


def _back(request: HttpRequest, usual: str = "/ledgers/") -> str:
    to = request.POST.get("back", "")
    return to if to.startswith("/ledgers/") else usual


def _today() -> date:
    return timezone.localdate(clock.now())


def _day(request: HttpRequest, name: str = "on", usual: date | None = None) -> date:
    """The day of the address; what is not a date is the usual day (today)."""
    try:
        return date.fromisoformat(request.GET.get(name, ""))
    except ValueError:
        return usual or _today()


urlpatterns = [
    path("", shelf, name="ledgers"),
    path("coverage/", coverage, name="ledgers-coverage"),
    path("running/", running, name="ledgers-running"),
    path("passes/", gate, name="visitor-passes"),
    path("passes/<uuid:pk>/", visitor_pass, name="visitor-pass"),
    path("passes/<uuid:pk>/void/", void, name="visitor-pass-void"),
    path("passes/<uuid:pk>/pass.pdf", pass_pdf, name="visitor-pass-pdf"),
    path("rows/<uuid:entry_id>/pass/", give_pass, name="visitor-pass-give"),
    path("rows/<uuid:entry_id>/end/", end, name="ledger-end"),
    path("rows/<uuid:entry_id>/strike/", strike, name="ledger-strike"),
    path("<uuid:org_id>/<slug:code>/", page, name="ledger-page"),
    path("<uuid:org_id>/<slug:code>/nil/", nil, name="ledger-nil"),
    path("<uuid:org_id>/<slug:code>/book.<str:form>", file, name="ledger-book"),
]
