"""The register of pack sections: which room understands which file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

from pydantic import BaseModel

Codes = frozenset[tuple[str, str]]
"""Every (section, code) that the pack and the packs it needs define: for checks across files."""


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
    spec: BaseModel
    extra: Mapping[str, Any] = field(default_factory=dict)


class Section(Protocol):
    """What a room teaches the loader about its chapter."""

    Spec: type[BaseModel]

    def check(self, item: Item, codes: Codes) -> Iterable[Fault]:
        """Faults that only show across files."""
        ...

    def put(self, bureau_id: UUID, pack: str, items: list[Item]) -> None:
        """Install the chapter inside the install's transaction; the same items again change nothing."""
        ...


@dataclass(frozen=True)
class Registered:
    """A section with its name, its file and the sections it must come after."""

    name: str
    file: str
    after: tuple[str, ...]
    handler: Section


_sections: dict[str, Registered] = {}


def section(name: str, *, file: str, after: tuple[str, ...] = ()) -> Any:
    """Class decorator: register a chapter. ``file`` is a name or a glob inside the pack's folder."""

    def decorate(handler: type) -> type:
        if name in _sections:
            raise ValueError(f"pack section {name} is registered twice")
        _sections[name] = Registered(name, file, after, handler())
        return handler

    return decorate


def sections() -> list[Registered]:
    """Every registered section, each after those it needs."""
    done: list[Registered] = []
    waiting = dict(_sections)
    while waiting:
        ready = [s for s in waiting.values() if not set(s.after) & set(waiting)]
        if not ready:
            raise ValueError(f"pack sections wait for each other: {sorted(waiting)}")
        for registered in sorted(ready, key=lambda s: s.name):
            done.append(waiting.pop(registered.name))
    return done
