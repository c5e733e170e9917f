"""Drills for machines. Writing is by commands (``/commands/training.…``)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Schema

from bihuan.mechanisms.training import queries

router = Router()


class DrillLine(Schema):
    """One drill in a list; ``state`` is planned, running, done or cancelled."""

    id: UUID
    org_id: UUID
    org_name: str
    kind: str
    title: str
    planned_at: datetime
    state: str
    alarm_at: datetime | None
    ended_at: datetime | None
    revision: int


class DrillList(Schema):
    """A page of drills and the cursor of the next (empty at the end)."""

    items: list[DrillLine]
    next: str


class GroupOut(Schema):
    """A class in a drill: how many should be there, how many came out, and when."""

    id: str
    name: str
    due: int
    came: int | None
    out_at: datetime | None
    note: str


class OutcomeOut(Schema):
    """A drill in numbers; ``seconds`` and ``within`` are empty while a group is missing."""

    due: int
    came: int
    missing: int
    groups: int
    reported: int
    seconds: int | None
    slowest: str
    within: bool | None


class DrillOut(DrillLine):
    """One drill with its groups, numbers and findings."""

    script: str
    roles: dict[str, str]
    told: str
    limit_seconds: int
    groups: list[GroupOut]
    outcome: OutcomeOut
    hurt: int
    verdict: str
    findings: list[dict[str, Any]]
    photos: list[UUID]
    fulfilled: list[dict[str, str]]
    cancelled_for: str


@router.get("/drills", response=DrillList, summary="Drills, the latest planned first")
def list_drills(
    request: HttpRequest, state: Literal["", "planned", "running", "done", "cancelled"] = "",
    kind: str = Query("", max_length=40, pattern=r"^[^\x00]*$"), school_id: UUID | None = None,
    cursor: str = Query("", max_length=400), limit: int = Query(25, ge=1, le=200),
) -> Any:  # fmt: skip
    """Inside one's net."""
    only = queries.DrillFilter(state, kind, str(school_id) if school_id else "")
    found = queries.drills(request.actor, only, cursor=cursor, size=limit)  # type: ignore[attr-defined]
    return {"items": found.rows, "next": found.next}


@router.get("/drills/{id}", response=DrillOut, summary="One drill")
def get_drill(request: HttpRequest, id: UUID) -> Any:
    """With its groups as they came out, and what it showed."""
    found = queries.drill_page(request.actor, id)  # type: ignore[attr-defined]
    names = (
        *DrillLine.model_fields,
        "script",
        "roles",
        "told",
        "limit_seconds",
        "hurt",
        "verdict",
        "findings",
        "photos",
    )
    drill = {name: getattr(found.drill, name) for name in (*names, "fulfilled", "cancelled_for")}
    return {**drill, "groups": found.groups, "outcome": found.outcome}
