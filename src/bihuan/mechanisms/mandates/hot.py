"""One directive becomes one row for every addressee in a single ``INSERT … SELECT``; its ORM twin is tested equal."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection

from bihuan.foundation import hot
from bihuan.foundation.ids import fresh_ids
from bihuan.foundation.scoping import placed
from bihuan.mechanisms.mandates.models import Assignment, Directive

_TAKEN = ("id", "bureau_id", "province_id", "city_id", "school_id", "path", "name", "short_name")


def address(directive: Directive, units: Any) -> int:
    """Give each of *units* (a selection of ``Org`` rows) its assignment; how many there are."""
    try:
        chosen, values = units.order_by().values(*_TAKEN).query.sql_with_params()
    except EmptyResultSet:
        return 0
    taken = {name: f"o.{name}" for name in _TAKEN[1:6]} | {
        "org_id": "o.id",
        "org_name": "CASE WHEN o.short_name = '' THEN o.name ELSE o.short_name END",
    }
    said = {"directive_id": directive.pk, "due_at": directive.due_at, "chase_at": directive.due_at}
    fields = {field.attname: field for field in Assignment._meta.concrete_fields}
    fixed = {
        name: field.get_db_prep_save(said.get(name, field.get_default()), connection)
        for name, field in fields.items()
        if name not in taken and name != "id"
    }
    marks = [
        "%s::" + str(fields[name].db_type(connection)) if connection.vendor == "postgresql" else "%s" for name in fixed
    ]
    ids, prefix = fresh_ids()
    columns = ", ".join(fields[name].column for name in ("id", *taken, *fixed))
    return hot.execute(
        f"INSERT INTO {Assignment._meta.db_table} ({columns}) "  # noqa: S608 - the models' own names
        f"SELECT {', '.join([ids, *taken.values(), *marks])} FROM ({chosen}) AS o",
        [prefix, *fixed.values(), *values],
    )


def address_orm(directive: Directive, units: Any) -> int:
    """The twin of ``address``."""
    rows = [
        Assignment(
            **placed(unit), directive=directive, org_id=unit.pk, org_name=unit.short_name or unit.name,
            due_at=directive.due_at, chase_at=directive.due_at,
        )
        for unit in units
    ]  # fmt: skip
    return len(Assignment.objects.bulk_create(rows))
