"""What changed between two versions, in words that a bureau can read."""

from __future__ import annotations

from dataclasses import dataclass

from bihuan.engines.sheets.rules.content import FACETS, KINDS, SEVERITIES, STAGES, WAYS, Condition, Content, Item

_FIELDS = {
    "section": "类目",
    "title": "检查内容",
    "kind": "填写方式",
    "standard": "合格标准",
    "ways": "检查方式",
    "basis": "依据",
    "severity": "严重程度",
    "stages": "适用学段",
    "facets": "适用条件",
    "place": "部位",
    "proof": "依据核实程度",
    "options": "选项",
    "abnormal": "异常选项",
    "unit": "单位",
    "least": "下限",
    "most": "上限",
    "normal_from": "正常下限",
    "normal_to": "正常上限",
    "required": "必填",
    "when": "出现条件",
}
_WORDS: dict[str, str] = {**WAYS, **SEVERITIES, **STAGES, **FACETS, **KINDS}


@dataclass(frozen=True, slots=True)
class Changed:
    """One field of one item that says something else now."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class ChangedItem:
    """An item that stayed and says something else."""

    before: Item
    after: Item
    changes: tuple[Changed, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """Everything that differs from one version to another."""

    added: tuple[Item, ...]
    removed: tuple[Item, ...]
    changed: tuple[ChangedItem, ...]
    sections: tuple[str, ...]
    moved: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether both versions say the same."""
        return not (self.added or self.removed or self.changed or self.sections or self.moved)

    @property
    def words(self) -> str:
        """One sentence: 新增 3 项，停用 1 项，修改 2 项."""
        parts = [
            f"{verb} {len(found)} 项"
            for verb, found in (
                ("新增", self.added),
                ("停用", self.removed),
                ("修改", self.changed),
                ("调序", self.moved),
            )
            if found
        ]
        return "，".join([*parts, *self.sections]) or "两个版本内容相同"


def compare(old: Content, new: Content) -> Difference:
    """Added, removed, changed and moved items, and changed categories, from *old* to *new*."""
    before, after = old.by_code, new.by_code
    stayed = [code for code in after if code in before]
    changed = [
        ChangedItem(before[code], after[code], changes)
        for code in stayed
        if (changes := _changes(before[code], after[code]))
    ]
    return Difference(
        added=tuple(item for code, item in after.items() if code not in before),
        removed=tuple(item for code, item in before.items() if code not in after),
        changed=tuple(changed),
        sections=tuple(_sections(old, new)),
        moved=tuple(_moved([code for code in before if code in after], stayed)),
    )


def _changes(before: Item, after: Item) -> tuple[Changed, ...]:
    return tuple(
        Changed(label, _said(getattr(before, name)), _said(getattr(after, name)))
        for name, label in _FIELDS.items()
        if getattr(before, name) != getattr(after, name)
    )


def _said(value: object) -> str:
    if isinstance(value, tuple):
        return "、".join(str(_WORDS.get(word, word)) for word in value)
    if isinstance(value, Condition):
        return f"{value.item} 为{'、'.join(_WORDS.get(word, word) for word in value.among)}"
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float):
        return f"{value:g}"
    if value is None:
        return ""
    return _WORDS.get(str(value), str(value))


def _sections(old: Content, new: Content) -> list[str]:
    before, after = old.section_titles, new.section_titles
    words = [f"新增类目「{title}」" for code, title in after.items() if code not in before]
    words += [f"停用类目「{title}」" for code, title in before.items() if code not in after]
    words += [
        f"类目「{before[code]}」改称「{title}」" for code, title in after.items() if before.get(code, title) != title
    ]
    return words


def _moved(before: list[str], after: list[str]) -> list[str]:
    """The fewest items that must be moved to get from one order to the other (all but a longest kept run)."""
    place = {code: index for index, code in enumerate(before)}
    kept: list[list[str]] = []
    for code in after:  # patience: kept[n] is the chain of length n+1 whose last place is smallest
        low, high = 0, len(kept)
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if place[kept[middle][-1]] < place[code] else (low, middle)
        chain = [*(kept[low - 1] if low else []), code]
        kept[low : low + 1] = [chain]
    stayed = set(kept[-1]) if kept else set()
    return [code for code in after if code not in stayed]
