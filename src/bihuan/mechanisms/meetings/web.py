"""The pages of meetings: call, sign in, close, print."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_GET, require_POST

from bihuan.foundation.ids import uuid7
from bihuan.foundation.pages.answers import again, done, send, signed_in
from bihuan.foundation.pages.reading import id_of, moment_of, pdf
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.meetings import printouts, queries


@require_GET
@signed_in
def meetings(request: HttpRequest) -> HttpResponse:
    """The meetings of my net and my invitations."""
    homes = [
        (str(hold.org_id), hold.org_name)
        for hold in request.actor.holds
        if hold.acts & {"sign-for-school", "assign"} and hold.level in ("school", "bureau")
    ]
    page = queries.meetings(request.actor, cursor=request.GET.get("cursor", ""))
    return render(request, "meetings/list.html", {"page": page, "homes": list(dict.fromkeys(homes))})


@signed_in
def new(request: HttpRequest) -> HttpResponse:
    """Call a meeting."""
    found = queries.choices(request.actor, id_of(request.POST.get("org_id") or request.GET.get("unit", "")))
    context = {"found": found, "me": [str(request.actor.id)], "new_id": request.POST.get("id") or uuid7()}
    if request.method != "POST":
        return render(request, "meetings/new.html", context)
    form = request.POST
    args = {
        **{name: form.get(name, "") for name in ("id", "org_id", "title", "place")}, "held_at": moment_of(form.get("held_at", "")),
        "people": form.getlist("people"), "agenda": [line.strip() for line in form.get("agenda", "").splitlines() if line.strip()],
    }  # fmt: skip
    try:
        answer = send(request, "meetings.plan_meeting", args).answer
    except Refusal as refusal:
        return again(request, "meetings/new.html", refusal, context)
    return done(request, f"/meetings/{answer['id']}/", say="已通知参会人。开会时各人在自己手机上签到。")


@require_GET
@signed_in
def meeting(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One meeting."""
    return render(request, "meetings/meeting.html", {"page": queries.meeting_page(request.actor, pk)})


@require_POST
@signed_in
def sign_in(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Sign in."""
    return _told(request, pk, "meetings.sign_in", {}, "已签到。")


@require_POST
@signed_in
def excuse(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Say why one cannot come."""
    return _told(
        request, pk, "meetings.excuse_oneself", {"reason": request.POST.get("reason", "")}, "已请假，召集人会看到。"
    )


@require_POST
@signed_in
def cancel(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Cancel."""
    return _told(
        request, pk, "meetings.cancel_meeting", {"reason": request.POST.get("reason", "")}, "已取消，并通知参会人。"
    )


@require_POST
@signed_in
def close(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Freeze the minutes and hand out the resolutions."""
    form = request.POST
    rows = zip(form.getlist("words"), form.getlist("person"), form.getlist("until"), strict=False)
    resolutions = [{"words": words, "person": person, "until": until} for words, person, until in rows if words.strip()]
    return _told(
        request, pk, "meetings.close_meeting", {"minutes": form.get("minutes", ""), "resolutions": resolutions},
        "纪要已定稿，议定事项已交办到人。",
    )  # fmt: skip


@require_GET
@signed_in
def minutes_pdf(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The minutes as a paper."""
    page = queries.meeting_page(request.actor, pk)
    content = printouts.minutes_pdf(page, address=f"{settings.BIHUAN_URL}/meetings/{pk}/")
    return pdf(content, page.meeting.title)


def _told(request: HttpRequest, pk: UUID, command: str, args: dict[str, object], say: str) -> HttpResponse:
    """Send a command about a meeting and come back to it; a refusal keeps what was typed."""
    try:
        send(request, command, {"meeting_id": str(pk), **args})
    except Refusal as refusal:
        if refusal.code == "foundation.not_found":
            raise
        return again(request, "meetings/meeting.html", refusal, {"page": queries.meeting_page(request.actor, pk)})
    return done(request, f"/meetings/{pk}/", say=say)


urlpatterns = [
    path("", meetings, name="meetings"),
    path("new/", new, name="meeting-new"),
    path("<uuid:pk>/", meeting, name="meeting"),
    path("<uuid:pk>/sign-in/", sign_in, name="meeting-sign-in"),
    path("<uuid:pk>/excuse/", excuse, name="meeting-excuse"),
    path("<uuid:pk>/close/", close, name="meeting-close"),
    path("<uuid:pk>/cancel/", cancel, name="meeting-cancel"),
    path("<uuid:pk>/minutes.pdf", minutes_pdf, name="meeting-minutes"),
]
