"""The pure law of rounds: what a scan stands for, what a walk covers, how it is judged, what its clock is worth."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from math import asin, ceil, cos, radians, sin, sqrt
from typing import Annotated, Any, Literal, NamedTuple
from uuid import UUID

import msgspec
from msgspec import Meta

from bihuan.foundation.actors import Placed
from bihuan.mechanisms.risks.rules import LabelStanding, PointStanding

RESULTS: Mapping[str, str] = {
    "normal": "正常",
    "found": "发现问题",
    "late": "迟巡",
    "double": "重复巡查",
    "wrong_place": "点位不符",
    "free": "随手巡查",
}
TASK_STATES: Mapping[str, str] = {
    "open": "待巡",
    "done": "已巡",
    "late": "迟巡",
    "missed": "漏巡",
    "excused": "免巡",
}
HOW: Mapping[str, str] = {"scan": "扫码", "nfc": "碰一碰", "typed": "输入编号", "chosen": "从列表选"}
CHECKS: Mapping[str, str] = {"normal": "正常", "found": "有问题", "skipped": "没有查"}
ORDERS: Mapping[str, str] = {"ordered": "按顺序走", "free": "不分先后"}
STANDINGS: Mapping[str, str] = {
    "on_route": "",
    "off_route": "不在这条路线上",
    "wrong_place": "不是本校的点位",
    "void": "标签已作废",
    "unknown": "不是系统印发的码",
}
CADENCES: Mapping[str, Mapping[str, Any] | None] = {
    "shift": {"every": "day"},
    "daily": {"every": "school-day"},
    "weekly": {"every": "week"},
    "monthly": {"every": "month"},
    "quarterly": {"every": "quarter"},
    "termly": {"every": "term"},
    "each-use": None,
}
"""How often a colour asks for a look (risks.yaml) as the calendar rule of a duty; at each use is no calendar's matter."""
ITEM_STATES: Mapping[str, str] = {"ok": "齐全完好", "missing": "缺少", "broken": "损坏"}
COUNTS = frozenset({"on_route", "off_route", "void"})
"""Scans that show that somebody stood at a point of the school: an old label still hangs where it hung."""

How = Literal["scan", "nfc", "typed", "chosen"]
Look = Literal["normal", "found", "skipped"]
Standing = Literal["on_route", "off_route", "wrong_place", "void", "unknown"]

AHEAD = timedelta(minutes=5)
"""A walk that ends later than this after it was received has a clock that lies."""
OLDEST = timedelta(days=60)
"""No phone keeps a round that long: an older time is a clock that was never set."""
EARLY = timedelta(minutes=10)
"""So long before its window a round may end and still do its task: the phone offers it from then on (``WINDOW_BEFORE`` in
frontend/src/phone/rounds.js), and a guard who comes before the gate opens is not one who missed it."""
FIRST, LAST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
"""A moment outside of these is moved to the nearer one, for it cannot be reckoned with. A clock that was never set (1970)
lies between them: how long was between two looks is true on it too."""
EARTH = 6_371_008.8
"""Mean radius in metres."""
DEGREE = 111_200
"""Metres of a degree of latitude, rounded up."""


class Check(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True, kw_only=True):
    """One look at one point as the phone sent it; ``at`` is the phone's own clock, ``seconds`` its foreground time.

    The limits hold where it is read from JSON (``commands.reading``), and are those of ``commands.CheckIn``. The fields stand
    in the order of the alphabet, for their digest (``foundation.commands.Reading``).
    """

    accuracy: Annotated[float, Meta(ge=0, le=1e7)] | None = None
    at: Annotated[datetime, Meta(tz=True)]
    code: Annotated[str, Meta(max_length=300)] = ""
    evidence: Annotated[tuple[UUID, ...], Meta(max_length=9)] = ()
    hazard_id: UUID | None = None
    how: How
    lat: Annotated[float, Meta(ge=-90, le=90)] | None = None
    lon: Annotated[float, Meta(ge=-180, le=180)] | None = None
    n: Annotated[int, Meta(ge=1, le=500)]
    note: Annotated[str, Meta(max_length=300)] | None = ""
    point_id: UUID | None = None
    result: Look
    seconds: Annotated[int, Meta(ge=0, le=864_000)] = 0


def reckonable(moment: datetime) -> datetime:
    """A moment as a phone said it, or the nearest that can be reckoned with."""
    return moment if FIRST.year < moment.year < LAST.year else min(max(moment, FIRST), LAST)


