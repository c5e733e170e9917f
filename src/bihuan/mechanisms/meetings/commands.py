"""Every write of this room."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Annotated, Any
from uuid import UUID

from django.db.models import Count, F, OuterRef, Subquery
from django.utils import timezone
from pydantic import BaseModel, ConfigDict, Field

from bihuan.engines.cases.commands import Found, HandOut, Told, found_at
from bihuan.engines.duties.commands import AtOnce
from bihuan.engines.duties.queries import tasks_to_do
from bihuan.engines.responsibility import queries as net
from bihuan.foundation.actors import SYSTEM, Actor
from bihuan.foundation.commands import command
from bihuan.foundation.events import record, record_all
from bihuan.foundation.ids import uuid7
from bihuan.foundation.messages import tell
from bihuan.foundation.refusals import Refusal
from bihuan.foundation.scoping import placed
from bihuan.mechanisms.meetings import events  # noqa: F401 - declares facts and refusals
from bihuan.mechanisms.meetings.models import Meeting, Seat

STATES = {"planned": "待召开", "closed": "纪要已定稿", "cancelled": "已取消"}
SIGN_IN_AHEAD = timedelta(hours=1)
DUTIES = ("monthly-meeting",)
"""Codes of duties that a meeting does; a pack names its monthly meeting so."""


class ResolutionIn(BaseModel):
    """What was decided: words, who does it, until which day."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    words: Annotated[str, Field(min_length=2, max_length=120)]
    person: UUID
    until: date


@command("meetings.plan_meeting")
def plan_meeting(
    by: Actor, at: datetime, *, id: UUID, org_id: UUID, title: Annotated[str, Field(min_length=2, max_length=120)],
    held_at: datetime, people: Annotated[list[UUID], Field(max_length=300)],
    agenda: Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=30)] = [],  # noqa: B006 - read only
    place: Annotated[str, Field(max_length=120)] = "",
) -> Meeting:  # fmt: skip
    """Call a meeting: its agenda, and a seat for everybody invited, who is told.

    Refusals: ``foundation.not_found`` · ``not_yours``, ``meetings.wrong_place`` · ``nobody`` · ``unknown_person``.
    """
    unit = net.org(by, org_id)
    if unit.tier not in ("school", "bureau"):
        raise Refusal("meetings.wrong_place", fields={"org_id": "请选学校或教育局。"})
    _require(by, unit)
    wanted = list(dict.fromkeys(people))
    if len(wanted) < 2:
        raise Refusal("meetings.nobody", fields={"people": "至少选两个人。"})
    serving = net.appointments(SYSTEM, on=timezone.localdate(at), org_id=unit.pk).filter(user_id__in=wanted)
    names = dict(serving.values_list("user_id", "user__name"))
    if set(wanted) - set(names):
        raise Refusal("meetings.unknown_person", fields={"people": "请从名单里选。"})
    meeting = Meeting(
        id=id, **placed(unit), org_id=unit.pk, org_name=unit.short_name or unit.name, title=title, held_at=held_at,
        place=place, agenda=[line for line in agenda if line.strip()], by_id=by.id, by_name=by.name,
    )  # fmt: skip
    meeting.save(force_insert=True)
    Seat.objects.bulk_create(
        [Seat(**placed(unit), meeting=meeting, user_id=user, user_name=names[user]) for user in wanted]
    )
    event = record(meeting, "meetings.planned", by=by, at=at, held_at=held_at, people=len(wanted))
    tell(set(wanted), about=event, kind="meetings.planned", title=f"会议：{title}",
         body=f"{timezone.localtime(held_at):%m-%d %H:%M} {place}", link=f"/meetings/{meeting.pk}/")  # fmt: skip
    return meeting


@command("meetings.sign_in")
def sign_in(by: Actor, at: datetime, *, meeting_id: UUID) -> Seat:
    """Sign in as oneself; said again, the first time stays.

    Refusals: ``foundation.not_found``, ``meetings.not_invited`` · ``not_open`` · ``too_early``.
    """
    meeting, seat = _seat(by, meeting_id)
    if meeting.state != "planned":
        raise Refusal("meetings.not_open", state=STATES[meeting.state], act="签到")
    if at < meeting.held_at - SIGN_IN_AHEAD:
        raise Refusal("meetings.too_early", when=f"{timezone.localtime(meeting.held_at):%m-%d %H:%M}")
    if Seat.objects.filter(pk=seat.pk, came_at__isnull=True).update(came_at=at, excused_for=""):
        seat.came_at = at
        record(meeting, "meetings.signed_in", by=by, at=at)
    return seat


@command("meetings.excuse_oneself")
def excuse_oneself(
    by: Actor, at: datetime, *, meeting_id: UUID, reason: Annotated[str, Field(min_length=2, max_length=120)]
) -> Seat:
    """Say why one cannot come. Refusals: those of ``meetings.sign_in``."""
    meeting, seat = _seat(by, meeting_id)
    if meeting.state != "planned" or seat.came_at:
        raise Refusal("meetings.not_open", state="你已签到" if seat.came_at else STATES[meeting.state], act="请假")
    Seat.objects.filter(pk=seat.pk, came_at__isnull=True).update(excused_for=reason)
    seat.excused_for = reason
    record(meeting, "meetings.excused", by=by, at=at, reason=reason)
    return seat


