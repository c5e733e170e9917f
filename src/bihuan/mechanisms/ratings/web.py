"""The pages of ratings: my results, a school's rounds, one result."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from bihuan.engines.responsibility.queries import school_choices
from bihuan.foundation import clock
from bihuan.foundation.ids import uuid7
from bihuan.foundation.pages.answers import again, done, send, signed_in
from bihuan.foundation.pages.reading import day_of, id_of, pdf, xlsx
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.ratings import printouts, qualities, queries, rules


@signed_in
def home(request: HttpRequest) -> HttpResponse:
    """My results; for whoever appraises or looks after schools also their ratings, and beginning one."""
    context: dict[str, Any] = {
        "mine": queries.mine(request.actor), "openable": queries.openable(request.actor), "new_id": request.POST.get("id") or uuid7(),
        "states": list(rules.STATES.items()),
    }  # fmt: skip
    if queries.may_look(request.actor):
        schools, asked = school_choices(request.actor), request.GET
        chosen = asked.get("school", "")
        context |= {
            "schools": schools if len(schools) > 1 else [], "five": bool(schools), "filtered": asked.get("state", "") or chosen,
            "page": queries.ratings(
                request.actor, state=asked.get("state", ""), school=id_of(chosen) if chosen else None, cursor=asked.get("cursor", "")
            ),
        }  # fmt: skip
    if request.method != "POST":
        return render(request, "ratings/home.html", context)
    scheme, _, on = request.POST.get("what", "").partition("/")
    args = {"id": request.POST.get("id", ""), "org_id": request.POST.get("org_id", ""), "scheme": scheme, "on": on}
    try:
        answer = send(request, "ratings.open_rating", args).answer
    except Refusal as refusal:
        return again(request, "ratings/home.html", refusal, context)
    return done(request, f"/ratings/{answer['id']}/", say="数已按记录算好并存下。要人评的项目评完，就可以公布。")


@require_GET
@signed_in
def rating(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One rating; with ``again`` also what counting anew would change."""
    page = queries.rating_page(request.actor, pk, again="again" in request.GET)
    return render(request, "ratings/rating.html", {"page": page})


