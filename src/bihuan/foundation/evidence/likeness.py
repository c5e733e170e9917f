"""Which photos show (nearly) the same picture: an old photo sent again as proof is found; what it means is for people."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from uuid import UUID

from bihuan.foundation.actors import Actor
from bihuan.foundation.evidence.images import unlikeness
from bihuan.foundation.models import Evidence

NEAR_BITS = 6
"""Two photos whose perceptual hashes differ in at most this many of 64 bits show the same thing, unless a pack says otherwise."""
RECENT = 3000
"""How many of a bureau's latest photos are compared: a season of a district's work, read in one query."""


@dataclass(frozen=True, slots=True)
class Alike:
    """An attached photo that resembles another one. It says nothing of whose it is beyond the school's id."""

    id: UUID
    bits: int
    school_id: UUID | None
    subject_id: UUID
    made_at: datetime


def mine(by: Actor, ids: Iterable[UUID]) -> dict[UUID, Evidence]:
    """Of these pieces of evidence those that this person uploaded, attached or not."""
    return {row.pk: row for row in Evidence.objects.filter(pk__in=list(ids), made_by_id=by.id)} if by.id else {}


def alike(
    by: Actor, bureau_id: UUID, hashes: Mapping[UUID, int], *, near: int = NEAR_BITS, kind: str = "",
    apart_from: Collection[UUID] = (),
) -> dict[UUID, list[Alike]]:  # fmt: skip
    """For each photo (id → perceptual hash) the recent attached photos of the bureau that show the same, the most alike first.

    *apart_from* are subjects of this *kind*: what this person took for them is not compared. One statement, none without
    photos.
    """
    if not hashes:
        return {}
    rows = Evidence.objects.filter(bureau_id=bureau_id, perceptual_hash__isnull=False, subject_id__isnull=False)
    rows = rows.exclude(pk__in=list(hashes))
    rows = rows.exclude(subject_kind=kind, subject_id__in=list(apart_from), made_by_id=by.id)
    found: dict[UUID, list[Alike]] = {photo: [] for photo in hashes}
    recent = rows.order_by("-id").values_list("pk", "perceptual_hash", "school_id", "subject_id", "made_at")[:RECENT]
    for pk, other, school_id, subject_id, made_at in recent:
        for photo, own in hashes.items():
            if (bits := unlikeness(other, own)) <= near:
                found[photo].append(Alike(pk, bits, school_id, subject_id, made_at))
    return {photo: sorted(rows, key=lambda one: (one.bits, one.made_at)) for photo, rows in found.items() if rows}


def alike_among(hashes: Mapping[UUID, int], *, near: int = NEAR_BITS) -> dict[UUID, set[UUID]]:
    """For each of these photos (id → perceptual hash) the others among them that show the same."""
    found: dict[UUID, set[UUID]] = {}
    for (one, own), (two, other) in combinations(hashes.items(), 2):
        if unlikeness(own, other) <= near:
            found.setdefault(one, set()).add(two)
            found.setdefault(two, set()).add(one)
    return found
