"""Risk points for machines. Writing is by commands (``/commands/risks.…``)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router, Schema

from bihuan.foundation import clock
from bihuan.mechanisms.risks import queries

router = Router()


class PointRow(Schema):
    """One point of a list."""

    id: UUID
    number: str
    code: str
    name: str
    kind: str
    place: str
    colour: str
    shown_colour: str
    shown_reasons: list[str]
    open_hazards: int
    overdue_hazards: int
    missed_rounds: int
    org_id: UUID
    school_id: UUID | None
    school_name: str
    owner_id: UUID | None
    owner_post: str
    cadence: str
    checked_at: datetime | None
    review_on: date | None
    revision: int


class PointList(Schema):
    """A page of points and the cursor of the next (empty at the end)."""

    items: list[PointRow]
    next: str


class KeeperOut(Schema):
    """Somebody who must act on a point; an empty name is a gap."""

    tier: str
    post: str
    name: str
    main: bool


class PointOut(PointRow):
    """One point with its frozen score, its measures and its keepers."""

    is_active: bool
    method: str
    factors: dict[str, Any]
    hazard_source: str
    accident: str
    measures: dict[str, str]
    scored_on: date | None
    keepers: list[KeeperOut]


class ColourCount(Schema):
    """How many points of one colour."""

    code: str
    count: int


class CatalogueEntry(Schema):
    """A ready-made point that fits a school; ``state`` is empty, ``adopted`` or ``voided``."""

    code: str
    state: str
    entry: dict[str, Any]


@router.get("/points", response=PointList, summary="Risk points in use, the reddest first")
def list_points(
    request: HttpRequest,
    school: UUID | None = None,
    colour: Literal["", "red", "orange", "yellow", "blue"] = "",
    now: Literal["", "red", "orange", "yellow", "blue"] = "",
    kind: str = "",
    q: str = "",
    cursor: str = "",
    limit: int = Query(25, ge=1, le=200),
) -> Any:
    """Inside my net: of a school, an inherent colour, a colour shown ``now``, a kind, by words in name, place or number."""
    page = queries.points(
        request.actor, school_id=school, colour=colour, now=now, kind=kind, q=q, cursor=cursor, size=limit
    )  # type: ignore[attr-defined]
    return {"items": page.rows, "next": page.next}


@router.get("/points/colours", response=list[ColourCount], summary="How many points of each colour")
def count_colours(request: HttpRequest, school: UUID | None = None, inherent: bool = False) -> Any:
    """The four-colour strip of my net, or of one school in it: as shown today, or as inherent."""
    return queries.colours_of(request.actor, school_id=school, inherent=inherent)  # type: ignore[attr-defined]


@router.get("/points/catalogue", response=list[CatalogueEntry], summary="Ready-made points that fit a school")
def list_catalogue(request: HttpRequest, school: UUID) -> Any:
    """What ``risks.adopt_points`` may take over for this school."""
    return queries.catalogue(request.actor, school)[1]  # type: ignore[attr-defined]


@router.get("/points/{id}", response=PointOut, summary="One risk point")
def get_point(request: HttpRequest, id: UUID) -> Any:
    """Voided ones too (``is_active`` is false)."""
    page = queries.point(request.actor, id, on=timezone.localdate(clock.now()))  # type: ignore[attr-defined]
    return {field: getattr(page.point, field) for field in PointOut.model_fields if field != "keepers"} | {
        "keepers": page.keepers
    }
