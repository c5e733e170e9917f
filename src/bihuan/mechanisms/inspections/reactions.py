"""Who is told what because of an inspection."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone

from bihuan.engines.responsibility import queries as net
from bihuan.foundation.actors import SYSTEM
from bihuan.foundation.events import Event
from bihuan.foundation.messages import tell
from bihuan.foundation.reactions import reacts_to
from bihuan.mechanisms.inspections import rules
from bihuan.mechanisms.inspections.models import Inspection, Inspector

SCHOOL_POSTS = ("head", "kindergarten-head", "line-leader", "care-director", "safety-lead")
"""Who hears, at the school, that an inspection began there and what it found."""


@reacts_to("inspections.opened", "inspections.began")
def tell_the_school_it_began(event: Event) -> None:
    """An inspection is there: the school's responsible people are told (never before it begins)."""
    row = Inspection.objects.get(pk=event.subject_id)
    if row.kind == "self_check":
        return
    body = f"{row.title}，带队：{row.lead_name}。请配合检查，准备好台账。"
    _tell(event, row, _school_people(row, event), f"{rules.KINDS[row.kind]}已开始", body)


@reacts_to("inspections.planned", "inspections.drawn", "inspections.joined")
def tell_the_team(event: Event) -> None:
    """Those who carry it out are told that they are in it."""
    row = Inspection.objects.get(pk=event.subject_id)
    team = {row.lead_id, *Inspector.objects.filter(inspection=row).values_list("user_id", flat=True)}
    when = (
        f"到校时间 {timezone.localtime(row.hidden_until):%m-%d %H:%M}，到校前请保密。"
        if row.state == "planned" and row.hidden_until
        else ""
    )
    _tell(
        event,
        row,
        team - {event.by_id},
        f"你在检查组里：{row.org_name}",
        f"{rules.KINDS[row.kind]}，带队：{row.lead_name}。{when}",
    )


@reacts_to("inspections.closed")
def tell_the_school_what_was_found(event: Event) -> None:
    """The inspection ended: the school hears how many problems became hazards."""
    row = Inspection.objects.get(pk=event.subject_id)
    found = f"发现 {row.hazards} 个问题，已转为隐患，请按期整改。" if row.hazards else "没有发现问题。"
    sign = "" if row.signed_at or row.kind == "self_check" else "请查看结果并签字。"
    _tell(event, row, _school_people(row, event) - {event.by_id}, f"检查已结束：{row.title}", found + sign)


def _school_people(row: Inspection, event: Event) -> set[UUID]:
    org = net.org(SYSTEM, row.org_id)
    day = timezone.localdate(event.at)
    found = (holder for post in SCHOOL_POSTS for holder in net.who(org, post, on=day))
    return {holder.user_id for holder in found if holder.school_id == org.school_id}


def _tell(event: Event, row: Inspection, users: set[UUID], title: str, body: str) -> None:
    tell(users, about=event, kind=event.name, title=title, body=body, link=f"/inspections/{row.pk}/")
