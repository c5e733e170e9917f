"""A period's duties follow from its facts: made when it is declared, with another last day when it is prolonged or ended."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.utils import timezone

from bihuan.engines.duties.commands import keep_new, move_end
from bihuan.engines.duties.commands.installing import said_of
from bihuan.engines.responsibility import queries as net
from bihuan.foundation import packs
from bihuan.foundation.actors import SYSTEM
from bihuan.foundation.events import Event
from bihuan.foundation.messages import tell
from bihuan.foundation.reactions import reacts_to
from bihuan.mechanisms.periods.models import Period

_TITLES = {
    "periods.declared": "进入战备期：{name}",
    "periods.prolonged": "战备期延长：{name}",
    "periods.ended": "战备期解除：{name}",
}


@reacts_to(*_TITLES)
def keep_duties(event: Event) -> None:
    """Make the duties what the row says now (whichever of its facts comes first), and tell whose they are."""
    row = Period.objects.get(pk=event.subject_id)
    by = (event.by_id and net.actor_of(event.by_id)) or SYSTEM
    moved = move_end(by, event.at, bureau_id=row.bureau_id, duty_ids=row.duty_ids(), ends_on=row.ends_on)
    if not moved and row.ends_on >= row.starts_on:
        duties = [_duty(row, one) for one in row.duties]
        keep_new(by, event.at, org=net.org(SYSTEM, row.org_id), duties=duties)
    days = f"{row.starts_on:%m-%d} 至 {row.ends_on:%m-%d}"
    tell(
        _people(row, timezone.localdate(event.at)), about=event, kind="periods.changed",
        title=_TITLES[event.name].format(name=row.name),
        body=row.ended_for or f"{days}：每天报一次，没有情况也要报；带班、值班必须是两个人。{row.words}",
        link=f"/periods/{row.pk}/",
    )  # fmt: skip


def _people(row: Period, day: date) -> set[UUID]:
    """Who holds one of the period's posts at its schools, also when its first day is further off than tasks are made."""
    swaps = (packs.entries(row.bureau_id, "net").get("default", {}).get("post_for_kind") or {}).values()
    general = {one["post"] for one in row.duties}
    posts = general | {own for kind in swaps for post, own in kind.items() if post in general}
    serving = net.appointments(SYSTEM, on=day, org_id=row.org_id).filter(post__in=posts, school_id__isnull=False)
    return set(serving.values_list("user_id", flat=True))


def _duty(row: Period, spec: dict[str, Any]) -> dict[str, Any]:
    return {
        **said_of(row.bureau_id, spec), "id": UUID(spec["id"]), "code": spec["code"], "apart": spec["apart"],
        "title": f"{spec['title']}（{row.name}）", "starts_on": row.starts_on, "ends_on": row.ends_on,
    }  # fmt: skip
