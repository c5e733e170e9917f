"""Telling: what a stranger before a wall code sends. No envelope command: bytes are no JSON, and nobody signs in."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import Any

from django.db import transaction

from bihuan.foundation.actors import Actor
from bihuan.foundation.events import record
from bihuan.foundation.evidence.commands import attach_evidence, fingerprints, keep_evidence
from bihuan.foundation.ids import uuid7
from bihuan.foundation.refusals import Refusal
from bihuan.foundation.scoping import placed
from bihuan.mechanisms.risks.queries import open_point
from bihuan.mechanisms.tips import limits, rules
from bihuan.mechanisms.tips.models import Tip
from bihuan.mechanisms.tips.pack import answer_by

TELLER = Actor(id=None, name="扫码反映人", channel="wall")
MOST_WORDS, MOST_PLACE = 1000, 80


def tell(
    at: datetime, *, code: str, form: str, words: str, place: str = "", photo: bytes | None = None, address: str
) -> str:
    """Keep what somebody tells at a label in force; returns their slip, the same for the same *form* sent again.

    The same form with other words is another tip: somebody pressed Back and tells of something else.

    Everything that may be refused is refused before the photo is decoded, and nothing of a refused photo is kept.
    Refusals: ``tips.too_many``, ``tips.too_many_photos``, ``foundation.not_found`` (a code that is unknown, void or
    invented: one answer for all), ``foundation.bad_input``, ``tips.no_pack`` and those of cleaning a photo.
    """
    point = open_point(code)
    limits.allow_telling(at, address=address, point_id=point.pk if point else None)
    if point is None:
        raise Refusal("foundation.not_found")
    words, place = _plain(words), _plain(place)
    _check(words, place)
    slip = rules.slip(limits.secret(), form, words, place)
    kept = rules.slip_hash(limits.secret(), slip)
    if Tip.objects.filter(bureau_id=point.bureau_id, slip_hash=kept).exists():
        return slip
    due_at = answer_by(point.bureau_id, at)
    limits.allow_school(at, bureau_id=point.bureau_id, school_id=point.school_id)
    if photo is not None:
        limits.allow_photo(at, bureau_id=point.bureau_id, school_id=point.school_id)
    tip = Tip(
        id=uuid7(), org_id=point.org_id, **placed(point), school_name=point.school_name, point_id=point.pk,
        point_name=point.name, words=words, place=place, slip_hash=kept, told_at=at, due_at=due_at,
    )  # fmt: skip
    with transaction.atomic():
        Tip.objects.bulk_create([tip], ignore_conflicts=True)
        if not Tip.objects.filter(pk=tip.pk).exists():  # the same form arrived twice at once
            return slip
        evidence = _keep(photo, tip, at)
        if evidence:
            Tip.objects.filter(pk=tip.pk).update(photo=evidence[0].pk)
        facts = {"point": point.name, "number": point.number, "words_sha256": sha256(words.encode()).hexdigest()}
        record(tip, "tips.told", by=TELLER, at=at, photos=fingerprints(evidence), **facts)
    return slip


def _keep(photo: bytes | None, tip: Tip, at: datetime) -> list[Any]:
    if photo is None:
        return []
    try:
        row = keep_evidence(TELLER, at, raw=photo, org=tip)
    except Refusal as refusal:
        refusal.fields = {"photo": refusal.sentence}
        raise
    return attach_evidence(tip, [row.pk], TELLER)


def _plain(text: str) -> str:
    """The text without control characters and halves of characters; line ends stay."""
    kept = "".join(sign for sign in text if sign.isprintable() or sign == "\n")
    return kept.encode("utf-8", "ignore").decode().strip()


def _check(words: str, place: str) -> None:
    fields = {}
    if len(words) < rules.SHORTEST_WORDS:
        fields["words"] = f"请写一句话，至少 {rules.SHORTEST_WORDS} 个字：什么地方有什么问题。"
    elif len(words) > MOST_WORDS:
        fields["words"] = f"写得太长了，最多 {MOST_WORDS} 个字，现在是 {len(words)} 个。"
    if len(place) > MOST_PLACE:
        fields["place"] = f"位置最多 {MOST_PLACE} 个字。"
    if fields:
        raise Refusal("foundation.bad_input", fields=fields, count=len(fields), summary="".join(fields.values()))
