"""Tips for machines of those who deal with them. Writing is by commands (``/commands/tips.…``); telling is for people."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Schema

from bihuan.mechanisms.tips import queries

router = Router()


class TipOut(Schema):
    """One tip; ``state`` is new, taken, answered or case."""

    id: UUID
    school_id: UUID | None
    school_name: str
    point_id: UUID
    point_name: str
    words: str
    place: str
    photo: UUID | None
    state: str
    answer: str
    case_id: UUID | None
    handled_by_name: str
    told_at: datetime
    due_at: datetime
    late_at: datetime | None
    revision: int


class TipList(Schema):
    """A page of tips and the cursor of the next (empty at the end)."""

    items: list[TipOut]
    next: str


@router.get("/tips", response=TipList, summary="What was told at wall codes, the newest first")
def list_tips(
    request: HttpRequest,
    state: Literal["open", "late", "answered", "case"] = "open",
    cursor: str = "",
    limit: int = Query(25, ge=1, le=200),
) -> Any:
    """Of the schools where I assign hazards; a bureau sees what stayed unanswered."""
    found = queries.desk(request.actor, state=state, cursor=cursor, size=limit).page  # type: ignore[attr-defined]
    return {"items": found.rows, "next": found.next}


@router.get("/tips/{id}", response=TipOut, summary="One tip")
def get_tip(request: HttpRequest, id: UUID) -> Any:
    """What was told, and what became of it."""
    return queries.tip(request.actor, id).tip  # type: ignore[attr-defined]
