"""The pages of patrols: a day, rounds, routes, the hand-over book, a week."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from bihuan.foundation import clock
from bihuan.foundation.evidence.web import photos_of
from bihuan.foundation.ids import uuid7
from bihuan.foundation.pages.answers import again, done, send, signed_in
from bihuan.foundation.pages.reading import pdf, xlsx
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.patrols import printouts, queries, rules
from bihuan.mechanisms.risks import queries as risks

NOTICED = [("1", "有提示的")]
ORDERS = [(code, word) for code, word in rules.ORDERS.items()]


@require_GET
@signed_in
def today(request: HttpRequest) -> HttpResponse:
    """A day: which rounds are done, late, missed or due; the table alone for live pages."""
    day = queries.today(request.actor, request.GET.dict(), at=clock.now())
    part = "#lines" if request.htmx and request.GET.get("part") == "lines" else ""
    return render(request, f"patrols/today.html{part}", {"day": day, "page": day.page})


@require_GET
@signed_in
def rounds(request: HttpRequest) -> HttpResponse:
    """Rounds as they were walked, the latest first."""
    listing = queries.listing(request.actor, request.GET.dict())
    context = {"listing": listing, "page": listing.page, "results": list(rules.RESULTS.items()), "noticed": NOTICED}
    return render(request, "patrols/rounds.html", context)


@require_GET
@signed_in
def one_round(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One round: its points, times, photos, and what was pointed out about it."""
    return _round(request, pk)


def _round(request: HttpRequest, pk: UUID, refusal: Refusal | None = None) -> HttpResponse:
    found = queries.round_page(request.actor, pk)  # type: ignore[attr-defined]
    context = {"found": found, "row": found.row}
    return (
        again(request, "patrols/round.html", refusal, context)
        if refusal
        else render(request, "patrols/round.html", context)
    )


