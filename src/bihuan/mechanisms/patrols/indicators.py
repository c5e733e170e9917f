"""Honesty signals: what about a round may be worth a second look, each with its value, its threshold and a sentence.

A signal explains and never accuses, and nothing waits for one: the person it concerns sees it and can answer it.
Thresholds are the pack's (section ``patrols``).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations, pairwise
from operator import attrgetter, sub
from typing import Any
from uuid import UUID

from bihuan.mechanisms.patrols.rules import Context, Judged, Walk, at_most, metres

SIGNALS: Mapping[str, str] = {
    "far_from_point": "离点位较远",
    "too_fast_between": "两点之间太快",
    "whole_round_too_quick": "整条路线太快",
    "all_normal_streak": "连续多次都正常",
    "same_photo": "照片与别的相同",
    "old_photo": "照片早于这次巡查",
    "typed_code": "没有扫码",
    "clock_drift": "手机时间不准",
    "void_code": "扫了作废的标签",
    "copied_code": "可能是翻拍的码",
}
"""The closed list, with the word on the screen."""


ROUGHLY = 110_000
"""Metres of a degree of latitude, rounded down: to pass over what is surely far apart without trigonometry."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From which value on a signal is given; whole numbers in the unit of the name."""

    far_metres: int
    poor_accuracy_metres: int
    fast_metres_per_second: int
    fast_from_metres: int
    least_seconds_a_point: int
    clean_rounds: int
    photo_older_minutes: int
    typed_points: int
    drift_seconds: int
    copied_apart_metres: int
    copied_within_metres: int
    least_percent: int
    same_photo_bits: int = 6
    missed_notice_posts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Signal:
    """One thing worth a second look. ``n`` is the look it is about, ``None`` for the whole round."""

    code: str
    words: str
    value: int
    threshold: int
    at: str
    n: int | None = None

    def as_json(self) -> dict[str, Any]:
        """How a round keeps it."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo of a round: what the camera said, and what it resembles: days ago, in the same school or elsewhere; and which others
    of the round."""

    id: UUID
    taken_at: datetime | None = None
    like_days_ago: int | None = None
    like_elsewhere: bool = False
    like_here: Collection[UUID] = ()


def signals(
    walk: Walk,
    context: Context,
    limits: Thresholds,
    *,
    phone_started: datetime,
    drift: timedelta = timedelta(0),
    photos: Mapping[UUID, Photo] | None = None,
) -> list[Signal]:
    """Every signal of a round, in the order of its looks, the whole round's last."""
    placed = [look for look in walk.looks if _placed(look, limits)]
    found = [*_far(placed, limits), *_fast(walk.looks, limits)]
    if not walk.standings.isdisjoint(("void", "unknown")):
        found += _labels(walk.looks)
    if photos:
        found += _photos(walk.looks, photos, phone_started, limits)
    found += _copied(placed, limits)
    found.sort(key=lambda one: one.n or 0)
    for code, words, value, threshold in _whole(walk, context, limits, drift):
        found.append(Signal(code, words, value, threshold, walk.times.ended_at.isoformat()))
    return found


def _far(looks: Iterable[Judged], limits: Thresholds) -> Iterator[Signal]:
    far = limits.far_metres
    for look in looks:
        spot, here = look.spot, look.check
        if not look.walked or spot is None or spot.lat is None or spot.lon is None:
            continue
        blur = here.accuracy or 0
        if at_most(here.lat, here.lon, spot.lat, spot.lon) - blur <= far:  # type: ignore[arg-type]
            continue
        away = round(metres(here.lat, here.lon, spot.lat, spot.lon) - blur)  # type: ignore[arg-type]
        if away > far:
            words = f"在「{spot.name}」登记时，手机定位离它约 {away} 米，超过 {far} 米。室内定位会有偏差，可以说明。"
            yield Signal("far_from_point", words, away, far, look.at.isoformat(), here.n)


