"""The hand-over book: who handed what to whom at the change of shift, and who took it over."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from django.utils import timezone
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from bihuan.engines.responsibility import queries as net
from bihuan.foundation import hot
from bihuan.foundation.actors import Actor
from bihuan.foundation.commands import command, phone_drift
from bihuan.foundation.events import record
from bihuan.foundation.refusals import Refusal
from bihuan.foundation.scoping import placed
from bihuan.mechanisms.patrols import rules
from bihuan.mechanisms.patrols.models import Handover


class ItemIn(BaseModel):
    """One thing that is handed over (钥匙、对讲机、防暴器械 …) and in which state."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    name: Annotated[str, Field(min_length=1, max_length=40)]
    state: Literal["ok", "missing", "broken"] = "ok"
    note: Annotated[str, Field(max_length=100)] = ""


@command("patrols.hand_over_shift")
def hand_over_shift(
    by: Actor,
    at: datetime,
    *,
    id: UUID,
    org_id: UUID,
    to_id: UUID | None = None,
    items: Annotated[list[ItemIn], Field(max_length=60)] = [],  # noqa: B006 - never changed; pydantic copies it
    note: Annotated[str, Field(max_length=500)] = "",
    handed_at: AwareDatetime | None = None,
) -> Handover:
    """Hand a shift over with its things and what the next one must know; to somebody, or to whoever comes next there.

    ``handed_at`` is the phone's moment. Refusals: ``foundation.not_found``, ``foundation.not_yours``,
    ``patrols.wrong_taker``, ``patrols.handover_id_taken``.
    """
    unit = net.org(by, org_id)
    if not by.may("snap", unit):
        raise Refusal("foundation.not_yours", act="登记交接班", who="本校安全负责人")
    taker = net.actor_of(to_id) if to_id else None
    if to_id and (taker is None or not taker.posts_at(unit)):
        raise Refusal("patrols.wrong_taker", fields={"to_id": "请另选一位。"})
    moment = handed_at or at
    row = Handover(
        id=id, org=unit, **placed(unit), school_name=unit.name if unit.tier == "school" else str(unit), from_id=by.id,
        from_name=by.name, to_id=to_id, to_name=taker.name if taker else "", items=[item.model_dump() for item in items],
        note=note, handed_at=rules.times(moment, moment, drift=phone_drift.get() if handed_at else at - at, received=at).ended_at,
        received_at=at,
    )  # fmt: skip
    if not hot.insert([row], unless_there=True):
        known = Handover.objects.get(pk=id)
        if known.from_id != by.id:
            raise Refusal("patrols.handover_id_taken")
        return known
    wrong = [item.name for item in items if item.state != "ok"]
    record(row, "patrols.shift_handed_over", by=by, at=at, to=to_id, items=len(items), wrong=wrong, note=note)
    return row


@command("patrols.take_over_shift")
def take_over_shift(
    by: Actor, at: datetime, *, handover_id: UUID, note: Annotated[str, Field(max_length=300)] = ""
) -> Handover:
    """Take over a shift that was handed over: things counted, words read; the first who does has it.

    Refusals: ``foundation.not_found``, ``foundation.not_yours``, ``patrols.own_handover``, ``patrols.not_for_you``,
    ``patrols.taken_already``.
    """
    row: Handover = Handover.objects.seen(by, handover_id)
    if not by.may("snap", row):
        raise Refusal("foundation.not_yours", act="登记交接班", who="本校安全负责人")
    if row.from_id == by.id:
        raise Refusal("patrols.own_handover")
    if row.to_id and row.to_id != by.id and not by.may("assign", row):
        raise Refusal("patrols.not_for_you", name=row.to_name)
    open_rows = Handover.objects.filter(pk=row.pk, taken_at__isnull=True)
    if not open_rows.update(taken_by_id=by.id, taken_by_name=by.name, taken_at=at, taken_note=note):
        row = Handover.objects.get(pk=row.pk)
        when = f"{timezone.localtime(row.taken_at):%m-%d %H:%M}" if row.taken_at else ""
        raise Refusal("patrols.taken_already", who=row.taken_by_name, when=when)
    row.taken_by_id, row.taken_by_name, row.taken_at, row.taken_note = by.id, by.name, at, note
    record(row, "patrols.shift_taken_over", by=by, at=at, given=row.from_id, note=note)
    return row
