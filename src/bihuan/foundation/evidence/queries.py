"""Reading evidence: who may see it, and what belongs to a subject."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from bihuan.foundation.actors import Actor
from bihuan.foundation.models import Evidence
from bihuan.foundation.refusals import Refusal

_sees: dict[str, Callable[[Actor, UUID], bool]] = {}


def shown_with(subject_kind: str, sees: Callable[[Actor, UUID], bool]) -> None:
    """Let the room that owns a kind of subject (``"cases.case"``) say who sees its evidence: whoever sees the subject.

    Without this the evidence's own scope columns decide, which a reporter or a partner department does not satisfy.
    """
    _sees[subject_kind] = sees


def seen(viewer: Actor, id: UUID) -> Evidence:
    """One piece of evidence, or ``foundation.not_found``; until attached only its maker has it."""
    row = Evidence.objects.filter(pk=id).first()
    if row is None or not _may_see(viewer, row):
        raise Refusal("foundation.not_found")
    return row


def uploaded(viewer: Actor, ids: Iterable[UUID]) -> dict[UUID, str]:
    """Which of these pieces of evidence I uploaded, with the SHA-256 of the bytes as they came."""
    rows = Evidence.objects.filter(pk__in=list(ids), made_by_id=viewer.id)
    return dict(rows.values_list("pk", "original_sha256")) if viewer.id else {}


def _may_see(viewer: Actor, row: Evidence) -> bool:
    if viewer.is_system:
        return True
    if viewer.id is not None and row.made_by_id == viewer.id:
        return True
    if row.subject_id is None:
        return False
    if sees := _sees.get(row.subject_kind):
        return sees(viewer, row.subject_id)
    return any(hold.covers(row) for hold in viewer.holds)


def of_subject(bureau_id: UUID, subject_id: UUID) -> list[Evidence]:
    """A subject's evidence in the order it was made. Call it only after the subject itself was found visible."""
    return list(Evidence.objects.filter(bureau_id=bureau_id, subject_id=subject_id).order_by("made_at", "id"))


def of_subjects(bureau_id: UUID, subject_ids: list[UUID]) -> dict[UUID, list[Evidence]]:
    """The evidence of several subjects in one query, for papers and lists."""
    found: dict[UUID, list[Evidence]] = {}
    for row in Evidence.objects.filter(bureau_id=bureau_id, subject_id__in=subject_ids).order_by("made_at", "id"):
        found.setdefault(row.subject_id, []).append(row)
    return found


def about(bureau_id: UUID, subject_ids: Any) -> Any:
    """The pictures and documents of many subjects (a selection of their ids), to be counted. Only for visible subjects."""
    return Evidence.objects.filter(bureau_id=bureau_id, subject_id__in=subject_ids, kind__in=("image", "document"))
