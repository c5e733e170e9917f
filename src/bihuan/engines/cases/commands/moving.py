"""Open work moves with its post: what a leaving person had to do becomes the new one's, and history stays theirs."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q

from bihuan.engines.cases.models import Case
from bihuan.engines.responsibility.queries import standing_under
from bihuan.foundation.actors import SYSTEM
from bihuan.foundation.events import record_many

ROLES = ("rectifier", "verifier")


def hand_cases_over(
    at: datetime, *, bureau_id: UUID, path: str, person_from: UUID, person_to: UUID, names: tuple[str, str]
) -> int:
    """Move the open cases below *path* from one person to another; how many moved. Doing it again moves nothing.

    A role is not moved to somebody who holds, or once held, the other one in that case (rectifier ≠ verifier): there the
    case stays and is transferred by hand. Called by the reaction to a hand-over, never from outside.
    """
    mine = Q(rectifier_id=person_from) | Q(verifier_id=person_from) | Q(waits_for_id=person_from)
    with transaction.atomic():
        moved = []
        for case in Case.objects.filter(standing_under(path), mine, bureau_id=bureau_id, is_open=True):
            changes = _changes(case, person_from, person_to, names[1])
            swap = Case.objects.filter(pk=case.pk, revision=case.revision)
            if changes and swap.update(**changes, revision=F("revision") + 1):
                for name, value in changes.items():
                    setattr(case, name, value)
                moved.append(case)
        facts = {"person_from": person_from, "was": names[0], "person_to": person_to, "now": names[1]}
        record_many(
            ((case, facts | {"waits_for": case.waits_for_id, "due_at": case.due_at}) for case in moved),
            "cases.handed_over", by=SYSTEM, at=at,
        )  # fmt: skip
        return len(moved)


def _changes(case: Case, person_from: UUID, person_to: UUID, name: str) -> dict[str, object]:
    changes: dict[str, object] = {}
    for role, other in (ROLES, ROLES[::-1]):
        if getattr(case, f"{role}_id") != person_from:
            continue
        if person_to == getattr(case, f"{other}_id") or (
            role == "verifier" and str(person_to) in case.hands.get("rectify", ())
        ):
            return {}
        changes |= {f"{role}_id": person_to, f"{role}_name": name}
    if case.waits_for_id == person_from and (changes or case.rectifier_id != person_to):
        changes |= {"waits_for_id": person_to, "waits_for_name": name}
    return changes
