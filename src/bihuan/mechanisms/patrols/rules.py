"""The pure law of rounds: what a scan stands for, what a walk covers, how it is judged, what its clock is worth."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from math import asin, ceil, cos, radians, sin, sqrt
from typing import Any, Literal, NamedTuple
from uuid import UUID

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
LabelState = Literal["in_force", "void", "unknown", "forged"]

AHEAD = timedelta(minutes=5)
"""A walk that ends later than this after it was received has a clock that lies."""
OLDEST = timedelta(days=60)
"""No phone keeps a round that long: an older time is a clock that was never set."""
EARTH = 6_371_008.8
"""Mean radius in metres."""
DEGREE = 111_200
"""Metres of a degree of latitude, rounded up."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A risk point as far as a round needs it; the position is where its label was posted, when that is known."""

    id: UUID
    school_id: UUID | None
    name: str = ""
    lat: float | None = None
    lon: float | None = None
    text: str = field(init=False)
    """its id as it is kept in JSON"""

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", str(self.id))


@dataclass(frozen=True, slots=True)
class Label:
    """What is known about a scanned code: its state and the point it was printed for."""

    state: LabelState
    point_id: UUID | None = None


class Check(NamedTuple):
    """One look at one point as the phone sent it; ``at`` is the phone's own clock, ``seconds`` its foreground time."""

    n: int
    point_id: UUID | None
    code: str
    how: How
    result: Look
    at: datetime
    lat: float | None = None
    lon: float | None = None
    accuracy: float | None = None
    seconds: int = 0
    evidence: tuple[UUID, ...] = ()
    hazard_id: UUID | None = None
    note: str = ""


class Judged(NamedTuple):
    """A look with what its code stands for: ``spot`` is the point that was really before the person.

    ``at`` is corrected by the drift. ``walked``: somebody stood at a point of the school and looked.
    """

    check: Check
    standing: Standing
    spot: Spot | None
    at: datetime
    walked: bool

    @property
    def point_id(self) -> UUID | None:
        """The point that was really before the person."""
        return self.spot.id if self.spot else None

    def as_json(self) -> dict[str, Any]:
        """How a round keeps it: what was sent, ``stands`` for what the code was, and both times."""
        one = self.check
        kept: dict[str, Any] = {"n": one.n}
        if self.spot:
            kept["point_id"] = self.spot.text
        if one.code:
            kept["code"] = one.code
        phone_at = one.at.isoformat()
        kept |= {
            "how": one.how, "result": one.result, "at": phone_at if self.at is one.at else self.at.isoformat(),
            "phone_at": phone_at, "stands": self.standing,
        }  # fmt: skip
        if one.lat is not None:
            kept["lat"] = one.lat
        if one.lon is not None:
            kept["lon"] = one.lon
        if one.accuracy is not None:
            kept["accuracy"] = one.accuracy
        kept["seconds"] = one.seconds
        if one.evidence:
            kept["evidence"] = [str(photo) for photo in one.evidence]
        if one.hazard_id:
            kept["hazard_id"] = str(one.hazard_id)
        if one.note:
            kept["note"] = one.note
        return kept


def judged(
    check: Check,
    *,
    stops: Collection[UUID],
    school_id: UUID | None,
    spots: Mapping[UUID, Spot],
    labels: Mapping[str, Label],
    drift: timedelta = timedelta(0),
) -> Judged:
    """What one look is worth. The code decides, not what the phone says it was for; without a code, the chosen point."""
    at = check.at + drift if drift else check.at
    point_id = check.point_id
    standing: Standing
    void = False
    if check.code and check.result != "skipped":
        label = labels.get(check.code, Label("unknown"))
        if label.state in ("unknown", "forged") or label.point_id is None:
            return Judged(check, "unknown", None, at, walked=False)
        point_id, void = label.point_id, label.state == "void"
    spot = spots.get(point_id) if point_id else None
    if spot is None:
        return Judged(check, "unknown", None, at, walked=False)
    if spot.school_id != school_id:
        standing = "wrong_place"
    elif void:
        standing = "void"
    else:
        standing = "on_route" if spot.id in stops or not stops else "off_route"
    return Judged(check, standing, spot, at, walked=standing in COUNTS and check.result != "skipped")


def accounted(looks: Iterable[Judged], stops: Collection[UUID]) -> list[UUID]:
    """The stops that these looks account for: looked at, or left out with a word why; in the route's order."""
    seen = {
        look.point_id
        for look in looks
        if look.standing in COUNTS and (look.check.result != "skipped" or len(look.check.note) >= 2)
    }
    return [stop for stop in stops if stop in seen]


