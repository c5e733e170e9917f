"""The pages about hazards: the list, one case, reporting, the steps, the papers, the exports."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from bihuan.engines.cases import exports, papers, queries
from bihuan.engines.cases.rows import rows
from bihuan.foundation import clock
from bihuan.foundation.evidence.commands import keep_evidence
from bihuan.foundation.ids import uuid7
from bihuan.foundation.pages.answers import again, done, send, signed_in
from bihuan.foundation.pages.streams import sent
from bihuan.foundation.refusals import Refusal

STEPS: dict[str, tuple[str, tuple[str, ...], str]] = {
    "assign": ("cases.assign_case", ("rectifier", "party", "due", "note"), "已交办。"),
    "grade": ("cases.grade_hazard", ("level", "basis", "note"), "已改定级别。"),
    "merge": ("cases.merge_cases", ("into", "note"), "已并入另一件一起办理。"),
    "withdraw": ("cases.withdraw_case", ("note",), "已撤回。"),
    "fill-five": ("cases.fill_five", ("duty", "measures", "funds", "deadline", "plan"), "五落实已保存。"),
    "submit-plan": ("cases.submit_plan", ("note",), "方案已报送。"),
    "approve-plan": ("cases.approve_plan", ("note",), "方案已批准。"),
    "return-plan": ("cases.return_plan", ("note",), "方案已退回。"),
    "list-supervision": ("cases.list_supervision", ("due", "note"), "已挂牌督办。"),
    "rectify": ("cases.rectify_case", ("photos", "note"), "整改已提交，等待复查。"),
    "request-extension": ("cases.request_extension", ("due", "note"), "延期申请已提交。"),
    "decide-extension": ("cases.decide_extension", ("grant", "note"), "延期申请已批复。"),
    "transfer": ("cases.transfer_case", ("rectifier", "party", "note"), "已移交。"),
    "verify": ("cases.verify_case", ("second", "photos", "note"), "复查结论已记录。"),
    "return": ("cases.return_case", ("conclusion", "second", "note", "photos", "due"), "已退回重改。"),
    "close-review": ("cases.close_review", ("note",), "已审核销号，等待恢复使用审批。"),
    "send-back": ("cases.send_back", ("note",), "已退回复查。"),
    "resume-use": ("cases.resume_use", ("note",), "已批准恢复使用并销号。"),
}
"""Action → the command, the fields of its form, and the sentence after it."""


@signed_in
@require_GET
def hazards(request: HttpRequest) -> HttpResponse:
    """The list: the filter sentence, tabs with capped counts, a page of rows; the rows alone when they read themselves again."""
    listing = queries.listing(request.actor, request.GET)  # type: ignore[attr-defined]
    template = "cases/list.html" + ("#listed" if getattr(request, "htmx", False) else "")
    may_issue = request.actor.may_anywhere("issue-paper")  # type: ignore[attr-defined]
    return render(request, template, {"listing": listing, "rows": rows(listing.page.rows), "may_issue": may_issue})


@signed_in
@require_GET
def case(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One case with its story and what this person may do."""
    return render(request, "cases/case.html", {"detail": queries.detail(request.actor, pk)})  # type: ignore[attr-defined]


@signed_in
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Report a hazard."""
    try:
        org = UUID(request.POST.get("org") or request.GET.get("org", ""))
    except ValueError:
        org = None
    if request.method == "GET":
        context = {
            "form": queries.report_form(request.actor, org),
            "id": uuid7(),
            "org": org or "",
            "given": request.GET,
        }  # type: ignore[attr-defined]
        return render(request, "cases/new.html", context)
    kept: list[Any] = []
    try:
        kept = kept_photos(request)
        args = {name: value for name in REPORT if (value := request.POST.get(name, "").strip())}
        send(request, "cases.report_hazard", args | {"photos": [photo.pk for photo in kept]})
    except Refusal as refusal:
        context = {
            "form": queries.report_form(request.actor, org),
            "id": request.POST.get("id") or uuid7(),
            "kept": kept,
        }  # type: ignore[attr-defined]
        return again(request, "cases/new.html", refusal, context)
    return done(request, f"/hazards/{args['id']}/", "已上报，谢谢你。有进展会通知你。")


REPORT = (
    "id",
    "org",
    "title",
    "description",
    "place",
    "point",
    "category",
    "item",
    "item_title",
    "basis",
    "level",
    "source",
)


@signed_in
@require_http_methods(["GET", "POST"])
def step(request: HttpRequest, pk: UUID, action: str) -> HttpResponse:
    """The form of one step, and taking it."""
    if action not in STEPS:
        raise Refusal("foundation.not_found")
    template = "cases/step.html" + ("#form" if getattr(request, "htmx", False) else "")
    name, fields, said = STEPS[action]
    if request.method == "GET":
        form = queries.step_form(request.actor, pk, action)  # type: ignore[attr-defined]
        return render(request, template, {"form": form, "fields": fields})
    kept: list[Any] = []
    try:
        kept = kept_photos(request)
        send(request, name, step_args(request, pk, action, fields, kept))
    except Refusal as refusal:
        if refusal.status == 404:
            raise
        try:
            form = queries.step_form(request.actor, pk, action)  # type: ignore[attr-defined]
        except Refusal:
            raise refusal from None
        return again(request, template, refusal, {"form": form, "fields": fields, "kept": kept})
    return done(request, f"/hazards/{pk}/", said)


def step_args(request: HttpRequest, pk: UUID, action: str, fields: tuple[str, ...], kept: list[Any]) -> dict[str, Any]:
    """The command's arguments from the form; empty fields are left out."""
    args: dict[str, Any] = {name: value for name in fields if (value := request.POST.get(name, "").strip())}
    if "photos" in fields:
        args["photos"] = [photo.pk for photo in kept]
    if "second" in fields:
        args["second"] = [pk for pk in request.POST.getlist("second") if pk]
    if action == "merge":
        return args | {"cases": [pk]}
    if action != "fill-five" and (revision := request.POST.get("revision", "")).isdecimal():
        args["revision"] = int(revision)
    return args | {"case": pk}