def _fast(looks: Sequence[Judged], limits: Thresholds) -> Iterator[Signal]:
    ways = sorted([look for look in looks if look.walked], key=attrgetter("at"))
    for one, two in pairwise(ways):
        if one.spot is two.spot or _between(one, two, limits, at_most) < limits.fast_from_metres:
            continue
        took = max((two.at - one.at).total_seconds(), 0)
        could = took * limits.fast_metres_per_second
        way = _between(one, two, limits)
        if way < limits.fast_from_metres or could >= way:
            continue
        speed = round(way / max(took, 1))
        words = (
            f"从第 {one.check.n} 点到第 {two.check.n} 点约 {round(way)} 米，只用了 {round(took)} 秒，"
            f"快于每秒 {limits.fast_metres_per_second} 米。"
        )
        yield Signal("too_fast_between", words, speed, limits.fast_metres_per_second, two.at.isoformat(), two.check.n)


def _between(one: Judged, two: Judged, limits: Thresholds, measured: Callable[..., float] = metres) -> float:
    """How far it is at least from one look to the next: by the points' own places, else by the phone's."""
    a, b = one.spot, two.spot
    if a and b and a.lat is not None and a.lon is not None and b.lat is not None and b.lon is not None:
        return measured(a.lat, a.lon, b.lat, b.lon)
    if _placed(one, limits) and _placed(two, limits):
        blur = (one.check.accuracy or 0) + (two.check.accuracy or 0)
        return measured(one.check.lat, one.check.lon, two.check.lat, two.check.lon) - blur
    return 0.0


def _placed(look: Judged, limits: Thresholds) -> bool:
    """Whether the phone knew where it was."""
    one = look.check
    return one.lat is not None and one.lon is not None and (one.accuracy or 0) <= limits.poor_accuracy_metres


def _labels(looks: Iterable[Judged]) -> Iterator[Signal]:
    for look in looks:
        if look.standing not in ("void", "unknown"):
            continue
        at, n = look.at.isoformat(), look.check.n
        if look.standing == "void":
            words = f"第 {n} 点扫到的是已经作废的旧标签，这次照样算数。请告诉安全负责人换上新标签。"
            yield Signal("void_code", words, 1, 0, at, n)
        elif look.check.code:
            words = (
                f"第 {n} 点扫到的「{look.check.code[:16]}」不是系统印发的码，这一点没有算数。请看看标签是不是被换过。"
            )
            yield Signal("copied_code", words, 1, 0, at, n)


