"""The pack chapter ``ledgers``: how each ledger is kept. Its columns are a sheet of the chapter ``sheets``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from bihuan.engines.duties.loads import Ask, Chapters, Form, content_in, form_of
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


class GatePassSpec(Spec):
    """See ``rules.GatePass``; each names a column of the ledger's sheet."""

    who: str
    host: str
    why: str
    private: tuple[str, ...] = ()


class WantedSpec(Spec):
    """A text of the column, and how often it has to be in a span."""

    kind: Words
    least: Annotated[int, Field(ge=1, le=100)] = 1


class CoverageSpec(Spec):
    """See ``rules.Coverage``; ``wanted`` is a list because a database keeps no order of names."""

    kind: str
    wanted: Annotated[tuple[WantedSpec, ...], Field(min_length=1)]
    came: str
    due: str
    whom: str
    hours: str = ""
    span: Literal["term", "year"] = "term"


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
    given: dict[str, Literal["me", "now"]] | None = None
    again: tuple[str, ...] = ()
    usual_rows: Annotated[int, Field(ge=0, le=60)] = 1
    clock: ClockSpec | None = None
    gate_pass: GatePassSpec | None = None
    stages: tuple[str, ...] = ()
    facets: tuple[str, ...] = ()
    restricted: bool = False
    coverage: CoverageSpec | None = None
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
        if spec.restricted and spec.clock:
            yield item.fault(
                "ledgers.restricted_clock", "限权台账的内容加密保存，不能有时钟 clock：到期提醒会把内容带出去"
            )
        if spec.gate_pass and not spec.clock:
            yield item.fault("ledgers.pass_clock", "发访客证 gate_pass 的台账要写时钟 clock，离校和超时由它算")
        if spec.usual_rows == 0 and not spec.nil:
            yield item.fault("ledgers.no_nil", "平常一行也没有（usual_rows: 0）的台账，要写零报告的话 nil")
        if spec.slots and not spec.slot_column:
            yield item.fault("ledgers.slots", "写了固定行 slots，还要写明放在哪一栏 slot_column")


def ledgers_of(bureau_id: UUID | None) -> dict[str, Ledger]:
    """The bureau's ledgers in their order; empty when its packs have none."""
    found = packs.entries(bureau_id, "ledgers")
    return {code: from_entry(data) for code, data in sorted(found.items(), key=lambda one: one[1]["number"])}


@form_of("ledger")
def _usual_page(duty: Mapping[str, Any], chapters: Chapters) -> Form | None:
    """A usual page: its rows without what stands ready or fills itself; a page that is usually empty is one tap."""
    entry = chapters.get("ledgers", {}).get(str(duty["code"]).removeprefix("ledger-"))
    content = content_in(chapters, entry["sheet"]) if entry else None
    if entry is None or content is None:
        return None
    ledger = from_entry(entry)
    asked = [item for item in content.items if item.required and item.code not in ledger.standing]
    rows = len(ledger.slots) or ledger.usual_rows
    one_by_one = bool(ledger.slots) or bool(
        ledger.clock and not ledger.clock.keep
    )  # rounds, visitors: each at its own time
    visits = max(1, rows) if one_by_one else 1
    taps = visits + (rows if ledger.slots else 0) + (rows if ledger.clock else 0)  # save; tick a row; end a clock
    return Form(
        tuple(Ask(item.title, item.kind) for item in asked), rows, taps, visits, sheet=ledger.sheet,
        sheet_title=content.title, questions=tuple(item.title for item in asked),
    )  # fmt: skip
