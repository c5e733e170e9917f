"""Every write of this room. The duties of a period follow from its facts (``reactions``)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from django.db.models import F
from django.utils import timezone
from pydantic import Field

from bihuan.engines.duties.commands import alone
from bihuan.engines.duties.tallies import of_duties
from bihuan.engines.responsibility import queries as net
from bihuan.foundation.actors import Actor
from bihuan.foundation.commands import command
from bihuan.foundation.events import record
from bihuan.foundation.ids import uuid7
from bihuan.foundation.messages import tell
from bihuan.foundation.refusals import Refusal
from bihuan.foundation.scoping import placed
from bihuan.mechanisms.periods import rules
from bihuan.mechanisms.periods.models import Period
from bihuan.mechanisms.periods.pack import chapter_of

SAYS = 400


@command("periods.declare_period")
def declare_period(
    by: Actor, at: datetime, *, id: UUID, org_id: UUID, kind: Annotated[str, Field(max_length=40)], starts_on: date,
    ends_on: date, name: Annotated[str, Field(max_length=60)] = "", words: Annotated[str, Field(max_length=SAYS)] = "",
) -> Period:  # fmt: skip
    """Declare a period for a whole bureau, or for one school; from its first to its last day the pack's duties are due.

    Refusals: ``foundation.not_found`` · ``not_yours``, ``periods.not_a_place`` · ``no_chapter`` · ``unknown_kind`` · ``bad_days`` · ``overlaps``.
    """
    org = net.org(by, org_id)
    if org.tier not in ("bureau", "school"):
        raise Refusal("periods.not_a_place", fields={"org_id": "请选教育局或一所学校。"})
    _require(by, org)
    chapter = chapter_of(org.bureau_id)
    kinds = {one["code"]: one["name"] for one in chapter["kinds"]}
    if kind not in kinds:
        raise Refusal("periods.unknown_kind", kind=kind, fields={"kind": "请从列表里选。"})
    field, sentence = rules.fault_of(starts_on, ends_on, timezone.localdate(at))
    if sentence:
        raise Refusal("periods.bad_days", sentence=sentence, fields={field: sentence})
    _refuse_overlap(org.bureau_id, org.pk, kind, starts_on, ends_on)
    name = name or f"{kinds[kind]}战备期"
    row = Period(
        id=id, **placed(org), org_id=org.pk, org_name=org.short_name or org.name, kind=kind, kind_name=kinds[kind], name=name,
        words=words, starts_on=starts_on, ends_on=ends_on, duties=_duties(id, rules.duties_of(chapter, kind)),
        declared_at=at, declared_by_name=by.name,
    )  # fmt: skip
    row.save(force_insert=True)
    record(row, "periods.declared", by=by, at=at, kind=kind, title=name, starts_on=starts_on, ends_on=ends_on)
    return row


@command("periods.prolong_period")
def prolong_period(by: Actor, at: datetime, *, period_id: UUID, ends_on: date) -> Period:
    """Let a period that is not over last longer, to a new last day.

    Refusals: ``foundation.not_found`` · ``not_yours`` · ``changed_meanwhile``, ``periods.already_ended`` · ``already_over`` ·
    ``bad_end`` · ``overlaps``.
    """
    row = _running(by, at, period_id)
    longest = row.starts_on + (rules.LONGEST - 1) * rules.DAY
    if not row.ends_on < ends_on <= longest:
        first = row.ends_on + rules.DAY
        raise Refusal("periods.bad_end", first=first, last=longest, fields={"ends_on": f"从 {first} 到 {longest}。"})
    _refuse_overlap(row.bureau_id, row.org_id, row.kind, row.ends_on + rules.DAY, ends_on, but=row.pk)
    before = row.ends_on
    _change(row, ends_on=ends_on)
    record(row, "periods.prolonged", by=by, at=at, title=row.name, before=before, ends_on=ends_on)
    return row


@command("periods.end_period")
def end_period(
    by: Actor, at: datetime, *, period_id: UUID, last_on: date, reason: Annotated[str, Field(min_length=2, max_length=120)]
) -> Period:  # fmt: skip
    """End a period early: ``last_on`` is its last day, yesterday (nothing is due any more today) or later.

    Refusals: ``foundation.not_found`` · ``not_yours``, ``periods.already_ended`` · ``already_over`` · ``bad_end``.
    """
    row = _running(by, at, period_id)
    first, last = timezone.localdate(at) - rules.DAY, row.ends_on - rules.DAY
    if not first <= last_on <= last:
        raise Refusal("periods.bad_end", first=first, last=last, fields={"last_on": f"从 {first} 到 {last}。"})
    before = row.ends_on
    _change(row, ends_on=last_on, ended_at=at, ended_by_name=by.name, ended_for=reason)
    record(row, "periods.ended", by=by, at=at, title=row.name, before=before, ends_on=last_on, reason=reason)
    return row


@command("periods.remind_schools")
def remind_schools(by: Actor, at: datetime, *, period_id: UUID) -> dict[str, Any]:
    """Remind the responsible person of every school in the own net that has not reported today, at most once an hour.

    Refusals: ``foundation.not_found`` · ``not_yours``, ``periods.not_live`` · ``nobody_waits`` · ``told_just_now``.
    """
    row = Period.objects.all().seen(by, period_id)
    _require(by, row)
    today = timezone.localdate(at)
    if rules.state_of(row.starts_on, row.ends_on, today) != "live":
        raise Refusal("periods.not_live", name=row.name)
    waiting = list(
        of_duties(
            by, bureau_id=row.bureau_id, duty_ids=row.duty_ids("report"), first=today, last=today, states=rules.WAITING
        )
    )
    if not waiting:
        raise Refusal("periods.nobody_waits")
    if not rules.may_remind_again(row.reminded_at, at) or not Period.objects.filter(
        pk=row.pk, reminded_at=row.reminded_at
    ).update(reminded_at=at):
        told = Period.objects.values_list("reminded_at", flat=True).get(pk=row.pk)
        raise Refusal("periods.told_just_now", at=f"{timezone.localtime(told):%H:%M}")
    people = {task.assignee_id for task in waiting if task.assignee_id}
    shared = [task for task in waiting if not task.assignee_id]
    if shared:
        held = net.holders_at(shared, {task.post for task in shared}, on=today)
        people |= {one.user_id for task in shared for one in held[task.path][task.post]}
    event = record(row, "periods.reminded", by=by, at=at, title=row.name, on=today, schools=len(waiting))
    tell(people, about=event, kind="periods.waiting", title="今天的战备日报还没有报",
         body=f"{row.name}，{today:%m-%d}。没有情况也要报，点“今天无事”一下就报完。", link="/duties/")  # fmt: skip
    return {"schools": len(waiting), "people": len(people)}


def _duties(period_id: UUID, specs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The pack's duties as they hold for this period; their codes are its own, so that the next one has others."""
    return [
        {
            **spec,
            "id": str(uuid7()),
            "code": _own_code(spec["code"], period_id),
            "apart": [_own_code(other, period_id) for other in spec["apart"]],
        }
        for spec in specs
    ]


