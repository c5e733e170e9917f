"""The hand-over book."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q

from bihuan.engines.responsibility import queries as net
from bihuan.foundation.actors import Actor
from bihuan.foundation.pages.keyset import Page, page
from bihuan.mechanisms.patrols import rules
from bihuan.mechanisms.patrols.models import Handover
from bihuan.mechanisms.patrols.queries.today import school_among

WAITS = timedelta(days=3)
"""A hand-over that nobody took in this time waits for nobody any more; it stays in the book."""
USUAL_ITEMS = ("钥匙", "对讲机", "强光手电", "橡胶警棍", "盾牌", "钢叉", "防割手套", "防刺背心", "头盔")
"""What is usually counted at a gate's change of shift (物防器械, a combination of what lists name; no number is fixed)."""


def handovers_waiting(viewer: Actor, at: datetime, *, most: int = 20) -> list[dict[str, Any]]:
    """Hand-overs that this person may take over now, the latest first: given to them, or to whoever comes next there."""
    if viewer.id is None or not viewer.may_anywhere("snap"):
        return []
    rows = Handover.objects.visible_to(viewer).filter(taken_at__isnull=True, handed_at__gte=at - WAITS)
    rows = rows.filter(Q(to_id=viewer.id) | Q(to_id__isnull=True)).exclude(from_id=viewer.id)
    names = ("id", "org_id", "school_id", "school_name", "from_name", "to_id", "to_name", "items", "note", "handed_at")
    return list(rows.order_by("-handed_at", "-id").values(*names)[:most])


@dataclass(frozen=True)
class Book:
    """The page of the book."""

    page: Page
    school_id: UUID | None
    schools: list[tuple[str, str]]
    people: list[tuple[str, str]]
    may_hand: bool


def book(viewer: Actor, given: Mapping[str, str]) -> Book:
    """Hand-overs inside the viewer's net, the latest first, and what the form offers when it is about one school."""
    school_id, schools = school_among(viewer, given.get("school", ""))
    rows = Handover.objects.visible_to(viewer)
    if school_id:
        rows = rows.filter(school_id=school_id)
    found = page(rows, order=("-handed_at", "-id"), cursor=given.get("cursor", ""), size=25)
    for row in found.rows:
        row.wrong = [f"{one['name']}{rules.ITEM_STATES[one['state']]}" for one in row.items if one["state"] != "ok"]
        row.may_take = (
            row.taken_at is None
            and row.from_id != viewer.id
            and (row.to_id in (None, viewer.id) or viewer.may("assign", row))
            and viewer.may("snap", row)
        )
    school = net.org(viewer, school_id) if school_id else None
    may_hand = school is not None and viewer.may("snap", school)
    people = []
    if may_hand:
        on_duty = net.people(viewer, under_org=school, most=200)
        people = [(str(one.id), " · ".join([one.name, *one.posts[:2]])) for one in on_duty if one.id != viewer.id]
    return Book(found, school_id, schools, [("", "不指定，谁接班谁来接"), *people], may_hand)
