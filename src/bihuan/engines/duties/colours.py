"""Colours of units, told by the room that knows them: a duty may be for whatever bears one of them.

Asked when a duty's scope names colours, and only then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from uuid import UUID

from bihuan.engines.responsibility.rules.tree import steps_to

Provider = Callable[[UUID, UUID | None], Iterable[tuple[str, str]]]
_words: dict[str, str] = {}
_providers: list[Provider] = []


def unit_colours(words: Mapping[str, str]) -> Callable[[Provider], Provider]:
    """Register ``function(bureau_id, school_id or None) -> (path, colour) pairs`` for colours (code → word).

    It takes one statement. What a part of a school bears, the school bears too.
    """

    def decorate(function: Provider) -> Provider:
        if twice := _words.keys() & words.keys():
            raise ValueError(f"colours are registered twice: {sorted(twice)}")
        _words.update(words)
        _providers.append(function)
        return function

    return decorate


def words() -> Mapping[str, str]:
    """Every colour that a scope may name, with its word."""
    return dict(_words)


def pairs(bureau_id: UUID, school_id: UUID | None = None) -> frozenset[tuple[str, str]]:
    """What bears which colour, as it was told: (path, colour)."""
    return frozenset(pair for provider in _providers for pair in provider(bureau_id, school_id))


def by_path(bureau_id: UUID, school_id: UUID | None = None) -> dict[str, set[str]]:
    """Path of a unit → the colours that it or anything inside it bears."""
    found: dict[str, set[str]] = {}
    for path, colour in pairs(bureau_id, school_id):
        for step in steps_to(path):
            found.setdefault(step, set()).add(colour)
    return found
