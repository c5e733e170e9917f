"""Scope in the query: every row that is listed carries its ancestors, so one equality serves filter and order.

The design and its measurements: perf.md §3 (ancestor columns stay flat at 10M rows; path prefixes do not).
"""

from __future__ import annotations

from functools import reduce
from operator import attrgetter, or_
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

from django.db import models
from django.db.models import Q

from bihuan.foundation.refusals import Refusal

if TYPE_CHECKING:
    from bihuan.foundation.actors import Actor, Hold, Placed


class PathField(models.CharField):  # type: ignore[type-arg]
    """A tree path ``"0001.000a."``, compared as bytes so that a range is a prefix on every database."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 120)
        super().__init__(*args, **kwargs)

    def db_parameters(self, connection: Any) -> dict[str, Any]:
        parameters = super().db_parameters(connection)
        if connection.vendor == "postgresql":
            parameters["collation"] = "C"
        return parameters


def under(path: str, field: str = "path") -> Q:
    """Rows at or below *path* as an indexable range (LIKE with a bound parameter scans on SQLite)."""
    return Q(**{f"{field}__gte": path, f"{field}__lt": path[:-1] + chr(ord(path[-1]) + 1)})


def within(hold: Hold) -> Q:
    """The rows of one hold's part of the tree, also while the rows of a moved unit still bear its old address."""
    rows = under(hold.path) if hold.level == "path" else Q(**{f"{hold.level}_id": hold.org_id})
    return stretched(rows, hold.spans)


def stretched(rows: Q, spans: tuple[tuple[str, bool], ...]) -> Q:
    """A condition on rows with what ``Hold.spans`` adds to it and takes from it; the longer address decides."""
    for path, belongs in spans:
        rows = rows | under(path) if belongs else rows & ~under(path)
    return rows


class ScopedQuerySet(models.QuerySet[Any]):
    """Rows that carry their ancestors. ``visible_to`` is the only way a door reaches them."""

    def visible_to(self, viewer: Actor) -> Self:
        """Only the rows inside the viewer's net; without a hold, none."""
        if viewer.is_system:
            return self.all()
        by_level: dict[str, set[UUID]] = {}
        parts: list[Q] = []
        for hold in viewer.holds:
            if hold.level == "party":
                if (named := self.naming_party(hold.org_id)) is not None:
                    parts.append(named)
            elif hold.level == "path" or hold.spans:
                parts.append(within(hold))
            else:
                by_level.setdefault(hold.level, set()).add(hold.org_id)
        for level, ids in by_level.items():
            parts.append(
                Q(**{f"{level}_id": next(iter(ids))}) if len(ids) == 1 else Q(**{f"{level}_id__in": sorted(ids)})
            )
        own = self.own_rows(viewer)
        if own is not None:
            parts.append(own)
        return self.filter(reduce(or_, parts)) if parts else self.none()

    def naming_party(self, org_id: UUID) -> Q | None:
        """Rows that name a partner department; a room with such rows overrides this."""
        return None

    def own_rows(self, viewer: Actor) -> Q | None:
        """Rows a person sees because they made them; a room with such rows overrides this."""
        return None

    def seen(self, viewer: Actor, pk: UUID) -> Any:
        """The one row, or the same refusal for "not yours" and "does not exist"."""
        row = self.visible_to(viewer).filter(pk=pk).first()
        if row is None:
            raise Refusal("foundation.not_found")
        return row


class ScopedModel(models.Model):
    """A tenant row: ``bureau_id`` first, the other ancestors beside it, the path for finer scopes."""

    bureau_id = models.UUIDField()
    province_id = models.UUIDField(null=True)
    city_id = models.UUIDField(null=True)
    school_id = models.UUIDField(null=True)
    path = PathField(default="")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        abstract = True


def placed(row: Placed) -> dict[str, Any]:
    """The scope columns of *row*, to copy onto a row that stands at the same place."""
    return dict(zip(_PLACE, _PLACED(row), strict=True))


_PLACE = ("bureau_id", "province_id", "city_id", "school_id", "path")
_PLACED = attrgetter(*_PLACE)
