"""The pages: periods, declaring one, who has answered today, the summary."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_GET, require_POST

from bihuan.foundation import clock
from bihuan.foundation.ids import uuid7
from bihuan.foundation.pages.answers import again, done, send, signed_in
from bihuan.foundation.pages.reading import day_of, pdf, xlsx
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.periods import printouts, queries, rules

WHICH = [("waiting", "还没报的"), ("answered", "已经报的"), ("excused", "免报的")]


@require_GET
@signed_in
def home(request: HttpRequest) -> HttpResponse:
    """The periods of my bureau and schools."""
    asked = {name: request.GET.get(name, "") for name in ("state", "whose", "cursor")}
    context = {
        "page": queries.periods(request.actor, **asked), "homes": queries.homes(request.actor),
        "states": list(rules.STATES.items()), "whose": list(queries.WHOSE.items()), "filtered": asked["state"] or asked["whose"],
    }  # fmt: skip
    return render(request, "periods/list.html", context)


@signed_in
def new(request: HttpRequest) -> HttpResponse:
    """Declare a period."""
    day = queries.today()
    context: dict[str, Any] = {
        "found": queries.places(request.actor), "new_id": request.POST.get("id") or uuid7(), "today": day,
        "last": day + 6 * rules.DAY,
    }  # fmt: skip
    if request.method != "POST":
        return render(request, "periods/new.html", context)
    names = ("id", "org_id", "kind", "name", "words", "starts_on", "ends_on")
    try:
        send(request, "periods.declare_period", {name: request.POST.get(name, "") for name in names})
    except Refusal as refusal:
        return again(request, "periods/new.html", refusal, context)
    say = "已宣布。职责正在派到各校，一会儿就出现在各人的待办里。"
    return done(request, f"/periods/{request.POST.get('id')}/", say=say)


@require_GET
@signed_in
def one(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A period on one of its days: who has answered, who has not, with a telephone number."""
    return render(request, "periods/period.html", _context(request, pk))


def _context(request: HttpRequest, pk: UUID) -> dict[str, Any]:
    asked = request.GET
    which = asked.get("which", "") if asked.get("which") in queries.ANSWERS else ""
    page = queries.period_page(
        request.actor, pk, on=day_of(asked.get("on", "")), which=which, cursor=asked.get("cursor", "")
    )
    return {"page": page, "row": page.line.row, "which": WHICH, "yesterday": queries.today() - rules.DAY}


@require_POST
@signed_in
def remind(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Remind everybody who has not reported today."""
    try:
        told = send(request, "periods.remind_schools", {"period_id": str(pk)}).answer
    except Refusal as refusal:
        return again(request, "periods/period.html", refusal, _context(request, pk))
    say = f"已催 {told['schools']} 所学校，通知了 {told['people']} 人。"
    if not told["people"]:
        say = f"有 {told['schools']} 所学校没有报，但报告岗位都没有人担任，没有人可以通知。请打电话给校（园）长。"
    return done(request, f"/periods/{pk}/", say=say)


@require_POST
@signed_in
def prolong(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Let it last longer."""
    try:
        send(request, "periods.prolong_period", {"period_id": str(pk), "ends_on": request.POST.get("ends_on", "")})
    except Refusal as refusal:
        return again(request, "periods/period.html", refusal, {**_context(request, pk), "doing": "prolong"})
    return done(request, f"/periods/{pk}/", say="已延长。新增日子的职责会自己派下去。")


@require_POST
@signed_in
def end(request: HttpRequest, pk: UUID) -> HttpResponse:
    """End it early."""
    form = request.POST
    args = {"period_id": str(pk), "last_on": form.get("last_on", ""), "reason": form.get("reason", "")}
    try:
        send(request, "periods.end_period", args)
    except Refusal as refusal:
        return again(request, "periods/period.html", refusal, {**_context(request, pk), "doing": "end"})
    return done(request, f"/periods/{pk}/", say="已提前解除。解除以后的职责不再要求，已经报的都留着。")


@require_GET
@signed_in
def summary_pdf(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The summary as a paper."""
    found = queries.summary(request.actor, pk)
    return pdf(
        printouts.summary_pdf(found, address=f"{settings.BIHUAN_URL}/periods/{pk}/"), f"{found.line.row.name} 汇总"
    )


@require_GET
@signed_in
def summary_xlsx(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The summary as a workbook: days in numbers, and schools by days."""
    found = queries.summary(request.actor, pk)
    return xlsx(printouts.summary_xlsx(found), found.line.row.name)


@require_GET
@signed_in
def band(request: HttpRequest) -> HttpResponse:
    """The line on the desk: a period lasts, and how many schools have not reported. Empty when none does."""
    own = {hold.org_id for hold in request.actor.holds if hold.level == "school"}
    one_school = len(own) == 1 and len(own) == len(request.actor.holds)
    found = queries.bands(request.actor, clock.now())
    return render(request, "periods/band.html", {"bands": found, "one_school": one_school})


urlpatterns = [
    path("", home, name="periods"),
    path("new/", new, name="period-new"),
    path("band/", band, name="period-band"),
    path("<uuid:pk>/", one, name="period"),
    path("<uuid:pk>/remind/", remind, name="period-remind"),
    path("<uuid:pk>/prolong/", prolong, name="period-prolong"),
    path("<uuid:pk>/end/", end, name="period-end"),
    path("<uuid:pk>/summary.pdf", summary_pdf, name="period-summary"),
    path("<uuid:pk>/summary.xlsx", summary_xlsx, name="period-workbook"),
]