def sound(look: Check) -> Check:
    """A look as it was sent, with a moment that can be reckoned with, and not with half of a position."""
    half = (look.lat is None) != (look.lon is None)
    if not half and FIRST.year < look.at.year < LAST.year:
        return look
    at = reckonable(look.at)
    return msgspec.structs.replace(look, at=at, lat=None if half else look.lat, lon=None if half else look.lon)


class Kept(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A look as a round keeps it in JSON: ``stands`` for what the code was, ``phone_at`` the phone's own time when it was
    another. What goes without saying is left out."""

    n: int
    how: How
    result: Look
    at: datetime
    seconds: int
    phone_at: datetime | None = None
    stands: Standing = "on_route"
    point_id: str = ""
    code: str = ""
    lat: float | None = None
    lon: float | None = None
    accuracy: float | None = None
    evidence: tuple[UUID, ...] = ()
    hazard_id: UUID | None = None
    note: str = ""


class Judged(msgspec.Struct, frozen=True, gc=False):
    """A look with what its code stands for: ``spot`` is the point that was really before the person.

    ``at`` is corrected by the drift. ``walked``: somebody stood at a point of the school and looked.
    """

    check: Check
    standing: Standing
    spot: PointStanding | None
    at: datetime
    walked: bool

    @property
    def point_id(self) -> UUID | None:
        """The point that was really before the person."""
        return self.spot.id if self.spot else None

    def kept(self) -> Kept:
        """How a round keeps it."""
        one = self.check
        return Kept(
            one.n, one.how, one.result, self.at, one.seconds, None if one.at is self.at else one.at, self.standing,
            self.spot.text if self.spot else "", one.code, one.lat, one.lon, one.accuracy, one.evidence, one.hazard_id, one.note or "",
        )  # fmt: skip


class Stand(NamedTuple):
    """What a code or a chosen point stands for on a route; ``bit`` is its place in the route's order, 0 off the route."""

    standing: Standing
    spot: PointStanding | None = None
    bit: int = 0


UNKNOWN = Stand("unknown")


class Track(tuple[UUID, ...]):  # noqa: SLOT001 - what is reckoned is remembered
    """The stops of a route in its order. What is reckoned of them is reckoned once: a route has the same stops every day."""

    @cached_property
    def bits(self) -> dict[int, int]:
        """The bit of each stop, by the id's number: an id is hashed by Python, a number by C."""
        return {stop.int: 1 << n for n, stop in enumerate(self)}

    @cached_property
    def all(self) -> int:
        """The bits of all stops."""
        return (1 << len(self)) - 1

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """The stops as they are kept in JSON."""
        return tuple(map(msgspec.to_builtins, self))


class Terrain:
    """What codes and points stand for where people walk: found out once for each, however many looks name it."""

    def __init__(
        self,
        school_id: UUID | None,
        stops: Sequence[UUID],
        spots: Mapping[UUID, PointStanding],
        labels: Mapping[str, LabelStanding],
    ) -> None:
        self._track = stops if isinstance(stops, Track) else Track(stops)
        self.all, self._bits = self._track.all, self._track.bits
        self._school_id, self._spots, self._labels = school_id, spots, labels
        self._codes: dict[str, Stand] = {}

    def stand(self, check: Check) -> Stand:
        """The code decides, not what the phone says it was for; without a code, the chosen point."""
        if check.code and check.result != "skipped":
            found = self._codes.get(check.code)
            if found is None:
                found = self._codes[check.code] = self._of_code(check.code)
            return found
        spot = self._spots.get(check.point_id) if check.point_id else None
        return self._at(spot) if spot else UNKNOWN

    def _of_code(self, code: str) -> Stand:
        label = self._labels.get(code)
        return self._at(label.spot, void=label.state == "void") if label else UNKNOWN

    def _at(self, spot: PointStanding, *, void: bool = False) -> Stand:
        if spot.school_id != self._school_id:
            return Stand("wrong_place", spot)
        bit = self._bits.get(spot.id.int, 0)
        if void:
            return Stand("void", spot, bit)
        return Stand("on_route" if bit or not self._track else "off_route", spot, bit)

    def bits(self, points: Iterable[UUID]) -> int:
        """Those of the points that are stops, as a set of bits."""
        found = 0
        for point in points:
            found |= self._bits.get(point.int, 0)
        return found

    def stops(self, bits: int) -> tuple[UUID, ...]:
        """The stops of a set of bits, in the route's order."""
        if bits == self.all:
            return self._track
        return tuple(stop for n, stop in enumerate(self._track) if bits >> n & 1)

    def texts(self, bits: int) -> tuple[str, ...]:
        """The stops of a set of bits as they are kept in JSON."""
        if bits == self.all:
            return self._track.texts
        return tuple(text for n, text in enumerate(self._track.texts) if bits >> n & 1)


def counts_for(task: Any, place: Placed, route_id: UUID | None, ended_at: datetime) -> bool:
    """Whether a walk along a route counts for a task, whole or in part: it is this route's task, nobody has excused it, and
    it was its time.

    What ended after the closing makes up for nothing, however late or soon the sweep marks the task as missed.
    """
    here = (place.bureau_id, place.school_id, route_id) == (task.bureau_id, task.school_id, task.subject_id)
    wanted = here and route_id is not None and task.state != "excused"
    return wanted and task.opens_at - EARLY <= ended_at <= task.closes_at


def looked_at(checks: Iterable[Mapping[str, Any]]) -> list[str]:
    """The points that a round as it was kept really looked at, and did not leave out."""
    return [
        one["point_id"]
        for one in checks
        if one.get("stands", "on_route") in COUNTS and one["result"] != "skipped" and one.get("point_id")
    ]


def is_whole(
    stops: Collection[str],
    covered: Iterable[Iterable[str]],
    checks: Iterable[Iterable[Mapping[str, Any]]],
    least_percent: int,
) -> bool:
    """``Walk.whole`` for rounds as they were kept: whether several parts of one task cover its route together."""
    done = {stop for part in covered for stop in part}
    looked = {point for part in checks for point in looked_at(part)}
    wanted = set(stops)
    return bool(wanted) and wanted <= done and len(looked & wanted) >= ceil(len(wanted) * least_percent / 100)


def result_of(
    standings: Collection[str], *, found: bool, has_route: bool, covered: bool,
    task: Literal["", "done", "late", "double"] = "",
) -> str:  # fmt: skip
    """One word for a round (see ``RESULTS``) with these standings among its looks. *found*: somewhere something was wrong;
    *task* is what became of the task that it was walked for.

    Somebody was first: double. A code of elsewhere (or of nobody) that leaves the route uncovered: wrong place.
    """
    if task == "double":
        return "double"
    if ("wrong_place" in standings or "unknown" in standings) and not (has_route and covered):
        return "wrong_place"
    if not has_route:
        return "free"
    if task == "late":
        return "late"
    return "found" if found else "normal"


class Times(msgspec.Struct, frozen=True):
    """When a round was walked, as far as the phone's clock can be believed; ``credible`` is whether it can."""

    started_at: datetime
    ended_at: datetime
    credible: bool = True


def times(started: datetime, ended: datetime, *, drift: timedelta, received: datetime) -> Times:
    """The phone's times corrected by its *drift*. What cannot have been (in the future, months ago, ended before it began)
    is moved to the nearest moment that can, and said not to be credible; the phone's own words stay in the checks."""
    start, end = started + drift, ended + drift
    credible = start <= end <= received + AHEAD and start >= received - OLDEST
    end = min(max(end, received - OLDEST), received)
    start = min(max(start, received - OLDEST), end)
    return Times(start, end, credible)


def metres(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """The distance between two positions on the ground (haversine), in metres."""
    up = sin(radians(other_lat - lat) / 2) ** 2
    side = sin(radians(other_lon - lon) / 2) ** 2 * cos(radians(lat)) * cos(radians(other_lat))
    return 2 * EARTH * asin(min(1.0, sqrt(up + side)))


def at_most(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Metres that two positions are surely not farther apart than: along the meridian, then as if along the equator.

    Nearly every look is where it should be, and this tells without trigonometry."""
    return DEGREE * (abs(other_lat - lat) + abs(other_lon - lon))


class Context(msgspec.Struct, frozen=True):
    """Everything about one round that was read and not sent. Judging is pure from here on.

    ``stops``: the points of the route in its order. ``before``: stops that earlier parts of the same task account for,
    ``looked``: those of them that were really looked at.
    ``clean_streak``: how many rounds in a row before this one the person walked without finding anything. ``terrain`` is
    made of the rest; rounds of one route share it.
    """

    school_id: UUID | None
    stops: tuple[UUID, ...] = ()
    least_seconds: int | None = None
    spots: Mapping[UUID, PointStanding] = {}
    labels: Mapping[str, LabelStanding] = {}
    before: frozenset[UUID] = frozenset()
    looked: frozenset[UUID] = frozenset()
    clean_streak: int = 0
    terrain: Terrain = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        if not self.terrain:
            terrain = Terrain(self.school_id, self.stops, self.spots, self.labels)
            msgspec.structs.force_setattr(self, "terrain", terrain)

    def after(self, before: frozenset[UUID], looked: frozenset[UUID], clean_streak: int) -> Context:
        """The same place for a round with a history."""
        return Context(
            self.school_id, self.stops, self.least_seconds, self.spots, self.labels, before, looked, clean_streak,
            self.terrain,
        )  # fmt: skip


class Walk(msgspec.Struct, frozen=True):
    """A round weighed: its looks, its times, the stops it accounts for (``seen``; ``looked``: those that it really looked
    at), and whether its route is whole with it.

    ``standings`` are those of its looks, ``found`` at how many points something was wrong, ``typed`` how many were not scanned, ``spots`` where somebody looked,
    each once, ``left`` how many stops nobody has accounted for yet; ``context`` is what it was weighed by.
    """

    looks: tuple[Judged, ...]
    standings: frozenset[Standing]
    times: Times
    seen: int
    looked: int
    whole: bool
    found: int
    typed: int
    spots: tuple[PointStanding, ...]
    left: int
    context: Context

    @property
    def covered(self) -> tuple[UUID, ...]:
        """The stops that its looks account for: looked at, or left out with a word why; in the route's order."""
        return self.context.terrain.stops(self.seen)

    @property
    def walked(self) -> list[UUID]:
        """The points somebody looked at, each once."""
        return [spot.id for spot in self.spots]

    @property
    def seconds(self) -> int:
        """From the first look (or the start) to the end."""
        return int((self.times.ended_at - self.times.started_at).total_seconds())


def weighed(
    checks: Iterable[Check],
    context: Context,
    *,
    times: Times,
    drift: timedelta = timedelta(0),
    least_percent: int = 100,
) -> Walk:
    """Judge a whole round: nothing here reads a clock or a table, so that one round and a batch of many come out alike.

    Its route is whole when every stop is accounted for (by these looks or *before*), and at least *least_percent* of the
    stops were really looked at (now or before). Sets of stops are bits here.
    """
    terrain = context.terrain
    looks: list[Judged] = []
    spots: dict[PointStanding, None] = {}
    seen = looked = found = typed = 0
    for check in checks:
        standing, spot, bit = terrain.stand(check)
        counts, skipped = standing in COUNTS, check.result == "skipped"
        walked = counts and not skipped
        looks.append(Judged(check, standing, spot, check.at + drift if drift else check.at, walked))
        if walked and spot:
            spots[spot] = None
            looked |= bit
            seen |= bit
        elif counts and len(check.note or "") >= 2:
            seen |= bit
        if not skipped:
            found += check.result == "found"
            typed += check.how in ("typed", "chosen")
    before = terrain.bits(context.before)
    left = terrain.all & ~(seen | before)
    enough = (looked | terrain.bits(context.looked)).bit_count() >= ceil(len(context.stops) * least_percent / 100)
    whole = bool(terrain.all) and not left and enough
    standings = frozenset([look.standing for look in looks])
    return Walk(
        tuple(looks), standings, times, seen, looked, whole, found, typed, tuple(spots), left.bit_count(), context
    )


def chosen(
    points: Sequence[Any],
    *,
    catalogue: Sequence[str] = (),
    places: Sequence[str] = (),
    kinds: Sequence[str] = (),
    colours: Sequence[str] = (),
) -> list[UUID]:
    """The points that a ready-made route asks for, in the order in which it names them: by catalogue code, place, kind,
    colour; each once."""
    found: dict[UUID, None] = {}
    for name, wanted in (("catalogue", catalogue), ("place", places), ("kind", kinds), ("colour", colours)):
        for word in wanted:
            found.update((point.id, None) for point in points if getattr(point, name) == word)
    return list(found)


def due_word(state: str, opens_at: datetime, due_at: datetime, at: datetime) -> str:
    """What a round that is due is called at a moment."""
    if state != "open":
        return TASK_STATES[state]
    if at < opens_at:
        return "未到时间"
    return "待巡" if at <= due_at else "过时未巡"


def with_windows(windows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The windows in words: ``早高峰 07:10–07:50``; one that ends after midnight says so."""
    return [
        f"{one.get('name') or ''} {one['since']}–{'次日 ' if one['until'] <= one['since'] else ''}{one['until']}".strip()
        for one in windows
    ]
