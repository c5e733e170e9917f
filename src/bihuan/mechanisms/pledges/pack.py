"""The pack chapter ``pledges``: the text around the duty list, and how often a record is checked."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from bihuan.foundation import packs
from bihuan.foundation.packs import Proof, Section, Spec, section
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.pledges import events  # noqa: F401 - declares facts and refusals

Text = Annotated[str, Field(min_length=2, max_length=400)]


class PledgesSpec(Spec):
    """``pledges.yaml``, the whole file. ``year_begins``: month and day on which a year of letters begins, ``08-01``."""

    title: Annotated[str, Field(min_length=2, max_length=40)]
    opening: Text
    goals: Annotated[tuple[Text, ...], Field(min_length=1)]
    consequences: Annotated[tuple[Text, ...], Field(min_length=1)]
    closing: Text
    year_begins: Annotated[str, Field(pattern=r"^\d\d-\d\d$")]
    check_months: Annotated[int, Field(ge=1, le=36)]
    check_text: Text
    source: str
    proof: Proof


@section("pledges", file="pledges.yaml", after=("posts",))
class Pledges(Section):
    """The letter of responsibility of a bureau's schools."""

    Spec = PledgesSpec
    shape = "whole"


def letter_of(bureau_id: UUID | None) -> dict[str, Any]:
    """The bureau's text; refusal ``pledges.no_text`` before any pack brought one."""
    found = packs.entries(bureau_id, "pledges").get("default")
    if found is None:
        raise Refusal("pledges.no_text")
    return found
