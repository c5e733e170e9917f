"""Mandates for machines. Writing is by commands (``/commands/mandates.…``)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Schema

from bihuan.mechanisms.mandates import queries

router = Router()


class DirectiveOut(Schema):
    """What a bureau asked, and how far its units are; ``wants`` is receipt, text, number or photo."""

    id: UUID
    office: str
    title: str
    wants: str
    unit: str
    audience: str
    due_at: datetime
    issued_at: datetime
    by_name: str
    state: str
    addressed: int
    signed: int
    answered: int
    accepted: int
    late: int


class DirectiveList(Schema):
    """A page of directives and the cursor of the next (empty at the end)."""

    items: list[DirectiveOut]
    next: str


class PartOut(Schema):
    """One unit's part; ``state`` is sent, signed, answered, returned, accepted or withdrawn."""

    id: UUID
    directive_id: UUID
    title: str
    org_id: UUID
    org_name: str
    state: str
    due_at: datetime
    late: bool
    signed_at: datetime | None
    answered_at: datetime | None
    words: str
    amount: Decimal | None
    reason: str
    revision: int


class PartList(Schema):
    """A page of parts and the cursor of the next (empty at the end)."""

    items: list[PartOut]
    next: str


class WholeDirective(DirectiveOut):
    """A directive with its text, and a page of its units' parts."""

    text: str
    parts: PartList


class AssignmentShare(Schema):
    """A person's share; ``state`` is open, done or dropped."""

    id: UUID
    user_id: UUID
    user_name: str
    task: str
    due_at: datetime
    state: str
    words: str
    amount: Decimal | None
    done_at: datetime | None


class WholePart(PartOut):
    """A unit's part with what was asked and its people's shares."""

    text: str
    shares: list[AssignmentShare]


def _directive(line: Any) -> dict[str, Any]:
    counted = ("signed", "answered", "accepted", "late")
    own = [name for name in DirectiveOut.model_fields if name not in counted]
    return {name: getattr(line.directive, name) for name in own} | {name: getattr(line, name) for name in counted}


def _part(row: Any, title: str) -> dict[str, Any]:
    return {name: getattr(row, name) for name in PartOut.model_fields if name != "title"} | {"title": title}


@router.get("/mandates", response=PartList, summary="What came to my units and to me")
def list_received(
    request: HttpRequest, state: Literal["live", "accepted", "withdrawn"] = "live",
    cursor: str = Query("", max_length=400), limit: int = Query(25, ge=1, le=200),
) -> Any:  # fmt: skip
    """The latest due first."""
    found = queries.received(request.actor, state=state, cursor=cursor, size=limit)  # type: ignore[attr-defined]
    return {"items": [_part(row, row.directive.title) for row in found.rows], "next": found.next}


@router.get("/mandates/{id}", response=WholePart, summary="One unit's part")
def get_part(request: HttpRequest, id: UUID) -> Any:
    """Of one's net, or of which one has a share."""
    found = queries.got(request.actor, id)  # type: ignore[attr-defined]
    shares = [share for share, _ in found.shares]
    return _part(found.row, found.directive.title) | {"text": found.directive.text, "shares": shares}


@router.get("/directives", response=DirectiveList, summary="What a bureau asked")
def list_directives(
    request: HttpRequest, cursor: str = Query("", max_length=400), limit: int = Query(25, ge=1, le=200)
) -> Any:
    """For people of the bureau, the latest first."""
    found = queries.directives(request.actor, cursor=cursor, size=limit)  # type: ignore[attr-defined]
    return {"items": [_directive(line) for line in found.rows], "next": found.next}


@router.get("/directives/{id}", response=WholeDirective, summary="One directive and its units")
def get_directive(
    request: HttpRequest, id: UUID,
    state: Literal["", "unsigned", "unanswered", "answered", "late", "accepted"] = "",
    cursor: str = Query("", max_length=400), limit: int = Query(50, ge=1, le=200),
) -> Any:  # fmt: skip
    """With a page of its units' parts."""
    found = queries.directive_page(request.actor, id, state=state, cursor=cursor, size=limit)  # type: ignore[attr-defined]
    parts = [_part(row, found.directive.title) for row in found.page.rows]
    return _directive(found.line) | {"text": found.directive.text, "parts": {"items": parts, "next": found.page.next}}
