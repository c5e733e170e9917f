"""What was read, as the fields hold it; conditions and tables whose text is the same for any number of values."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Generator, Iterable, Sequence
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID

import msgspec
from django.db import DEFAULT_DB_ALIAS, connection, connections, models
from django.db.models.base import ModelState

from bihuan.foundation.hot.kept import as_hex, in_json, rows_as_kept, utc_text
from bihuan.foundation.hot.statements import fetch, fetch_all, vendor

M = TypeVar("M", bound=models.Model)


class Columns:
    """Which fields the columns of an answer hold: model and name of each. Made once, for it is asked every time."""

    def __init__(self, *names: tuple[type[models.Model], str]) -> None:
        self._names = names

    @cached_property
    def turned(self) -> list[tuple[int, Callable[[Any], Any] | None, list[Any]]]:
        """How each is turned into what its field holds; those that the driver already answers so are left out."""
        return _turned(self._names, vendor())

    def read(self, rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        """The rows of an answer with each value as its field holds it."""
        if not rows or not self.turned:
            return rows
        database = connections[DEFAULT_DB_ALIAS]  # the proxy would look it up for every value
        columns: list[Any] = list(zip(*rows, strict=True))
        for n, quick, steps in self.turned:
            if quick:
                columns[n] = tuple(map(quick, columns[n]))
            for step, expression in steps:
                columns[n] = tuple(step(value, expression, database) for value in columns[n])
        return list(zip(*columns, strict=True))


class Instances(Generic[M]):
    """Which columns of a model an answer holds (all, if none is named), to be read as its instances. Made once, as ``Columns``."""

    def __init__(self, model: type[M], *names: str) -> None:
        self._model = model
        fields = [field for field in model._meta.concrete_fields if not names or field.attname in names]
        self.names = [field.attname for field in fields]
        self._columns = Columns(*((model, name) for name in self.names))
        self.sql = ", ".join(connection.ops.quote_name(field.column) for field in fields)

    def read(self, rows: list[tuple[Any, ...]]) -> list[M]:
        """The rows of an answer as ``Model.from_db`` makes them, at a third of the price; columns after the named ones are left out."""
        return [as_read(self._model, self.names, row) for row in self._columns.read(rows)]


def as_read(model: type[M], names: Sequence[str], values: Iterable[Any]) -> M:
    """A row of a model as it stands in the database, of which these values were read; values after the named ones are left out."""
    row = model.__new__(model)
    row.__dict__ = dict(zip(names, values, strict=False))
    row._state = state = ModelState()
    state.adding, state.db = False, DEFAULT_DB_ALIAS
    return row


class Question(NamedTuple):
    """A small SELECT with its values, and what its columns hold."""

    columns: Columns
    sql: str
    values: Sequence[Any]


A = TypeVar("A")
Part = Generator[Question, list[tuple[Any, ...]], A]
"""A part of what has to be read: it yields its question once, is sent the rows, and returns what it makes of them."""
_BY_KEY = Question(
    Columns(),
    "SELECT set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_seqscan', 'off', true), "
    "set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true)",
    (),
)


def told(*parts: Part[Any], by_key: bool = False) -> list[Any]:
    """What each of the parts makes of its rows; all questions go to PostgreSQL at once.

    *by_key*: for the rest of the transaction PostgreSQL plans each statement once, whatever the values, and finds rows by
    their keys, however small a table still is. Planning anew costs more than the rest, and a plan made for a small table
    reads all of it. Never for lists, where the best plan depends on whose they are.
    """
    asked = [next(part) for part in parts]
    if by_key and vendor() == "postgresql":
        asked.insert(0, _BY_KEY)
    answers = fetch_all([(one.sql, one.values) for one in asked])
    found = []
    for part, question, rows in zip(parts, asked[-len(parts) :], answers[-len(parts) :], strict=True):
        try:
            part.send(question.columns.read(rows))
        except StopIteration as end:
            found.append(end.value)
    return found


def _turned(
    names: tuple[tuple[type[models.Model], str], ...], vendor: str
) -> list[tuple[int, Callable[[Any], Any] | None, list[Any]]]:
    """The converters of these columns, as the ORM would apply them; for ids and moments of SQLite a quick one."""
    found: list[tuple[int, Callable[[Any], Any] | None, list[Any]]] = []
    for n, (model, name) in enumerate(names):
        column = model._meta.get_field(name).get_col(model._meta.db_table)  # type: ignore[union-attr]
        steps = [*connection.ops.get_db_converters(column), *column.get_db_converters(connection)]
        if steps and isinstance(column.output_field, models.UUIDField):
            found.append((n, _uuid, []))
        elif steps and isinstance(column.output_field, models.DateTimeField):
            found.append((n, _moment, []))
        elif steps and isinstance(column.output_field, models.BooleanField):
            found.append((n, _flag, []))
        elif steps and isinstance(column.output_field, models.JSONField) and column.output_field.decoder is None:
            found.append((n, from_json, []))
        elif steps:
            found.append((n, None, [(step, column) for step in steps]))
    return found


def from_json(value: str | None) -> Any:
    """What a JSON column holds."""
    if value is None:
        return None
    try:
        return msgspec.json.decode(value)
    except ValueError:  # half of a character or a number without end: an old row is read as Django reads it
        return json.loads(value)


def _flag(value: int | None) -> bool | None:
    return None if value is None else bool(value)


def _moment(value: str | datetime | None) -> datetime | None:
    """The driver reads what it knows to be a moment's column; what a statement made up comes as text."""
    if value is None:
        return None
    return (value if isinstance(value, datetime) else datetime.fromisoformat(value)).replace(tzinfo=UTC)


