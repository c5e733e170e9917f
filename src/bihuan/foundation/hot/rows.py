"""Whole rows, written lean.

``insert`` writes what ``Model.save(force_insert=True)`` would write (a test holds them equal) without its price: the
statement is built once per model, and PostgreSQL plans it once per connection.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any, TypeVar

from django.db import connection, models
from django.db.models.base import ModelState

from bihuan.foundation.hot.kept import reader
from bihuan.foundation.hot.statements import FEW as FEW
from bihuan.foundation.hot.statements import execute, execute_each, vendor

M = TypeVar("M", bound=models.Model)


def insert(rows: Sequence[models.Model], *, unless_there: bool = False, tell: str = "") -> int:
    """Insert rows of one model; returns how many are new.

    ``unless_there`` leaves rows alone whose id exists (the id is the client's) instead of raising ``IntegrityError``.
    *tell* wakes whoever listens on that PostgreSQL channel when the transaction commits.
    """
    if not rows:
        return 0
    lean = _lean(type(rows[0]), vendor())
    if len(rows) > FEW and not unless_there:
        new = _insert_many(lean, rows)
    else:
        marks = ", ".join([lean.marks] * len(rows))
        values = [value for row in rows for value in lean.values(row)]
        otherwise = f" ON CONFLICT ({lean.key}) DO NOTHING" if unless_there else ""
        if tell and vendor() == "postgresql":  # in the same statement: a second one costs as much as the first
            return execute(f"{lean.head} VALUES {marks}{otherwise} RETURNING pg_notify(%s, '')", [*values, tell])
        return execute(f"{lean.head} VALUES {marks}{otherwise}", values)
    if tell and vendor() == "postgresql":
        execute("SELECT pg_notify(%s, '')", [tell])
    return new


class _Lean:
    """What is needed to insert rows of one model on one kind of database."""

    def __init__(self, model: type[models.Model], vendor: str) -> None:
        quote = connection.ops.quote_name
        fields = list(model._meta.concrete_fields)
        self.table = quote(model._meta.db_table)
        self.columns = ", ".join(quote(field.column) for field in fields)
        self.key = quote(model._meta.pk.column)  # type: ignore[union-attr]
        self.head = f"INSERT INTO {self.table} ({self.columns})"
        self.marks = f"({', '.join(['%s'] * len(fields))})"
        self._take = itemgetter(*(field.attname for field in fields))
        self._readers = [(n, read) for n, field in enumerate(fields) if (read := reader(field, vendor))]

    def values(self, row: models.Model) -> list[Any]:
        """The row's values as the driver takes them."""
        values = list(self._take(row.__dict__))
        for n, read in self._readers:
            if (value := values[n]) is not None:
                values[n] = read(value)
        return values

    def many(self, rows: Sequence[models.Model]) -> list[tuple[Any, ...]]:
        """The same of many rows, column by column."""
        columns: list[Any] = list(zip(*[self._take(row.__dict__) for row in rows], strict=True))
        for n, read in self._readers:
            columns[n] = [value if value is None else read(value) for value in columns[n]]
        return list(zip(*columns, strict=True))


@lru_cache(maxsize=256)
def _lean(model: type[models.Model], vendor: str) -> _Lean:
    return _Lean(model, vendor)


def _insert_many(lean: _Lean, rows: Sequence[models.Model]) -> int:
    if vendor() != "postgresql":
        return execute_each(f"{lean.head} VALUES {lean.marks}", lean.many(rows))
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        cursor.copy(f"COPY {lean.table} ({lean.columns}) FROM STDIN") as copy,
    ):
        for values in lean.many(rows):
            copy.write_row(values)
    return len(rows)


def fresh(model: type[M], **values: Any) -> M:
    """A new row of a model, for ``insert``: as ``Model(**values)`` makes it, at a tenth of the price.

    Names are those of columns (``org_id``); what is not named has its default.
    """
    constant, made = _defaults(model)
    row = model.__new__(model)
    row.__dict__ = held = {**constant, **values, "_state": ModelState()}
    for name, make in made:
        if name not in values:
            held[name] = make()
    return row


@lru_cache(maxsize=256)
def _defaults(model: type[models.Model]) -> tuple[dict[str, Any], list[tuple[str, Callable[[], Any]]]]:
    fields = model._meta.concrete_fields
    made = [(field.attname, field.default) for field in fields if field.has_default() and callable(field.default)]
    named = dict(made)
    return {field.attname: field.get_default() for field in fields if field.attname not in named}, made


def update_each(
    model: type[models.Model],
    names: Sequence[str],
    rows: Sequence[Sequence[Any]],
    *,
    where: str = "",
    values: Sequence[Any] = (),
) -> int:
    """Give many rows of one model each its own values: ``rows`` holds the id and then the values of the fields *names*.

    *where* (with its *values*) narrows which rows still may be changed; returns how many were.
    """
    if not rows:
        return 0
    readers, sql = _update(model, tuple(names), where, vendor())
    columns = [
        list(column) if read is None else [value if value is None else read(value) for value in column]
        for read, column in zip(readers, zip(*rows, strict=True), strict=True)
    ]
    if vendor() != "postgresql":
        return execute_each(sql, [(*row, *values) for row in zip(*columns[1:], columns[0], strict=True)])
    return execute(sql, [*columns, *values])


@lru_cache(maxsize=64)
def _update(
    model: type[models.Model], names: tuple[str, ...], where: str, vendor: str
) -> tuple[list[Callable[[Any], Any] | None], str]:
    """The readers of id and fields, and the statement: once for each row on SQLite, for all at once on PostgreSQL."""
    quote = connection.ops.quote_name
    fields: list[Any] = [model._meta.pk, *(model._meta.get_field(name) for name in names)]
    readers = [reader(field, vendor) for field in fields]
    table, narrowed = quote(model._meta.db_table), f" AND {where}" if where else ""
    if vendor != "postgresql":
        to = ", ".join(f"{quote(field.column)} = %s" for field in fields[1:])
        return readers, f"UPDATE {table} SET {to} WHERE {quote(fields[0].column)} = %s{narrowed}"  # noqa: S608 - our own names
    to = ", ".join(f"{quote(field.column)} = given.{quote(field.column)}" for field in fields[1:])
    columns = ", ".join(quote(field.column) for field in fields)
    marks = ", ".join(f"%s::{field.rel_db_type(connection)}[]" for field in fields)
    sql = (
        f"UPDATE {table} SET {to} FROM unnest({marks}) AS given ({columns}) "  # noqa: S608 - our own names
        f"WHERE {table}.{quote(fields[0].column)} = given.{quote(fields[0].column)}{narrowed}"
    )
    return readers, sql
