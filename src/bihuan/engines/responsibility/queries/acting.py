"""Who is acting: a signed-in person or a token's owner with the holds of today."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Exists, Q
from django.utils import timezone

from bihuan.accounts.queries import active_user
from bihuan.engines.responsibility.models import Appointment, Move
from bihuan.engines.responsibility.queries.places import forget_choices
from bihuan.engines.responsibility.rules.tree import spans_of
from bihuan.foundation import clock, packs
from bihuan.foundation.actors import NOBODY, Actor, Hold
from bihuan.foundation.scoping import stretched, under

_FRESH_SECONDS = 30.0
_actors: dict[tuple[UUID, int], tuple[float, date, Actor]] = {}


def actor_of_session(user_id: str | None, version: int | None) -> Actor:
    """The person behind a page request, or nobody; a raised ``version`` ends every session."""
    if not user_id or version is None:
        return NOBODY
    return actor_of(UUID(user_id), version=version) or NOBODY


def actor_of(user_id: UUID, *, version: int | None = None, channel: str = "page", user: Any = None) -> Actor | None:
    """A person with the holds of today, at most 30 seconds old; ``None`` for an unknown, stopped or revoked one.

    *user* is the person's row when the caller has just read it.
    """
    today = timezone.localdate(clock.now())
    kept = _actors.get((user_id, version or 0))
    if kept and kept[1] == today and time.monotonic() - kept[0] < _FRESH_SECONDS:
        return kept[2]
    user = user or active_user(user_id)
    if user is None or not user.is_active or (version is not None and user.version != version):
        return None
    holds = holds_of(user_id, on=today)
    actor = Actor(
        id=user.pk, name=user.name, channel=channel, bureau_id=_home(holds), holds=tuple(hold for hold, _ in holds)
    )
    _actors[user_id, version or 0] = (time.monotonic(), today, actor)
    return actor


def holds_of(user_id: UUID, *, on: date) -> list[tuple[Hold, UUID]]:
    """The holds in force on a day with the bureau each belongs to: what each appointment allows, and where."""
    return _holds(list(_in_office([user_id], on))).get(user_id, [])


def actors_of(user_ids: Collection[UUID]) -> dict[UUID, Actor]:
    """``actor_of`` for several people at once, in one statement; whoever is stopped or serves nowhere is left out."""
    serving = _in_office(user_ids, timezone.localdate(clock.now())).filter(user__is_active=True)
    rows = list(serving.select_related("org", "user"))
    names = {row.user_id: row.user.name for row in rows}
    return {
        pk: Actor(id=pk, name=names[pk], bureau_id=_home(holds), holds=tuple(hold for hold, _ in holds))
        for pk, holds in _holds(rows).items()
    }


def _in_office(user_ids: Collection[UUID], on: date) -> Any:
    rows = Appointment.objects.filter(user_id__in=list(user_ids)).on(on).select_related("org")
    moving = Exists(Move.objects.filter(done_at__isnull=True))
    return rows.annotate(moving=moving).order_by("starts_on", "id")


def _holds(rows: Sequence[Any]) -> dict[UUID, list[tuple[Hold, UUID]]]:
    moves = moves_under_way() if any(row.moving for row in rows) else []
    found: dict[UUID, list[tuple[Hold, UUID]]] = defaultdict(list)
    for row in rows:
        post = packs.entries(row.bureau_id, "posts").get(row.post)
        if post is None:
            continue
        tier = row.org.tier
        level = {"office": "path", "site": "path", "area": "path", "town": "path", "department": "party"}.get(
            tier, tier
        )
        spans = spans_of(row.org.path, moves) if level in ("path", "city", "province") else ()
        hold = Hold(row.post, frozenset(post["acts"]), level, row.org_id, row.org.path, row.org.name, spans)
        found[row.user_id].append((hold, row.bureau_id))
    return found


def moves_under_way() -> list[tuple[str, str]]:
    """Old and new address of every unit whose rows have not all followed it, the earliest move first."""
    waiting = Move.objects.filter(done_at__isnull=True).order_by("moved_at", "id")
    return list(waiting.values_list("old_path", "new_path"))


def standing_under(path: str) -> Q:
    """Rows of the unit at *path*, also those that have not followed a move yet."""
    return stretched(under(path), spans_of(path, moves_under_way()))


def _home(holds: list[tuple[Hold, UUID]]) -> UUID | None:
    return holds[0][1] if holds else None


def forget_actors() -> None:
    """Drop cached actors (after the net changed in this process, and between tests)."""
    _actors.clear()
    forget_choices()
