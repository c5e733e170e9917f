"""Receipts and facts are written with every command, so they are written lean: plain statements, prepared once.

``insert`` writes what ``Model.save(force_insert=True)`` would write (a test holds them equal) without its price: the
statement is built once per model, and PostgreSQL plans it once per connection.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache, cached_property, lru_cache
from operator import itemgetter
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

import msgspec
import psycopg
from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connection, connections, models
from django.db.models import sql
from django.db.models.base import ModelState
from psycopg.adapt import Loader
from psycopg.pq import Format
from psycopg.types.json import Jsonb

M = TypeVar("M", bound=models.Model)
FEW = 20
"""More rows than this are copied (PostgreSQL) or sent as one batch (SQLite)."""

_PLAIN = (models.UUIDField, models.CharField, models.TextField, models.BooleanField, models.IntegerField)
"""Fields whose Python values both drivers take as they are (on SQLite an id becomes its hex)."""


class _JsonAsText(Loader):
    """JSON of a binary answer as the text that Django's own cursors give: its fields read it themselves."""

    format = Format.BINARY

    def load(self, data: Any) -> str:
        return bytes(data[1:]).decode()  # the first byte is the format's version


psycopg.adapters.register_loader("jsonb", _JsonAsText)


@cache
def vendor() -> str:
    """``connection.vendor``, which a process never changes: the proxy before it is looked through fifty times a round."""
    return str(connection.vendor)


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


def execute(sql: str, values: Sequence[Any]) -> int:
    """One statement that is prepared on PostgreSQL; how many rows it touched."""
    return int(_carried_out(sql, values, rows=False))


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


class Question(NamedTuple):
    """A small SELECT with its values, and what its columns hold."""

    columns: Columns
    sql: str
    values: Sequence[Any]


A = TypeVar("A")
Part = Generator[Question, list[tuple[Any, ...]], A]
"""A part of what has to be read: it yields its question once, is sent the rows, and returns what it makes of them."""
_PLAN_ONCE = Question(Columns(), "SELECT set_config('plan_cache_mode', 'force_generic_plan', true)", ())


def told(*parts: Part[Any], plan_once: bool = False) -> list[Any]:
    """What each of the parts makes of its rows; all questions go to PostgreSQL at once.

    *plan_once*: for the rest of the transaction PostgreSQL keeps each plan, whatever the values. Where rows are found by
    key, planning anew costs more than the rest; never for lists, where the best plan depends on whose they are.
    """
    asked = [next(part) for part in parts]
    if plan_once and vendor() == "postgresql":
        asked.insert(0, _PLAN_ONCE)
    answers = _answers(asked)
    found = []
    for part, question, rows in zip(parts, asked[-len(parts) :], answers[-len(parts) :], strict=True):
        try:
            part.send(question.columns.read(rows))
        except StopIteration as end:
            found.append(end.value)
    return found


def _answers(asked: Sequence[Question]) -> list[list[tuple[Any, ...]]]:
    database = connections[DEFAULT_DB_ALIAS]
    if len(asked) == 1 or vendor() != "postgresql" or database.queries_logged or database.execute_wrappers:
        return [fetch(sql, values) for _, sql, values in asked]
    database.ensure_connection()
    driver: Any = database.connection
    with database.wrap_database_errors, driver.pipeline():
        cursors = [_sent(driver, sql, values) for _, sql, values in asked]
        return [list(cursor.fetchall()) for cursor in cursors]


def _sent(driver: Any, sql: str, values: Sequence[Any]) -> Any:
    """A statement on its way to PostgreSQL, prepared. Django turns preparing off for the connection; here it is on for this
    one. Binary answers are read in C, where Django's own reader of moments is Python."""
    cursor = psycopg.Cursor(driver)
    before, driver.prepare_threshold = driver.prepare_threshold, 0
    try:
        cursor.execute(sql, values, prepare=True, binary=True)
    finally:
        driver.prepare_threshold = before
    return cursor


