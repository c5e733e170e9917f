"""The pack chapter ``ledgers``: how each ledger is kept. Its columns are a sheet of the chapter ``sheets``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated
from uuid import UUID

from pydantic import Field

from bihuan.foundation import packs
from bihuan.foundation.packs import Fault, Item, Proof, Section, Spec, section
from bihuan.foundation.packs.sections import Codes
from bihuan.mechanisms.ledgers import events  # noqa: F401 - declares facts and refusals
from bihuan.mechanisms.ledgers.rules import Every, Ledger, from_entry

Words = Annotated[str, Field(min_length=2, max_length=40)]


class ClockSpec(Spec):
    """See ``rules.Clock``."""

    starts: str
    ends: str
    within_minutes: Annotated[int, Field(ge=1)]
    running: Words
    ended: Words
    overdue: Words
    keep: bool = False
    source: str
    proof: Proof


class LedgerSpec(Spec):
    """See ``rules.Ledger``."""

    code: str
    number: Annotated[int, Field(ge=1)]
    title: Words
    group: Words
    sheet: str
    posts: Annotated[tuple[str, ...], Field(min_length=1)]
    every: Every
    lock_days: Annotated[int, Field(ge=0, le=366)]
    nil: Annotated[str, Field(max_length=20)] = ""
    slots: tuple[Words, ...] = ()
    slot_column: str = ""
    normal: dict[str, str] | None = None
    clock: ClockSpec | None = None
    stages: tuple[str, ...] = ()
    facets: tuple[str, ...] = ()
    restricted: bool = False
    source: str
    proof: Proof


@section("ledgers", file="ledgers.yaml", after=("posts", "sheets"))
class Ledgers(Section):
    """The ledgers that a bureau's schools keep."""

    Spec = LedgerSpec

    def check(self, item: Item, codes: Codes) -> Iterable[Fault]:
        """The sheet and the posts are known, the clock has a source, and rows that stand ready have a column."""
        spec: LedgerSpec = item.spec
        if ("sheets", spec.sheet) not in codes:
            yield item.fault("ledgers.sheet", f"没有叫「{spec.sheet}」的表，台账的栏目写在 sheets 里")
        for post in spec.posts:
            if ("posts", post) not in codes:
                yield item.fault("ledgers.post", f"没有叫「{post}」的岗位")
        if spec.clock and ("sources", spec.clock.source) not in codes:
            yield item.fault("packs.no_source", f"来源「{spec.clock.source}」没有写在 pack.yaml 的 sources 里")
        if spec.slots and not spec.slot_column:
            yield item.fault("ledgers.slots", "写了固定行 slots，还要写明放在哪一栏 slot_column")


def ledgers_of(bureau_id: UUID | None) -> dict[str, Ledger]:
    """The bureau's ledgers in their order; empty when its packs have none."""
    found = packs.entries(bureau_id, "ledgers")
    return {code: from_entry(data) for code, data in sorted(found.items(), key=lambda one: one[1]["number"])}
