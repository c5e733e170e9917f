"""The register of pack sections: which room understands which chapter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from bihuan.foundation.models import PackEntry
from bihuan.foundation.packs.yaml_rows import read_yaml

Codes = frozenset[tuple[str, str]]
"""Every (section, code) that the pack and the packs it needs define: for checks across files."""

Proof = Literal["read", "official", "third-party", "seed", "own", "unverified"]
"""How far a fact is proven, strongest first (``unverified`` is shown as 待确认 and never presented as fact)."""


class Spec(BaseModel):
    """The strict base of every entry's spec: unknown keys are faults, and what was checked is frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


@dataclass(frozen=True, order=True)
class Fault:
    """One problem in a pack: where, which entry, a stable code and a Chinese sentence."""

    file: str
    row: int
    entry: str
    code: str
    sentence: str


@dataclass(frozen=True)
class Item:
    """One entry as read: where it stands in the file, its code and its checked spec."""

    file: str
    row: int
    code: str
    spec: Any

    def fault(self, code: str, sentence: str) -> Fault:
        """A fault of this entry."""
        return Fault(self.file, self.row, self.code, code, sentence)


@dataclass(frozen=True, order=True)
class Change:
    """One line of a plan: what an install would do to one entry, in words."""

    section: str
    code: str
    verb: Literal["add", "change", "retire"]
    words: str


class Section:
    """A chapter of a pack. A room subclasses it, gives ``Spec`` and, where needed, its own checks and tables.

    ``shape``: ``list`` (entries with a ``code``), ``map`` (code → entry) or ``whole`` (the file is one entry, code
    ``default``).
    """

    Spec: ClassVar[type[BaseModel]]
    shape: ClassVar[Literal["list", "map", "whole"]] = "list"
    name: ClassVar[str]
    file: ClassVar[str]
    after: ClassVar[tuple[str, ...]] = ()

    def read(self, folder: Path) -> tuple[list[Item], list[Fault]]:
        """The chapter's entries and the faults of reading them."""
        items: list[Item] = []
        faults: list[Fault] = []
        for path in sorted(folder.glob(self.file)):
            found, wrong = read_yaml(path, folder, self.shape, self.Spec)
            items += [Item(*row) for row in found]
            faults += [Fault(*row) for row in wrong]
        return items, faults

    def check(self, item: Item, codes: Codes) -> Iterable[Fault]:
        """Faults that only show across files."""
        return ()

    def warn(self, chapters: Mapping[str, list[Item]]) -> Iterable[Fault]:
        """What is allowed but unwise in the pack together with those it needs (chapter → entries); it stops nothing."""
        return ()

    def put(self, bureau_id: UUID, pack: str, items: list[Item]) -> None:
        """Install the chapter inside the install's transaction; the same items again change nothing."""
        put_entries(self.name, bureau_id, pack, items)

    def plan(self, bureau_id: UUID, pack: str, items: list[Item]) -> Iterable[Change]:
        """What ``put`` would change, entry by entry."""
        return plan_entries(self.name, bureau_id, pack, items)


_sections: dict[str, Section] = {}


def section(name: str, *, file: str, after: tuple[str, ...] = ()) -> Any:
    """Class decorator: register a chapter. ``file`` is a name or a glob inside the pack's folder."""

    def decorate(chapter: type[Section]) -> type[Section]:
        if name in _sections:
            raise ValueError(f"pack section {name} is registered twice")
        chapter.name, chapter.file, chapter.after = name, file, after
        _sections[name] = chapter()
        return chapter

    return decorate


def sections() -> list[Section]:
    """Every registered section, each after those it needs."""
    done: list[Section] = []
    waiting = dict(_sections)
    while waiting:
        ready = [s for s in waiting.values() if not set(s.after) & set(waiting)]
        if not ready:
            raise ValueError(f"pack sections wait for each other: {sorted(waiting)}")
        for registered in sorted(ready, key=lambda s: s.name):
            done.append(waiting.pop(registered.name))
    return done


def data_of(item: Item) -> dict[str, Any]:
    """The entry as it is stored."""
    return dict(item.spec.model_dump(mode="json", exclude_none=True))


def put_entries(name: str, bureau_id: UUID, pack: str, items: list[Item]) -> None:
    """Make the pack's stored entries of a section equal to *items*; entries no longer in the pack go."""
    rows = PackEntry.objects.filter(bureau_id=bureau_id, section=name)
    rows.filter(pack=pack).exclude(code__in=[item.code for item in items]).delete()
    PackEntry.objects.bulk_create(
        [
            PackEntry(bureau_id=bureau_id, section=name, code=item.code, data=data_of(item), pack=pack, sort=sort)
            for sort, item in enumerate(items)
        ],
        update_conflicts=True,
        unique_fields=["bureau_id", "section", "code"],
        update_fields=["data", "pack", "sort"],
    )


def plan_entries(name: str, bureau_id: UUID, pack: str, items: list[Item]) -> Iterable[Change]:
    """The difference between what is stored and *items*."""
    now = {e.code: e for e in PackEntry.objects.filter(bureau_id=bureau_id, section=name)}
    for item in items:
        data = data_of(item)
        kept = now.get(item.code)
        if kept is None:
            yield Change(name, item.code, "add", label_of(data))
        elif kept.data != data:
            keys = sorted(k for k in {*kept.data, *data} if kept.data.get(k) != data.get(k))
            yield Change(name, item.code, "change", f"{label_of(data)}：{'、'.join(keys)}")
    codes = {item.code for item in items}
    for code, kept in now.items():
        if kept.pack == pack and code not in codes:
            yield Change(name, code, "retire", label_of(kept.data))


def label_of(data: dict[str, Any]) -> str:
    """The words by which a person recognises an entry."""
    return str(data.get("name") or data.get("label") or data.get("title") or data.get("text") or "")[:60]
