"""The pack chapter ``drills``: kinds of drills, how fast they have to be, and which duties one of them does."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from bihuan.foundation import packs
from bihuan.foundation.packs import Fault, Item, Proof, Section, Spec, section
from bihuan.foundation.packs.sections import Codes
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.training import events  # noqa: F401 - declares facts and refusals


class DrillSpec(Spec):
    """One kind of drill. ``duties`` are codes of duties that such a drill does; ``limit_seconds`` until everybody is out.

    ``check`` is a sheet of which every item must be answered before the record is closed (演练七有).
    """

    code: str
    name: Annotated[str, Field(min_length=2, max_length=40)]
    script: Annotated[str, Field(min_length=2, max_length=800)]
    limit_seconds: Annotated[int, Field(ge=30, le=3600)]
    duties: tuple[str, ...] = ()
    check: str = ""
    stages: tuple[str, ...] = ()
    facets: tuple[str, ...] = ()
    source: str
    proof: Proof


@section("drills", file="drills.yaml", after=("duties", "sheets"))
class Drills(Section):
    """What a bureau's schools practise."""

    Spec = DrillSpec

    def check(self, item: Item, codes: Codes) -> Iterable[Fault]:
        """The duties and the sheet are known."""
        for duty in item.spec.duties:
            if ("duties", duty) not in codes:
                yield item.fault("drills.no_such_duty", f"没有叫「{duty}」的职责")
        if item.spec.check and ("sheets", item.spec.check) not in codes:
            yield item.fault("drills.no_such_sheet", f"没有叫「{item.spec.check}」的表，逐项核对的内容写在 sheets 里")


def kinds_of(bureau_id: UUID | None) -> dict[str, dict[str, Any]]:
    """The bureau's kinds of drills; refusal ``training.no_text`` before any pack brought one."""
    found = packs.entries(bureau_id, "drills")
    if not found:
        raise Refusal("training.no_text")
    return found
