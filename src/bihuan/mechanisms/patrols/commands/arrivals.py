"""Arrivals: a sponsor comes to a school's gate, and the visit that is due is done by it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from bihuan.engines.duties.commands import fulfil
from bihuan.engines.duties.queries import open_tasks
from bihuan.foundation.actors import Actor
from bihuan.foundation.commands import command
from bihuan.foundation.events import record
from bihuan.foundation.evidence.commands import Attached, attach_many, fingerprints
from bihuan.foundation.refusals import Refusal
from bihuan.foundation.scoping import placed
from bihuan.mechanisms.patrols import events, refusals, rules  # noqa: F401 - facts and sentences are declared
from bihuan.mechanisms.patrols.models import Arrival
from bihuan.mechanisms.patrols.pack import gate_words, thresholds
from bihuan.mechanisms.risks.queries import code_lives, open_point

Degree = Annotated[float, Field(ge=-180, le=180)] | None


@command("patrols.arrive")
def arrive(
    by: Actor, at: datetime, *, id: UUID, code: Annotated[str, Field(min_length=4, max_length=300)],
    lat: Degree = None, lon: Degree = None, accuracy: Annotated[float, Field(ge=0, le=100_000)] | None = None,
    note: Annotated[str, Field(max_length=300)] = "", photos: Annotated[list[UUID], Field(max_length=9)] = [],  # noqa: B006
) -> Arrival:  # fmt: skip
    """Say that one is at a school's gate, by its label (scanned with its serial, or typed); what is due there is done by it.

    A distance is only pointed out, never refused. Refusals: ``foundation.not_found`` (a code of another school, or of
    nobody) · ``not_yours``, ``patrols.not_the_gate``, those of attaching.
    """
    life = code_lives([code])[code]
    point = open_point(life.code) if life.state == "in_force" else None
    if point is None or not any(hold.covers(point) for hold in by.holds):
        raise Refusal("foundation.not_found")
    if not by.may("inspect", point):
        raise Refusal("foundation.not_yours", act="登记到校", who="联校领导、包校干部和局里的检查人员")
    words = gate_words(point.bureau_id)
    if words and not any(word in f"{point.name}{point.place}" for word in words):
        raise Refusal("patrols.not_the_gate", name=point.name)
    away, far = _distance(point.bureau_id, (lat, lon, accuracy), (life.lat, life.lon))
    due = [
        task for task in open_tasks(by, at, acts=["visit"], days=0)
        if task["school_id"] == point.school_id and task["is_open_now"]
    ]  # fmt: skip
    row = Arrival(
        id=id, **placed(point), org_id=point.school_id, school_name=point.school_name, point_id=point.pk, by_id=by.id,
        by_name=by.name, arrived_at=at, how="scan" if life.n is not None else "typed", metres=away, far=far, note=note,
        tasks=[{"task": str(task["id"]), "title": task["title"]} for task in due],
    )  # fmt: skip
    row.save(force_insert=True)
    kept = attach_many([Attached(row, tuple(photos), by.id, fresh=True)])[0]
    for task in due:
        fulfil(by, at, task_id=task["id"], ref_id=row.pk, done_at=at)
    record(
        row, "patrols.arrived", by=by, at=at, point=point.pk, how=row.how, metres=away, far=far,
        tasks=[task["id"] for task in due], photos=fingerprints(kept),
    )  # fmt: skip
    return row


def _distance(
    bureau_id: UUID, phone: tuple[float | None, float | None, float | None], label: tuple[float | None, float | None]
) -> tuple[int | None, bool]:
    """Metres between the phone and the label, less the phone's own doubt, and whether that is far; nothing is guessed."""
    (lat, lon, accuracy), (at_lat, at_lon) = phone, label
    limits = thresholds(bureau_id)
    if lat is None or lon is None or at_lat is None or at_lon is None or limits is None:
        return None, False
    doubt = accuracy or 0
    if doubt > limits.poor_accuracy_metres:
        return None, False
    away = max(0, round(rules.metres(lat, lon, at_lat, at_lon) - doubt))
    return away, away > limits.far_metres
