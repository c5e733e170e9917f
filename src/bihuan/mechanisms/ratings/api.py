"""Ratings for machines. Writing is by commands (``/commands/ratings.…``)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Schema

from bihuan.mechanisms.ratings import queries

router = Router()


class RatingLine(Schema):
    """One rating in a list; ``state`` is open, published or cancelled (with the reason)."""

    id: UUID
    org_id: UUID
    org_name: str
    code: str
    title: str
    since: date
    until: date
    state: str
    opened_at: datetime
    published_at: datetime | None
    cancelled_at: datetime | None
    cancelled_for: str
    revision: int


class RatingList(Schema):
    """A page of ratings and the cursor of the next (empty at the end)."""

    items: list[RatingLine]
    next: str


class BandOut(Schema):
    """How many results lie in a band; there are none where so few would show who is who."""

    words: str
    count: int


class ScoreLine(Schema):
    """One result: of a person, or of a department; ``standing`` is none, waiting, kept or changed."""

    id: UUID
    name: str
    post_name: str
    total: Decimal | None
    standing: str
    acknowledged_at: datetime | None


class RatingOut(RatingLine):
    """One rating; ``scores`` is everybody's for whoever appraises there, else only the own one."""

    full: Decimal
    bands: list[BandOut]
    scores: list[ScoreLine]


@router.get("/ratings", response=RatingList, summary="Ratings, the latest first")
def list_ratings(
    request: HttpRequest, cursor: str = Query("", max_length=400), limit: int = Query(25, ge=1, le=200)
) -> Any:
    """Of the schools that one appraises or looks after."""
    found = queries.ratings(request.actor, cursor=cursor, size=limit)  # type: ignore[attr-defined]
    return {"items": found.rows, "next": found.next}


@router.get("/ratings/{id}", response=RatingOut, summary="One rating")
def get_rating(request: HttpRequest, id: UUID) -> Any:
    """With its spread, and the results that are this person's to see."""
    found = queries.rating_page(request.actor, id)  # type: ignore[attr-defined]
    line = {name: getattr(found.rating, name) for name in RatingLine.model_fields}
    return line | {
        "full": found.full, "bands": found.bands, "scores": found.scores or ([found.mine] if found.mine else []),
    }  # fmt: skip
