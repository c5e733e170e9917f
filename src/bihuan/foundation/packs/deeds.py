"""Deeds: what was due from people of a unit in a span of time, and whether it was done. A closed list of kinds; rooms add theirs.

Whoever counts deeds (a rating) knows no room: a room states them with a link to the very row, as they stood at a moment.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Asked:
    """Of which school and which time deeds are asked: due from ``since`` to before ``until``, as known at ``as_of``."""

    bureau_id: UUID
    school_id: UUID
    since: datetime
    until: datetime
    as_of: datetime
    kinds: frozenset[str]


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that was due. ``user_id`` is who did it or was named to do it; without one, any holder of ``post`` at ``path``.

    ``due_on`` is the day on which it fell due where that may be another than the day that it is named by.
    """

    kind: str
    on: date
    words: str
    link: str
    good: bool
    user_id: UUID | None = None
    post: str = ""
    path: str = ""
    due_on: date | None = None


Provider = Callable[[Asked], Iterable[Deed]]
_kinds: dict[str, str] = {}
_providers: list[tuple[frozenset[str], Provider]] = []


def deeds(kinds: Mapping[str, str]) -> Callable[[Provider], Provider]:
    """Register ``function(asked) -> deeds`` for kinds (code → words); it takes one statement for all of its kinds."""

    def decorate(function: Provider) -> Provider:
        if twice := _kinds.keys() & kinds.keys():
            raise ValueError(f"kinds of deeds are registered twice: {sorted(twice)}")
        _kinds.update(kinds)
        _providers.append((frozenset(kinds), function))
        return function

    return decorate


def kinds() -> Mapping[str, str]:
    """Every kind of deed with its words."""
    return dict(_kinds)


def gathered(asked: Asked) -> list[Deed]:
    """The deeds of the kinds asked for, the earliest first; a room whose kinds nobody wants is not asked."""
    found = [
        deed
        for offered, function in _providers
        if offered & asked.kinds
        for deed in function(asked)
        if deed.kind in asked.kinds
    ]
    return sorted(found, key=lambda deed: (deed.on, deed.kind, deed.words, deed.link))


def unknown(codes: Collection[str]) -> list[str]:
    """Those of *codes* that no room has registered."""
    return sorted(set(codes) - _kinds.keys())