def execute_each(sql: str, rows: Sequence[Sequence[Any]]) -> int:
    """One statement for each of many rows of values; how many rows it touched. For SQLite, where a statement costs little."""
    database = connections[DEFAULT_DB_ALIAS]
    if database.queries_logged or database.execute_wrappers:
        with database.cursor() as usual:
            usual.executemany(sql, rows)
            return int(usual.rowcount)
    database.ensure_connection()
    with database.wrap_database_errors:
        return int(database.connection.executemany(_with_question_marks(sql), rows).rowcount)


def fetch(sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """All rows of a small SELECT that every page asks; prepared on PostgreSQL."""
    return list(_carried_out(sql, values, rows=True))


def _carried_out(sql: str, values: Sequence[Any], *, rows: bool) -> Any:
    """The rows that a statement answers to the bare driver, or how many it touched."""
    database = connections[DEFAULT_DB_ALIAS]  # once: each look through ``connection`` costs as much as a small function
    if database.queries_logged or database.execute_wrappers:
        with database.cursor() as usual:  # somebody counts or watches statements: they go the usual way
            usual.execute(sql, values)
            return usual.fetchall() if rows else usual.rowcount
    database.ensure_connection()
    driver: Any = database.connection
    if vendor() != "postgresql":
        with database.wrap_database_errors:
            cursor = driver.execute(_with_question_marks(sql), values)
            return cursor.fetchall() if rows else cursor.rowcount
    with database.wrap_database_errors:
        cursor = _sent(driver, sql, values)
        return cursor.fetchall() if rows else cursor.rowcount


@lru_cache(maxsize=1024)
def _with_question_marks(sql: str) -> str:
    return sql.replace("%s", "?").replace("%%", "%")


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
        self._readers = [(n, read) for n, field in enumerate(fields) if (read := _reader(field, vendor))]

    def values(self, row: models.Model) -> list[Any]:
        """The row's values as the driver takes them."""
        values = list(self._take(row.__dict__))
        for n, read in self._readers:
            if (value := values[n]) is not None:
                values[n] = read(value)
        return values


@lru_cache(maxsize=256)
def _lean(model: type[models.Model], vendor: str) -> _Lean:
    return _Lean(model, vendor)


def _reader(field: Any, vendor: str) -> Callable[[Any], Any] | None:
    target = field
    while target.remote_field:
        target = target.target_field
    if vendor == "sqlite" and isinstance(target, models.UUIDField):
        return _hex
    if vendor == "sqlite" and isinstance(target, models.DateTimeField):
        return _utc_text
    if isinstance(target, models.JSONField) and target.encoder is None:
        return _json_text if vendor == "sqlite" else _jsonb
    if isinstance(target, _PLAIN) or (isinstance(target, models.DateTimeField) and vendor == "postgresql"):
        return None
    return lambda value: field.get_db_prep_save(value, connection)


def _hex(value: UUID) -> str:
    return f"{value.int:032x}"


def _utc_text(value: datetime) -> str:
    """A moment as Django keeps it on SQLite: UTC, without saying so."""
    return (value if value.tzinfo is UTC else value.astimezone(UTC)).isoformat(" ")[:-6]


_on_sqlite = msgspec.json.Encoder(uuid_format="hex", enc_hook=str).encode


def _rows_as_kept(rows: Sequence[Sequence[Any]]) -> str:
    """Values inside JSON as Django keeps them in SQLite: ids without dashes, moments in UTC without saying so."""
    plain = [[_utc_text(value) if isinstance(value, datetime) else value for value in row] for row in rows]
    return _on_sqlite(plain).decode()


def _json_text(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _jsonb(value: Any) -> Jsonb:
    return Jsonb(value, dumps=msgspec.json.encode)


def _insert_many(lean: _Lean, rows: Sequence[models.Model]) -> int:
    if vendor() != "postgresql":
        return execute_each(f"{lean.head} VALUES {lean.marks}", [lean.values(row) for row in rows])
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        cursor.copy(f"COPY {lean.table} ({lean.columns}) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row(tuple(lean.values(row)))
    return len(rows)


def fresh(model: type[M], **values: Any) -> M:
    """A new row of a model, for ``insert``: as ``Model(**values)`` makes it, at a tenth of the price.

    Names are those of columns (``org_id``); what is not named has its default.
    """
    constant, made = _defaults(model)
    row = model.__new__(model)
    row.__dict__.update(constant)
    for name, make in made:
        if name not in values:
            row.__dict__[name] = make()
    row.__dict__.update(values)
    row._state = ModelState()
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
    given = [
        [value if read is None or value is None else read(value) for read, value in zip(readers, row, strict=True)]
        for row in rows
    ]
    if vendor() != "postgresql":
        return execute_each(sql, [[*row[1:], row[0], *values] for row in given])
    return execute(sql, [*map(list, zip(*given, strict=True)), *values])


@lru_cache(maxsize=64)
def _update(
    model: type[models.Model], names: tuple[str, ...], where: str, vendor: str
) -> tuple[list[Callable[[Any], Any] | None], str]:
    """The readers of id and fields, and the statement: once for each row on SQLite, for all at once on PostgreSQL."""
    quote = connection.ops.quote_name
    fields: list[Any] = [model._meta.pk, *(model._meta.get_field(name) for name in names)]
    readers = [_reader(field, vendor) for field in fields]
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


def table(
    name: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], *, read_once: bool = False
) -> tuple[str, list[Any]]:
    """Rows of values as a named table of a statement, ``name (…) AS (…)``: arrays on PostgreSQL, JSON on SQLite.

    *columns* are ``"person uuid"``: name and PostgreSQL's type. The text is the same for any number of rows, so it is
    planned once. *read_once* for a table that is joined to many rows: it is made before them, never anew for each.
    """
    how = "AS MATERIALIZED" if read_once else "AS"
    split = [column.split() for column in columns]
    names = ", ".join(name for name, _ in split)
    if vendor() == "postgresql":
        arrays = list(zip(*rows, strict=True)) or [()] * len(split)
        marks = ", ".join(f"%s::{kind}[]" for _, kind in split)
        return f"{name} ({names}) {how} (SELECT * FROM unnest({marks}))", [list(array) for array in arrays]  # noqa: S608 - our own names
    reads = ", ".join(f"value ->> {n}" for n in range(len(split)))
    return f"{name} ({names}) {how} (SELECT {reads} FROM json_each(%s))", [_rows_as_kept(rows)]  # noqa: S608 - our own names


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
        elif steps:
            found.append((n, None, [(step, column) for step in steps]))
    return found


def _flag(value: int | None) -> bool | None:
    return None if value is None else bool(value)


def _moment(value: str | datetime | None) -> datetime | None:
    """The driver reads what it knows to be a moment's column; what a statement made up comes as text."""
    if value is None:
        return None
    return (value if isinstance(value, datetime) else datetime.fromisoformat(value)).replace(tzinfo=UTC)


@lru_cache(maxsize=8192)
def _uuid(value: str | None) -> UUID | None:
    return UUID(value) if value is not None else None


def among(column: str, kind: str = "uuid") -> str:
    """``column`` is one of a list: a condition whose text is the same for any number of values (see ``listed``)."""
    if vendor() == "postgresql":
        return f"{column} = ANY(%s::{kind}[])"
    return f"{column} IN (SELECT value FROM json_each(%s))"  # noqa: S608 - our own names


def listed(values: Collection[Any]) -> Any:
    """The list that ``among`` takes: ids or texts."""
    if vendor() == "postgresql":
        return list(values)
    return _on_sqlite(list(values)).decode()


def rows_of(model: type[M], where: str, values: Sequence[Any]) -> list[M]:
    """Whole rows of a model by a condition, without building the statement anew."""
    names, columns, head = _whole(model, vendor())
    rows = columns.read(fetch(f"{head} WHERE {where}", values))
    return [model.from_db(connection.alias, names, row) for row in rows]


@lru_cache(maxsize=256)
def _whole(model: type[models.Model], vendor: str) -> tuple[list[str], Columns, str]:
    quote = connection.ops.quote_name
    fields = model._meta.concrete_fields
    columns = ", ".join(quote(field.column) for field in fields)
    head = f"SELECT {columns} FROM {quote(model._meta.db_table)}"  # noqa: S608 - our own names
    names = [field.attname for field in fields]
    return names, Columns(*((model, name) for name in names)), head


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
