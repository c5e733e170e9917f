"""Measures: today's fulfilment of a clause as a number that opens to its rows. A closed list of names; rooms add theirs."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from bihuan.foundation.actors import Actor
from bihuan.foundation.hot import counts


@dataclass(frozen=True)
class Measured:
    """A number (capped numbers say so in ``words``), what it counts, and where its rows are."""

    number: str
    words: str
    link: str


R = TypeVar("R")
CAP = 1000


def capped(number: int) -> str:
    """A number that was counted no further than one past ``CAP``."""
    return f"{number:,}" if number <= CAP else f"{CAP:,}+"


_measures: dict[str, Callable[[Actor], Measured]] = {}


def measure(name: str) -> Callable[[Callable[[Actor], Measured]], Callable[[Actor], Measured]]:
    """Register ``function(viewer) -> Measured`` under a name that ``clauses.yaml`` may use."""

    def decorate(function: Callable[[Actor], Measured]) -> Callable[[Actor], Measured]:
        if name in _measures:
            raise ValueError(f"measure {name} is registered twice")
        _measures[name] = function
        return function

    return decorate


_counted: dict[str, Callable[[Actor], Any]] = {}


def counted(name: str, words: str, link: str) -> Callable[[Callable[[Actor], Any]], Callable[[Actor], Any]]:
    """Register ``function(viewer) -> selection of rows``, whose capped count is the measure.

    While numbers are gathered, the counts of every room come in one statement.
    """

    def decorate(rows: Callable[[Actor], Any]) -> Callable[[Actor], Any]:
        measure(name)(lambda viewer: Measured(capped(_count(viewer, name)), words, link))
        _counted[name] = rows
        return rows

    return decorate


def _count(viewer: Actor, name: str) -> int:
    wanted = _counted if _gathered.get() is not None else {name: _counted[name]}
    return once(("counted", viewer), lambda: counts({one: rows(viewer) for one, rows in wanted.items()}, cap=CAP))[name]


_gathered: ContextVar[dict[Any, Any] | None] = ContextVar("gathered", default=None)


@contextmanager
def gathering() -> Iterator[None]:
    """Inside this block the same number is asked for once, however many clauses show it."""
    token = _gathered.set({})
    try:
        yield
    finally:
        _gathered.reset(token)


def once(key: Hashable, count: Callable[[], R]) -> R:
    """What *count* says, remembered under *key* while numbers are gathered: measures of a room share one statement."""
    kept = _gathered.get()
    if kept is None:
        return count()
    if key not in kept:
        kept[key] = count()
    return cast(R, kept[key])


def names() -> frozenset[str]:
    """Every measure that a clause may name."""
    return frozenset(_measures)


def measured(viewer: Actor, name: str) -> Measured | None:
    """Today's number, or nothing when the clause names none."""
    found = _measures.get(name)
    return once((name, viewer), lambda: found(viewer)) if found else None
