"""What a version of a sheet says: sections, and items that are frozen once the version is published."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any

KINDS: Mapping[str, str] = {
    "pass-fail": "符合 / 有问题 / 不适用",
    "choice": "单选",
    "number": "数字",
    "text": "文字",
    "date": "日期",
    "time": "时刻",
    "photo": "照片",
    "signature": "签名",
    "person": "人员",
}
WAYS: Mapping[str, str] = {"records": "查资料", "site": "看现场", "ask": "问师生"}
SEVERITIES: Mapping[str, str] = {"general": "一般", "serious": "较重", "major": "重大"}
STAGES: Mapping[str, str] = {
    "kindergarten": "幼儿园",
    "primary": "小学",
    "junior": "初中",
    "senior": "高中",
    "vocational": "中职",
    "special": "特殊教育",
}
FACETS: Mapping[str, str] = {
    "boarding": "有寄宿",
    "canteen": "有食堂",
    "catering": "校外供餐",
    "school-bus": "有校车",
    "lab": "有实验室",
    "boiler": "有锅炉",
    "gas": "用燃气",
    "elevator": "有电梯",
    "pool": "有泳池",
    "playground": "有大型游乐器械",
    "construction": "有在建施工",
    "heritage": "有文物建筑",
}
COMBINED: Mapping[str, tuple[str, ...]] = {
    "complete": ("junior", "senior"),
    "nine-year": ("primary", "junior"),
    "twelve-year": ("primary", "junior", "senior"),
}
"""Kinds of school that stand for several stages."""

ABNORMAL = "fail"
"""The result by which a pass-fail item becomes a finding; choices and numbers say it by their own bounds."""


@dataclass(frozen=True, slots=True)
class Section:
    """A category of a sheet."""

    code: str
    title: str


@dataclass(frozen=True, slots=True)
class Condition:
    """Asked only when another item was answered with one of these results or values."""

    item: str
    among: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to check or to fill in.

    ``least``/``most`` bound what may be typed; ``normal_from``/``normal_to`` bound what is normal (outside them the
    answer is a finding); ``abnormal`` names the options of a choice that are findings.
    """

    code: str
    section: str
    title: str
    kind: str = "pass-fail"
    standard: str = ""
    ways: tuple[str, ...] = ()
    basis: str = ""
    severity: str = "general"
    stages: tuple[str, ...] = ()
    facets: tuple[str, ...] = ()
    place: str = ""
    proof: str = "own"
    options: tuple[str, ...] = ()
    abnormal: tuple[str, ...] = ()
    unit: str = ""
    least: float | None = None
    most: float | None = None
    normal_from: float | None = None
    normal_to: float | None = None
    required: bool = True
    when: Condition | None = None

    def applies_to(self, stages: Collection[str], facets: Collection[str]) -> bool:
        """Whether a school of these stages and facets is asked this item; unknown stages are asked everything."""
        if self.stages and stages and not set(self.stages) & set(stages):
            return False
        return set(self.facets) <= set(facets)

    @property
    def ways_in_words(self) -> str:
        """For a page: 查资料、看现场."""
        return "、".join(WAYS[way] for way in self.ways)

    @property
    def for_whom(self) -> str:
        """Which schools are asked it, in words."""
        whom = "、".join(STAGES[stage] for stage in self.stages) or "各级各类学校"
        return whom + "".join(f"，{FACETS[facet]}" for facet in self.facets)

    @property
    def severity_in_words(self) -> str:
        """For a page: 一般, 较重, 重大."""
        return SEVERITIES[self.severity]

    @property
    def basis_is_unproven(self) -> bool:
        """Whether the basis must be shown as 待确认."""
        return self.proof == "unverified"


_DEFAULTS: Mapping[str, Any] = {f.name: f.default for f in fields(Item)}
_LISTS = ("ways", "stages", "facets", "options", "abnormal")


