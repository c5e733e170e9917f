"""The duties in force, and what they cost each post."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Q, Sum

from bihuan.engines.duties import rules
from bihuan.engines.duties.models import Duty, Minutes
from bihuan.engines.duties.queries.waiting import inside
from bihuan.engines.responsibility import queries as net
from bihuan.engines.sheets.rules import STAGES
from bihuan.foundation import packs
from bihuan.foundation.actors import Actor
from bihuan.foundation.scoping import under


@dataclass(frozen=True, slots=True)
class DutyLine:
    """A duty as a list shows it: its rule, units and post in words."""

    duty: Duty
    rule: str
    windows: str
    whom: str
    post_name: str


def duties(viewer: Actor) -> list[DutyLine]:
    """The duties in force for the viewer's bureau and schools: the bureau's first, one statement."""
    wide = [hold for hold in viewer.holds if hold.level in ("bureau", "city", "province")]
    places = Q()
    for hold in viewer.holds:
        if (here := inside(hold)) is not None:
            places |= here
    if not places and not viewer.is_system:
        return []
    bureaus = {viewer.bureau_id, *(hold.org_id for hold in wide)}
    rows = Duty.objects.filter(is_active=True).filter(places | Q(bureau_id__in=bureaus, school_id__isnull=True))
    return [_duty_line(row) for row in rows.select_related("org").order_by("path", "code")[:300]]


def _duty_line(duty: Duty) -> DutyLine:
    posts, kinds = packs.entries(duty.bureau_id, "posts"), net.unit_kinds(duty.bureau_id)
    windows = rules.windows_of(duty.windows) if duty.windows else ()
    times = "、".join(f"{one.name}{one.since:%H:%M}–{one.until:%H:%M}" for one in windows)
    scope = rules.scope_of(duty.scope)
    whom = [STAGES.get(one, one) for one in scope.stages] + [kinds[one].name for one in scope.kinds if one in kinds]
    where = str(duty.org) if duty.org_id != duty.bureau_id else "、".join(whom) or "各校（园）"
    name = posts.get(duty.post, {}).get("name", duty.post)
    return DutyLine(duty, rules.in_words(rules.cadence_of(duty.cadence)), times, where, name)


# --- minutes ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Burden:
    """What a post cost in a week: acts, minutes in all, and by action."""

    post: str
    name: str
    count: int
    minutes: int
    actions: tuple[tuple[str, int, int], ...]


def minutes(viewer: Actor, *, week: date, org_id: UUID | None = None) -> list[Burden]:
    """Minutes by post in a week (its Monday) inside the viewer's net, the dearest first; for those who see the net."""
    net.require_net(viewer)
    rows = Minutes.objects.visible_to(viewer).filter(week=week)
    if org_id:
        rows = rows.filter(under(net.org(viewer, org_id).path))
    found: dict[str, list[tuple[str, int, int]]] = {}
    summed = rows.values("post", "action").annotate(times=Sum("count"), seconds_in_all=Sum("seconds"))
    for row in summed.order_by("post", "action"):
        found.setdefault(row["post"], []).append((row["action"], row["times"], row["seconds_in_all"]))
    posts = packs.entries(viewer.bureau_id, "posts")
    return sorted((_burden(post, actions, posts) for post, actions in found.items()), key=lambda one: -one.minutes)


def _burden(post: str, actions: Sequence[tuple[str, int, int]], posts: Mapping[str, Any]) -> Burden:
    return Burden(
        post, posts.get(post, {}).get("name", post), sum(times for _, times, _ in actions),
        round(sum(seconds for *_, seconds in actions) / 60),
        tuple((action, times, round(seconds / 60)) for action, times, seconds in actions),
    )  # fmt: skip
