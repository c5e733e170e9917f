"""What a pack says about patrols: thresholds of the honesty signals (``patrols.yaml``), ready-made routes (``routes.yaml``)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated
from uuid import UUID

from pydantic import Field

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
        for post in spec.missed_notice_posts:
            if ("posts", post) not in codes:
                yield item.fault("patrols.post", f"missed_notice_posts：没有叫「{post}」的岗位")
        figures = [value for value in dict(spec).values() if isinstance(value, Figure)]
        for source in sorted({figure.source for figure in figures}):
            if ("sources", source) not in codes:
                yield item.fault("packs.no_source", f"来源「{source}」没有写在 pack.yaml 的 sources 里")


def thresholds(bureau_id: UUID | None) -> Thresholds | None:
    """The bureau's thresholds; before any pack brought them nothing is pointed out, and the work goes on."""
    found = packs.entries(bureau_id, "patrols").get("default")
    if found is None:
        return None
    figures = {name: data["value"] for name, data in found.items() if isinstance(data, dict)}
    return Thresholds(**figures, missed_notice_posts=tuple(found.get("missed_notice_posts", ())))
