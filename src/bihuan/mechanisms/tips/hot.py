"""Counting tries in one statement, whatever the number of names."""

# ruff: noqa: S608 - the statement is built of constants; every value is a parameter

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import connection

from bihuan.foundation import hot
from bihuan.foundation.ids import uuid7
from bihuan.mechanisms.tips.models import Tally


def count_tries(bureau_id: UUID, names: Mapping[str, datetime]) -> dict[str, int]:
    """Count one more try under each name (with the end of its window); the counts reached, this try included."""
    prepared = {name: Tally._meta.get_field(name).get_db_prep_save for name in ("id", "bureau_id", "until")}
    values: list[object] = []
    for name, until in sorted(names.items()):  # in one order, so that two tries never wait for each other in a ring
        values += [
            prepared["id"](uuid7(), connection), prepared["bureau_id"](bureau_id, connection), name, 1,
            prepared["until"](until, connection),
        ]  # fmt: skip
    rows = ", ".join(["(%s, %s, %s, %s, %s)"] * len(names))
    sql = (
        f"INSERT INTO tips_tally (id, bureau_id, key, count, until) VALUES {rows} "
        "ON CONFLICT (bureau_id, key) DO UPDATE SET count = tips_tally.count + 1 RETURNING key, count"
    )
    return dict(hot.fetch(sql, values))
