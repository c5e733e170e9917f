"""The pack chapter ``sheets``: a head in YAML, its items in a CSV beside it (or inline)."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from bihuan.engines.responsibility import queries as net
from bihuan.engines.sheets.models import Sheet, SheetVersion
from bihuan.engines.sheets.rules import Content, compare, content_faults
from bihuan.engines.sheets.rules import Section as SheetSection
from bihuan.engines.sheets.rules.content import item_from_json
from bihuan.foundation import clock, packs
from bihuan.foundation.actors import SYSTEM
from bihuan.foundation.packs import Change, Fault, Item, Proof, Section, Spec, section
from bihuan.foundation.packs.yaml_rows import checked, read_yaml
from bihuan.foundation.refusals import Refusal
from bihuan.foundation.scoping import placed

COLUMNS = ("code", "section", "title", "standard", "ways", "basis", "severity", "stages", "facets", "place", "proof")
LISTS = ("ways", "stages", "facets", "options", "abnormal")
Code = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,19}$")]
Use = Literal["checklist", "ledger", "report"]
"""What a sheet is for: checked item by item, kept like a book, or answered once a day."""


class SectionSpec(Spec):
    """A category and how many items it must have."""

    code: Code
    title: Annotated[str, Field(min_length=2, max_length=40)]
    items_expected: Annotated[int, Field(ge=1)] | None = None


class ConditionSpec(Spec):
    """See ``rules.Condition``."""

    item: Code
    among: tuple[str, ...]


class ItemSpec(Spec):
    """One item; see ``rules.Item``."""

    code: Code
    section: Code
    title: Annotated[str, Field(min_length=2, max_length=40)]
    kind: str = "pass-fail"
    standard: Annotated[str, Field(max_length=160)] = ""
    ways: tuple[str, ...] = ()
    basis: Annotated[str, Field(max_length=300)] = ""
    severity: str = "general"
    stages: tuple[str, ...] = ()
    facets: tuple[str, ...] = ()
    place: Annotated[str, Field(max_length=40)] = ""
    proof: Proof = "own"
    options: tuple[str, ...] = ()
    abnormal: tuple[str, ...] = ()
    unit: str = ""
    least: float | None = None
    most: float | None = None
    normal_from: float | None = None
    normal_to: float | None = None
    required: bool = True
    when: ConditionSpec | None = None


class SheetSpec(Spec):
    """A sheet as its pack writes it."""

    code: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{1,58}$")]
    title: Annotated[str, Field(min_length=2, max_length=120)]
    use: Use = "checklist"
    purpose: Annotated[str, Field(max_length=400)] = ""
    version: Annotated[str, Field(pattern=r"^\d+(\.\d+){0,2}$")]
    effective_on: date
    sections: tuple[SectionSpec, ...]
    items: Any


class ReadSheet(Spec):
    """A sheet with its items, checked: what the chapter installs."""

    code: str
    title: str
    use: Use
    purpose: str
    version: str
    effective_on: date
    items_expected: int
    content: dict[str, Any]


@section("sheets", file="sheets/*.yaml")
class Sheets(Section):
    """Checklists and ledgers. A published version is never edited: other content needs another version."""

    Spec = SheetSpec

    def read(self, folder: Path) -> tuple[list[Item], list[Fault]]:
        """Every sheet with its items; all that is wrong, with the row in its own file."""
        items: list[Item] = []
        faults: list[Fault] = []
        for path in sorted(folder.glob(self.file)):
            heads, wrong = read_yaml(path, folder, "whole", SheetSpec)
            faults += [Fault(*row) for row in wrong]
            for file, row, _, spec in heads:
                item, found = _read_sheet(folder, path, file, row, spec)
                faults += found
                if item:
                    items.append(item)
        for code, count in Counter(item.code for item in items).items():
            if count > 1:
                last = [item for item in items if item.code == code][-1]
                faults.append(last.fault("sheets.twice", f"清单代码「{code}」在别的文件里已经用过"))
        return items, faults

    def put(self, bureau_id: UUID, pack: str, items: list[Item]) -> None:
        """Publish what is new; refusal ``sheets.version_frozen`` when a published version says something else now."""
        place = _place(bureau_id)
        for item in items:
            _put_sheet(place, pack, item.spec)

    def plan(self, bureau_id: UUID, pack: str, items: list[Item]) -> Iterator[Change]:
        """New sheets and versions, with what differs from the version before."""
        for item in items:
            yield from _plan_sheet(bureau_id, item.spec)


def _read_sheet(folder: Path, path: Path, file: str, row: int, spec: SheetSpec) -> tuple[Item | None, list[Fault]]:
    source, rows, faults = _raw_items(folder, path, file, row, spec)
    found = []
    row_of: dict[str, int] = {}
    for line, data in rows:
        one, wrong = checked(ItemSpec, _split(data))
        code = str(data.get("code") or "")
        faults += [Fault(source, line, code, "sheets.bad_item", sentence) for sentence in wrong]
        if one is None:
            continue
        row_of[one.code] = line  # a code twice is told at its second row
        found.append(item_from_json(one.model_dump(exclude_none=True)))
    sections = tuple(SheetSection(s.code, s.title) for s in spec.sections)
    content = Content(spec.title, sections, tuple(found))
    faults += [
        Fault(source, row_of.get(code, 1), code, "sheets.bad_item", words) for code, words in content_faults(content)
    ]
    counts = Counter(item.section for item in found)
    for part in spec.sections:
        if part.items_expected is not None and counts[part.code] != part.items_expected:
            words = f"类目「{part.title}」应有 {part.items_expected} 项，现在是 {counts[part.code]} 项"
            faults.append(Fault(file, row, part.code, "sheets.count", words))
    read = ReadSheet(
        code=spec.code, title=spec.title, use=spec.use, purpose=spec.purpose, version=spec.version, effective_on=spec.effective_on,
        items_expected=sum(part.items_expected or 0 for part in spec.sections), content=content.as_json(),
    )  # fmt: skip
    return Item(file, row, spec.code, read), faults


def _raw_items(
    folder: Path, path: Path, file: str, row: int, spec: SheetSpec
) -> tuple[str, list[tuple[int, dict[str, Any]]], list[Fault]]:
    if isinstance(spec.items, list):
        whole = [(row, item if isinstance(item, dict) else {"code": str(item)}) for item in spec.items]
        return file, whole, []
    table = path.parent / str(spec.items)
    if not table.is_file() or table.parent != path.parent:
        return (
            file,
            [],
            [
                Fault(
                    file, row, spec.code, "sheets.no_items", f"找不到清单的项目表「{spec.items}」，它应与本文件放在一起"
                )
            ],
        )
    source = table.relative_to(folder).as_posix()
    try:
        text = table.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        return source, [], [Fault(source, 1, spec.code, "sheets.not_utf8", "项目表应保存为 UTF-8 编码")]
    reader = csv.DictReader(io.StringIO(text), strict=True)
    known = set(ItemSpec.model_fields)
    header = reader.fieldnames or []
    faults = [
        Fault(source, 1, name, "sheets.no_column", f"项目表缺少「{name}」一列")
        for name in COLUMNS
        if name not in header
    ]
    faults += [
        Fault(source, 1, name, "sheets.unknown_column", f"不认识「{name}」这一列")
        for name in header
        if name not in known
    ]
    rows = []
    try:
        for data in reader:
            if None in data or None in data.values():
                faults.append(
                    Fault(
                        source,
                        reader.line_num,
                        data.get("code") or "",
                        "sheets.bad_row",
                        "这一行的列数与表头不同（检查逗号和引号）",
                    )
                )
            else:
                rows.append((reader.line_num, {name: value for name, value in data.items() if value != ""}))
    except csv.Error as error:
        faults.append(Fault(source, reader.line_num, "", "sheets.bad_row", f"这一行不是有效的 CSV：{error}"))
    return source, rows, faults


def _split(data: dict[str, Any]) -> dict[str, Any]:
    given = dict(data)
    for name in LISTS:
        if isinstance(given.get(name), str):
            given[name] = [word.strip() for word in given[name].split(";") if word.strip()]
    if given.get("stages") == ["all"]:
        given["stages"] = []
    return given


def _place(bureau_id: UUID) -> dict[str, Any]:
    if bureau_id == packs.PLATFORM:
        return {"bureau_id": bureau_id}
    return placed(net.org(SYSTEM, bureau_id))


def _put_sheet(place: dict[str, Any], pack: str, spec: ReadSheet) -> None:
    said = {"title": spec.title, "use": spec.use, "purpose": spec.purpose, "pack": pack}
    sheet, _ = Sheet.objects.update_or_create(
        bureau_id=place["bureau_id"],
        code=spec.code,
        defaults=said,
        create_defaults={**place, **said},
    )
    content = Content.from_json(spec.content)
    kept = SheetVersion.objects.filter(sheet=sheet, version=spec.version).first()
    if kept is None:
        SheetVersion.objects.create(
            bureau_id=sheet.bureau_id, sheet=sheet, version=spec.version, state="published", content=spec.content,
            digest=content.digest, item_count=len(content.items), effective_on=spec.effective_on,
            note=f"由模型包 {pack} 发布", made_by_name="模型包", made_at=clock.now(), published_at=clock.now(),
            published_by_name="模型包",
        )  # fmt: skip
    elif kept.digest != content.digest or kept.state != "published":
        raise Refusal("sheets.version_frozen", title=spec.title, version=spec.version)


def _plan_sheet(bureau_id: UUID, spec: ReadSheet) -> Iterable[Change]:
    content = Content.from_json(spec.content)
    versions = SheetVersion.objects.filter(bureau_id=bureau_id, sheet__code=spec.code)
    kept = versions.filter(version=spec.version).first()
    if kept is not None and kept.digest == content.digest:
        return
    before = kept or versions.filter(state="published").order_by("-effective_on", "-published_at").first()
    name = f"{spec.title} 第 {spec.version} 版"
    if before is None:
        yield Change("sheets", spec.code, "add", f"{name}：{len(content.sections)} 类 {len(content.items)} 项")
        return
    words = compare(Content.from_json(before.content), content).words
    frozen = "（同一版本已经发布，安装会被拒绝，请换版本号）" if kept else ""
    yield Change("sheets", spec.code, "change", f"{name}：{words}{frozen}")
