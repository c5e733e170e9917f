"""Reading inspections by machine. Writing is by command (``POST /api/v1/commands/inspections.…``)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema
from pydantic import Field

from bihuan.mechanisms.inspections import papers, queries

router = Router()


class InspectionLine(Schema):
    """One line of the list."""

    id: UUID
    org_id: UUID
    org_name: str
    kind: str
    state: str
    title: str
    lead_id: UUID
    lead_name: str
    scope_words: str
    focus: str
    hidden_until: datetime | None
    opened_at: datetime
    began_at: datetime | None
    closed_at: datetime | None
    hazards: int
    signed_at: datetime | None
    signed_by_name: str
    signature_refused: str
    revision: int


class InspectionLines(Schema):
    """A page of inspections; ``next`` is the cursor of the page after it."""

    items: list[InspectionLine]
    next: str


class Count(Schema):
    """How far an inspection or a category is."""

    asked: int
    passed: int
    failed: int
    not_applicable: int


class ItemLine(Schema):
    """One item with its answer."""

    code: str
    title: str
    standard: str
    basis: str
    severity: str
    kind: str
    answer: dict[str, Any]
    case_id: UUID | None
    case_number: str


class SectionLine(Schema):
    """One category."""

    code: str
    title: str
    tally: Count
    items: list[ItemLine]


class InspectionPaper(Schema):
    """A paper that was issued."""

    id: UUID
    number: str
    title: str
    issued_at: datetime


class InspectionWhole(InspectionLine):
    """An inspection with its items, answers, people and papers."""

    version_id: UUID
    version: str
    tally: Count
    team: list[str]
    summary: str
    lessons: dict[str, str]
    sections: list[SectionLine]
    papers: list[InspectionPaper]
    left: list[str]
    is_mine: bool
    may_join: bool
    may_sign: bool


class InspectionAsk(Schema):
    """What part of the list."""

    state: Literal["", "planned", "open", "closed", "cancelled"] = ""
    kind: Literal["", "self_check", "sponsor_round", "spot_check", "unannounced", "joint"] = ""
    school: UUID | None = None
    mine: bool = False
    cursor: str = Field("", max_length=200)
    limit: int = Field(25, ge=1, le=200)


@router.get("/inspections", response=InspectionLines, summary="检查", operation_id="inspections.list")
def inspections(request: HttpRequest, asked: Query[InspectionAsk]) -> dict[str, Any]:
    """The inspections of the caller's net, newest first; a planned unannounced one is not there for its school."""
    only = queries.InspectionFilter(asked.state, asked.kind, str(asked.school or ""), "1" if asked.mine else "")
    page = queries.inspections(request.actor, only, cursor=asked.cursor, size=asked.limit)  # type: ignore[attr-defined]
    return {"items": page.rows, "next": page.next}


@router.get(
    "/inspections/{inspection_id}", response=InspectionWhole, summary="一次检查", operation_id="inspections.get"
)
def inspection(request: HttpRequest, inspection_id: UUID) -> dict[str, Any]:
    """One inspection with everything that was answered."""
    found = queries.detail(request.actor, inspection_id)  # type: ignore[attr-defined]
    row = found.row
    return {name: getattr(row, name) for name in InspectionLine.model_fields} | {
        "version_id": found.version.id,
        "version": found.version.version,
        "tally": found.tally,
        "team": found.team,
        "summary": row.summary,
        "lessons": row.lessons,
        "sections": [
            {"code": part.code, "title": part.title, "tally": part.tally, "items": [_item(view) for view in part.items]}
            for part in found.sections
        ],
        "papers": list(found.papers),
        "left": list(found.left),
        "is_mine": found.is_mine,
        "may_join": found.may_join,
        "may_sign": found.may_sign,
    }


@router.get("/inspection-papers/{paper_id}", summary="检查清单文书", operation_id="inspections.paper")
def paper(request: HttpRequest, paper_id: UUID, form: Literal["pdf", "docx"] = "pdf") -> HttpResponse:
    """A 检查清单 as PDF or Word."""
    found = queries.paper(request.actor, paper_id)  # type: ignore[attr-defined]
    headers = {"Content-Disposition": papers.disposition(found, form)}
    return HttpResponse(papers.printed(found, form), content_type=papers.MEDIA_TYPES[form], headers=headers)


def _item(view: queries.ItemView) -> dict[str, Any]:
    item = view.item
    said = {name: getattr(item, name) for name in ("code", "title", "standard", "basis", "severity", "kind")}
    return {**said, "answer": dict(view.answer), "case_id": view.case_id, "case_number": view.case_number}