def _own_code(code: str, period_id: UUID) -> str:
    return f"{code[:47]}-{period_id.hex[-12:]}"


def _running(by: Actor, at: datetime, period_id: UUID) -> Period:
    """A period that whoever acts may change and that is not over."""
    row: Period = Period.objects.all().seen(by, period_id)
    _require(by, row)
    _refuse_ended(row)
    if row.ends_on < timezone.localdate(at):
        raise Refusal("periods.already_over", name=row.name, ends_on=row.ends_on)
    return row


def _refuse_ended(row: Period) -> None:
    if row.ended_at:
        when = f"{timezone.localtime(row.ended_at):%m-%d %H:%M}"
        raise Refusal("periods.already_ended", name=row.name, who=row.ended_by_name, when=when)


def _change(row: Period, **fresh: Any) -> None:
    won = Period.objects.filter(pk=row.pk, revision=row.revision).update(**fresh, revision=F("revision") + 1)
    if not won:
        row.refresh_from_db()
        _refuse_ended(row)
        raise Refusal("foundation.changed_meanwhile", who="别人")
    for name, value in fresh.items():
        setattr(row, name, value)


def _require(by: Actor, place: Any) -> None:
    if not rules.may_declare(by, place):
        raise Refusal("foundation.not_yours", act="宣布、延长或解除战备期", who="局里的安全科或本校（园）负责人")


def _refuse_overlap(
    bureau_id: Any, org_id: UUID, kind: str, starts_on: date, ends_on: date, *, but: UUID | None = None
) -> None:
    """Two of one kind at one place: looked up by one transaction of the bureau at a time, until it has written."""
    alone(bureau_id, wait=True)
    there = Period.objects.filter(
        bureau_id=bureau_id, org_id=org_id, kind=kind, starts_on__lte=ends_on, ends_on__gte=starts_on
    ).exclude(pk=but)
    there = there.filter(ends_on__gte=F("starts_on"))  # what was called off before it began is in nobody's way
    other = there.order_by("starts_on").first()
    if other:
        raise Refusal("periods.overlaps", name=other.name, starts_on=other.starts_on, ends_on=other.ends_on)
