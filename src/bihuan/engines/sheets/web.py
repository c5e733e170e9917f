"""The pages of checklists: what is in force, its versions, drafts and opinions, import, publishing, printing."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from bihuan.engines.sheets import queries
from bihuan.engines.sheets.printouts import blank_checklist
from bihuan.engines.sheets.rules import FACETS, KINDS, SEVERITIES, STAGES, WAYS, content_faults
from bihuan.engines.sheets.rules.importing import COLUMNS, NotATable, guess, items_of, read_table
from bihuan.foundation import clock
from bihuan.foundation.evidence.web import bytes_of
from bihuan.foundation.ids import uuid7
from bihuan.foundation.pages.answers import again, done, send, signed_in
from bihuan.foundation.printing.pdf import render_paper
from bihuan.foundation.refusals import Refusal

FILTERS = ("section", "stage", "facet", "way", "severity", "text")
LISTS = ("ways", "stages", "facets", "options", "abnormal")
NUMBERS = ("least", "most", "normal_from", "normal_to")
PROOFS = [
    ("own", "本清单约定"),
    ("read", "读过原文"),
    ("official", "官方转载"),
    ("third-party", "第三方转述"),
    ("unverified", "待确认"),
]


def _today() -> Any:
    return timezone.localdate(clock.now())


@require_GET
@signed_in
def sheet_list(request: HttpRequest) -> HttpResponse:
    """The bureau's checklists: in force, coming, in preparation."""
    lines = queries.sheet_lines(request.actor, on=_today())
    return render(
        request, "sheets/list.html", {"lines": lines, "may_edit": request.actor.may_anywhere("manage-sheets")}
    )


