"""Marks on the calendar: what rooms above know of days, shown on the page of the calendar with a link to where it is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from bihuan.foundation.actors import Actor


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch of days that stands on the calendar of a place: what it is called, and where it is kept."""

    since: date
    until: date
    name: str
    link: str


Marker = Callable[[Actor, Any, date, date], Iterable[Mark]]
_markers: dict[str, Marker] = {}


def calendar_marks(word: str) -> Callable[[Marker], Marker]:
    """Register ``function(viewer, org, first, last) -> marks`` under the word of the legend; it takes one statement.

    *org* is a bureau or a school that the viewer may see.
    """

    def decorate(function: Marker) -> Marker:
        if word in _markers:
            raise ValueError(f"marks of the calendar are registered twice: {word}")
        _markers[word] = function
        return function

    return decorate


def marks_of(viewer: Actor, org: Any, first: date, last: date) -> dict[str, list[Mark]]:
    """The marks between two days, by the word of the legend; words without any are left out."""
    found = {word: list(marker(viewer, org, first, last)) for word, marker in _markers.items()}
    return {word: sorted(marks, key=lambda one: (one.since, one.name)) for word, marks in found.items() if marks}
