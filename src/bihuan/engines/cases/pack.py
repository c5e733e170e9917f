"""The chapter ``cases.yaml``: levels, lifecycle tables, the ladder, and a few numbers; one file, four sections."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

import yaml
from pydantic import AfterValidator, Field

from bihuan.engines.cases.deadlines import duration
from bihuan.engines.cases.escalation import Rung, climbs
from bihuan.engines.cases.lifecycle import Lifecycle, State, Step
from bihuan.foundation import packs, refusals
from bihuan.foundation.packs.sections import Change, Codes, Fault, Item, Proof, Section, Spec, data_of, section
from bihuan.foundation.packs.yaml_rows import CODE, checked
from bihuan.foundation.refusals import Refusal

FILE = "cases.yaml"
PARTS = ("levels", "lifecycles", "ladder", "rules")

refusals.declare(
    {
        "cases.lifecycle_frozen": (
            409,
            "生命周期「{code}」已经公布，不能改内容。请把改过的表另存为新版本，例如「{next}」。",
        )
    }
)


def _iso(text: str) -> str:
    duration(text)
    return text


def _iso_or_level(text: str) -> str:
    return text if text in {"", "level"} else _iso(text)


Iso = Annotated[str, AfterValidator(_iso)]
Within = Annotated[str, AfterValidator(_iso_or_level)]


class LevelSpec(Spec):
    """How grave a hazard is, the table it follows, and the time to put it right."""

    code: str
    name: str
    lifecycle: str
    within: Iso
    clock: Literal["working", "hours"]
    verifiers: Annotated[int, Field(ge=1, le=5)] = 1
    help: str = ""
    source: str
    proof: Proof


class StateSpec(Spec):
    """A state of a table."""

    code: str
    name: str
    end: Literal["", "closed", "dropped"] = ""


class StepSpec(Spec):
    """A row of a table."""

    state: str
    action: str
    name: str
    by: tuple[str, ...] = Field(min_length=1)
    to: str
    not_by: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    within: Within = ""
    clock: Literal["working", "hours", "none"] = "none"
    waits_for: str = ""
    prints: str = ""
    when: tuple[str, ...] = ()
    switches: str = ""


class StartSpec(Spec):
    """How long the first person has, and who that is."""

    within: Iso
    clock: Literal["working", "hours"]
    waits_for: str


class LifecycleSpec(Spec):
    """A frozen version of a table."""

    code: Annotated[str, Field(pattern=r"^[a-z0-9-]+@\d+$")]
    name: str
    kind: str
    initial: str
    five: bool = False
    starts: StartSpec
    states: tuple[StateSpec, ...]
    steps: tuple[StepSpec, ...]
    source: str
    proof: Proof


class RungSpec(Spec):
    """A rung of the ladder."""

    after: Iso
    measure: Literal["reminder", "circular", "official-letter", "formal-talk"]
    name: str
    tells: tuple[str, ...] = ()
    judges: tuple[str, ...] = ("waits-for",)
    prints: str = ""


class LadderSpec(Spec):
    """What happens after a deadline, rung by rung."""

    source: str
    proof: Proof
    rungs: tuple[RungSpec, ...]


class ExtensionSpec(Spec):
    """How often and how far a deadline may be moved."""

    most: Annotated[int, Field(ge=0, le=20)]
    longest: Iso


class RulesSpec(Spec):
    """The numbers and orders that a bureau may set."""

    number_format: str
    recurrence_days: Annotated[int, Field(ge=0, le=3650)]
    extension: ExtensionSpec
    waits: dict[str, tuple[str, ...]]
    sources: dict[str, str]
    source: str
    proof: Proof


def lifecycle_from(data: dict[str, Any]) -> Lifecycle:
    """The pure table of a checked spec."""
    return Lifecycle(
        code=data["code"],
        name=data["name"],
        initial=data["initial"],
        states={s["code"]: State(s["code"], s["name"], s.get("end", "")) for s in data["states"]},
        steps=tuple(Step(**{k: tuple(v) if isinstance(v, list) else v for k, v in s.items()}) for s in data["steps"]),
    )


def rungs_from(data: dict[str, Any]) -> tuple[Rung, ...]:
    """The pure ladder of a checked spec."""
    return tuple(
        Rung(
            duration(r["after"]),
            r["measure"],
            r["name"],
            tuple(r.get("tells", ())),
            tuple(r.get("judges", ())),
            r.get("prints", ""),
        )
        for r in data["rungs"]
    )


class _Part(Section):
    """One top-level key of ``cases.yaml``: a list of coded entries, or one entry called ``default``."""

    part: ClassVar[str]

    def read(self, folder: Path) -> tuple[list[Item], list[Fault]]:
        items: list[Item] = []
        faults: list[Fault] = []
        for row, code, data in self._entries(folder, faults):
            if not isinstance(code, str) or not CODE.match(code):
                faults.append(
                    Fault(FILE, row, str(code), "packs.bad_code", f"代码「{code}」不合规则：应为小写字母、数字和连字符")
                )
                continue
            if any(item.code == code for item in items):
                faults.append(Fault(FILE, row, code, "packs.twice", f"代码「{code}」在 {self.part} 里用了两次"))
                continue
            spec, wrong = checked(self.Spec, data)
            faults += [Fault(FILE, row, code, "packs.bad_value", sentence) for sentence in wrong]
            if spec is not None:
                items.append(Item(FILE, row, code, spec))
        return items, faults

    def _entries(self, folder: Path, faults: list[Fault]) -> Iterable[tuple[int, Any, Any]]:
        path = folder / FILE
        if not path.is_file():
            return
        first = self.part == PARTS[0]
        try:
            node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            if first:
                mark = getattr(error, "problem_mark", None)
                faults.append(
                    Fault(
                        FILE,
                        mark.line + 1 if mark else 1,
                        "",
                        "packs.not_yaml",
                        f"文件不是有效的 YAML：{error}".split("\n")[0],
                    )
                )
            return
        if not isinstance(node, yaml.MappingNode):
            if first:
                faults.append(
                    Fault(FILE, 1, "", "packs.bad_value", "文件应分 levels、lifecycles、ladder、rules 几部分")
                )
            return
        loader = yaml.SafeLoader("")
        for key, value in node.value:
            if first and key.value not in PARTS:
                faults.append(
                    Fault(
                        FILE,
                        key.start_mark.line + 1,
                        key.value,
                        "packs.bad_value",
                        f"不认识「{key.value}」，只能是：{'、'.join(PARTS)}",
                    )
                )
            if key.value != self.part:
                continue
            if self.part in {"ladder", "rules"}:
                yield key.start_mark.line + 1, "default", loader.construct_object(value, deep=True)
            elif isinstance(value, yaml.SequenceNode):
                for child in value.value:
                    data = loader.construct_object(child, deep=True)
                    yield child.start_mark.line + 1, data.get("code") if isinstance(data, dict) else None, data
            else:
                faults.append(
                    Fault(FILE, key.start_mark.line + 1, key.value, "packs.bad_value", f"「{key.value}」应是一个列表")
                )


@section("case-levels", file=FILE, after=("lifecycles",))
class Levels(_Part):
    """How grave hazards are."""

    Spec = LevelSpec
    part = "levels"

    def check(self, item: Item, codes: Codes) -> Iterable[Fault]:
        if ("lifecycles", item.spec.lifecycle) not in codes:
            yield item.fault("cases.no_lifecycle", f"没有叫「{item.spec.lifecycle}」的生命周期")


@section("lifecycles", file=FILE, after=("posts",))
class Lifecycles(_Part):
    """The tables; a published version never changes."""

    Spec = LifecycleSpec
    part = "lifecycles"

    def check(self, item: Item, codes: Codes) -> Iterable[Fault]:
        table = lifecycle_from(data_of(item))
        yield from (item.fault("cases.faulty_table", sentence) for sentence in table.faults(needs_five=item.spec.five))
        for step in table.steps:
            if step.switches and ("lifecycles", step.switches) not in codes:
                yield item.fault(
                    "cases.no_lifecycle", f"「{step.state} → {step.action}」改走的「{step.switches}」没有定义"
                )
            for post in (by.removeprefix("post:") for by in step.by if by.startswith("post:")):
                if ("posts", post) not in codes:
                    yield item.fault("cases.no_post", f"「{step.state} → {step.action}」写的岗位「{post}」没有定义")

    def put(self, bureau_id: UUID, pack: str, items: list[Item]) -> None:
        """Add new versions. Refusal ``cases.lifecycle_frozen`` when a published one differs; old ones stay for old work."""
        packs.forget()
        kept = packs.entries(bureau_id, self.name)
        for item in items:
            old = kept.get(item.code)
            if old is not None and old != data_of(item):
                name, _, version = item.code.partition("@")
                raise Refusal("cases.lifecycle_frozen", code=item.code, next=f"{name}@{int(version) + 1}")
        gone = [change.code for change in super().plan(bureau_id, pack, items) if change.verb == "retire"]
        still = [Item(FILE, 0, code, LifecycleSpec.model_validate(kept[code])) for code in gone]
        super().put(bureau_id, pack, items + still)

    def plan(self, bureau_id: UUID, pack: str, items: list[Item]) -> Iterable[Change]:
        return (change for change in super().plan(bureau_id, pack, items) if change.verb != "retire")


@section("ladders", file=FILE, after=("posts", "papers"))
class Ladders(_Part):
    """What happens after a deadline."""

    Spec = LadderSpec
    part = "ladder"

    def check(self, item: Item, codes: Codes) -> Iterable[Fault]:
        if not climbs(rungs_from(data_of(item))):
            yield item.fault("cases.flat_ladder", "后一级必须比前一级晚")
        people = {"waits-for", "rectifier", "verifier", "reporter"}
        for rung in item.spec.rungs:
            for tell in (*rung.tells, *rung.judges):
                if tell not in people and ("posts", tell) not in codes:
                    yield item.fault("cases.no_post", f"「{rung.name}」要告诉的岗位「{tell}」没有定义")


@section("case-rules", file=FILE, after=("posts",))
class Rules(_Part):
    """Numbers and orders."""

    Spec = RulesSpec
    part = "rules"

    def check(self, item: Item, codes: Codes) -> Iterable[Fault]:
        for name, posts in item.spec.waits.items():
            yield from (
                item.fault("cases.no_post", f"「{name}」等的岗位「{p}」没有定义")
                for p in posts
                if ("posts", p) not in codes
            )
        try:
            item.spec.number_format.format(year=2026, n=1)
        except (KeyError, IndexError, ValueError):
            yield item.fault("cases.bad_number", "编号格式只能用 {year} 和 {n}，例如 {year}-{n:05d}")


_tables: dict[int, tuple[dict[str, Any], Lifecycle]] = {}


def lifecycle_of(bureau_id: UUID, code: str) -> Lifecycle:
    """The installed table of this version for a bureau."""
    data = packs.entry(bureau_id, "lifecycles", code)
    kept = _tables.get(id(data))
    if kept is None or kept[0] is not data:
        kept = (data, lifecycle_from(data))
        _tables[id(data)] = kept
        if len(_tables) > 256:
            _tables.pop(next(iter(_tables)))
    return kept[1]


def tables_of(bureau_id: UUID | None) -> list[Lifecycle]:
    """Every installed version of every table."""
    return [lifecycle_of(bureau_id, code) for code in packs.entries(bureau_id, "lifecycles")]


def ladder_of(bureau_id: UUID) -> tuple[Rung, ...]:
    """The bureau's ladder; without one, nothing escalates."""
    found = packs.entries(bureau_id, "ladders").get("default")
    return rungs_from(found) if found else ()


def rules_of(bureau_id: UUID) -> dict[str, Any]:
    """The bureau's numbers and orders."""
    return packs.entry(bureau_id, "case-rules", "default")


def verifiers_of(bureau_id: UUID, level: str, *, supervised: bool) -> int:
    """How many people must verify: the level's number and, under a 督办单, that of the 复查单; the larger one holds."""
    slip = packs.entries(bureau_id, "papers").get("verification-slip", {})
    return max(int(levels_of(bureau_id)[level].get("verifiers", 1)), int(slip.get("verifiers", 1)) if supervised else 1)


def levels_of(bureau_id: UUID) -> dict[str, dict[str, Any]]:
    """The levels by code."""
    return packs.entries(bureau_id, "case-levels")
