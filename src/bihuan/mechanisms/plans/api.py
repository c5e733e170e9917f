"""Emergency plans for machines. Writing is by commands (``/commands/plans.…``)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Schema

from bihuan.mechanisms.plans import queries

router = Router()


class ShelfLine(Schema):
    """A kind of plan and the plan that a school has of it; ``warning`` is soon or passed for an unfiled activity."""

    kind: str
    name: str
    required: bool
    plan_id: UUID | None
    activity_on: date | None
    version_id: UUID | None
    n: int | None
    filing: str
    warning: str


class ShelfLines(Schema):
    """A school's plans and activities."""

    org_id: UUID
    missing: int
    items: list[ShelfLine]


class VersionOut(Schema):
    """One version; it is frozen once ``published_at`` is set."""

    id: UUID
    n: int
    note: str
    digest: str
    made_at: datetime
    made_by_name: str
    published_at: datetime | None
    filing: str
    filed_at: datetime | None
    answered_at: datetime | None
    answer: str
    receipt: str
    revision: int


class KnowingOut(Schema):
    """Somebody who said that they know the version."""

    user_id: UUID
    user_name: str
    known_at: datetime


class PlanOut(Schema):
    """One plan: what is said by the version that is shown, all versions, who knows it and who does not yet."""

    id: UUID
    org_id: UUID
    org_name: str
    kind: str
    title: str
    activity_on: date | None
    place: str
    people: int
    state: str
    retired_for: str
    version: VersionOut
    content: dict[str, Any]
    versions: list[VersionOut]
    known: list[KnowingOut]
    left: list[str]
    warning: str


class FilingOut(Schema):
    """A version that was filed and waits for its receipt."""

    plan_id: UUID
    org_name: str
    title: str
    version_id: UUID
    n: int
    filed_at: datetime
    revision: int


class FilingList(Schema):
    """A page of filings and the cursor of the next (empty at the end)."""

    items: list[FilingOut]
    next: str


@router.get("/plans", response=ShelfLines, summary="A school's plans")
def list_plans(request: HttpRequest, org_id: UUID) -> Any:
    """The kinds that a school must have with what it has, then its activities, the latest first."""
    found = queries.shelf(request.actor, org_id)  # type: ignore[attr-defined]
    items = [
        {
            "kind": line.kind, "name": line.name, "required": line.required, "plan_id": line.plan and line.plan.pk,
            "activity_on": line.plan and line.plan.activity_on, "version_id": line.version and line.version.pk,
            "n": line.version and line.version.n, "filing": line.version.filing if line.version else "",
            "warning": line.warning,
        }
        for line in (*found.lines, *found.activities)
    ]  # fmt: skip
    return {"org_id": org_id, "missing": found.missing, "items": items}


@router.get("/plans/{id}", response=PlanOut, summary="One plan")
def get_plan(request: HttpRequest, id: UUID, n: int | None = Query(None, ge=1, le=10_000)) -> Any:
    """Without ``n`` the draft for those who write it, else the version in force."""
    found = queries.plan_page(request.actor, id, n=n)  # type: ignore[attr-defined]
    names = ("id", "org_id", "org_name", "kind", "title", "activity_on", "place", "people", "state", "retired_for")
    return {name: getattr(found.plan, name) for name in names} | {
        "version": found.version, "content": found.version.content, "versions": found.versions, "known": found.known,
        "left": found.left, "warning": found.warning,
    }  # fmt: skip


@router.get("/plan-filings", response=FilingList, summary="Plans that wait for their receipt, the oldest first")
def list_filings(
    request: HttpRequest, cursor: str = Query("", max_length=400), limit: int = Query(25, ge=1, le=200)
) -> Any:
    """Inside one's net."""
    found = queries.filings(request.actor, cursor=cursor, size=limit)  # type: ignore[attr-defined]
    items = [
        {
            "plan_id": row.plan_id, "org_name": row.plan.org_name, "title": row.plan.title, "version_id": row.pk,
            "n": row.n, "filed_at": row.filed_at, "revision": row.revision,
        }
        for row in found.rows
    ]  # fmt: skip
    return {"items": items, "next": found.next}
