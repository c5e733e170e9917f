"""Keyset paging: page 2,000 costs what page 1 costs, and nothing is counted."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import F, Q, QuerySet

from bihuan.foundation.refusals import Refusal

MOST_COUNTED = 500
"""How far the tabs of a list count: a hint that looks at more rows costs more than the list itself."""


@dataclass(frozen=True)
class Page:
    """The rows of one page and the cursor of the next (empty at the end)."""

    rows: list[Any]
    next: str


def page(rows: QuerySet[Any], *, order: tuple[str, ...], cursor: str = "", size: int = 25) -> Page:
    """One page of *rows* in *order* (``"-reported_at", "id"``; the last name is unique; NULLs sort last).

    ``cursor`` is what the page before returned. Refusal: ``foundation.bad_cursor``.
    """
    ordered = rows.order_by(
        *(F(n.lstrip("-")).desc() if n.startswith("-") else F(n).asc(nulls_last=True) for n in order)
    )
    if cursor:
        try:
            ordered = ordered.filter(_after(order, _decode(cursor, len(order))))
        except (ValidationError, ValueError, TypeError):  # a forged cursor whose values do not fit the columns
            raise Refusal("foundation.bad_cursor") from None
    found = list(ordered[: size + 1])
    more = len(found) > size
    found = found[:size]
    return Page(found, _encode([_value(found[-1], name.lstrip("-")) for name in order]) if more else "")


def _value(row: Any, name: str) -> Any:
    return row[name] if isinstance(row, dict) else getattr(row, name)


def _after(order: tuple[str, ...], values: list[Any]) -> Q:
    name, rest = order[0], order[1:]
    field, value = name.lstrip("-"), values[0]
    if value is None:  # among the rows without a value, which sort last
        return Q(**{f"{field}__isnull": True}) & (_after(rest, values[1:]) if rest else Q())
    beyond = Q(**{f"{field}__lt" if name.startswith("-") else f"{field}__gt": value})
    if not name.startswith("-") and rest:
        beyond |= Q(**{f"{field}__isnull": True})
    if not rest:
        return beyond
    same = Q(**{field: value}) & _after(rest, values[1:])
    return beyond | same


def _encode(values: list[Any]) -> str:
    plain = [
        f"t{v.isoformat()}"
        if isinstance(v, datetime)
        else f"u{v.hex}"
        if isinstance(v, UUID)
        else v
        if v is None or isinstance(v, int)
        else f"s{v}"
        for v in values
    ]
    return base64.urlsafe_b64encode(json.dumps(plain).encode()).decode().rstrip("=")


def _decode(cursor: str, length: int) -> list[Any]:
    readers = {"t": datetime.fromisoformat, "u": UUID, "s": str}
    try:
        plain = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        values = [readers[v[0]](v[1:]) if isinstance(v, str) else v for v in plain]
    except (ValueError, KeyError, IndexError, TypeError):
        raise Refusal("foundation.bad_cursor") from None
    if len(values) != length or any(isinstance(v, str) and "\0" in v for v in values):
        raise Refusal("foundation.bad_cursor")
    return values
