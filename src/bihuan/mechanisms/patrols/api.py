"""Patrols for machines. Writing is by commands (``/commands/patrols.…``)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import AwareDatetime

from bihuan.foundation import clock
from bihuan.mechanisms.patrols import queries

router = Router()


class WindowOut(Schema):
    """A part of the day in which one round is due."""

    name: str = ""
    since: str
    until: str


class RouteRow(Schema):
    """One route of a list."""

    id: UUID
    school_id: UUID | None
    school_name: str
    code: str
    name: str
    order: str
    post: str
    assignee_id: UUID | None
    cadence: dict[str, Any]
    windows: list[WindowOut]
    grace_minutes: int
    least_seconds: int | None
    revision: int


class RouteList(Schema):
    """A page of routes and the cursor of the next (empty at the end)."""

    items: list[RouteRow]
    next: str


class StopOut(Schema):
    """One point of a route."""

    n: int
    point_id: UUID
    name: str
    number: str
    place: str


class RouteOut(RouteRow):
    """One route with its points in order."""

    is_active: bool
    stops: list[StopOut]


class RoundRow(Schema):
    """One round of a list; ``signals`` is how many the reader may see."""

    id: UUID
    school_id: UUID | None
    school_name: str
    route_id: UUID | None
    task_id: UUID | None
    by_id: UUID
    by_name: str
    by_post: str
    started_at: datetime
    ended_at: datetime
    received_at: datetime
    drift_seconds: int
    result: str
    whole: bool
    handed_over: bool
    found_count: int
    typed_count: int
    stops_count: int
    seconds: int
    spent_seconds: int
    signals: int


class RoundList(Schema):
    """A page of rounds and the cursor of the next (empty at the end)."""

    items: list[RoundRow]
    next: str


class LookOut(Schema):
    """One look of a round; ``stands`` is empty when the code was that of a point of the route."""

    n: int
    point_id: str
    name: str
    at: datetime
    phone_at: datetime
    result: str
    how: str
    stands: str
    note: str
    hazard_id: str
    seconds: int
    away: int | None


class SignalOut(Schema):
    """Something that was pointed out, with what the person said about it."""

    code: str
    name: str
    words: str
    n: int | None
    value: int
    threshold: int
    answer: str


class RoundOut(RoundRow):
    """One round with its looks."""

    note: str
    looks: list[LookOut]
    missing: list[str]
    notices: list[SignalOut]


class HandoverOut(Schema):
    """A hand-over that the reader may take over now."""

    id: UUID
    org_id: UUID
    school_name: str
    from_name: str
    to_id: UUID | None
    items: list[dict[str, Any]]
    note: str
    handed_at: datetime


class ShareOut(Schema):
    """Rounds walked of those due in a week: of a route, of a school, or of all."""

    name: str
    due: int
    walked: int
    late: int
    missed: int
    excused: int
    percent: int | None


class WeekOut(Schema):
    """Coverage of a week."""

    monday: str
    whole: ShareOut
    shares: list[ShareOut]


@router.get("/patrol-routes", response=RouteList, summary="Routes in use")
def list_routes(
    request: HttpRequest, school: UUID | None = None, cursor: str = "", limit: int = Query(50, ge=1, le=200)
) -> Any:
    """Inside my net, by name."""
    page = queries.routes(request.actor, school_id=school, cursor=cursor, size=limit)  # type: ignore[attr-defined]
    return {"items": page.rows, "next": page.next}


@router.get("/patrol-routes/{id}", response=RouteOut, summary="One route with its points")
def get_route(request: HttpRequest, id: UUID) -> Any:
    """Ended ones too (``is_active`` is false)."""
    row, stops = queries.route(request.actor, id)  # type: ignore[attr-defined]
    told = [
        {
            "n": stop["n"],
            "point_id": stop["point_id"],
            **{name: stop[f"point__{name}"] for name in ("name", "number", "place")},
        }
        for stop in stops
    ]
    return {name: getattr(row, name) for name in RouteOut.model_fields if name != "stops"} | {"stops": told}


@router.get("/rounds", response=RoundList, summary="Rounds as they were walked, the latest first")
def list_rounds(
    request: HttpRequest,
    school: UUID | None = None,
    route: UUID | None = None,
    by: UUID | None = None,
    result: Literal["", "normal", "found", "late", "double", "wrong_place", "free"] = "",
    noticed: bool = False,
    since: AwareDatetime | None = None,
    until: AwareDatetime | None = None,
    cursor: str = "",
    limit: int = Query(25, ge=1, le=200),
) -> Any:
    """Inside my net or walked by me; ``noticed`` only those about which something was pointed out."""
    page = queries.rounds(
        request.actor, school_id=school, route_id=route, by_id=by, result=result, noticed=noticed, since=since,  # type: ignore[attr-defined]
        until=until, cursor=cursor, size=limit,
    )  # fmt: skip
    return {"items": [_row(one, one.shown_signals) for one in page.rows], "next": page.next}


@router.get("/rounds/{id}", response=RoundOut, summary="One round with its looks and what was pointed out")
def get_round(request: HttpRequest, id: UUID) -> Any:
    """Signals only for the person concerned and those who watch over the school."""
    found = queries.round_page(request.actor, id)  # type: ignore[attr-defined]
    return {
        **_row(found.row, len(found.notices)),
        "note": found.row.note,
        "looks": found.looks,
        "missing": found.missing,
        "notices": found.notices,
    }


def _row(row: Any, signals: int) -> dict[str, Any]:
    return {name: getattr(row, name) for name in RoundRow.model_fields if name != "signals"} | {"signals": signals}


@router.get("/handovers/waiting", response=list[HandoverOut], summary="Shifts that I may take over")
def list_handovers(request: HttpRequest) -> Any:
    """Handed to me, or to whoever comes next where I serve."""
    return queries.handovers_waiting(request.actor, clock.now())  # type: ignore[attr-defined]


@router.get("/patrol-weeks", response=WeekOut, summary="Rounds walked of those due in a week")
def get_week(request: HttpRequest, week: str = "", school: str = "") -> Any:
    """``week`` is any date in it; of one school by route, else by school."""
    found = queries.week(request.actor, {"week": week, "school": school}, at=clock.now())  # type: ignore[attr-defined]
    return {"monday": found.monday.isoformat(), "whole": found.whole, "shares": found.shares}
