"""The pack chapter ``plans``: kinds of plans with the sections that each must have, and how early an activity warns."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from bihuan.foundation import packs
from bihuan.foundation.packs import Fault, Item, Proof, Section, Spec, section
from bihuan.foundation.packs.sections import Codes
from bihuan.mechanisms.plans import events  # noqa: F401 - declares facts and refusals

ACTIVITY = "activity"


RUNS = ("duties", "sheets", "case-levels", "lifecycles", "ladders")
"""What can carry a section out; see ``workings``."""


class PartSpec(Spec):
    """A section of a plan, with what is to be written there; ``runs`` names what carries it out, as ``duties:<code>``."""

    title: Annotated[str, Field(min_length=2, max_length=40)]
    hint: Annotated[str, Field(min_length=2, max_length=300)]
    runs: tuple[str, ...] = ()


class PlanSpec(Spec):
    """A kind of plan. ``required``: every school must have one. ``warn_days``: how early an activity warns. ``group`` is the
    heading on the shelf."""

    code: str
    name: Annotated[str, Field(min_length=2, max_length=40)]
    group: Annotated[str, Field(min_length=2, max_length=20)] = "专项预案"
    required: bool = True
    sections: Annotated[tuple[PartSpec, ...], Field(min_length=1)]
    roles: Annotated[tuple[str, ...], Field(min_length=1)]
    warn_days: Annotated[int, Field(ge=1, le=60)] = 7
    source: str
    proof: Proof


@section("plans", file="plans.yaml", after=("duties", "sheets", "case-levels", "lifecycles", "ladders"))
class Plans(Section):
    """What plans a bureau's schools write."""

    Spec = PlanSpec

    def check(self, item: Item, codes: Codes) -> Iterable[Fault]:
        """What carries a section out is there."""
        for ref in (ref for part in item.spec.sections for ref in part.runs):
            chapter, _, code = ref.partition(":")
            if chapter not in RUNS:
                yield item.fault("plans.bad_runs", f"「{ref}」不认识，只能是：{'、'.join(RUNS)}")
            elif (chapter, code) not in codes:
                yield item.fault("plans.no_such_run", f"没有「{ref}」，这一段没有东西执行")


def kinds_of(bureau_id: UUID | None) -> dict[str, dict[str, Any]]:
    """The bureau's kinds of plans in the pack's order."""
    return packs.entries(bureau_id, "plans")
