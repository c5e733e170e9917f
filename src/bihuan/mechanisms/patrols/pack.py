"""What a pack says about patrols: thresholds of the honesty signals (``patrols.yaml``), ready-made routes (``routes.yaml``)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from bihuan.engines.duties import rules as duty_rules
from bihuan.foundation import packs
from bihuan.foundation.packs.sections import Codes, Fault, Item, Proof, Section, Spec, section
from bihuan.mechanisms.patrols.indicators import Thresholds


class Figure(Spec):
    """One threshold: a whole number in the unit of its name, what it is for, and where it comes from."""

    value: Annotated[int, Field(ge=0, le=100_000)]
    text: Annotated[str, Field(min_length=4, max_length=200)]
    source: str
    proof: Proof


class PatrolsSpec(Spec):
    """``patrols.yaml``, the whole file; every name is one of ``indicators.Thresholds``."""

    far_metres: Figure
    poor_accuracy_metres: Figure
    fast_metres_per_second: Figure
    fast_from_metres: Figure
    least_seconds_a_point: Figure
    clean_rounds: Figure
    photo_older_minutes: Figure
    typed_points: Figure
    drift_seconds: Figure
    copied_apart_metres: Figure
    copied_within_metres: Figure
    least_percent: Figure
    same_photo_bits: Figure
    gate_words: tuple[Annotated[str, Field(min_length=1, max_length=20)], ...] = ()
    missed_notice_posts: tuple[str, ...] = ()


@section("patrols", file="patrols.yaml", after=("posts",))
class Patrols(Section):
    """The thresholds: one entry for a bureau."""

    Spec = PatrolsSpec
    shape = "whole"

    def check(self, item: Item, codes: Codes) -> Iterable[Fault]:
        """Sources and posts are known, a percentage is one."""
        spec: PatrolsSpec = item.spec
        if spec.least_percent.value > 100:
            yield item.fault("patrols.percent", "least_percent：百分比不能超过 100")
        if spec.same_photo_bits.value > 32:
            yield item.fault("patrols.bits", "same_photo_bits：不能超过 32，再大就什么照片都算一样")
        for post in spec.missed_notice_posts:
            if ("posts", post) not in codes:
                yield item.fault("patrols.post", f"missed_notice_posts：没有叫「{post}」的岗位")
        figures = [value for value in dict(spec).values() if isinstance(value, Figure)]
        for source in sorted({figure.source for figure in figures}):
            if ("sources", source) not in codes:
                yield item.fault("packs.no_source", f"来源「{source}」没有写在 pack.yaml 的 sources 里")


class PointsSpec(Spec):
    """Which of a school's points a route goes along, in this order; by code of risk-points.csv, of areas.yaml, by kind, by
    inherent colour."""

    catalogue: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    colours: tuple[Literal["red", "orange", "yellow", "blue"], ...] = ()


class WindowSpec(Spec):
    """A part of the day in which one round is due; one that ends before it begins runs past midnight."""

    name: Annotated[str, Field(min_length=1, max_length=20)]
    since: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
    until: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


Stage = Literal["all", "kindergarten", "primary", "junior", "senior", "vocational", "special", "training"]


class RouteSpec(Spec):
    """A ready-made route: a school adopts it along the points that it has. Without ``cadence`` nobody must walk it at a
    set time; ``{every: colour}`` takes the frequency of its one colour from risks.yaml."""

    code: str
    name: Annotated[str, Field(min_length=2, max_length=40)]
    text: Annotated[str, Field(max_length=200)] = ""
    order: Literal["ordered", "free"] = "free"
    points: PointsSpec
    least_points: Annotated[int, Field(ge=1, le=50)] = 1
    post: str
    cadence: dict[str, Any] | None = None
    windows: tuple[WindowSpec, ...] = ()
    grace_minutes: Annotated[int, Field(ge=0, le=1440)] = 0
    least_seconds: Annotated[int, Field(ge=0, le=86_400)] | None = None
    stages: Annotated[tuple[Stage, ...], Field(min_length=1)]
    facets: tuple[str, ...] = ()
    source: str
    proof: Proof


@section("routes", file="routes.yaml", after=("posts", "risks", "areas", "risk-points"))
class Routes(Section):
    """Ready-made routes."""

    Spec = RouteSpec

    def check(self, item: Item, codes: Codes) -> Iterable[Fault]:
        """Post, points, areas and source are known, and the frequency is one that a calendar can keep."""
        spec: RouteSpec = item.spec
        if ("posts", spec.post) not in codes:
            yield item.fault("routes.post", f"没有叫「{spec.post}」的岗位")
        if ("sources", spec.source) not in codes:
            yield item.fault("packs.no_source", f"来源「{spec.source}」没有写在 pack.yaml 的 sources 里")
        along = spec.points
        for name, known, word in (("catalogue", "risk-points", "风险点"), ("areas", "areas", "区域")):
            for code in getattr(along, name):
                if (known, code) not in codes:
                    yield item.fault(f"routes.{name}", f"points.{name}：目录里没有叫「{code}」的{word}")
        if not (along.catalogue or along.areas or along.kinds or along.colours):
            yield item.fault("routes.no_points", "points：没有写这条路线走哪些点位")
        if spec.cadence and spec.cadence.get("every") == "colour":
            if len(along.colours) != 1 or len(spec.cadence) != 1:
                yield item.fault("routes.cadence", "cadence：按颜色定频次的路线，points.colours 只能有一种颜色")
            return
        try:
            duty_rules.windows_of([window.model_dump() for window in spec.windows])
            if spec.cadence:
                duty_rules.cadence_of(spec.cadence)
        except ValueError as error:
            yield item.fault("routes.cadence", f"cadence、windows：{error}")
        if spec.windows and not spec.cadence:
            yield item.fault("routes.cadence", "cadence：写了时段就要写哪些日子走")


def gate_words(bureau_id: UUID | None) -> tuple[str, ...]:
    """What stands in the name or place of a point at a school's gate."""
    return tuple(packs.entries(bureau_id, "patrols").get("default", {}).get("gate_words", ()))


_made: dict[int, tuple[Any, Thresholds]] = {}


def thresholds(bureau_id: UUID | None) -> Thresholds | None:
    """The bureau's thresholds; before any pack brought them nothing is pointed out, and the work goes on."""
    found = packs.entries(bureau_id, "patrols").get("default")
    if found is None:
        return None
    kept = _made.get(id(found))
    if kept and kept[0] is found:
        return kept[1]
    figures = {name: data["value"] for name, data in found.items() if isinstance(data, dict)}
    made = Thresholds(**figures, missed_notice_posts=tuple(found.get("missed_notice_posts", ())))
    if len(_made) > 100:
        _made.clear()
    _made[id(found)] = (found, made)
    return made
