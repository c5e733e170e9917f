"""Rounds as they were walked: lists, and one with its track, its photos and what was pointed out about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from bihuan.foundation import packs
from bihuan.foundation.actors import Actor
from bihuan.foundation.pages.keyset import Page, page
from bihuan.mechanisms.patrols import indicators, rules
from bihuan.mechanisms.patrols.models import Round, Stop
from bihuan.mechanisms.patrols.queries.today import school_among, sees_signals, span_of
from bihuan.mechanisms.risks.rules import PointStanding
from bihuan.mechanisms.risks.standing import standing

ORDER = ("-ended_at", "-id")


def rounds(
    viewer: Actor, *, school_id: UUID | None = None, route_id: UUID | None = None, by_id: UUID | None = None,
    result: str = "", noticed: bool = False, since: datetime | None = None, until: datetime | None = None,
    cursor: str = "", size: int = 25,
) -> Page:  # fmt: skip
    """One page of the rounds inside the viewer's net, the latest first. ``noticed``: only those with a signal, and only
    where the viewer may see them."""
    rows = Round.objects.visible_to(_watching(viewer) if noticed else viewer).select_related("route").defer("checks")
    if school_id:
        rows = rows.filter(school_id=school_id)
    if route_id:
        rows = rows.filter(route_id=route_id)
    if by_id:
        rows = rows.filter(by_id=by_id)
    if result in rules.RESULTS:
        rows = rows.filter(result=result)
    if noticed:
        rows = rows.exclude(signals=[])
    if since:
        rows = rows.filter(ended_at__gte=since)
    if until:
        rows = rows.filter(ended_at__lt=until)
    found = page(rows, order=ORDER, cursor=cursor, size=size)
    for row in found.rows:
        row.shown_signals = len(row.signals) if sees_signals(viewer, row) else 0
        row.result_word = rules.RESULTS[row.result]
    return found


def _watching(viewer: Actor) -> Actor:
    """The viewer with those holds alone that show signals (see ``sees_signals``); own rounds are always seen."""
    return replace(viewer, holds=tuple(hold for hold in viewer.holds if "see-net" in hold.acts))


@dataclass(frozen=True)
class Listing:
    """The list's page."""

    page: Page
    school_id: UUID | None
    schools: list[tuple[str, str]]
    filtered: bool


def listing(viewer: Actor, given: Mapping[str, str]) -> Listing:
    """The rounds as an address asks for them; what it says wrongly is not asked for."""
    school_id, schools = school_among(viewer, given.get("school", ""))
    asked = {name: _uuid(given.get(name, "")) for name in ("route", "by")}
    since = until = None
    if day := given.get("day", ""):
        try:
            since, until = span_of(datetime.fromisoformat(day).date())
        except ValueError:
            since = until = None
    found = rounds(
        viewer, school_id=school_id, route_id=asked["route"], by_id=asked["by"], result=given.get("result", ""),
        noticed=given.get("noticed") == "1", since=since, until=until, cursor=given.get("cursor", ""),
    )  # fmt: skip
    narrowed = any(given.get(name) for name in ("school", "route", "by", "result", "noticed", "day"))
    return Listing(found, school_id, schools, narrowed)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


@dataclass(frozen=True)
class Look:
    """One look of a round as its page shows it; ``name`` is empty for what is not the viewer's to know."""

    n: int
    name: str
    point_id: str
    at: datetime
    phone_at: datetime
    result: str
    how: str
    stands: str
    note: str
    photos: Sequence[dict[str, str]]
    hazard_id: str
    seconds: int
    away: int | None
    out_of_order: bool

    @property
    def counted(self) -> bool:
        """Whether it stood for a point of the school."""
        return not self.stands or self.stands == rules.STANDINGS["void"] or self.stands == rules.STANDINGS["off_route"]


@dataclass(frozen=True)
class Notice:
    """A signal with its name and what the person said about it."""

    code: str
    name: str
    words: str
    n: int | None
    value: int
    threshold: int
    answer: str
    answered_at: datetime | None


@dataclass(frozen=True)
class Track:
    """The way as far as positions are known, in a square of 100 × 100."""

    line: str
    dots: list[tuple[float, float, int]]


@dataclass(frozen=True)
class RoundPage:
    """One round with everything its page shows."""

    row: Round
    result: str
    post: str
    looks: list[Look]
    missing: list[str]
    notices: list[Notice] = field(default_factory=list)
    is_mine: bool = False
    sees_signals: bool = False
    track: Track | None = None

    @property
    def drift(self) -> str:
        """How far the phone's clock was off, in words; empty when it was right enough."""
        seconds = abs(self.row.drift_seconds)
        if seconds < 60:
            return ""
        size = (
            f"{seconds // 60} 分钟"
            if seconds < 7200
            else f"{seconds // 3600} 小时"
            if seconds < 172_800
            else f"{seconds // 86_400} 天"
        )
        return f"{'慢' if self.row.drift_seconds > 0 else '快'} {size}"


