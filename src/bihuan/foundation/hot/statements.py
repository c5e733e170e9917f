"""Small statements, sent bare: prepared on PostgreSQL, several at once where nobody waits for the answer of each."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, connection, connections
from psycopg.adapt import Loader
from psycopg.pq import Format

FEW = 20
"""More rows than this are copied (PostgreSQL) or sent as one batch (SQLite)."""


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


def execute(sql: str, values: Sequence[Any]) -> int:
    """One statement that is prepared on PostgreSQL; how many rows it touched."""
    return int(_carried_out(sql, values, rows=False))


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


def fetch_all(asked: Sequence[tuple[str, Sequence[Any]]]) -> list[list[tuple[Any, ...]]]:
    """``fetch`` of several statements, all of which go to PostgreSQL at once."""
    database = connections[DEFAULT_DB_ALIAS]
    if len(asked) == 1 or database.queries_logged or database.execute_wrappers:
        return [fetch(sql, values) for sql, values in asked]
    database.ensure_connection()
    driver: Any = database.connection
    if vendor() != "postgresql":
        with database.wrap_database_errors:
            return [driver.execute(_with_question_marks(sql), values).fetchall() for sql, values in asked]
    with database.wrap_database_errors, driver.pipeline():
        cursors = [_sent(driver, sql, values) for sql, values in asked]
        return [list(cursor.fetchall()) for cursor in cursors]


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


@lru_cache(maxsize=1024)
def _with_question_marks(sql: str) -> str:
    return sql.replace("%s", "?").replace("%%", "%")