@command("meetings.close_meeting")
def close_meeting(
    by: Actor, at: datetime, *, meeting_id: UUID, minutes: Annotated[str, Field(min_length=4, max_length=8000)],
    resolutions: Annotated[list[ResolutionIn], Field(max_length=20)] = [],  # noqa: B006 - read only
) -> Meeting:  # fmt: skip
    """Freeze the minutes; each resolution becomes a case, handed to its person until its day.

    Refusals: ``foundation.not_found`` · ``not_yours`` · ``changed_meanwhile``, ``meetings.not_open`` · ``until_past``, those
    of reporting and assigning a case.
    """
    meeting = _mine(by, meeting_id)
    today = timezone.localdate(at)
    for n, one in enumerate(resolutions, start=1):
        if one.until < today:
            raise Refusal("meetings.until_past", n=n)
    kept, told = _decided(by, at, meeting, resolutions) if resolutions else ([], [])
    tasks = []
    for task in tasks_to_do(SYSTEM, org_id=meeting.org_id, codes=DUTIES, at=at):
        if AtOnce().do(by, at, task=task, ref_id=meeting.pk, done_at=at).state != "double":
            tasks.append({"task": str(task.pk), "title": task.title})
    won = Meeting.objects.filter(pk=meeting.pk, state="planned", revision=meeting.revision).update(
        state="closed", minutes=minutes, resolutions=kept, fulfilled=tasks, closed_at=at, revision=F("revision") + 1
    )
    if not won:
        raise Refusal("foundation.changed_meanwhile", who=meeting.by_name)
    meeting.state, meeting.minutes, meeting.resolutions, meeting.fulfilled = "closed", minutes, kept, tasks
    meeting.closed_at, meeting.revision = at, meeting.revision + 1
    said = {"came": meeting.came or 0, "resolutions": [one["case_id"] for one in kept]}
    record_all([*told, (meeting, "meetings.closed", said)], by=by, at=at)
    return meeting


@command("meetings.cancel_meeting")
def cancel_meeting(
    by: Actor, at: datetime, *, meeting_id: UUID, reason: Annotated[str, Field(min_length=2, max_length=120)]
) -> Meeting:
    """Cancel a meeting that was not held. Refusals: ``foundation.not_found`` · ``not_yours``, ``meetings.not_open``."""
    meeting = _mine(by, meeting_id)
    if not Meeting.objects.filter(pk=meeting.pk, state="planned").update(state="cancelled", cancelled_for=reason):
        raise Refusal("foundation.changed_meanwhile", who=meeting.by_name)
    meeting.state, meeting.cancelled_for = "cancelled", reason
    event = record(meeting, "meetings.cancelled", by=by, at=at, reason=reason)
    invited = Seat.objects.filter(bureau_id=meeting.bureau_id, meeting=meeting).values_list("user_id", flat=True)
    tell(
        set(invited),
        about=event,
        kind="meetings.cancelled",
        title=f"会议取消：{meeting.title}",
        body=reason,
        link=f"/meetings/{meeting.pk}/",
    )
    return meeting


# --- inside ----------------------------------------------------------------------------------------------------------


def _require(by: Actor, place: Any) -> None:
    if not (by.may("sign-for-school", place) or by.may("assign", place)):
        raise Refusal("foundation.not_yours", act="召集安全会议", who="校（园）长、分管负责人或安全科")


def _mine(by: Actor, meeting_id: UUID) -> Any:
    """The meeting with how many ``came``, if it may still be changed by this person."""
    here = Seat.objects.filter(meeting=OuterRef("pk"), came_at__isnull=False).order_by().values("meeting")
    came = Subquery(here.annotate(came=Count("pk")).values("came"))
    meeting: Any = Meeting.objects.select_related("org").annotate(came=came).seen(by, meeting_id)
    _require(by, meeting)
    if meeting.state != "planned":
        raise Refusal("meetings.not_open", state=STATES[meeting.state], act="更改")
    return meeting


def _seat(by: Actor, meeting_id: UUID) -> tuple[Meeting, Seat]:
    """The meeting and the person's own seat; a meeting outside one's net and without a seat does not exist."""
    seat = Seat.objects.select_related("meeting").filter(meeting_id=meeting_id, user_id=by.id).first()
    if seat is None:
        meeting = Meeting.objects.all().seen(by, meeting_id)
        raise Refusal("meetings.not_invited", who=meeting.by_name)
    return seat.meeting, seat


def _decided(
    by: Actor, at: datetime, meeting: Meeting, resolutions: list[ResolutionIn]
) -> tuple[list[dict[str, Any]], Told]:
    """The resolutions as cases, each handed to its person until six in the evening of its day, and the facts of it."""
    found = []
    for one in resolutions:
        until = timezone.make_aware(datetime.combine(one.until, time(18)))
        to = HandOut(one.person, max(until, at + timedelta(hours=1)))
        found.append(Found(uuid7(), one.words, f"{meeting.title}议定", hand_out=to))
    cases, told = found_at(by, at, unit=meeting.org, found=found, source="meeting", source_id=meeting.pk)
    kept = [
        {
            "words": one.words, "person": str(one.person), "name": case.rectifier_name, "until": one.until.isoformat(),
            "case_id": str(case.pk), "number": case.number,
        }
        for one, case in zip(resolutions, cases, strict=True)
    ]  # fmt: skip
    return kept, told