@require_GET
@signed_in
def sheet(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One checklist by category, filtered by what stands in the address."""
    return render(request, "sheets/sheet.html", _view_context(request, _view(request, pk)))


@require_GET
@signed_in
def printed(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The shown items as a blank form on paper."""
    view = _view(request, pk)
    body = render_paper(blank_checklist(view.sheet.title, view.version.version, view.shown))
    name = content_disposition_header(False, f"{view.sheet.title} 第{view.version.version}版.pdf") or ""
    return HttpResponse(body, content_type="application/pdf", headers={"Content-Disposition": name})


@require_GET
@signed_in
def versions(request: HttpRequest, pk: UUID) -> HttpResponse:
    """All versions of a checklist, and starting the next one."""
    return render(request, "sheets/versions.html", _versions_context(request, pk))


@require_GET
@signed_in
def compare(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What differs between two versions."""
    old, new, difference = queries.difference(
        request.actor, old_id=_id(request.GET.get("old")), new_id=_id(request.GET.get("new"))
    )
    if old.sheet_id != pk:
        raise Refusal("foundation.not_found")
    return render(
        request, "sheets/compare.html", {"sheet": old.sheet, "old": old, "new": new, "difference": difference}
    )


@require_POST
@signed_in
def start_draft(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Copy the published version into a draft."""
    args = {
        "id": str(uuid7()),
        "sheet_id": str(pk),
        "version": request.POST.get("version", ""),
        "note": request.POST.get("note", ""),
    }
    try:
        outcome = send(request, "sheets.draft_version", args)
    except Refusal as refusal:
        return again(request, "sheets/versions.html", refusal, _versions_context(request, pk))
    return done(request, f"/sheets/drafts/{outcome.answer['id']}/", "草稿已建好，改好以后再发布。")


@require_GET
@signed_in
def draft(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A draft: its items, what is wrong with it, what people think of it, and publishing."""
    return render(request, "sheets/draft.html", _draft_context(request, pk))


@require_http_methods(["GET", "POST"])
@signed_in
def item(request: HttpRequest, pk: UUID, code: str = "") -> HttpResponse:
    """Add an item to a draft, or change one."""
    view = queries.version_by_id(request.actor, pk)
    kept = view.content.by_code.get(code)
    if code and kept is None:
        raise Refusal("foundation.not_found")
    context = {
        "view": view,
        "item": kept,
        "code": code or _next_code(view, request.GET.get("section", "")),
        "section_code": kept.section if kept else request.GET.get("section", ""),
        "sections": [(s.code, f"{s.code} {s.title}") for s in view.content.sections],
        "kinds": list(KINDS.items()),
        "ways": list(WAYS.items()),
        "severities": list(SEVERITIES.items()),
        "stages": list(STAGES.items()),
        "facets": list(FACETS.items()),
        "proofs": PROOFS,
        "options_text": "\n".join(kept.options) if kept else "",
        "abnormal_text": "\n".join(kept.abnormal) if kept else "",
    }
    if request.method == "GET":
        return render(request, "sheets/item.html", context)
    args = {
        "version_id": str(pk),
        "revision": request.POST.get("revision", ""),
        "change": "change" if code else "add",
        "item": _item(request),
    }
    try:
        send(request, "sheets.edit_draft", args)
    except Refusal as refusal:
        refusal.fields = {name.removeprefix("item."): words for name, words in refusal.fields.items()}
        return again(request, "sheets/item.html", refusal, context)
    return done(request, f"/sheets/drafts/{pk}/#item-{args['item']['code']}", "已保存到草稿。")


@require_POST
@signed_in
def change(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Remove or move an item, or name a category."""
    form = request.POST
    args = {
        "version_id": str(pk),
        "revision": form.get("revision", ""),
        "change": form.get("change", ""),
        "code": form.get("code", ""),
    }
    args |= {name: form[name] for name in ("before", "title") if form.get(name)}
    try:
        send(request, "sheets.edit_draft", args)
    except Refusal as refusal:
        return again(request, "sheets/draft.html", refusal, _draft_context(request, pk))
    return done(request, f"/sheets/drafts/{pk}/", "已保存到草稿。")


@require_POST
@signed_in
def publish(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Freeze a draft with the day it comes into force."""
    form = request.POST
    args = {"version_id": str(pk), "revision": form.get("revision", ""), "effective_on": form.get("effective_on", "")}
    try:
        send(request, "sheets.publish_version", args)
    except Refusal as refusal:
        return again(request, "sheets/draft.html", refusal, _draft_context(request, pk))
    view = queries.version_by_id(request.actor, pk)
    return done(
        request,
        f"/sheets/{view.sheet.pk}/versions/",
        f"第 {view.version.version} 版已发布，{view.version.effective_on} 起施行；正在进行的检查仍用原来的版本。",
    )


@require_POST
@signed_in
def opinion(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Say what should be different in a draft."""
    form = request.POST
    args = {"id": str(uuid7()), "version_id": str(pk), "item": form.get("item", ""), "text": form.get("text", "")}
    try:
        send(request, "sheets.give_opinion", args)
    except Refusal as refusal:
        return again(request, "sheets/draft.html", refusal, _draft_context(request, pk))
    return done(request, f"/sheets/drafts/{pk}/#opinions", "意见已收到，答复会显示在这里。")


@require_POST
@signed_in
def reply(request: HttpRequest, pk: UUID, opinion_id: UUID) -> HttpResponse:
    """Answer an opinion."""
    try:
        send(request, "sheets.answer_opinion", {"opinion_id": str(opinion_id), "reply": request.POST.get("reply", "")})
    except Refusal as refusal:
        return again(request, "sheets/draft.html", refusal, _draft_context(request, pk))
    return done(request, f"/sheets/drafts/{pk}/#opinions", "已答复。")


@require_http_methods(["GET", "POST"])
@signed_in
def import_table(request: HttpRequest, pk: UUID | None = None) -> HttpResponse:
    """A bureau's own checklist from a spreadsheet: file → what is which column → report for each row → draft."""
    context: dict[str, Any] = {
        "sheet": queries.sheet_of(request.actor, pk) if pk else None,
        "meanings": list(COLUMNS.items()),
    }
    if request.method == "GET":
        return render(request, "sheets/import.html", context)
    try:
        context |= _table(request)
        if request.POST.get("step") == "import":
            return _imported(request, pk, context)
    except Refusal as refusal:
        return again(request, "sheets/import.html", refusal, context)
    return render(request, "sheets/import.html", {**context, "typed": request.POST})


def _imported(request: HttpRequest, pk: UUID | None, context: dict[str, Any]) -> HttpResponse:
    form = request.POST
    args = {
        "id": str(uuid7()),
        "sheet_id": str(pk or uuid7()),
        "title": form.get("title", ""),
        "version": form.get("version", ""),
        "rows": [{"row": number, "cells": list(cells)} for number, cells in context["rows"]],
        "mapping": context["mapping"],
        "file_name": form.get("file_name", ""),
    }
    outcome = send(request, "sheets.import_checklist", args)
    return done(
        request,
        f"/sheets/drafts/{outcome.answer['id']}/",
        f"已导入 {len(context['report'].content.items)} 项，核对以后再发布。",
    )


def _table(request: HttpRequest) -> dict[str, Any]:
    form = request.POST
    if form.get("table"):
        try:
            kept = json.loads(form["table"])
            header, rows = (
                [str(cell) for cell in kept["header"]],
                [(int(n), [str(c) for c in cells]) for n, cells in kept["rows"]],
            )
        except (ValueError, KeyError, TypeError):
            raise Refusal("sheets.not_a_table", fields={"file": "请重新选择文件"}) from None
        mapping = {name: int(form[f"column-{name}"]) for name in COLUMNS if form.get(f"column-{name}", "").isdecimal()}
    else:
        try:
            table = read_table(bytes_of(request.FILES.get("file")))
        except NotATable:
            raise Refusal("sheets.not_a_table", fields={"file": "请换一个文件"}) from None
        header, rows = list(table.header), [(number, list(cells)) for number, cells in table.rows]
        mapping = guess(header)
    report = items_of(form.get("title", ""), rows, mapping)
    return {
        "header": header,
        "rows": rows,
        "mapping": mapping,
        "choices": [(str(n), name or f"第 {n + 1} 列") for n, name in enumerate(header)],
        "columns": [(name, word, str(mapping.get(name, ""))) for name, word in COLUMNS.items()],
        "table": json.dumps({"header": header, "rows": rows}, ensure_ascii=False),
        "file_name": form.get("file_name") or getattr(request.FILES.get("file"), "name", ""),
        "report": report,
    }


def _view(request: HttpRequest, pk: UUID) -> queries.VersionView:
    only = queries.ItemFilter(**{name: request.GET.get(name, "") for name in FILTERS})
    version = request.GET.get("version", "")
    return queries.version_view(
        request.actor, sheet_id=pk, version_id=_id(version) if version else None, on=_today(), only=only
    )


def _view_context(request: HttpRequest, view: queries.VersionView) -> dict[str, Any]:
    return {
        "view": view,
        "sections": [(s.code, s.title) for s in view.content.sections],
        "stages": list(STAGES.items()),
        "facets": list(FACETS.items()),
        "ways": list(WAYS.items()),
        "severities": list(SEVERITIES.items()),
        "may_edit": request.actor.may("manage-sheets", view.sheet),
        "query_string": request.GET.urlencode(),
        "kept_filters": [
            (name, request.GET[name]) for name in (*FILTERS, "version") if name != "text" and request.GET.get(name)
        ],
    }


def _versions_context(request: HttpRequest, pk: UUID) -> dict[str, Any]:
    found, rows = queries.versions(request.actor, pk)
    current = next((row for row in rows if row.state == "published" and row.effective_on <= _today()), None)
    return {"sheet": found, "rows": rows, "current": current, "may_edit": request.actor.may("manage-sheets", found)}


def _draft_context(request: HttpRequest, pk: UUID) -> dict[str, Any]:
    view = queries.version_by_id(request.actor, pk)
    faults: dict[str, list[str]] = {}
    for code, sentence in content_faults(view.content):
        faults.setdefault(code, []).append(sentence)
    return {
        "view": view,
        "faults": faults,
        "fault_list": [(code, "；".join(words)) for code, words in faults.items()],
        "opinions": queries.opinions(request.actor, pk),
        "published": queries.published_before(view),
        "may_edit": view.is_draft and request.actor.may("manage-sheets", view.sheet),
        "today": _today(),
    }


def _next_code(view: queries.VersionView, section: str) -> str:
    serials = [
        int(i.code.rpartition("-")[2])
        for i in view.content.in_section(section)
        if i.code.rpartition("-")[2].isdecimal()
    ]
    return f"{section}-{max(serials, default=0) + 1:02d}" if section else ""


def _item(request: HttpRequest) -> dict[str, Any]:
    form = request.POST
    said: dict[str, Any] = {
        name: form.get(name, "")
        for name in ("code", "section", "title", "kind", "standard", "basis", "severity", "place", "proof", "unit")
    }
    said |= {name: form.getlist(name) for name in ("ways", "stages", "facets")}
    said |= {
        name: [word.strip() for word in form.get(name, "").splitlines() if word.strip()]
        for name in ("options", "abnormal")
    }
    said |= {name: form[name] for name in NUMBERS if form.get(name)}
    return said


def _id(text: str | None) -> UUID:
    try:
        return UUID(text or "")
    except ValueError:
        raise Refusal("foundation.not_found") from None


urlpatterns = [
    path("", sheet_list, name="sheets"),
    path("import/", import_table, name="sheet-import-new"),
    path("drafts/<uuid:pk>/", draft, name="sheet-draft"),
    path("drafts/<uuid:pk>/add/", item, name="sheet-item-add"),
    path("drafts/<uuid:pk>/change/", change, name="sheet-change"),
    path("drafts/<uuid:pk>/publish/", publish, name="sheet-publish"),
    path("drafts/<uuid:pk>/opinions/", opinion, name="sheet-opinion"),
    path("drafts/<uuid:pk>/opinions/<uuid:opinion_id>/", reply, name="sheet-reply"),
    path("drafts/<uuid:pk>/items/<slug:code>/", item, name="sheet-item"),
    path("<uuid:pk>/", sheet, name="sheet"),
    path("<uuid:pk>/print.pdf", printed, name="sheet-print"),
    path("<uuid:pk>/versions/", versions, name="sheet-versions"),
    path("<uuid:pk>/compare/", compare, name="sheet-compare"),
    path("<uuid:pk>/draft/", start_draft, name="sheet-start-draft"),
    path("<uuid:pk>/import/", import_table, name="sheet-import"),
]
