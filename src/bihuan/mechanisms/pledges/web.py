"""The pages of letters, record checks, plates and badges."""

from __future__ import annotations

import base64
import binascii
from datetime import date
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from bihuan.foundation import clock
from bihuan.foundation.evidence.commands import keep_evidence
from bihuan.foundation.ids import uuid7
from bihuan.foundation.pages.answers import again, done, send, signed_in
from bihuan.foundation.pages.reading import pdf
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.pledges import printouts, queries

PNG = "data:image/png;base64,"


@require_GET
@signed_in
def home(request: HttpRequest) -> HttpResponse:
    """My letters; for those who look after a net, how far each school is."""
    wide = request.actor.may_anywhere("see-net")
    year = (request.GET.get("year") or queries.year_on(request.actor.bureau_id, _today())) if wide else ""
    context = {
        "mine": queries.mine(request.actor),
        "year": year,
        "coverage": queries.coverage(request.actor, year=year) if wide else [],
    }
    return render(request, "pledges/home.html", context)


@require_GET
@signed_in
def letter(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One letter to read, and to sign for its own person."""
    return render(request, "pledges/letter.html", {"row": queries.pledge(request.actor, pk)})


@require_POST
@signed_in
def sign(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Sign my letter."""
    row = queries.pledge(request.actor, pk)
    try:
        send(request, "pledges.sign", {"pledge_id": str(pk), "signature": str(_drawn(request))})
    except Refusal as refusal:
        return again(request, "pledges/letter.html", refusal, {"row": row})
    return done(request, f"/pledges/{pk}/", say="已签。需要留底的，点“打印”下载。")


@require_GET
@signed_in
def letter_pdf(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The letter as a paper."""
    row = queries.pledge(request.actor, pk)
    return pdf(
        printouts.letter_pdf(row, address=f"{settings.BIHUAN_URL}/pledges/{pk}/"),
        f"{row.user_name} {row.content['title']}",
    )


@require_GET
@signed_in
def school(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The letters of a school: who has signed, who has not."""
    year = request.GET.get("year") or queries.year_on(request.actor.bureau_id, _today())
    page = queries.pledges(
        request.actor, pk, year=year, state=request.GET.get("state", ""), cursor=request.GET.get("cursor", "")
    )
    found = next((one for one in queries.coverage(request.actor, year=year) if one.org.pk == pk), None)
    context = {
        "page": page,
        "school": found,
        "pk": pk,
        "year": year,
        "states": [("waiting", "还没签的"), ("signed", "已签的")],
    }
    return render(request, "pledges/school.html", context)


@require_POST
@signed_in
def issue(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Make the letters of a year."""
    made = send(request, "pledges.issue_year", {"org_id": str(pk), "year": request.POST.get("year", "")}).answer["made"]
    return done(
        request,
        f"/pledges/school/{pk}/",
        say=f"新下发 {made} 份，已通知本人。" if made else "没有新的人要签，原有的都在。",
    )


@require_POST
@signed_in
def remind(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Remind who has not signed."""
    told = send(request, "pledges.remind", {"org_id": str(pk), "year": request.POST.get("year", "")}).answer["reminded"]
    return done(request, f"/pledges/school/{pk}/", say=f"已催 {told} 人。")


@signed_in
def checks(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The yearly record checks of a school's people."""
    org, people = queries.record_checks(request.actor, pk, on=_today())
    context = {
        "school": org, "people": people, "today": _today(), "new_id": request.POST.get("id") or uuid7(),
        "choices": [(str(one.user_id), f"{one.name} · {one.posts}") for one in people],
        "results": [("clear", "没有查到记录"), ("found", "查到记录")],
    }  # fmt: skip
    if request.method != "POST":
        return render(request, "pledges/checks.html", context)
    names = ("id", "user_id", "checked_on", "result", "reference")
    try:
        send(
            request, "pledges.record_check", {"org_id": str(pk)} | {name: request.POST.get(name, "") for name in names}
        )
    except Refusal as refusal:
        return again(request, "pledges/checks.html", refusal, context)
    return done(request, f"/pledges/school/{pk}/checks/", say="已登记。")


@require_GET
@signed_in
def plates(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Plates of all areas of a school."""
    org, found = queries.plates(request.actor, pk, on=_today())
    return pdf(printouts.plates_pdf(org, found, site=settings.BIHUAN_URL, on=_today()), f"{org.name} 区域包干牌")


@require_GET
@signed_in
def badges(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Badges of all people of a school."""
    org, people = queries.badges(request.actor, pk, on=_today())
    until = queries.year_on(org.bureau_id, _today())
    return pdf(printouts.badges_pdf(org, people, until=f"{until} 学年有效", on=_today()), f"{org.name} 工作证")


def _drawn(request: HttpRequest) -> UUID:
    text = request.POST.get("signature", "")
    if not text.startswith(PNG):
        raise Refusal("evidence.not_a_signature", fields={"signature": "请在框里签上你的名字。"})
    try:
        raw = base64.b64decode(text.removeprefix(PNG), validate=True)
    except (binascii.Error, ValueError):
        raise Refusal("evidence.not_a_signature", fields={"signature": "请重新签字。"}) from None
    return keep_evidence(request.actor, clock.now(), raw=raw, kind="signature").pk


def _today() -> date:
    return timezone.localdate(clock.now())


urlpatterns = [
    path("", home, name="pledges"),
    path("<uuid:pk>/", letter, name="pledge"),
    path("<uuid:pk>/sign/", sign, name="pledge-sign"),
    path("<uuid:pk>/letter.pdf", letter_pdf, name="pledge-letter"),
    path("school/<uuid:pk>/", school, name="pledges-school"),
    path("school/<uuid:pk>/issue/", issue, name="pledges-issue"),
    path("school/<uuid:pk>/remind/", remind, name="pledges-remind"),
    path("school/<uuid:pk>/checks/", checks, name="pledges-checks"),
    path("school/<uuid:pk>/plates.pdf", plates, name="pledges-plates"),
    path("school/<uuid:pk>/badges.pdf", badges, name="pledges-badges"),
]