@require_POST
@signed_in
def publish(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Tell everybody the own result."""
    return _of_rating(request, pk, "ratings.publish", {}, "已公布。每个人收到通知，只看得到自己的结果。")


@require_POST
@signed_in
def count_anew(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take what counting anew says."""
    return _of_rating(request, pk, "ratings.count_anew", {}, "已按现在的记录重算，变了什么记在本页下方。")


@require_POST
@signed_in
def cancel(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Call it off."""
    args = {"reason": request.POST.get("reason", "")}
    return _of_rating(
        request, pk, "ratings.cancel_rating", args, "已作废，原来的内容都留着。需要的话，可以重新开始一次。"
    )


def _of_rating(request: HttpRequest, pk: UUID, command: str, args: dict[str, Any], say: str) -> HttpResponse:
    """Send a command about a whole rating and come back to it; a refusal keeps what was typed."""
    try:
        send(request, command, {"rating_id": str(pk), "revision": request.POST.get("revision", ""), **args})
    except Refusal as refusal:
        if refusal.code == "foundation.not_found":
            raise
        return again(request, "ratings/rating.html", refusal, {"page": queries.rating_page(request.actor, pk)})
    return done(request, f"/ratings/{pk}/", say=say)


@require_GET
@signed_in
def rating_xlsx(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The whole rating as Excel, for whoever appraises."""
    page = queries.rating_page(request.actor, pk)
    if not page.may_keep:
        raise Refusal("foundation.not_found")
    return xlsx(printouts.rating_xlsx(page), page.rating.title)


@require_GET
@signed_in
def five(request: HttpRequest) -> HttpResponse:
    """The five qualities of a school's month."""
    schools = school_choices(request.actor)
    chosen = request.GET.get("school", "") or (schools[0][0] if schools else "")
    page = qualities.five(
        request.actor, id_of(chosen), day_of(request.GET.get("month", "")) or timezone.localdate(clock.now())
    )
    return render(request, "ratings/five.html", {"page": page, "schools": schools if len(schools) > 1 else []})


@require_GET
@signed_in
def score(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One result; with ``on`` its numbers are counted again as of that day."""
    return render(request, "ratings/score.html", _context(request, pk))


@require_GET
@signed_in
def score_pdf(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One result as a paper."""
    page = queries.score_page(request.actor, pk)
    content = printouts.score_pdf(page, address=f"{settings.BIHUAN_URL}/ratings/scores/{pk}/")
    return pdf(content, f"{page.score.name} {page.rating.title}")


@require_POST
@signed_in
def judge(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Give the judged marks."""
    args = {"revision": request.POST.get("revision", ""), "marks": _marks(request)}
    return _told(request, pk, "ratings.judge", args, "已打分。公布以前还可以改。")


@require_POST
@signed_in
def acknowledge(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Say that I have seen it."""
    return _told(request, pk, "ratings.acknowledge", {}, "已记下你知悉这份结果。")


@require_POST
@signed_in
def appeal(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Object."""
    say = "申诉已送出，由另一位负责人决定，结果会通知你。"
    return _told(request, pk, "ratings.appeal", {"words": request.POST.get("words", "")}, say)


@require_POST
@signed_in
def decide(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Decide an appeal; marks that are left empty stay."""
    args = {"reason": request.POST.get("reason", ""), "marks": _marks(request)}
    return _told(request, pk, "ratings.decide_appeal", args, "已决定，并通知本人。原来的结果留着。")


@require_POST
@signed_in
def improve(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask for an improvement."""
    args = {name: request.POST.get(name, "") for name in ("words", "person", "until")}
    return _told(request, pk, "ratings.ask_improvement", args, "已交办，办完要别人复查才算完。")


def _told(request: HttpRequest, pk: UUID, command: str, args: dict[str, Any], say: str) -> HttpResponse:
    """Send a command about a result and come back to it; a refusal keeps what was typed."""
    try:
        send(request, command, {"score_id": str(pk), **args})
    except Refusal as refusal:
        if refusal.code == "foundation.not_found":
            raise
        return again(request, "ratings/score.html", refusal, _context(request, pk))
    return done(request, f"/ratings/scores/{pk}/", say=say)


def _marks(request: HttpRequest) -> list[dict[str, str]]:
    """The marks that were typed: fields ``mark-<item>`` and ``reason-<item>``; an empty mark is none."""
    given = {
        name.removeprefix("mark-"): value
        for name, value in request.POST.items()
        if name.startswith("mark-") and value.strip()
    }
    return [
        {"item": item, "mark": mark, "reason": request.POST.get(f"reason-{item}", "")}  # type: ignore[dict-item]
        for item, mark in given.items()
    ]


def _context(request: HttpRequest, pk: UUID) -> dict[str, Any]:
    on = day_of(request.GET.get("on", ""))
    return {"page": queries.score_page(request.actor, pk, on=on), "today": timezone.localdate(clock.now())}


urlpatterns = [
    path("", home, name="ratings"),
    path("five/", five, name="five"),
    path("<uuid:pk>/", rating, name="rating"),
    path("<uuid:pk>/publish/", publish, name="rating-publish"),
    path("<uuid:pk>/count-anew/", count_anew, name="rating-count-anew"),
    path("<uuid:pk>/cancel/", cancel, name="rating-cancel"),
    path("<uuid:pk>/rating.xlsx", rating_xlsx, name="rating-xlsx"),
    path("scores/<uuid:pk>/", score, name="score"),
    path("scores/<uuid:pk>/score.pdf", score_pdf, name="score-pdf"),
    path("scores/<uuid:pk>/judge/", judge, name="score-judge"),
    path("scores/<uuid:pk>/acknowledge/", acknowledge, name="score-acknowledge"),
    path("scores/<uuid:pk>/appeal/", appeal, name="score-appeal"),
    path("scores/<uuid:pk>/decide/", decide, name="score-decide"),
    path("scores/<uuid:pk>/improve/", improve, name="score-improve"),
]
