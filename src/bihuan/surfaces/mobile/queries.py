"""What a phone keeps of the house: the scope of one person, small enough to carry and enough to work without a network."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.utils import timezone

from bihuan.engines.cases.pack import levels_of
from bihuan.engines.cases.queries import todo
from bihuan.engines.duties.queries import open_tasks
from bihuan.engines.responsibility.queries import InOffice, in_office, schools
from bihuan.engines.sheets.queries import contents_in_force
from bihuan.engines.sheets.rules import stages_of
from bihuan.foundation import clock, packs
from bihuan.foundation.actors import Actor
from bihuan.foundation.events import stated_lately
from bihuan.mechanisms.patrols.carried import routes_for_phone
from bihuan.mechanisms.patrols.pack import thresholds
from bihuan.mechanisms.patrols.queries import handovers_waiting
from bihuan.mechanisms.risks.queries import points_for_phone

MOST_SCHOOLS = 30
"""Schools whose points a phone carries: a sponsor's, a town's. Whoever sees more looks the others up with a network."""
MOST_SHEETS = 12
SHORT = (
    "id",
    "number",
    "title",
    "level",
    "level_name",
    "state",
    "state_name",
    "place",
    "org_name",
    "due_at",
    "rung",
    "next",
)
"""What of a hazard that waits for me is carried."""


def tag(viewer: Actor, at: datetime) -> str:
    """The ``ETag`` of my scope at this moment, with one statement: who I am and may, the hour, and how many facts there are.

    The hour stands for what changes without a fact (tasks that come nearer, packs of the platform).
    """
    here = timezone.localtime(at)
    yesterday = clock.midnight(here.date() - timedelta(days=1))
    schools_only = {hold.org_id for hold in viewer.holds} if all(h.level == "school" for h in viewer.holds) else None
    facts = stated_lately(viewer.bureau_id, schools_only, since=yesterday) if viewer.bureau_id else 0
    said = [str(viewer.id), viewer.name, f"{here:%Y%m%d%H}", facts]
    said += sorted(f"{hold.post} {hold.org_id} {' '.join(sorted(hold.acts))}" for hold in viewer.holds)
    return f'"{hashlib.sha256(msgspec.json.encode(said)).hexdigest()[:32]}"'


def scope(viewer: Actor, at: datetime, tag: str) -> dict[str, Any]:
    """Everything of mine that the phone keeps; nothing that lies outside my net."""
    today = timezone.localdate(at)
    mine = schools(viewer)
    carried = mine[:MOST_SCHOOLS]
    ids = [school.pk for school in carried]
    posts = packs.entries(viewer.bureau_id, "posts")
    tasks = open_tasks(viewer, at)
    people = in_office(viewer, ids, on=today) if ids else []
    own = {hold.post for hold in viewer.holds}
    held: dict[tuple[UUID, str], list[InOffice]] = {}
    for one in people:
        held.setdefault((one.school_id, one.post), []).append(one)
    sheets = [task["subject_id"] for task in tasks if task["act"] == "sheet" and task["subject_id"]]
    return {
        "person": {
            "id": viewer.id,
            "name": viewer.name,
            "bureau_id": viewer.bureau_id,
            "posts": [
                {"post": hold.post, "name": posts.get(hold.post, {}).get("name", hold.post), "org_id": hold.org_id, "org": hold.org_name, "acts": sorted(hold.acts)}
                for hold in viewer.holds
            ],
        },
        "schools": [
            {"id": s.pk, "name": s.short_name or s.name, "full_name": s.name, "phone": s.phone, "stages": sorted(stages_of(s.stages or [s.kind])), "facets": s.facets}
            for s in carried
        ],
        "more_schools": len(mine) > len(carried),
        "points": points_for_phone(viewer, ids, held=held) if ids else [],
        "routes": routes_for_phone(viewer, ids) if ids else [],
        "tasks": tasks,
        "sheets": {str(one["id"]): one for one in contents_in_force(viewer, sheets[:MOST_SHEETS], on=today).values()} if sheets else {},
        "people": [
            {"school_id": one.school_id, "post": one.post_name, "name": one.name, "phone": one.phone}
            for one in people if one.leads and one.phone
        ],
        "relief": [
            {"id": one.user_id, "school_id": one.school_id, "post": one.post_name, "name": one.name}
            for one in people if one.user_id != viewer.id and (one.leads or one.post in own)
        ],
        "hazards": [{name: row[name] for name in SHORT} for row in todo(viewer)],
        "levels": _levels(viewer),
        "thresholds": thresholds(viewer.bureau_id),
        "terms": {code: entry["label"] for code, entry in packs.entries(viewer.bureau_id, "terms").items()},
        "shift": handovers_waiting(viewer, at),
        "server_now": at,
        "etag": tag,
    }  # fmt: skip


def _levels(viewer: Actor) -> Sequence[dict[str, Any]]:
    if viewer.bureau_id is None:
        return []
    return [{"code": code, "name": level["name"]} for code, level in levels_of(viewer.bureau_id).items()]


def encoded(answer: Any) -> bytes:
    """An answer as JSON."""
    return msgspec.json.encode(answer, enc_hook=str)
