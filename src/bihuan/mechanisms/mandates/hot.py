"""A directive's rows for every addressee in one ``INSERT … SELECT``, and what waits for a person in one prepared statement.

What the ORM would do is tested equal.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection

from bihuan.foundation import hot
from bihuan.foundation.ids import fresh_ids
from bihuan.foundation.scoping import placed
from bihuan.mechanisms.mandates import rules
from bihuan.mechanisms.mandates.models import Assignment, Directive, Share

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


_LINE = ("id", "title", "org_name", "due_at", "state")
_COLUMNS = hot.Columns(
    (Assignment, "id"), (Directive, "title"), *((Assignment, name) for name in ("org_name", "due_at", "state"))
)
_OPEN = f"IN {rules.OPEN}"


def waiting(
    *, schools: Sequence[UUID], bureaus: Sequence[UUID], user_id: UUID, since: datetime, most: int
) -> list[dict[str, Any]]:
    """The turns of these schools and bureaus and the open shares of one person, soonest due first, as ``_LINE``."""
    person, from_ = (
        Share._meta.get_field(name).get_db_prep_value(value, connection)
        for name, value in (("user", user_id), ("due_at", since))
    )
    rows = hot.fetch(
        "SELECT a.id, d.title, a.org_name, a.due_at, a.state FROM mandates_assignment AS a "  # noqa: S608 - our own names
        f"JOIN mandates_directive AS d ON d.id = a.directive_id WHERE a.state {_OPEN} AND a.due_at > %s "
        f"AND ({hot.among('a.school_id')} OR {hot.among('a.bureau_id')} AND a.school_id IS NULL) UNION ALL "
        "SELECT s.assignment_id, s.task, s.user_name, s.due_at, 'share' FROM mandates_share AS s "
        f"JOIN mandates_assignment AS a ON a.id = s.assignment_id WHERE s.user_id = %s AND s.state = 'open' AND a.state {_OPEN} "
        "ORDER BY 4 LIMIT %s",
        [from_, hot.listed(schools), hot.listed(bureaus), person, most],
    )
    return [dict(zip(_LINE, row, strict=True)) for row in _COLUMNS.read(rows)]


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