def round_page(viewer: Actor, pk: UUID) -> RoundPage:
    """One round inside the viewer's net or walked by them, or ``foundation.not_found``; two statements."""
    row: Round = Round.objects.select_related("route").seen(viewer, pk)
    ids = {UUID(one["point_id"]) for one in row.checks if one.get("point_id")}
    points, _ = standing(ids, ()) if ids else ({}, {})
    sees = sees_signals(viewer, row)
    looks = _looks(row, points)
    posts = packs.entries(row.bureau_id, "posts")
    return RoundPage(
        row=row,
        result=rules.RESULTS[row.result],
        post=posts.get(row.by_post, {}).get("name", ""),
        looks=looks,
        missing=_missing(row),
        notices=_notices(row) if sees else [],
        is_mine=row.by_id == viewer.id,
        sees_signals=sees,
        track=_track(row.checks),
    )


def _missing(row: Round) -> list[str]:
    """The points that are still to be walked after this part of a round."""
    if row.route_id is None or row.whole:
        return []
    left = Stop.objects.filter(route_id=row.route_id).exclude(point_id__in=[UUID(stop) for stop in row.covered])
    return list(left.order_by("n").values_list("point__name", flat=True))


def _looks(row: Round, points: Mapping[UUID, PointStanding]) -> list[Look]:
    found, last = [], None
    for one in sorted(row.checks, key=lambda one: (_moment(one["at"]), one["n"])):
        point = points.get(UUID(one["point_id"])) if one.get("point_id") else None
        own = point is not None and point.school_id == row.school_id
        away = None
        if own and point and point.lat is not None and point.lon is not None and _is_placed(one):
            away = round(rules.metres(one["lat"], one["lon"], point.lat, point.lon))
        ordered = row.route is not None and row.route.order == "ordered"
        found.append(
            Look(
                n=one["n"],
                name=point.name if own and point else "",
                point_id=one["point_id"] if own else "",
                at=_moment(one["at"]),
                phone_at=_moment(one.get("phone_at", one["at"])),
                result=rules.CHECKS[one["result"]],
                how=rules.HOW[one["how"]],
                stands=rules.STANDINGS[one.get("stands", "on_route")],
                note=one.get("note", ""),
                photos=[{"id": photo} for photo in one.get("evidence", ())],
                hazard_id=one.get("hazard_id") or "",
                seconds=one.get("seconds", 0),
                away=away,
                out_of_order=ordered and last is not None and one["n"] < last,
            )
        )
        last = one["n"]
    return found


def _moment(text: str) -> datetime:
    """A moment as a phone told it; rows that are older than the rule, or were taken in, may hold one that nothing can show."""
    return rules.reckonable(datetime.fromisoformat(text))


def _is_placed(one: Mapping[str, Any]) -> bool:
    """Whether the phone said where it was: a half of a place is none."""
    return one.get("lat") is not None and one.get("lon") is not None


def _notices(row: Round) -> list[Notice]:
    return [
        Notice(
            one["code"], indicators.SIGNALS[one["code"]], one["words"], one["n"], one["value"], one["threshold"],
            row.answered.get(one["code"], {}).get("words", ""),
            datetime.fromisoformat(row.answered[one["code"]]["at"]) if one["code"] in row.answered else None,
        )
        for one in row.signals
    ]  # fmt: skip


def _track(checks: Sequence[Mapping[str, Any]]) -> Track | None:
    """The walk drawn to scale, north above; nothing when fewer than two places are known."""
    ways = sorted(filter(_is_placed, checks), key=lambda one: _moment(one["at"]))
    known = [(one["lat"], one["lon"], one["n"]) for one in ways]
    if len(known) < 2:
        return None
    south, west = min(lat for lat, _, _ in known), min(lon for _, lon, _ in known)
    wide = rules.metres(south, west, south, max(lon for _, lon, _ in known))
    high = rules.metres(south, west, max(lat for lat, _, _ in known), west)
    scale = 88 / max(wide, high, 1)
    dots = [
        (
            round(6 + rules.metres(south, west, south, lon) * scale, 1),
            round(94 - rules.metres(south, west, lat, west) * scale, 1),
            n,
        )
        for lat, lon, n in known
    ]
    return Track(" ".join(f"{x},{y}" for x, y, _ in dots), dots)


def walked_since(viewer: Actor, at: datetime, days: int = 30) -> dict[str, Any]:
    """Selections for capped counts: rounds of the last days, those with a find, those with a signal."""
    since = at - timedelta(days=days)
    rows = Round.objects.visible_to(viewer).filter(ended_at__gte=since)
    noticed = Round.objects.visible_to(_watching(viewer)).filter(ended_at__gte=since).exclude(signals=[])
    return {"rounds": rows, "found": rows.filter(found_count__gt=0), "noticed": noticed}
