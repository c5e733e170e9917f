"""What a pack says about risks: point kinds, colours, matrices (``risks.yaml``), places and ready-made points."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from string import Formatter
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, model_validator

from bihuan.foundation import packs
from bihuan.foundation.packs.sections import Codes, Fault, Item, Proof, Section, Spec, section
from bihuan.foundation.packs.yaml_rows import CODE, checked
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.risks import events, rules  # noqa: F401 - events declares the refusals

ColourCode = Literal["red", "orange", "yellow", "blue"]
Cadence = Literal["shift", "daily", "weekly", "monthly", "quarterly", "termly", "each-use"]
Stage = Literal["all", "kindergarten", "primary", "junior", "senior", "vocational", "special", "training"]
Measure = Annotated[str, Field(max_length=300)]
Tier = Literal["bureau", "school", "department", "post"]


class PointKind(Spec):
    """部位、设施、活动、周边 …"""

    code: str
    name: str
    text: str = ""


class ColourSpec(Spec):
    """One of the four colours with the word and the shape that always go with it, and who keeps such a point."""

    code: ColourCode
    name: str
    word: str
    shape: Literal["octagon", "triangle", "diamond", "disc"]
    sort: int
    control_tier: Tier
    control_post: str
    also_tiers: tuple[Tier, ...] = ()
    cadence: Cadence
    review_months: int
    text: str
    source: str
    proof: Proof


class LsBand(Spec):
    """Values from ``min`` to ``max``, both included."""

    colour: ColourCode
    grade: str
    word: str
    min: int
    max: int


class MatrixSpec(Spec):
    """A way to turn R = L × S into a colour."""

    code: str
    name: str
    method: Literal["ls"]
    bands: tuple[LsBand, ...]
    note: str = ""
    source: str
    proof: Proof


class LsScore(Spec):
    """One value of L or S in words."""

    score: Literal[1, 2, 3, 4, 5]
    text: str


class LecScore(Spec):
    """One value of L, E or C in words; decimals are text, so that 0.1 stays 0.1."""

    score: Decimal
    text: str
    proof: Proof


class LecBand(Spec):
    """Values beyond ``above``; where exactly ``above`` goes is ``boundary``."""

    colour: ColourCode
    grade: str
    above: Decimal
    word: str


class LecSpec(Spec):
    """D = L × E × C."""

    likelihood: tuple[LecScore, ...]
    exposure: tuple[LecScore, ...]
    consequence: tuple[LecScore, ...]
    boundary: Literal["upper", "lower"]
    boundary_proof: Proof
    bands: tuple[LecBand, ...]
    note: str = ""
    source: str
    proof: Proof


class Direct(Spec):
    """A criterion that is red whatever the score says."""

    code: str
    text: str
    source: str
    proof: Proof


class ShownRung(Spec):
    """One row of the rule that colours a point today: when all given numbers are reached, raise it or set a floor."""

    open: Annotated[int, Field(ge=0, le=100)] = 0
    worst: str = ""
    overdue: Annotated[int, Field(ge=0, le=100)] = 0
    missed: Annotated[int, Field(ge=0, le=60)] = 0
    up: Annotated[int, Field(ge=0, le=3)] = 0
    at_least: ColourCode | Literal[""] = ""
    why: Annotated[str, Field(min_length=4, max_length=80)]


class ShownSpec(Spec):
    """How open hazards and missed rounds raise the shown colour; missed rounds count for ``missed_days``."""

    missed_days: Annotated[int, Field(ge=1, le=184)]
    rules: tuple[ShownRung, ...]
    source: str
    proof: Proof


WHY_MAY_SAY = {"open", "overdue", "missed", "worst"}


class RisksSpec(Spec):
    """``risks.yaml``, the whole file."""

    point_kinds: tuple[PointKind, ...]
    colours: tuple[ColourSpec, ...]
    matrices: tuple[MatrixSpec, ...]
    default_matrix: str
    likelihood: tuple[LsScore, ...]
    severity: tuple[LsScore, ...]
    lec: LecSpec | None = None
    direct_red: tuple[Direct, ...] = ()
    shown: ShownSpec | None = None

    @model_validator(mode="after")
    def _four_colours(self) -> RisksSpec:
        if sorted(c.code for c in self.colours) != sorted(rules.COLOURS):
            raise ValueError("colours")
        return self


@section("risks", file="risks.yaml", after=("posts", "case-levels"))
class Risks(Section):
    """Kinds, colours, matrices, direct criteria: one entry for a bureau."""

    Spec = RisksSpec
    shape = "whole"

    def check(self, item: Item, codes: Codes) -> Iterable[Fault]:
        """Colours whole and kept by known posts, matrices without holes, sources known."""
        spec: RisksSpec = item.spec
        for colour in spec.colours:
            if ("posts", colour.control_post) not in codes:
                yield item.fault("risks.post", f"colours · {colour.code}：没有叫「{colour.control_post}」的岗位")
        if len({c.shape for c in spec.colours}) < len(rules.COLOURS):
            yield item.fault("risks.shape", "colours：两种颜色用了同一个形状，黑白打印后分不出来")
        if spec.default_matrix not in {m.code for m in spec.matrices} | ({"lec"} if spec.lec else set()):
            yield item.fault("risks.default_matrix", f"default_matrix：没有叫「{spec.default_matrix}」的评分口径")
        for method in methods(spec.model_dump(mode="json")).values():
            values = [Decimal(1)]
            for _, _, allowed in method.factors:
                values = [value * factor for value in values for factor in allowed]
            try:
                faults = rules.holes(method.matrix, values)
            except rules.BadScore as hole:
                faults = [str(hole)]
            for fault in faults:
                yield item.fault("risks.matrix", f"{method.matrix.code}：{fault}")
        yield from self._shown(item, codes)
        cited = [*spec.colours, *spec.matrices, *spec.direct_red, *filter(None, (spec.lec, spec.shown))]
        for source in sorted({c.source for c in cited}):
            if ("sources", source) not in codes:
                yield item.fault("packs.no_source", f"来源「{source}」没有写在 pack.yaml 的 sources 里")

    def _shown(self, item: Item, codes: Codes) -> Iterable[Fault]:
        for n, row in enumerate(item.spec.shown.rules if item.spec.shown else (), start=1):
            at = f"shown 第 {n} 条"
            if not (row.open or row.worst or row.overdue or row.missed):
                yield item.fault("risks.shown", f"{at}没有条件，会对所有风险点生效")
            if not (row.up or row.at_least):
                yield item.fault("risks.shown", f"{at}没有写升几级（up）或至少什么颜色（at_least）")
            if row.worst and ("case-levels", row.worst) not in codes:
                yield item.fault("risks.shown", f"{at}：没有叫「{row.worst}」的隐患级别")
            try:
                said = {name for _, name, _, _ in Formatter().parse(row.why) if name is not None}
            except ValueError:
                said = {"{"}
            if strange := sorted(said - WHY_MAY_SAY):
                yield item.fault("risks.shown", f"{at}的理由里有不认识的「{'、'.join(strange)}」")


class AreaSpec(Spec):
    """A usual place of a school, with the post that keeps it."""

    code: str
    name: Annotated[str, Field(min_length=1, max_length=40)]
    kind: str
    group: str
    post: str
    cadence: Cadence
    stages: Annotated[tuple[Stage, ...], Field(min_length=1)]
    facets: tuple[str, ...] = ()
    text: str = ""
    source: str
    proof: Proof


@section("areas", file="areas.yaml", after=("posts", "unit-kinds"))
class Areas(Section):
    """Where risk points usually are; a school is built from these."""

    Spec = AreaSpec

    def check(self, item: Item, codes: Codes) -> Iterable[Fault]:
        """The kind of unit and the post are known."""
        if ("unit-kinds", item.spec.kind) not in codes:
            yield item.fault("areas.kind", f"没有叫「{item.spec.kind}」的单位类型")
        if ("posts", item.spec.post) not in codes:
            yield item.fault("areas.post", f"没有叫「{item.spec.post}」的岗位")


class PointSpec(Spec):
    """A ready-made risk point: a school adopts it and then makes it its own."""

    code: str
    name: Annotated[str, Field(min_length=2, max_length=40)]
    kind: str
    place: Annotated[str, Field(max_length=40)]
    colour: ColourCode
    hazard_source: Annotated[str, Field(min_length=1, max_length=200)]
    accident: Annotated[str, Field(min_length=1, max_length=120)]
    engineering: Measure = ""
    management: Measure = ""
    training: Measure = ""
    protection: Measure = ""
    emergency: Annotated[str, Field(min_length=1, max_length=300)]
    post: str
    cadence: Cadence
    stages: Annotated[tuple[Stage, ...], Field(min_length=1)]
    facets: tuple[str, ...] = ()
    proof: Proof


COLUMNS = tuple(PointSpec.model_fields)


@section("risk-points", file="risk-points.csv", after=("posts", "risks", "areas"))
class RiskPoints(Section):
    """The catalogue of ready-made points, a table."""

    Spec = PointSpec

    def read(self, folder: Path) -> tuple[list[Item], list[Fault]]:
        """Every row, and everything that is wrong with each, with its row as a spreadsheet counts."""
        path = folder / self.file
        if not path.is_file():
            return [], []
        try:
            text = path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError:
            return [], [Fault(self.file, 1, "", "packs.not_utf8", "文件不是 UTF-8 编码，请另存为 UTF-8 的 CSV")]
        table = csv.reader(io.StringIO(text))
        head = tuple(next(table, ()))
        if head != COLUMNS:
            return [], [
                Fault(
                    self.file, 1, "", "risk-points.columns", f"表头应当是 {','.join(COLUMNS)}，现在是 {','.join(head)}"
                )
            ]
        places = {area.spec.name for area in Areas().read(folder)[0]}
        kinds_known = {kind.code for item in Risks().read(folder)[0] for kind in item.spec.point_kinds}
        rows = ((row, cells) for row, cells in enumerate(table, start=2) if any(cell.strip() for cell in cells))
        return self._rows(rows, {"place": places, "kind": kinds_known})

    def _rows(
        self, rows: Iterable[tuple[int, list[str]]], known: Mapping[str, set[str]]
    ) -> tuple[list[Item], list[Fault]]:
        items: list[Item] = []
        faults: list[Fault] = []
        seen: dict[str, int] = {}
        for row, cells in rows:
            code = cells[0].strip()
            if len(cells) != len(COLUMNS):
                faults.append(
                    Fault(
                        self.file, row, code, "risk-points.cells", f"这一行有 {len(cells)} 格，应当是 {len(COLUMNS)} 格"
                    )
                )
                continue
            data: dict[str, Any] = dict(zip(COLUMNS, (cell.strip() for cell in cells), strict=True))
            for name in ("stages", "facets"):
                data[name] = [part.strip() for part in data[name].split(";") if part.strip()]
            spec, wrong = checked(PointSpec, data)
            faults += [Fault(self.file, row, code, "packs.bad_value", sentence) for sentence in wrong]
            if not CODE.match(code):
                faults.append(
                    Fault(self.file, row, code, "packs.bad_code", f"代码「{code}」应为小写字母、数字和连字符")
                )
            if code in seen:
                faults.append(Fault(self.file, row, code, "packs.twice", f"代码「{code}」在第 {seen[code]} 行已经用过"))
            seen.setdefault(code, row)
            for name, file in (("place", "areas.yaml"), ("kind", "risks.yaml")):
                if known[name] and data[name] not in known[name]:
                    faults.append(
                        Fault(self.file, row, code, f"risk-points.{name}", f"{name}「{data[name]}」没有写在 {file} 里")
                    )
            if spec is not None:
                items.append(Item(self.file, row, code, spec))
        return items, faults

    def check(self, item: Item, codes: Codes) -> Iterable[Fault]:
        """The post is known."""
        if ("posts", item.spec.post) not in codes:
            yield item.fault("risk-points.post", f"没有叫「{item.spec.post}」的岗位")


def risks_of(bureau_id: UUID | None) -> dict[str, Any]:
    """The bureau's ``risks`` entry; refusal ``risks.no_pack`` before any pack brought one."""
    found = packs.entries(bureau_id, "risks").get("default")
    if found is None:
        raise Refusal("risks.no_pack")
    return found


