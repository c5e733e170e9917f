"""The calendar: kept equal to the installed pack, and changed day by day by those who may."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from pydantic import Field

from bihuan.engines.duties import refusals  # noqa: F401 - their sentences must be declared
from bihuan.engines.duties.calendar import DAY, Calendar, Day, dates
from bihuan.engines.duties.hot import alone
from bihuan.engines.duties.models import CalendarDay
from bihuan.engines.duties.planning import pack_days
from bihuan.engines.responsibility import queries as net
from bihuan.engines.sheets.rules import STAGES
from bihuan.foundation import hot, packs
from bihuan.foundation.actors import SYSTEM, Actor
from bihuan.foundation.commands import command
from bihuan.foundation.events import record
from bihuan.foundation.ids import uuid7
from bihuan.foundation.refusals import Refusal
from bihuan.foundation.scoping import placed

LONGEST_SPAN = 62
_WHAT = ("kind", "term", "week_no", "name")


def keep_calendar(by: Actor, at: datetime, *, bureau_id: UUID) -> int:
    """Make the bureau's days those of its installed calendar; what a person set stays. Returns how many changed.

    A process that found them equal does not look again on the same day unless the installed calendar is another.
    """
    seen = (timezone.localdate(at), packs.calendar(bureau_id))
    if _seen.get(bureau_id) == seen:
        return 0
    changed = _keep(at, bureau_id)
    transaction.on_commit(lambda: _seen.update({bureau_id: seen}))
    return changed


_seen: dict[UUID, tuple[date, dict[str, Any]]] = {}


def _keep(at: datetime, bureau_id: UUID) -> int:
    alone(bureau_id, wait=True)
    wanted = {day.on: day for day in pack_days(bureau_id, timezone.localdate(at))}
    rows = CalendarDay.objects.filter(bureau_id=bureau_id, org_id=bureau_id, stage="", on__gte=min(wanted))
    kept = {on: (origin, pk, said) for pk, on, origin, *said in rows.values_list("pk", "on", "origin", *_WHAT)}
    gone = [on for on, (origin, _, _) in kept.items() if on not in wanted and origin == "pack"]
    if gone:  # a term that the calendar no longer names
        rows.filter(on__in=gone).delete()
    changed = [
        (pk, *_said_of(wanted[on]))
        for on, (origin, pk, said) in kept.items()
        if on in wanted and origin == "pack" and tuple(said) != _said_of(wanted[on])
    ]
    hot.update_each(CalendarDay, _WHAT, changed)
    fresh = [day for on, day in wanted.items() if on not in kept]
    if fresh:
        place = {"org_id": bureau_id, **placed(net.org(SYSTEM, bureau_id))}
        hot.insert([CalendarDay(on=day.on, **dict(zip(_WHAT, _said_of(day), strict=True)), **place) for day in fresh])
    return len(fresh) + len(changed) + len(gone)


def _said_of(day: Day) -> tuple[Any, ...]:
    """A day as its columns have it."""
    return day.kind, day.term, day.week_no, day.name


@command("duties.set_day")
def set_day(
    by: Actor, at: datetime, *, org_id: UUID, on: date, until: date | None = None,
    kind: Literal["school", "makeup", "exam", "weekend", "holiday", "closure"] | None,
    name: Annotated[str, Field(max_length=80)] = "", stage: Annotated[str, Field(max_length=20)] = "",
) -> CalendarDay | None:  # fmt: skip
    """Say what kind of day a date (or a span) is for a bureau, one of its stages, or one school; ``kind`` null takes it back.

    Open tasks of a day without school are excused with *name* as the reason, and open again when it is taken back: the
    tasks follow the fact (``reactions.follow_calendar``), however many they are.
    Refusals: ``foundation.not_found`` · ``not_yours``, ``duties.bad_day`` · ``nothing_to_lift``.
    """
    place = _place(by, org_id)
    last = until or on
    _refuse_span(at, on, last, kind, name, stage, place)
    rows = CalendarDay.objects.filter(
        bureau_id=place.bureau_id, org_id=place.pk, stage=stage, on__gte=on, on__lte=last, origin="set"
    )
    keep_calendar(by, at, bureau_id=place.bureau_id)
    before = Calendar(pack_days(place.bureau_id, min(on, timezone.localdate(at))))
    if kind is None:
        first = rows.order_by("on").first()
        if first is None:
            raise Refusal("duties.nothing_to_lift", day=on.isoformat())
        _lift(place, rows, before, stage)
        subject: Any = first
    else:
        made = _laid(by, place, before, on, last, kind, name, stage)
        subject = made[0]
    words = {"org": place.pk, "on": on, "until": last, "kind": kind, "name": name, "stage": stage}
    record(subject, "duties.day_set", by=by, at=at, **words)
    return None if kind is None else subject


def _place(by: Actor, org_id: UUID) -> Any:
    """The bureau or school; a bureau's days are set by who keeps its sheets, a school's also by who signs for it."""
    place = net.org(by, org_id)
    if place.pk not in (place.bureau_id, place.school_id):
        raise Refusal("duties.bad_day", sentence="校历只能按局或按学校调整，请选学校")
    if not (by.may("manage-sheets", place) or (place.school_id and by.may("sign-for-school", place))):
        raise Refusal("foundation.not_yours", act="调整校历", who="局里管理校历的人或学校负责人")
    return place


def _refuse_span(at: datetime, on: date, last: date, kind: str | None, name: str, stage: str, place: Any) -> None:
    today = timezone.localdate(at)
    if last < on:
        raise Refusal("duties.bad_day", sentence="结束日期早于开始日期", fields={"until": "不能早于开始日期"})
    if (last - on).days >= LONGEST_SPAN:
        raise Refusal("duties.bad_day", sentence=f"一次最多改 {LONGEST_SPAN} 天", fields={"until": "请分几次改"})
    if not today - 31 * DAY <= on <= today + 400 * DAY:
        raise Refusal("duties.bad_day", sentence="只能改最近一个月到一年以内的日子", fields={"on": "请核对年份"})
    if kind == "closure" and not name:
        raise Refusal("duties.bad_day", sentence="停课要写明原因，如“台风”", fields={"name": "请写原因"})
    if stage and (stage not in STAGES or place.school_id):
        raise Refusal("duties.bad_day", sentence="学段只用在全局的安排上，请从学段里选", fields={"stage": "请重选"})


def _laid(
    by: Actor, place: Any, days: Calendar, on: date, last: date, kind: str, name: str, stage: str
) -> list[CalendarDay]:
    rows = [
        CalendarDay(
            id=uuid7(), org_id=place.pk, stage=stage, on=day, kind=kind, name=name, origin="set", by_name=by.name,
            **_term_of(days, day, kind), **placed(place),
        )
        for day in dates(on, last)
    ]  # fmt: skip
    CalendarDay.objects.bulk_create(
        rows, update_conflicts=True, update_fields=[*_WHAT, "origin", "by_name"],
        unique_fields=["bureau_id", "org", "stage", "on"],
    )  # fmt: skip
    return list(
        CalendarDay.objects.filter(
            bureau_id=place.bureau_id, org_id=place.pk, stage=stage, on__gte=on, on__lte=last
        ).order_by("on")
    )


def _term_of(days: Calendar, day: date, kind: str) -> dict[str, Any]:
    """The term and week of a day; a school day between terms (高三提前开学) belongs to the nearest one."""
    if day in days and (days[day].term or kind not in ("school", "makeup", "exam")):
        return {"term": days[day].term, "week_no": days[day].week_no}
    near = min(days.terms, key=lambda term: min(abs((day - term[1]).days), abs((day - term[2]).days)), default=None)
    return {"term": near[0] if near else "", "week_no": 0}


def _lift(place: Any, rows: Any, days: Calendar, stage: str) -> None:
    """Take back what was set: a bureau's own day becomes the pack's again, everything else goes."""
    if place.pk != place.bureau_id or stage:
        rows.delete()
        return
    found = ((row, days[row.on] if row.on in days else Day(row.on, "holiday", name="未排学期")) for row in rows)
    CalendarDay.objects.bulk_create(
        [
            CalendarDay(
                org_id=place.pk, on=row.on, kind=day.kind, term=day.term, week_no=day.week_no, name=day.name, **placed(place)
            )
            for row, day in found
        ],
        update_conflicts=True, update_fields=[*_WHAT, "origin", "by_name"],
        unique_fields=["bureau_id", "org", "stage", "on"],
    )  # fmt: skip
