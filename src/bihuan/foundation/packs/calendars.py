"""The working calendar of a bureau: what its packs installed, and over it the lists of dates that it added itself.

A list is an entry of the chapter ``calendar`` beside ``default``: ``{"terms": [{code, name, starts_on, ends_on}],
"days": [{since, until, kind, name}], "nth"}``. The one that was added last is heard last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from bihuan.foundation.models import PackEntry
from bihuan.foundation.packs.catalogue import entries, forget

_laid: dict[int, tuple[Any, dict[str, Any]]] = {}


def calendar(bureau_id: UUID | None, *, adding: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """``school_years``, ``holidays`` and ``working_hours`` of the packs, and the ``days`` of the bureau's own lists.

    A listed term stands in its school year, in the place of the one that had its code. *adding*: with one list more, for
    whoever wants to know what it would do. Read-only.
    """
    found = entries(bureau_id, "calendar")
    base = found.get("default", {})
    lists = [data for code, data in found.items() if code != "default"]
    if adding:
        return _with(base, [*lists, adding])
    if not lists:
        return base
    kept = _laid.get(id(found))
    if kept and kept[0] is found:
        return kept[1]
    made = _with(base, lists)
    if len(_laid) > 64:
        _laid.clear()
    _laid[id(found)] = (found, made)
    return made


def _with(base: dict[str, Any], lists: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {**base, "school_years": _years(base, lists), "days": [day for one in lists for day in one["days"]]}


def _years(base: Mapping[str, Any], lists: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    years = {year["code"]: {**year, "terms": list(year["terms"])} for year in base.get("school_years", ())}
    for term in (term for one in lists for term in one["terms"]):
        home = next(
            (year for year in years.values() if any(one["code"] == term["code"] for one in year["terms"])), None
        )
        if home is None:
            code = term["code"].rpartition("-")[0]
            home = years.setdefault(code, {"code": code, "name": f"{code.replace('-', '—')}学年", "terms": []})
        home["terms"] = [*(one for one in home["terms"] if one["code"] != term["code"]), term]
    for year in years.values():
        year["terms"].sort(key=lambda term: term["starts_on"])
    return sorted(years.values(), key=lambda year: min((term["starts_on"] for term in year["terms"]), default=""))


def add_dates(bureau_id: UUID, list_id: UUID, data: Mapping[str, Any]) -> None:
    """Lay a list of dates over the bureau's calendar."""
    nth = 1 + max((one.get("nth", 0) for one in entries(bureau_id, "calendar").values()), default=0)
    PackEntry.objects.create(
        bureau_id=bureau_id, section="calendar", code=str(list_id), data={**data, "nth": nth}, pack="", sort=nth
    )
    forget()


def drop_dates(bureau_id: UUID, list_id: UUID) -> None:
    """Take a list of dates away again."""
    PackEntry.objects.filter(bureau_id=bureau_id, section="calendar", code=str(list_id), pack="").delete()
    forget()