@lru_cache(maxsize=8192)
def _uuid(value: str | None) -> UUID | None:
    return msgspec.convert(value, UUID) if value is not None else None


def table(
    name: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], *, read_once: bool = False
) -> tuple[str, list[Any]]:
    """Rows of values as a named table of a statement, ``name (…) AS (…)``, sent as one JSON text.

    *columns* are ``"person uuid"``: name and PostgreSQL's type. The text is the same for any number of rows, so it is
    planned once. *read_once* for a table that is joined to many rows: it is made before them, never anew for each.
    """
    how = "AS MATERIALIZED" if read_once else "AS"
    split = [column.split() for column in columns]
    names = ", ".join(name for name, _ in split)
    if vendor() == "postgresql":
        reads = ", ".join(f"(value ->> {n})::{kind}" for n, (_, kind) in enumerate(split))
        source = "jsonb_array_elements(%s::jsonb)"
    else:
        reads = ", ".join(f"value ->> {n}" for n in range(len(split)))
        source = "json_each(%s)"
    return f"{name} ({names}) {how} (SELECT {reads} FROM {source})", [rows_as_kept(rows, vendor())]  # noqa: S608 - our own names


def among(column: str, kind: str = "uuid") -> str:
    """``column`` is one of a list: a condition whose text is the same for any number of values (see ``listed``)."""
    if vendor() == "postgresql":
        return f"{column} = ANY(%s::{kind}[])"
    return f"{column} IN (SELECT value FROM json_each(%s))"  # noqa: S608 - our own names


def bare(column: str) -> str:
    """A column of moments as SQLite keeps it, without its type: else the driver reads each by a function of Django's."""
    return column if vendor() == "postgresql" else f"+{column}"


def listed(values: Collection[Any]) -> Any:
    """The list that ``among`` takes: ids or texts."""
    if vendor() == "postgresql":
        return list(values)
    return in_json(list(values)).decode()


def given(values: Iterable[Any]) -> list[Any]:
    """The values of a statement, with ids and moments as the database keeps them."""
    if vendor() == "postgresql":
        return list(values)
    return [
        as_hex(one) if isinstance(one, UUID) else utc_text(one) if isinstance(one, datetime) else one for one in values
    ]


def rows_of(model: type[M], where: str, values: Sequence[Any], *names: str) -> list[M]:
    """Rows of a model by a condition, without building the statement anew: whole, or these columns only (the rest is deferred)."""
    asked = _instances(model, names)
    table = connection.ops.quote_name(model._meta.db_table)
    return asked.read(fetch(f"SELECT {asked.sql} FROM {table} WHERE {where}", values))  # noqa: S608 - our own names


def columns_of(model: type[M], names: tuple[str, ...], where: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """These columns of a model's rows by a condition, without building the statement anew."""
    sql, columns = _read(model, names)
    return columns.read(fetch(f"{sql} WHERE {where}", values))


@lru_cache(maxsize=256)
def _read(model: type[M], names: tuple[str, ...]) -> tuple[str, Columns]:
    wanted = ", ".join(map(connection.ops.quote_name, names))
    table = connection.ops.quote_name(model._meta.db_table)
    return f"SELECT {wanted} FROM {table}", Columns(*((model, name) for name in names))  # noqa: S608 - our own names


@lru_cache(maxsize=256)
def _instances(model: type[M], names: tuple[str, ...]) -> Instances[M]:
    return Instances(model, *names)
