"""Several selections of the ORM in one statement, and an update that answers with its rows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, models
from django.db.models import sql

from bihuan.foundation.hot.statements import fetch


def counts(selections: Mapping[str, Any], *, cap: int) -> dict[str, int]:
    """Capped counts of several selections in one statement."""
    parts, params = [], []
    for rows in selections.values():
        try:
            sql, given = rows.order_by().values("pk")[: cap + 1].query.sql_with_params()
        except EmptyResultSet:
            sql, given = "SELECT 1 WHERE 1 = 0", ()
        parts.append(f"(SELECT COUNT(*) FROM ({sql}) AS one_part)")  # noqa: S608 - the ORM's own SQL
        params += given
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(parts)}", params)
        return dict(zip(selections, cursor.fetchone(), strict=True))


def gathered(selections: Mapping[Any, Any], *, most: int) -> dict[Any, list[list[Any]]]:
    """The rows of several ``values_list`` selections of plain columns in one statement, at most so many of each.

    Ids, days and moments come as the database writes them into JSON, that is as text.
    """
    postgres = connection.vendor == "postgresql"
    rows_of, row = ("json_agg", "json_build_array") if postgres else ("json_group_array", "json_array")
    names, parts, params = [], [], []
    for name, rows in selections.items():
        try:
            text, given = rows[:most].query.sql_with_params()
        except EmptyResultSet:
            continue
        columns = ", ".join(f"c{n}" for n in range(len(rows.query.values_select) + len(rows.query.annotation_select)))
        parts.append(f"(WITH part({columns}) AS ({text}) SELECT {rows_of}({row}({columns})) FROM part)")  # noqa: S608 - the ORM's own SQL
        params += given
        names.append(name)
    empty: dict[Any, list[list[Any]]] = {name: [] for name in selections}
    if not parts:
        return empty
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(parts)}", params)
        found = [json.loads(text) if isinstance(text, str) else text or [] for text in cursor.fetchone()]
    return {**empty, **dict(zip(names, found, strict=True))}


def changed(rows: models.QuerySet[Any], **values: Any) -> list[Any]:
    """Update these rows and read them as they are now, in one statement (``UPDATE … RETURNING``).

    What a compare-and-swap needs: whoever wins has the rows, whoever loses has none. A plain selection of one table.
    """
    query = rows.query.chain(sql.UpdateQuery)
    query.add_update_values(values)
    try:
        text, given = query.get_compiler(connection=connection).as_sql()
    except EmptyResultSet:
        return []
    fields = rows.model._meta.concrete_fields
    wanted = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    reading = rows.query.clone().get_compiler(connection=connection)
    converters = reading.get_converters([field.get_col(rows.model._meta.db_table) for field in fields])
    names = [field.attname for field in fields]
    found = fetch(f"{text} RETURNING {wanted}", given)
    return [rows.model.from_db(rows.db, names, row) for row in reading.apply_converters(found, converters)]