def kept_photos(request: HttpRequest) -> list[Any]:
    """Photos of this form: those kept at an earlier, refused try, and the fresh ones."""
    earlier = queries.my_photos(request.actor, request.POST.getlist("photo"))  # type: ignore[attr-defined]
    fresh = [
        keep_evidence(request.actor, clock.now(), raw=file.read(), name=file.name or "")
        for file in request.FILES.getlist("photos")
    ]  # type: ignore[attr-defined]
    return [*earlier, *fresh]


@signed_in
@require_http_methods(["POST"])
def bulk(request: HttpRequest) -> HttpResponse:
    """Assign the chosen cases: first the form, then what came of each."""
    try:
        pks = [UUID(pk) for pk in request.POST.getlist("case")[:200]]
    except ValueError:
        raise Refusal("foundation.not_found") from None
    if request.POST.get("act") == "notice":
        return _notice(request, pks)
    rows, people = queries.bulk_form(request.actor, pks)  # type: ignore[attr-defined]
    context = {"rows": rows, "people": people}
    if "rectifier" not in request.POST:
        return render(request, "cases/bulk.html", context)
    args: dict[str, Any] = {
        name: value for name in ("rectifier", "due", "note") if (value := request.POST.get(name, "").strip())
    }
    try:
        outcome = send(request, "cases.bulk_assign", args | {"cases": pks})
    except Refusal as refusal:
        return again(request, "cases/bulk.html", refusal, context)
    return render(request, "cases/bulk_report.html", {"report": outcome.answer, "rows": rows})


def _notice(request: HttpRequest, pks: list[UUID]) -> HttpResponse:
    """One 督办单 over the chosen cases of a school: first the form, then the paper."""
    rows = queries.bulk_rows(request.actor, pks)  # type: ignore[attr-defined]
    if "note" not in request.POST:
        return render(request, "cases/notice.html", {"rows": rows})
    try:
        outcome = send(request, "cases.issue_supervision_notice", {"cases": pks, "note": request.POST["note"].strip()})
    except Refusal as refusal:
        return again(request, "cases/notice.html", refusal, {"rows": rows})
    made = outcome.answer
    return done(request, f"/hazards/papers/{made['id']}/", f"督办单 {made['number']} 已签发，学校会收到通知并签收。")


@signed_in
@require_GET
def paper(request: HttpRequest, pk: UUID, form: str) -> HttpResponse:
    """A paper as PDF or as Word, exactly as it was issued."""
    found = queries.paper(request.actor, pk)  # type: ignore[attr-defined]
    answer = HttpResponse(papers.printed(found, form), content_type=papers.MEDIA_TYPES[form])
    answer["Content-Disposition"] = papers.disposition(found, form)
    return answer


@signed_in
@require_http_methods(["GET", "POST"])
def paper_step(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A paper with where it stands: the bureau signs it, the school acknowledges it."""
    if request.method == "GET":
        return render(request, "cases/paper.html", {"page": queries.paper_page(request.actor, pk)})  # type: ignore[attr-defined]
    try:
        if request.POST.get("act") == "receive":
            send(request, "cases.receive_paper", {"paper": pk})
            said = "已签收。"
        else:
            words = {
                name.removeprefix("words."): value
                for name in request.POST
                if name.startswith("words.") and (value := request.POST[name].strip())
            }
            send(request, "cases.sign_paper", {"paper": pk, "words": words})
            said = "已签发，学校会收到通知并签收。"
    except Refusal as refusal:
        if refusal.status == 404:
            raise
        return again(request, "cases/paper.html", refusal, {"page": queries.paper_page(request.actor, pk)})  # type: ignore[attr-defined]
    return done(request, f"/hazards/papers/{pk}/", said)


@signed_in
@require_GET
def export(request: HttpRequest, form: str) -> StreamingHttpResponse:
    """The list as it is filtered, streamed as Excel or CSV."""
    rows: Iterator[bytes] = exports.stream(request.actor, queries.filters_from(request.GET), form)  # type: ignore[attr-defined]
    answer = StreamingHttpResponse(sent(request, rows), content_type=exports.MEDIA_TYPES[form])
    day = timezone.localdate(clock.now())
    answer["Content-Disposition"] = (
        f"attachment; filename=\"hazards-{day}.{form}\"; filename*=UTF-8''%E9%9A%90%E6%82%A3%E6%B8%85%E5%8D%95-{day}.{form}"
    )
    return answer


urlpatterns = [
    path("", hazards, name="hazards"),
    path("new/", new, name="hazard-new"),
    path("bulk/", bulk, name="hazards-bulk"),
    path("export.xlsx", export, {"form": "xlsx"}, name="hazards-xlsx"),
    path("export.csv", export, {"form": "csv"}, name="hazards-csv"),
    path("papers/<uuid:pk>/", paper_step, name="paper"),
    path("papers/<uuid:pk>.pdf", paper, {"form": "pdf"}, name="paper-pdf"),
    path("papers/<uuid:pk>.docx", paper, {"form": "docx"}, name="paper-docx"),
    path("<uuid:pk>/", case, name="hazard"),
    path("<uuid:pk>/steps/<slug:action>/", step, name="hazard-step"),
]
