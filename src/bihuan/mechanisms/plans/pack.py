"""The pack chapter ``plans``: kinds of plans with the sections that each must have, and how early an activity warns."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from bihuan.foundation import packs
from bihuan.foundation.packs import Proof, Section, Spec, section
from bihuan.mechanisms.plans import events  # noqa: F401 - declares facts and refusals

ACTIVITY = "activity"


class PartSpec(Spec):
    """A section of a plan, with what is to be written there."""

    title: Annotated[str, Field(min_length=2, max_length=40)]
    hint: Annotated[str, Field(min_length=2, max_length=300)]


class PlanSpec(Spec):
    """A kind of plan. ``required``: every school must have one. ``warn_days``: how early an activity warns."""

    code: str
    name: Annotated[str, Field(min_length=2, max_length=40)]
    required: bool = True
    sections: Annotated[tuple[PartSpec, ...], Field(min_length=1)]
    roles: Annotated[tuple[str, ...], Field(min_length=1)]
    warn_days: Annotated[int, Field(ge=1, le=60)] = 7
    source: str
    proof: Proof


@section("plans", file="plans.yaml")
class Plans(Section):
    """What plans a bureau's schools write."""

    Spec = PlanSpec


def kinds_of(bureau_id: UUID | None) -> dict[str, dict[str, Any]]:
    """The bureau's kinds of plans in the pack's order."""
    return packs.entries(bureau_id, "plans")