def _photos(
    looks: Iterable[Judged], photos: Mapping[UUID, Photo], phone_started: datetime, limits: Thresholds
) -> Iterator[Signal]:
    shown: list[tuple[UUID, Judged]] = []
    for look in looks:
        for photo in (photos[one] for one in look.check.evidence if one in photos):
            at, n = look.at.isoformat(), look.check.n
            same = {photo.id, *photo.like_here}
            before = next((two for one, two in shown if one in same and two.spot is not look.spot), None)
            shown.append((photo.id, look))
            if before:
                words = f"第 {n} 点的照片与第 {before.check.n} 点的几乎一样。请确认是这次在这一点拍的。"
                yield Signal("same_photo", words, 0, 0, at, n)
            elif photo.like_elsewhere:
                words = f"第 {n} 点的照片与别处近期的一张照片几乎一样。请确认是这次在现场拍的。"
                yield Signal("same_photo", words, 0, 0, at, n)
            elif photo.like_days_ago is not None:
                words = (
                    f"第 {n} 点的照片与本校 {_days(photo.like_days_ago)}的一张照片几乎一样。请确认是这次在现场拍的。"
                )
                yield Signal("same_photo", words, photo.like_days_ago, 0, at, n)
            if photo.taken_at is None:
                continue
            older = int((phone_started - photo.taken_at).total_seconds() // 60)
            if older > limits.photo_older_minutes:
                words = f"第 {n} 点的照片比这次巡查开始早约 {_long(older)}，超过 {limits.photo_older_minutes} 分钟。"
                yield Signal("old_photo", words, older, limits.photo_older_minutes, at, n)


def _copied(looks: Sequence[Judged], limits: Thresholds) -> Iterator[Signal]:
    """Labels that hang far apart, scanned from one place: pictures of labels rather than labels."""
    known = [
        (look, look.spot, look.check.lat)
        for look in looks
        if look.walked and look.check.how in ("scan", "nfc")
        and look.spot and look.spot.lat is not None and look.spot.lon is not None
    ]  # fmt: skip
    step = limits.copied_within_metres / ROUGHLY
    heights = sorted([here for _, _, here in known])  # type: ignore[type-var]
    if min(map(sub, heights[1:], heights), default=step + 1) > step:  # type: ignore[arg-type]
        return  # no two were scanned near each other: what most walks are
    for (one, a, here), (two, b, there) in combinations(known, 2):
        if a is b or abs(here - there) > step:  # type: ignore[operator]
            continue
        apart = metres(a.lat, a.lon, b.lat, b.lon)  # type: ignore[arg-type]
        held = metres(one.check.lat, one.check.lon, two.check.lat, two.check.lon)  # type: ignore[arg-type]
        if apart >= limits.copied_apart_metres and held <= limits.copied_within_metres:
            words = (
                f"「{a.name}」和「{b.name}」相距约 {round(apart)} 米，扫码时手机却几乎在同一个地方"
                f"（相差 {round(held)} 米以内）。请确认扫的是墙上的标签。"
            )
            yield Signal(
                "copied_code", words, round(apart), limits.copied_apart_metres, two.at.isoformat(), two.check.n
            )
            return


def _whole(walk: Walk, context: Context, limits: Thresholds, drift: timedelta) -> Iterator[tuple[str, str, int, int]]:
    """What the round as a whole gives rise to: code, words, value and threshold."""
    points = len(walk.spots)
    least = max(context.least_seconds or 0, 0) if walk.seen == context.terrain.all else 0
    least = max(least, points * limits.least_seconds_a_point)
    if points >= 3 and walk.times.credible and walk.seconds < least:
        words = f"{points} 个点一共用了 {walk.seconds} 秒，少于 {least} 秒。如果是补登或点位很近，可以说明。"
        yield "whole_round_too_quick", words, walk.seconds, least
    streak = context.clean_streak + 1
    if context.stops and not walk.found and streak >= limits.clean_rounds:
        words = f"连续 {streak} 次巡查都没有发现问题，达到 {limits.clean_rounds} 次。请换个角度再看一遍，也可以说明。"
        yield "all_normal_streak", words, streak, limits.clean_rounds
    if walk.typed > limits.typed_points:
        words = f"有 {walk.typed} 个点没有扫码，是输入编号或从列表选的。标签坏了的，请报给安全负责人重新打印。"
        yield "typed_code", words, walk.typed, limits.typed_points
    ahead = round(abs(drift.total_seconds()))
    if ahead > limits.drift_seconds or not walk.times.credible:
        words = (
            f"手机时间比系统{'慢' if drift > timedelta(0) else '快'}了约 {_long(ahead // 60)}，系统已按自己的时间改正，两个时间都留着。"
            if ahead > limits.drift_seconds
            else "手机记下的时间不可能是真的（在收到之后、过于久远，或先后颠倒），系统按收到的时间登记，原来的时间也留着。"
        )
        yield "clock_drift", words, ahead, limits.drift_seconds


def _days(days: int) -> str:
    return f" {days} 天前" if days else "今天"


def _long(minutes: int) -> str:
    if minutes < 1:
        return "不到 1 分钟"
    if minutes < 120:
        return f"{minutes} 分钟"
    return f"{minutes // 60} 小时" if minutes < 48 * 60 else f"{minutes // 1440} 天"