@dataclass(frozen=True)
class Showing:
    """A bureau's rule for the shown colour; without one nothing raises it."""

    table: tuple[rules.Rung, ...] = ()
    missed_days: int = 7


def showing_of(bureau_id: UUID | None) -> Showing:
    """The rule that colours points today."""
    data = risks_of(bureau_id).get("shown")
    return Showing(tuple(rules.Rung(**row) for row in data["rules"]), data["missed_days"]) if data else Showing()


def colours(data: Mapping[str, Any]) -> dict[str, rules.Colour]:
    """The four colours in their order, reddest first."""
    found = sorted(data["colours"], key=lambda c: c["sort"])
    return {
        c["code"]: rules.Colour(
            c["code"], c["name"], c["word"], c["shape"], c["control_tier"], c["control_post"],
            tuple(c.get("also_tiers", ())), c["cadence"], c["review_months"], c["text"],
        )
        for c in found
    }  # fmt: skip


def methods(data: Mapping[str, Any]) -> dict[str, rules.Method]:
    """Matrix code → what may be scored by it, the default first."""
    of_ls = (
        ("likelihood", "可能性", {Decimal(s["score"]): s["text"] for s in data["likelihood"]}),
        ("severity", "严重性", {Decimal(s["score"]): s["text"] for s in data["severity"]}),
    )
    found = {}
    for m in data["matrices"]:
        bands = tuple(
            rules.Band(b["colour"], b["grade"], b["word"], Decimal(b["min"]), Decimal(b["max"])) for b in m["bands"]
        )
        found[m["code"]] = rules.Method(rules.Matrix(m["code"], m["name"], "ls", bands), of_ls)
    if lec := data.get("lec"):
        bands = tuple(rules.Band(b["colour"], b["grade"], b["word"], Decimal(b["above"])) for b in lec["bands"])
        words = (("likelihood", "可能性"), ("exposure", "暴露频度"), ("consequence", "后果"))
        factors = tuple((code, word, {Decimal(s["score"]): s["text"] for s in lec[code]}) for code, word in words)
        found["lec"] = rules.Method(rules.Matrix("lec", "LEC 法", "lec", bands, lec["boundary"]), factors)
    first = data["default_matrix"]
    return {code: found[code] for code in sorted(found, key=lambda code: code != first)}


def kinds(data: Mapping[str, Any]) -> dict[str, str]:
    """Point kinds: code → name."""
    return {kind["code"]: kind["name"] for kind in data["point_kinds"]}
