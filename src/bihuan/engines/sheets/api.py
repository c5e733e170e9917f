"""Reading checklists and submissions by machine. Writing is by command (``POST /api/v1/commands/sheets.…``)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import Field

from bihuan.engines.sheets import queries
from bihuan.foundation import clock

router = Router()


class VersionLine(Schema):
    """A version without its content."""

    id: UUID
    sheet_id: UUID
    version: str
    state: str
    item_count: int
    digest: str
    note: str
    effective_on: date | None
    published_at: datetime | None
    revision: int


class SheetLine(Schema):
    """A checklist: what is in force today, what is published for later, what is being drafted."""

    id: UUID
    code: str
    title: str
    purpose: str
    current: VersionLine | None
    coming: list[VersionLine]
    drafts: list[VersionLine]


class SheetLines(Schema):
    """Every checklist of the bureau."""

    items: list[SheetLine]


class VersionLines(Schema):
    """Every version of one checklist."""

    items: list[VersionLine]


class VersionWhole(VersionLine):
    """A version with its sections and items, as it is stored."""

    content: dict[str, Any]


class ChangedField(Schema):
    """One field of an item that says something else."""

    field: str
    before: str
    after: str


class ChangedItem(Schema):
    """An item that stayed and changed."""

    code: str
    title: str
    changes: list[ChangedField]


class Comparison(Schema):
    """What differs between two versions."""

    words: str
    added: list[str]
    removed: list[str]
    moved: list[str]
    changed: list[ChangedItem]


class SubmissionLine(Schema):
    """What was filled in."""

    id: UUID
    version_id: UUID
    org_id: UUID
    state: str
    asked_count: int
    passed: int
    failed: int
    not_applicable: int
    by_name: str
    started_at: datetime
    submitted_at: datetime | None
    revision: int


class SubmissionLines(Schema):
    """A page of submissions; ``next`` is the cursor of the page after it."""

    items: list[SubmissionLine]
    next: str


class SubmissionWhole(SubmissionLine):
    """A submission with its answers."""

    answers: dict[str, Any]
    asked: list[str] | None


class Paging(Schema):
    """Where a page begins, and how long it is."""

    cursor: str = Field("", max_length=200)
    limit: int = Field(25, ge=1, le=200)


@router.get("/sheets", response=SheetLines, summary="检查清单", operation_id="sheets.list")
def sheets(request: HttpRequest) -> dict[str, Any]:
    """The checklists of the caller's bureau."""
    lines = queries.sheet_lines(request.actor, on=timezone.localdate(clock.now()))  # type: ignore[attr-defined]
    items = [
        {
            "id": line.sheet.pk, "code": line.sheet.code, "title": line.sheet.title, "purpose": line.sheet.purpose,
            "current": line.current, "coming": list(line.coming), "drafts": list(line.drafts),
        }
        for line in lines
    ]  # fmt: skip
    return {"items": items}


@router.get("/sheets/{sheet_id}/versions", response=VersionLines, summary="清单的版本", operation_id="sheets.versions")
def versions(request: HttpRequest, sheet_id: UUID) -> dict[str, Any]:
    """Every version, drafts first, then the newest."""
    return {"items": queries.versions(request.actor, sheet_id)[1]}  # type: ignore[attr-defined]


@router.get("/sheets/{sheet_id}", response=VersionWhole, summary="在用的清单", operation_id="sheets.get")
def sheet(request: HttpRequest, sheet_id: UUID) -> Any:
    """The version in force today with its items."""
    return queries.version_view(request.actor, sheet_id=sheet_id, on=timezone.localdate(clock.now())).version  # type: ignore[attr-defined]


@router.get(
    "/sheet-versions/{version_id}", response=VersionWhole, summary="清单的一个版本", operation_id="sheets.version"
)
def version(request: HttpRequest, version_id: UUID) -> Any:
    """One version with its items, draft or published."""
    return queries.version_by_id(request.actor, version_id).version  # type: ignore[attr-defined]


@router.get(
    "/sheet-versions/{version_id}/compare/{other_id}",
    response=Comparison,
    summary="比较两个版本",
    operation_id="sheets.compare",
)
def compare(request: HttpRequest, version_id: UUID, other_id: UUID) -> dict[str, Any]:
    """What is different in ``other_id``."""
    _, _, found = queries.difference(request.actor, old_id=version_id, new_id=other_id)  # type: ignore[attr-defined]
    return {
        "words": found.words,
        "added": [item.code for item in found.added],
        "removed": [item.code for item in found.removed],
        "moved": list(found.moved),
        "changed": [
            {"code": one.after.code, "title": one.after.title, "changes": list(one.changes)} for one in found.changed
        ],
    }


@router.get("/submissions", response=SubmissionLines, summary="填报", operation_id="submissions.list")
def submissions(request: HttpRequest, asked: Query[Paging]) -> dict[str, Any]:
    """What was filled in inside the caller's net, newest first."""
    page = queries.submissions(request.actor, cursor=asked.cursor, size=asked.limit)  # type: ignore[attr-defined]
    return {"items": page.rows, "next": page.next}


@router.get(
    "/submissions/{submission_id}", response=SubmissionWhole, summary="一份填报", operation_id="submissions.get"
)
def submission(request: HttpRequest, submission_id: UUID) -> Any:
    """One submission with its answers."""
    return queries.submission(request.actor, submission_id)  # type: ignore[attr-defined]