@dataclass(frozen=True)
class Content:
    """A whole version. ``from_json(as_json())`` is the same version; ``digest`` names it."""

    title: str
    sections: tuple[Section, ...] = ()
    items: tuple[Item, ...] = field(default=())

    @cached_property
    def by_code(self) -> dict[str, Item]:
        """Item code → item, in the sheet's order."""
        return {item.code: item for item in self.items}

    @cached_property
    def section_titles(self) -> dict[str, str]:
        """Section code → title."""
        return {section.code: section.title for section in self.sections}

    def in_section(self, code: str) -> tuple[Item, ...]:
        """The items of a category in order."""
        return tuple(item for item in self.items if item.section == code)

    def as_json(self) -> dict[str, Any]:
        """What is stored; values equal to their default are left out."""
        return {
            "title": self.title,
            "sections": [{"code": s.code, "title": s.title} for s in self.sections],
            "items": [_item_as_json(item) for item in self.items],
        }

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical form."""
        text = json.dumps(self.as_json(), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Content:
        """Read what ``as_json`` wrote."""
        return cls(
            title=data["title"],
            sections=tuple(Section(s["code"], s["title"]) for s in data["sections"]),
            items=tuple(item_from_json(item) for item in data["items"]),
        )


def item_from_json(data: Mapping[str, Any]) -> Item:
    """One item as stored; an unknown key is a ``TypeError``."""
    given = dict(data)
    for name in _LISTS:
        if name in given:
            given[name] = tuple(given[name])
    when = given.get("when")
    if when is not None:
        given["when"] = Condition(when["item"], tuple(when["among"]))
    return Item(**given)


def _item_as_json(item: Item) -> dict[str, Any]:
    said = {name: getattr(item, name) for name in _DEFAULTS}
    kept = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in said.items()
        if value != _DEFAULTS[name]
    }
    if item.when:
        kept["when"] = {"item": item.when.item, "among": list(item.when.among)}
    return kept


def stages_of(words: Iterable[str]) -> set[str]:
    """Stages from stage codes and kinds of school (a nine-year school stands for two stages)."""
    found: set[str] = set()
    for word in words:
        found.update(COMBINED.get(word, (word,) if word in STAGES else ()))
    return found


def applicable(content: Content, stages: Iterable[str], facets: Collection[str]) -> list[str]:
    """The codes of the items that a school of these stages and facets is asked, in order."""
    known = stages_of(stages)
    return [item.code for item in content.items if item.applies_to(known, facets)]


def content_faults(content: Content) -> list[tuple[str, str]]:
    """Everything that keeps a version from being published: (item or section code, Chinese sentence)."""
    found: list[tuple[str, str]] = []
    sections = [section.code for section in content.sections]
    if not content.items:
        found.append(("", "清单里还没有检查项，请先添加"))
    found += [(code, f"类目编号「{code}」重复") for code in _twice(sections)]
    found += [(code, f"项目编号「{code}」重复") for code in _twice(item.code for item in content.items)]
    for title in _twice(item.title for item in content.items):
        codes = [item.code for item in content.items if item.title == title]
        found.append((codes[-1], f"「{title}」与 {codes[0]} 项重复，同一件事只查一次"))
    for item in content.items:
        found += [(item.code, sentence) for sentence in _item_faults(item, content, sections)]
    return found


def _item_faults(item: Item, content: Content, sections: list[str]) -> Iterable[str]:
    if item.section not in sections:
        yield f"类目「{item.section}」不在清单的类目里"
    if len(item.title) < 2:
        yield "检查内容至少写两个字"
    if item.kind not in KINDS:
        yield f"不认识填写方式「{item.kind}」，只能是：{'、'.join(KINDS)}"
    for words, known, name in (
        (item.ways, WAYS, "检查方式"),
        (item.stages, STAGES, "适用学段"),
        (item.facets, FACETS, "适用条件"),
    ):
        yield from (f"不认识{name}「{word}」，只能是：{'、'.join(known)}" for word in words if word not in known)
    if item.severity not in SEVERITIES:
        yield f"不认识严重程度「{item.severity}」，只能是：{'、'.join(SEVERITIES)}"
    if item.kind == "pass-fail" and not item.ways:
        yield "请写明怎么查：查资料、看现场、问师生至少一种"
    if item.kind == "choice" and len(item.options) < 2:
        yield "单选至少要有两个选项"
    yield from (f"「{option}」不在选项里" for option in item.abnormal if option not in item.options)
    for low, high in ((item.least, item.most), (item.normal_from, item.normal_to)):
        if low is not None and high is not None and low > high:
            yield "数字的下限大于上限"
    if item.when:
        asked_before = [other.code for other in content.items[: content.items.index(item)]]
        if item.when.item not in asked_before:
            yield f"条件里的「{item.when.item}」必须是排在它前面的项目"


def _twice(words: Iterable[str]) -> list[str]:
    seen: set[str] = set()
    found: list[str] = []
    for word in words:
        if word in seen and word not in found:
            found.append(word)
        seen.add(word)
    return found
