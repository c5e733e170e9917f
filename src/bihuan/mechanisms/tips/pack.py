"""What a pack says about tips (``tips.yaml``): how soon the school answers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator

from bihuan.engines.cases.deadlines import duration
from bihuan.engines.cases.timing import deadline
from bihuan.foundation import packs
from bihuan.foundation.packs.sections import Codes, Fault, Item, Proof, Section, Spec, section
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.tips import events  # noqa: F401 - declares the refusals


def _iso(text: str) -> str:
    duration(text)
    return text


class TipsSpec(Spec):
    """``tips.yaml``, the whole file."""

    answer_within: Annotated[str, AfterValidator(_iso)]
    clock: Literal["working", "hours"]
    source: str
    proof: Proof


@section("tips", file="tips.yaml", after=("calendar",))
class Tips(Section):
    """How soon a school answers what was told at its wall codes: one entry for a bureau."""

    Spec = TipsSpec
    shape = "whole"

    def check(self, item: Item, codes: Codes) -> Iterable[Fault]:
        """The source is known."""
        if ("sources", item.spec.source) not in codes:
            yield item.fault("packs.no_source", f"来源「{item.spec.source}」没有写在 pack.yaml 的 sources 里")


def answer_by(bureau_id: UUID, at: datetime) -> datetime:
    """Until when something told now is to be answered; refusal ``tips.no_pack`` before any pack said so."""
    found = packs.entries(bureau_id, "tips").get("default")
    if found is None:
        raise Refusal("tips.no_pack")
    return deadline(bureau_id, at, found["answer_within"], found["clock"])
