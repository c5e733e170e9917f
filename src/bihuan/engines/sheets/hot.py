"""The short pipeline of this engine's hot path (submitting): plain inserts, one statement a table.

``insert`` writes what ``Model.save(force_insert=True)`` would write (a test holds them equal) without the price of it,
and tells whether the row is new instead of raising, because the id is the client's.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from django.db import connection, models


def insert(rows: Sequence[models.Model]) -> int:
    """Insert rows of one model; rows whose id exists are left alone. Returns how many are new."""
    if not rows:
        return 0
    model = type(rows[0])
    fields, head, marks = _statement(model, connection.vendor)
    values = [field.get_db_prep_save(getattr(row, field.attname), connection) for row in rows for field in fields]
    with connection.cursor() as cursor:
        cursor.execute(f"{head} {', '.join([marks] * len(rows))} ON CONFLICT (id) DO NOTHING", values)
        return int(cursor.rowcount)


@lru_cache(maxsize=64)
def _statement(model: type[models.Model], vendor: str) -> tuple[list[models.Field], str, str]:  # type: ignore[type-arg]
    fields = list(model._meta.concrete_fields)
    names = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    table = connection.ops.quote_name(model._meta.db_table)
    return fields, f"INSERT INTO {table} ({names}) VALUES", f"({', '.join(['%s'] * len(fields))})"
