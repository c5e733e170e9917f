"""Reading the net: who is acting, who is responsible, what a place is."""

from __future__ import annotations

import time
from datetime import date
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from bihuan.accounts.queries import active_user
from bihuan.engines.responsibility.models import Appointment, Org
from bihuan.foundation import clock, packs
from bihuan.foundation.actors import NOBODY, Actor, Hold
from bihuan.foundation.scoping import under

_FRESH_SECONDS = 30.0
_actors: dict[tuple[UUID, int], tuple[float, date, Actor]] = {}


def actor_of_session(user_id: str | None, version: int | None) -> Actor:
    """The person behind a page request, or nobody; a raised ``version`` ends every session."""
    if not user_id or version is None:
        return NOBODY
    return actor_of(UUID(user_id), version=version) or NOBODY


def actor_of(user_id: UUID, *, version: int | None = None, channel: str = "page") -> Actor | None:
    """A person with the holds of today, at most 30 seconds old; ``None`` for an unknown, stopped or revoked one."""
    today = timezone.localdate(clock.now())
    kept = _actors.get((user_id, version or 0))
    if kept and kept[1] == today and time.monotonic() - kept[0] < _FRESH_SECONDS:
        return kept[2]
    user = active_user(user_id)
    if user is None or (version is not None and user.version != version):
        return None
    holds = holds_of(user_id, on=today)
    actor = Actor(id=user.pk, name=user.name, channel=channel, bureau_id=_home(holds), holds=tuple(hold for hold, _ in holds))
    _actors[user_id, version or 0] = (time.monotonic(), today, actor)
    return actor


def holds_of(user_id: UUID, *, on: date) -> list[tuple[Hold, UUID]]:
    """The holds in force on a day with the bureau each belongs to: what each appointment allows, and where."""
    rows = (
        Appointment.objects.filter(user_id=user_id, starts_on__lte=on)
        .filter(Q(ends_on__isnull=True) | Q(ends_on__gte=on))
        .select_related("org")
        .order_by("starts_on", "id")
    )
    found = []
    for row in rows:
        post = packs.entries(row.bureau_id, "posts").get(row.post)
        if post is None:
            continue
        tier = row.org.tier
        level = {"office": "path", "site": "path", "area": "path", "town": "path", "department": "party"}.get(tier, tier)
        hold = Hold(row.post, frozenset(post["acts"]), level, row.org_id, row.org.path, row.org.name)
        found.append((hold, row.bureau_id))
    return found


def _home(holds: list[tuple[Hold, UUID]]) -> UUID | None:
    return holds[0][1] if holds else None


def forget_actors() -> None:
    """Drop cached actors (after the net changed in this process, and between tests)."""
    _actors.clear()


def org(viewer: Actor, pk: UUID) -> Org:
    """One unit inside the viewer's net, or ``foundation.not_found``."""
    return Org.objects.visible_to(viewer).seen(viewer, pk)


def schools(viewer: Actor) -> list[Org]:
    """The schools inside the viewer's net, in the bureau's order."""
    return list(Org.objects.visible_to(viewer).filter(tier="school", active_to__isnull=True).order_by("sort", "name"))


def who(place: Org, post: str, *, on: date) -> list[Appointment]:
    """Who holds a post for a place on a day: the nearest unit at or above it that has somebody; stand-ins first."""
    steps = [place.path[: end + 1] for end, char in enumerate(place.path) if char == "."]
    rows = (
        Appointment.objects.filter(post=post, org__path__in=steps, starts_on__lte=on)
        .filter(Q(ends_on__isnull=True) | Q(ends_on__gte=on))
        .select_related("user", "org")
    )
    by_depth = sorted(rows, key=lambda row: (-len(row.org.path), row.kind != "stand_in", row.rank, row.starts_on))
    return [row for row in by_depth if row.org.path == by_depth[0].org.path] if by_depth else []


def areas(school: Org) -> list[Org]:
    """The sites, areas and rooms of a school in tree order."""
    return list(Org.objects.filter(under(school.path), bureau_id=school.bureau_id, tier__in=("site", "area")).order_by("path"))
