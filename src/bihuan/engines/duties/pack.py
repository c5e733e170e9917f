"""The pack chapters ``duties`` (what is due, by which rule, whose, with which sheet), ``budgets`` and ``field-seconds``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from bihuan.engines.duties import colours
from bihuan.engines.duties.commands.installing import install_duties
from bihuan.engines.duties.loads import WHOLE, asked_twice, dearest_loads, over_budget, twice_in_words, works_of
from bihuan.engines.duties.rules import fault_of, scope_of
from bihuan.engines.responsibility.rules.tree import TIERS
from bihuan.engines.sheets.rules import FACETS, KINDS, STAGES
from bihuan.foundation.packs import PLATFORM
from bihuan.foundation.packs.sections import Codes, Fault, Item, Proof, Section, Spec, data_of, put_entries, section

Code = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{1,59}$")]


class DutySpec(Spec):
    """One duty; see ``rules.cadence_of``, ``rules.windows_of`` and ``rules.scope_of`` for the three that are rules."""

    code: Code
    title: Annotated[str, Field(min_length=2, max_length=120)]
    act: Literal["sheet", "patrol", "drill", "ledger", "visit", "act"]
    sheet: str = ""
    post: str
    cadence: dict[str, Any]
    windows: tuple[dict[str, str], ...] = ()
    grace_minutes: Annotated[int, Field(ge=0, le=43_200)] = 0
    scope: dict[str, tuple[str, ...]] = {}
    satisfies: tuple[str, ...] = ()
    evidence: tuple[Literal["photo", "signature", "place"], ...] = ()
    nil: bool = False
    lock_days: Annotated[int, Field(ge=0, le=90)] = 7
    starts_on: date | None = None
    ends_on: date | None = None
    basis: Annotated[str, Field(max_length=200)] = ""
    source: str
    proof: Proof


class BudgetSpec(Spec):
    """How many minutes a week a post may be asked to spend on what is due by the duties."""

    code: str
    minutes: Annotated[int, Field(ge=1, le=2400)]
    basis: Annotated[str, Field(max_length=200)] = ""
    source: str
    proof: Proof


@section("budgets", file="budgets.yaml", after=("posts",))
class Budgets(Section):
    """Post → minutes a week."""

    Spec = BudgetSpec

    def check(self, item: Item, codes: Codes) -> Iterable[Fault]:
        if ("posts", item.code) not in codes:
            yield item.fault("budgets.no_such_post", f"岗位「{item.code}」没有定义")


class SecondsSpec(Spec):
    """How many seconds a field of a kind takes somebody who does it every week."""

    code: str
    seconds: Annotated[int, Field(ge=0, le=3600)]
    source: str
    proof: Proof


@section("field-seconds", file="field-seconds.yaml")
class FieldSeconds(Section):
    """Kind of field (or of a whole act) → seconds."""

    Spec = SecondsSpec

    def check(self, item: Item, codes: Codes) -> Iterable[Fault]:
        if item.code not in {*KINDS, *WHOLE}:
            known = "、".join(f"{code}（{word}）" for code, word in {**KINDS, **WHOLE}.items())
            yield item.fault("field-seconds.no_such_kind", f"不认识「{item.code}」，只能是：{known}")


@section(
    "duties",
    file="duties.yaml",
    after=("posts", "unit-kinds", "tags", "sheets", "net", "calendar", "budgets", "field-seconds"),
)
class Duties(Section):
    """What is due when; installed as duties of the bureau over the units of their scope."""

    Spec = DutySpec

    def check(self, item: Item, codes: Codes) -> Iterable[Fault]:
        yield from duty_faults(item, item.spec, codes)

    def warn(self, chapters: Mapping[str, list[Item]]) -> Iterable[Fault]:
        """Posts whose duties cost more than their budget in the dearest stage of school, and questions asked twice."""
        said = {name: {item.code: data_of(item) for item in items} for name, items in chapters.items()}
        rows = {item.code: item for item in chapters.get("duties", ())}
        seconds = {code: row["seconds"] for code, row in said.get("field-seconds", {}).items()}
        for post, load in dearest_loads(said, seconds).items():
            budget = said.get("budgets", {}).get(post)
            if budget and load.minutes > budget["minutes"]:
                name = _name(said, post)
                sentence = over_budget(name, load, budget["minutes"])
                yield rows[load.dearest[0][0].code].fault("duties.over_budget", sentence)
        sheets = {item.code: item for item in chapters.get("sheets", ())}
        for twice in asked_twice(works_of(said)):
            where = sheets[list(twice.sheets)[-1]]
            yield where.fault("duties.asked_twice", twice_in_words(_name(said, twice.post), twice))

    def put(self, bureau_id: UUID, pack: str, items: list[Item]) -> None:
        put_entries(self.name, bureau_id, pack, items)
        if bureau_id != PLATFORM:
            install_duties(bureau_id, pack, [data_of(item) for item in items])


def _name(said: Mapping[str, Mapping[str, Any]], post: str) -> str:
    return str(said.get("posts", {}).get(post, {}).get("name", post))


def duty_faults(item: Item, spec: DutySpec, codes: Codes) -> Iterable[Fault]:
    """What is wrong with a duty that an entry of a chapter states."""
    if sentence := fault_of(spec.act, spec.cadence, spec.windows, spec.scope):
        yield item.fault("duties.bad_rule", sentence)
        return
    if ("posts", spec.post) not in codes:
        yield item.fault("duties.no_such_post", f"岗位「{spec.post}」没有定义")
    if spec.starts_on and spec.ends_on and spec.ends_on < spec.starts_on:
        yield item.fault("duties.bad_rule", "结束日期早于开始日期")
    for other in spec.satisfies:
        if ("duties", other) not in codes or other == spec.code:
            yield item.fault("duties.no_such_duty", f"satisfies 里的「{other}」不是另一条职责")
    yield from _sheet_faults(item, spec, codes)
    yield from _scope_faults(item, spec, codes)


def _sheet_faults(item: Item, spec: DutySpec, codes: Codes) -> Iterable[Fault]:
    if spec.act == "sheet" and ("sheets", spec.sheet) not in codes:
        yield item.fault("duties.no_such_sheet", f"没有叫「{spec.sheet}」的表")
    if spec.act != "sheet" and spec.sheet:
        yield item.fault("duties.no_such_sheet", "只有填报（act: sheet）才写 sheet")
    if spec.act != "sheet" and spec.nil:
        yield item.fault("duties.bad_rule", "只有填报（act: sheet）才能报“无事”")


def _scope_faults(item: Item, spec: DutySpec, codes: Codes) -> Iterable[Fault]:
    scope = scope_of(spec.scope)
    for words, known, name in (
        (scope.tiers, TIERS, "层级"),
        (scope.stages, STAGES, "学段"),
        (scope.facets, FACETS, "条件"),
        (scope.colours, colours.words(), "颜色"),
    ):
        for word in words:
            if word not in known:
                yield item.fault("duties.bad_scope", f"不认识{name}「{word}」，只能是：{'、'.join(known)}")
    for chapter, words, name in (("unit-kinds", scope.kinds, "单位类型"), ("tags", scope.tags, "标签")):
        for word in words:
            if (chapter, word) not in codes:
                yield item.fault("duties.bad_scope", f"{name}「{word}」没有定义（{chapter}.yaml）")
