"""The desk: take a tip up, answer it, or make it a hazard."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.db.models import F
from django.utils import timezone
from pydantic import Field

from bihuan.engines.cases.commands import Found, found_at
from bihuan.foundation.actors import Actor
from bihuan.foundation.commands import command
from bihuan.foundation.events import record, record_all
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.tips import events  # noqa: F401 - declares facts and refusals
from bihuan.mechanisms.tips.models import Tip
from bihuan.mechanisms.tips.queries import STATES, for_desk

Title = Annotated[str, Field(min_length=2, max_length=120)]


@command("tips.take_tip")
def take_tip(by: Actor, at: datetime, *, tip_id: UUID, revision: int) -> Tip:
    """Take a tip up: the teller sees that the school is looking into it; the time to answer goes on.

    Refusals: ``foundation.not_found``, ``tips.ended``, ``foundation.changed_meanwhile``.
    """
    tip = _open(by, tip_id)
    _swap(by, at, tip, revision, state="taken")
    record(tip, "tips.taken", by=by, at=at)
    return tip


@command("tips.answer_tip")
def answer_tip(
    by: Actor,
    at: datetime,
    *,
    tip_id: UUID,
    revision: int,
    answer: Annotated[str, Field(min_length=4, max_length=500)],
) -> Tip:
    """Answer a tip that needs no hazard, in words that the teller reads behind the slip.

    Refusals: ``foundation.not_found``, ``tips.ended``, ``foundation.changed_meanwhile``.
    """
    tip = _open(by, tip_id)
    _swap(by, at, tip, revision, state="answered", answer=answer)
    record(tip, "tips.answered", by=by, at=at, answer=answer)
    return tip


@command("tips.make_case")
def make_case(
    by: Actor,
    at: datetime,
    *,
    tip_id: UUID,
    revision: int,
    id: UUID,
    title: Title,
    level: Annotated[str, Field(max_length=20)] = "general",
) -> Tip:
    """Make a tip a hazard (source ``tip``) of its point, with the words and the photo, in this one transaction.

    ``id`` is the hazard's. Refusals: ``foundation.not_found``, ``tips.ended``, ``foundation.changed_meanwhile`` and those
    of ``engines.cases.commands.found_at``.
    """
    tip = _open(by, tip_id)
    _swap(by, at, tip, revision, state="case", case_id=id)
    photos = (tip.photo,) if tip.photo else ()
    found = Found(id, title, tip.words, tip.place, tip.point_id, level=level, photos=photos, photos_of=tip.pk)
    (case,), told = found_at(by, at, unit=tip.org, found=[found], source="tip", source_id=tip.pk)
    made = {"case": case.pk, "number": case.number}
    record_all([*told, (tip, "tips.made_case", made)], by=by, at=at)
    return tip


def _open(by: Actor, tip_id: UUID) -> Tip:
    tip = for_desk(by).select_related("org").filter(pk=tip_id).first()
    if tip is None:
        raise Refusal("foundation.not_found")
    if tip.state in ("answered", "case"):
        raise _ended(tip)
    return tip


def _ended(tip: Tip) -> Refusal:
    when = timezone.localtime(tip.handled_at).strftime("%m-%d %H:%M") if tip.handled_at else ""
    return Refusal("tips.ended", who=tip.handled_by_name or "别人", when=when, did=STATES[tip.state])


def _swap(by: Actor, at: datetime, tip: Tip, revision: int, **changes: Any) -> None:
    changes |= {"handled_by_id": by.id, "handled_by_name": by.name, "handled_at": at}
    won = Tip.objects.filter(pk=tip.pk, revision=revision, state__in=("new", "taken")).update(
        **changes, revision=F("revision") + 1
    )
    if not won:
        tip.refresh_from_db()
        if tip.state in ("answered", "case"):
            raise _ended(tip)
        raise Refusal("foundation.changed_meanwhile", who=tip.handled_by_name or "别人")
    for name, value in changes.items():
        setattr(tip, name, value)
    tip.revision = revision + 1
