"""A pack's duties as duties of the bureau, inside the pack's own installation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import F
from django.utils import timezone

from bihuan.engines.duties.commands.days import keep_calendar
from bihuan.engines.duties.commands.generating import renew_duties
from bihuan.engines.duties.models import Duty
from bihuan.engines.responsibility import queries as net
from bihuan.engines.sheets import queries as sheets
from bihuan.foundation import clock, packs
from bihuan.foundation.actors import SYSTEM
from bihuan.foundation.ids import uuid7
from bihuan.foundation.scoping import placed

_SAID = (
    "title", "act", "subject_id", "post", "cadence", "windows", "grace_minutes", "evidence", "scope", "satisfies", "nil",
    "lock_days", "basis", "proof", "starts_on", "ends_on", "is_active",
)  # fmt: skip


def install_duties(bureau_id: UUID, pack: str, specs: Sequence[Mapping[str, Any]]) -> int:
    """Make the bureau's duties of a pack those of *specs* and renew the open tasks of what changed; how many changed.

    The same pack again changes nothing. A duty that left the pack stops; what people did for it stays.
    """
    at = clock.now()
    today = timezone.localdate(at)
    place = net.org(SYSTEM, bureau_id)
    kept = {duty.code: duty for duty in Duty.objects.filter(bureau_id=bureau_id, org_id=bureau_id, pack=pack)}
    changed: list[Duty] = []
    for spec in specs:
        before = kept.pop(spec["code"], None)
        said = _said(bureau_id, spec, before.starts_on if before else today)
        if before is None:
            duty = Duty(id=uuid7(), org_id=place.pk, pack=pack, code=spec["code"], **placed(place), **said)
            duty.save(force_insert=True)
        elif any(getattr(before, name) != said[name] for name in _SAID):
            Duty.objects.filter(pk=before.pk).update(**said, sown_to=None, revision=F("revision") + 1)
            duty = Duty.objects.get(pk=before.pk)
        else:
            continue
        changed.append(duty)
    for left in kept.values():
        if left.is_active:
            Duty.objects.filter(pk=left.pk).update(is_active=False, revision=F("revision") + 1)
            left.is_active = False
            changed.append(left)
    packs.forget()
    if changed:
        keep_calendar(SYSTEM, at, bureau_id=bureau_id)
        renew_duties(SYSTEM, at, bureau_id=bureau_id, duties=changed)
    return len(changed)


def said_of(bureau_id: UUID, spec: Mapping[str, Any]) -> dict[str, Any]:
    """A duty's columns as an entry of a pack states them, without its dates; the sheet's code becomes its id."""
    sheet = spec.get("sheet")
    return {
        "title": spec["title"], "act": spec["act"], "subject_id": sheets.sheet_coded(bureau_id, sheet) if sheet else None,
        "post": spec["post"], "cadence": spec["cadence"], "windows": list(spec.get("windows", ())),
        "grace_minutes": spec.get("grace_minutes", 0), "evidence": list(spec.get("evidence", ())),
        "scope": {name: list(words) for name, words in spec.get("scope", {}).items()},
        "satisfies": list(spec.get("satisfies", ())), "nil": spec.get("nil", False), "lock_days": spec.get("lock_days", 7),
        "basis": spec.get("basis", ""), "proof": spec["proof"],
    }  # fmt: skip


def _said(bureau_id: UUID, spec: Mapping[str, Any], starts_on: date) -> dict[str, Any]:
    return {
        **said_of(bureau_id, spec),
        "is_active": True,
        "starts_on": date.fromisoformat(spec["starts_on"]) if spec.get("starts_on") else starts_on,
        "ends_on": date.fromisoformat(spec["ends_on"]) if spec.get("ends_on") else None,
    }