def is_covered(
    looks: Sequence[Judged], stops: Sequence[UUID], *, before: Collection[UUID] = (), least_percent: int = 100
) -> bool:
    """Whether a walk (with what was accounted for *before* by those handed over from) makes a route's round whole.

    Every stop is accounted for, and at least *least_percent* of the stops were really looked at.
    """
    return _covers(set(stops), {*before, *accounted(looks, stops)}, looks, before, least_percent)


def _covers(
    wanted: Collection[UUID],
    done: Collection[UUID],
    looks: Iterable[Judged],
    before: Collection[UUID],
    least_percent: int,
) -> bool:
    """Whether all *wanted* stops are among those *done*, and enough of them were looked at."""
    if not wanted or len(wanted) > len(done) or not all(stop in done for stop in wanted):
        return False
    if not before and all(look.walked for look in looks):
        return True  # nothing was left out: who accounted for it was there
    looked = {look.point_id for look in looks if look.walked}
    looked.update(before)
    return sum(stop in looked for stop in wanted) >= ceil(len(wanted) * least_percent / 100)


def is_whole(
    stops: Collection[str],
    covered: Iterable[Iterable[str]],
    checks: Iterable[Iterable[Mapping[str, Any]]],
    least_percent: int,
) -> bool:
    """``is_covered`` for rounds as they were kept: whether several parts of one task cover its route together."""
    done = {stop for part in covered for stop in part}
    looked = {
        one.get("point_id") for part in checks for one in part if one["stands"] in COUNTS and one["result"] != "skipped"
    }
    wanted = set(stops)
    return bool(wanted) and wanted <= done and len(looked & wanted) >= ceil(len(wanted) * least_percent / 100)


def result_of(
    looks: Sequence[Judged], *, has_route: bool, covered: bool, task: Literal["", "done", "late", "double"] = ""
) -> str:
    """One word for a round (see ``RESULTS``). *task* is what became of the task that it was walked for.

    Somebody was first: double. A code of elsewhere (or of nobody) that leaves the route uncovered: wrong place.
    """
    if task == "double":
        return "double"
    if any(look.standing in ("wrong_place", "unknown") for look in looks) and not (has_route and covered):
        return "wrong_place"
    if not has_route:
        return "free"
    if task == "late":
        return "late"
    return "found" if any(look.check.result == "found" for look in looks) else "normal"


@dataclass(frozen=True, slots=True)
class Times:
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


@dataclass(frozen=True, slots=True)
class Context:
    """Everything about one round that was read and not sent. Judging is pure from here on.

    ``stops``: the points of the route in its order. ``before``: stops that earlier parts of the same task account for.
    ``clean_streak``: how many rounds in a row before this one the person walked without finding anything.
    """

    school_id: UUID | None
    stops: tuple[UUID, ...] = ()
    least_seconds: int | None = None
    spots: Mapping[UUID, Spot] = field(default_factory=dict)
    labels: Mapping[str, Label] = field(default_factory=dict)
    before: frozenset[UUID] = frozenset()
    clean_streak: int = 0


@dataclass(frozen=True)
class Walk:
    """A round weighed: its looks, its times, the stops it accounts for, and whether its route is whole with it."""

    looks: tuple[Judged, ...]
    times: Times
    covered: tuple[UUID, ...]
    whole: bool
    context: Context
    """what it was weighed by"""

    @cached_property
    def found(self) -> int:
        """At how many points something was wrong."""
        return sum(look.check.result == "found" for look in self.looks)

    @cached_property
    def typed(self) -> int:
        """How many points were not scanned."""
        return sum(look.check.how in ("typed", "chosen") and look.check.result != "skipped" for look in self.looks)

    @cached_property
    def walked(self) -> list[UUID]:
        """The points somebody looked at, each once."""
        return list(dict.fromkeys(look.point_id for look in self.looks if look.walked and look.point_id))

    @property
    def seconds(self) -> int:
        """From the first look (or the start) to the end."""
        return int((self.times.ended_at - self.times.started_at).total_seconds())


def weighed(
    checks: Iterable[Check],
    context: Context,
    *,
    started: datetime,
    ended: datetime,
    received: datetime,
    drift: timedelta = timedelta(0),
    least_percent: int = 100,
) -> Walk:
    """Judge a whole round: nothing here reads a clock or a table, so that one round and a batch of many come out alike."""
    stops = frozenset(context.stops)
    looks = tuple(
        judged(
            check,
            stops=stops,
            school_id=context.school_id,
            spots=context.spots,
            labels=context.labels,
            drift=drift,
        )
        for check in checks
    )
    covered = tuple(accounted(looks, context.stops))
    done = {*context.before, *covered}
    whole = _covers(stops, done, looks, context.before, least_percent)
    return Walk(looks, times(started, ended, drift=drift, received=received), covered, whole, context)


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
