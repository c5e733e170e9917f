"""Reading hazards by machine: the list, one case, its story, its papers. Writing is by command (``POST /api/v1/commands/…``)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema
from pydantic import Field

from bihuan.engines.cases import queries

router = Router()
_json = msgspec.json.Encoder()


class Hazard(Schema):
    """One line of the list."""

    id: UUID
    number: str
    level: str
    title: str
    org_id: UUID
    org_name: str
    place: str
    category: str
    item: str
    source: str
    state: str
    state_name: str
    is_open: bool
    rectifier_name: str
    party_name: str
    waits_for_id: UUID | None
    waits_for_name: str
    reporter_name: str
    reported_at: datetime
    due_at: datetime
    rung: int
    returns: int
    recurrence_of_id: UUID | None
    listed_at: datetime | None
    closed_at: datetime | None
    revision: int


class Hazards(Schema):
    """A page of hazards; ``next`` is the cursor of the page after it, empty at the end."""

    items: list[Hazard]
    next: str


class Ask(Schema):
    """The filter sentence."""

    stage: Literal["open", "reported", "working", "verifying", "approving", "closed", "dropped", "all"] = "open"
    school: UUID | None = None
    level: str = Field("", max_length=20)
    category: str = Field("", max_length=40)
    source: str = Field("", max_length=40)
    time: Literal["", "overdue", "today", "week"] = ""
    whose: Literal["", "turn", "rectify", "verify", "report"] = ""
    q: str = Field("", max_length=80)
    since: date | None = None
    until: date | None = None
    listed: bool = False
    recurring: bool = False
    state: str = Field("", max_length=40)
    cursor: str = Field("", max_length=80)
    limit: int = Field(25, ge=1, le=200)


class Action(Schema):
    """What the caller may do now, or why not."""

    action: str
    name: str
    enabled: bool
    reason: str


class PaperLine(Schema):
    """A numbered paper about the case; ``state``: draft, sent (waits for the school's receipt), received, or empty."""

    id: UUID
    code: str
    number: str
    title: str
    state: str
    signed_by_name: str
    signed_at: datetime | None
    received_by_name: str
    received_at: datetime | None
    pdf: str
    docx: str


class HazardDetail(Hazard):
    """One case with everything its page shows."""

    description: str
    item_title: str
    basis: str
    five: dict[str, str]
    before: list[UUID]
    after: list[UUID]
    extension: dict[str, Any] | None
    notice_number: str
    verifier_name: str
    approver_name: str
    rectify_due_at: datetime | None
    extensions: int
    merged_into_id: UUID | None
    actions: list[Action]
    papers: list[PaperLine]


class Fact(Schema):
    """One line of the story."""

    id: UUID
    name: str
    words: str
    by_name: str
    by_post: str
    channel: str
    at: datetime
    sent_at: datetime | None
    facts: dict[str, Any]


class Story(Schema):
    """The facts about a case in time order."""

    items: list[Fact]
    next: str


@router.get("/hazards", response=Hazards, summary="隐患列表", operation_id="hazards.list")
def hazards(request: HttpRequest, ask: Query[Ask]) -> HttpResponse:
    """Hazards inside the caller's net: open ones by deadline, history newest first."""
    page = queries.api_page(request.actor, ask)  # type: ignore[attr-defined]
    return HttpResponse(_json.encode(page), content_type="application/json; charset=utf-8")


@router.get("/hazards/{uuid:pk}", response=HazardDetail, summary="一条隐患", operation_id="hazards.get")
def hazard(request: HttpRequest, pk: UUID) -> dict[str, Any]:
    """One hazard, or 404 whether it is somebody else's or does not exist."""
    return queries.api_detail(request.actor, pk)  # type: ignore[attr-defined]


@router.get("/hazards/{uuid:pk}/timeline", response=Story, summary="隐患的经过", operation_id="hazards.timeline")
def story(request: HttpRequest, pk: UUID) -> dict[str, Any]:
    """What happened, who did it, when, and through what."""
    return queries.api_story(request.actor, pk)  # type: ignore[attr-defined]


@router.get("/papers/{uuid:pk}", response=PaperLine, summary="一份文书", operation_id="papers.get")
def paper(request: HttpRequest, pk: UUID) -> dict[str, Any]:
    """A numbered paper and where it can be read."""
    return queries.api_paper(request.actor, pk)  # type: ignore[attr-defined]