@require_POST
@signed_in
def answer(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Say what was behind a signal."""
    args = {"round_id": str(pk), "signal": request.POST.get("signal", ""), "words": request.POST.get("words", "")}
    try:
        send(request, "patrols.answer_signal", args)
    except Refusal as refusal:
        if refusal.code in ("foundation.not_found", "foundation.sign_in"):
            raise
        return _round(request, pk, refusal)
    return done(request, f"/patrols/rounds/{pk}/", "说明已记录，和提示一起给负责人看。")


@require_GET
@signed_in
def routes(request: HttpRequest) -> HttpResponse:
    """Routes in use."""
    listing = queries.route_listing(request.actor, request.GET.dict())
    return render(request, "patrols/routes.html", {"listing": listing, "page": listing.page})


@require_http_methods(["GET", "POST"])
@signed_in
def new_route(request: HttpRequest) -> HttpResponse:
    """A new route: first the school (who has only one is not asked), then everything on one page."""
    school = _uuid(request.POST.get("org_id") or request.GET.get("school", ""))
    editor = queries.editor(request.actor, school_id=school)
    context = {"editor": editor, "id": request.POST.get("id") or uuid7(), "orders": ORDERS}
    if request.method == "GET":
        return render(request, "patrols/route.html", context)
    return _set(request, context, "路线已保存，从现在起按时段生成待办。")


@require_http_methods(["GET", "POST"])
@signed_in
def change_route(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A route as it stands: its points in order, its windows, who walks it."""
    editor = queries.editor(request.actor, route_id=pk)
    context = {"editor": editor, "id": pk, "orders": ORDERS}
    if request.method == "GET":
        return render(request, "patrols/route.html", context)
    return _set(request, context, "已保存，还没开始的待办已按新的安排调整。")


def _set(request: HttpRequest, context: dict[str, Any], say: str) -> HttpResponse:
    form, editor = request.POST, context["editor"]
    context["windows"] = _windows(form)
    context["numbers"] = {name.removeprefix("n-"): value for name, value in form.items() if name.startswith("n-")}
    args: dict[str, Any] = {
        "id": str(context["id"]), "org_id": str(editor.school.pk) if editor.school else "", "name": form.get("name", ""),
        "points": _points(form), "order": form.get("order", "free"), "post": form.get("post", ""),
        "assignee_id": form.get("assignee_id") or None, "cadence": _cadence(form.get("cadence", ""), editor.route),
        "windows": [one for one in context["windows"] if any(one.values())],
        "grace_minutes": form.get("grace_minutes") or 0, "least_seconds": form.get("least_seconds") or None,
    }  # fmt: skip
    if editor.route is not None:
        args["revision"] = form.get("revision", "")
    try:
        send(request, "patrols.set_route", args)
    except Refusal as refusal:
        if refusal.code == "foundation.not_found":
            raise
        return again(request, "patrols/route.html", refusal, context)
    return done(request, f"/patrols/routes/?school={editor.school.pk}", say)


def _points(form: Any) -> list[str]:
    """The points that were given a number, in the order of the numbers."""
    numbered = [(form[name].strip(), place, name[2:]) for place, name in enumerate(form) if name.startswith("n-")]
    return [pk for _, _, pk in sorted((int(n), at, pk) for n, at, pk in numbered if n.isascii() and n.isdigit())]


def _windows(form: Any) -> list[dict[str, str]]:
    names, sinces, untils = (form.getlist(f"window-{part}") for part in ("name", "since", "until"))
    return [
        {"name": name.strip(), "since": since, "until": until}
        for name, since, until in zip(names, sinces, untils, strict=False)
    ]


def _cadence(chosen: str, route: Any) -> dict[str, Any] | None:
    if chosen == "keep" and route is not None:
        return dict(route.cadence)
    return {"every": chosen} if chosen else None


@require_POST
@signed_in
def end_route(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Out of use."""
    send(request, "patrols.end_route", {"route_id": str(pk), "revision": request.POST.get("revision", "")})
    return done(request, "/patrols/routes/", "路线已停用，以后不再生成待办；走过的记录都在。")


@require_http_methods(["GET", "POST"])
@signed_in
def adopt(request: HttpRequest) -> HttpResponse:
    """Take ready-made routes over for a school."""
    asked = _uuid(request.POST.get("school") or request.GET.get("school", ""))
    editor = queries.editor(request.actor, school_id=asked)
    if editor.school is None:
        return render(request, "patrols/route.html", {"editor": editor, "adopting": True})
    school, ready = queries.ready_routes(request.actor, editor.school.pk)
    context = {"school": school, "ready": ready, "some_left": any(not one.taken for one in ready)}
    if request.method == "GET":
        return render(request, "patrols/adopt.html", context)
    try:
        outcome = send(
            request, "patrols.adopt_routes", {"org_id": str(school.pk), "codes": request.POST.getlist("entry")}
        )
    except Refusal as refusal:
        return again(request, "patrols/adopt.html", refusal, context)
    without = outcome.answer["without_points"]
    missing = f"「{'」「'.join(without)}」在本校还没有点位，没有选用。" if without else ""
    return done(
        request,
        f"/patrols/routes/?school={school.pk}",
        f"已选用 {outcome.answer['adopted']} 条路线。{missing}请按本校作息核对时段。",
    )


@require_http_methods(["GET", "POST"])
@signed_in
def shifts(request: HttpRequest) -> HttpResponse:
    """The hand-over book, and the form to hand a shift over."""
    book = queries.book(request.actor, request.GET.dict())
    context = {
        "book": book, "page": book.page, "items": queries.USUAL_ITEMS, "states": list(rules.ITEM_STATES.items()),
        "id": request.POST.get("id") or uuid7(),
    }  # fmt: skip
    if request.method == "GET":
        return render(request, "patrols/shifts.html", context)
    form = request.POST
    args = {
        "id": form.get("id", ""), "org_id": str(book.school_id or ""), "to_id": form.get("to_id") or None,
        "items": [
            {"name": name, "state": state} for name, state in zip(form.getlist("item"), form.getlist("state"), strict=False) if state
        ],
        "note": form.get("note", ""),
    }  # fmt: skip
    try:
        send(request, "patrols.hand_over_shift", args)
    except Refusal as refusal:
        return again(request, "patrols/shifts.html", refusal, context)
    return done(request, f"/patrols/shifts/?school={book.school_id}", "已交班，接班的人会收到通知。")


@require_POST
@signed_in
def take(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take a shift over."""
    send(request, "patrols.take_over_shift", {"handover_id": str(pk), "note": request.POST.get("note", "")})
    return done(request, "/patrols/shifts/", "已接班。")


@require_GET
@signed_in
def week(request: HttpRequest) -> HttpResponse:
    """Coverage of a week: rounds walked against rounds due."""
    found = queries.week(request.actor, request.GET.dict(), at=clock.now())
    return render(request, "patrols/week.html", {"week": found})


@require_GET
@signed_in
def month(request: HttpRequest, form: str) -> HttpResponse:
    """A month's 校内巡查 table of a school."""
    found = queries.month(request.actor, request.GET.dict(), at=clock.now())
    name = printouts.name_of(found)
    return xlsx(printouts.month_xlsx(found), name) if form == "xlsx" else pdf(printouts.month_pdf(found), name)


def _uuid(text: str) -> UUID | None:
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError:
        raise Refusal("foundation.not_found") from None


@require_GET
@signed_in
def arrivals(request: HttpRequest) -> HttpResponse:
    """Visits that were due in a month, and those that were not made."""
    found = queries.visits(request.actor, request.GET.dict(), at=clock.now())
    return render(request, "patrols/arrivals.html", {"found": found, "shown": queries.SHOWN})


@require_http_methods(["GET", "POST"])
@signed_in
def arrive(request: HttpRequest, code: str) -> HttpResponse:
    """I am at the gate."""
    wall = risks.wall(request.actor, code, on=timezone.localdate(clock.now()))
    if not wall.visits:
        raise Refusal("foundation.not_found")
    context = {
        "wall": wall,
        "new_id": request.POST.get("id") or uuid7(),
        "photos": request.POST.getlist("photos"),
    }
    if request.method == "GET":
        return render(request, "patrols/arrive.html", context)
    serial = request.GET.get("n", "")
    scanned = f"?n={serial}" if serial.isascii() and serial.isdecimal() else ""
    where = {name: said for name in ("lat", "lon", "accuracy") if (said := request.POST.get(name, "").strip())}
    args = {
        "id": str(context["new_id"]),
        "code": f"{wall.code}{scanned}",
        "note": request.POST.get("note", ""),
        **where,
    }
    try:
        context["photos"] = photos = photos_of(request)
        send(request, "patrols.arrive", {**args, "photos": [str(one) for one in photos]})
    except Refusal as refusal:
        return again(request, "patrols/arrive.html", refusal, context)
    return done(request, "/patrols/arrivals/", f"已登记到校：{wall.point.school_name}。")


urlpatterns = [
    path("arrivals/", arrivals, name="arrivals"),
    path("", today, name="patrols"),
    path("rounds/", rounds, name="rounds"),
    path("rounds/<uuid:pk>/", one_round, name="round"),
    path("rounds/<uuid:pk>/answer/", answer, name="round-answer"),
    path("routes/", routes, name="routes"),
    path("routes/new/", new_route, name="route-new"),
    path("routes/adopt/", adopt, name="routes-adopt"),
    path("routes/<uuid:pk>/", change_route, name="route"),
    path("routes/<uuid:pk>/end/", end_route, name="route-end"),
    path("shifts/", shifts, name="shifts"),
    path("shifts/<uuid:pk>/take/", take, name="shift-take"),
    path("week/", week, name="patrol-week"),
    path("month.xlsx", month, {"form": "xlsx"}, name="patrol-month"),
    path("month.pdf", month, {"form": "pdf"}, name="patrol-month-pdf"),
]
wall_patterns = [path("<str:code>/arrive/", arrive, name="arrive")]
