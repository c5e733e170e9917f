"""Reading what packs installed: a bureau's own entry wins over the platform's."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from bihuan.foundation import hot
from bihuan.foundation.models import PackEntry

PLATFORM = UUID(int=0)
"""The owner of entries that hold for every bureau (the base pack)."""

_FRESH_SECONDS = 5.0
_COLUMNS = ("bureau_id", "section", "code", "data")
Sections = dict[str, dict[str, dict[str, Any]]]
_owned: dict[UUID, tuple[float, Sections]] = {}
_merged: dict[tuple[int, str], tuple[float, dict[str, dict[str, Any]]]] = {}
"""By owner and section: until when it is fresh, and the merged entries."""


def entries(bureau_id: UUID | None, section: str) -> dict[str, dict[str, Any]]:
    """Code → data of a section for this bureau, in the pack's order. Read-only; at most five seconds old."""
    owner = bureau_id or PLATFORM
    key = (owner.int, section)  # a UUID is hashed by Python, a number by C
    kept = _merged.get(key)
    if kept and time.monotonic() < kept[0]:
        return kept[1]
    read = read_ahead([owner])
    found = {**read[PLATFORM].get(section, {}), **read[owner].get(section, {})}
    owners = (PLATFORM, owner)
    since = [held[0] for one in owners if (held := _owned.get(one)) and held[1] is read[one]]
    if len(since) == len(owners):  # else another thread has forgotten them meanwhile
        _merged[key] = (min(since) + _FRESH_SECONDS, found)
    return found


def read_ahead(bureaus: Iterable[UUID]) -> dict[UUID, Sections]:
    """What these bureaus and the platform installed, with one statement for whatever is not fresh.

    A page asks for half a dozen sections, and a province's list shows rows of many bureaus: one at a time would be a
    statement each.
    """
    now = time.monotonic()
    kept = {owner: _owned.get(owner) for owner in (PLATFORM, *bureaus)}
    found = {owner: held[1] for owner, held in kept.items() if held and now - held[0] < _FRESH_SECONDS}
    stale = kept.keys() - found.keys()
    if stale:
        found |= {owner: {} for owner in stale}
        for owner, section, code, data in hot.columns_of(
            PackEntry, _COLUMNS, f"{hot.among('bureau_id')} ORDER BY sort, code", [hot.listed(stale)]
        ):
            found[owner].setdefault(section, {})[code] = data
        if found[PLATFORM]:
            _owned.update((owner, (now, found[owner])) for owner in stale)
        else:  # an installation without its base pack is not remembered: it has just begun
            _owned.pop(PLATFORM, None)
    return found


def entry(bureau_id: UUID | None, section: str, code: str) -> dict[str, Any]:
    """One entry; a ``KeyError`` names the section and the code when no pack brought it."""
    try:
        return entries(bureau_id, section)[code]
    except KeyError:
        raise KeyError(f"no installed pack has {section}: {code}") from None


def forget() -> None:
    """Drop what was read (after an install, and between tests)."""
    _owned.clear()
    _merged.clear()
