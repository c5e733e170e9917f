"""The pack chapter ``periods``: kinds of important periods, and what is due while one lasts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from bihuan.engines.duties.pack import Code, DutySpec, duty_faults
from bihuan.foundation import packs
from bihuan.foundation.packs import Codes, Fault, Item, Proof, Section, Spec, section
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.periods import events  # noqa: F401 - declares facts and refusals


class KindSpec(Spec):
    """A kind of period; ``hint`` says when it usually is (a hint: the dates are the declarer's)."""

    code: Code
    name: Annotated[str, Field(min_length=2, max_length=40)]
    hint: Annotated[str, Field(max_length=120)] = ""
    source: str
    proof: Proof


class PeriodDutySpec(DutySpec):
    """A duty while a period lasts: ``kinds`` empty means in every one; ``apart`` names those that another person does."""

    role: Literal["report", "watch", "raised"]
    kinds: tuple[Code, ...] = ()
    apart: tuple[Code, ...] = ()
    cadence: dict[str, Any] = {"every": "day"}


class PeriodsSpec(Spec):
    """``periods.yaml``, the whole file."""

    kinds: Annotated[tuple[KindSpec, ...], Field(min_length=1)]
    duties: Annotated[tuple[PeriodDutySpec, ...], Field(min_length=1)]


@section("periods", file="periods.yaml", after=("posts", "unit-kinds", "sheets", "duties"))
class Periods(Section):
    """Important periods of a bureau; a local pack's file takes the place of the general one."""

    Spec = PeriodsSpec
    shape = "whole"

    def check(self, item: Item, codes: Codes) -> Iterable[Fault]:
        spec: PeriodsSpec = item.spec
        for words, given in (("时期", spec.kinds), ("职责", spec.duties)):
            for code, count in Counter(one.code for one in given).items():
                if count > 1:
                    yield item.fault("packs.twice", f"{words}代码「{code}」用了 {count} 次")
        for duty in spec.duties:
            yield from duty_faults(item, duty, codes)
            yield from _own_faults(item, spec, duty)
        for kind in spec.kinds:
            reports = [d.code for d in spec.duties if d.role == "report" and (not d.kinds or kind.code in d.kinds)]
            if len(reports) != 1:
                yield item.fault("periods.one_report", f"「{kind.name}」应有且只有一条日报告（role: report）")


def _own_faults(item: Item, spec: PeriodsSpec, duty: PeriodDutySpec) -> Iterator[Fault]:
    """What a period's duty must be beyond a duty."""
    if duty.starts_on or duty.ends_on:
        yield item.fault("periods.dated", f"「{duty.code}」不写日期：从哪天到哪天由宣布的人定")
    if duty.act not in ("sheet", "act"):
        yield item.fault("periods.bad_act", f"「{duty.code}」只能是填报（sheet）或完成（act）")
    if duty.role == "report" and not (duty.nil and duty.cadence == {"every": "day"}):
        yield item.fault(
            "periods.bad_report", f"日报告「{duty.code}」应每天一次（every: day），并能零报告（nil: true）"
        )
    if len(duty.windows) > 1:
        yield item.fault("periods.bad_windows", f"「{duty.code}」一天只能有一个时段")
    known = {one.code for one in spec.kinds}
    for kind in duty.kinds:
        if kind not in known:
            yield item.fault("periods.no_such_kind", f"「{duty.code}」里的时期「{kind}」没有定义")
    for other in duty.apart:
        if other == duty.code or other not in {one.code for one in spec.duties}:
            yield item.fault("periods.no_such_duty", f"「{duty.code}」的 apart 里的「{other}」不是另一条战备职责")


def chapter_of(bureau_id: UUID | None) -> dict[str, Any]:
    """The bureau's chapter; refusal ``periods.no_chapter`` before any pack brought one."""
    found = packs.entries(bureau_id, "periods").get("default")
    if found is None:
        raise Refusal("periods.no_chapter")
    return found
