"""The raw side: a connection of its own through the bare driver, with statements prepared once.

On SQLite it is set as the product's is, foreign keys checked: what raw SQL leaves must be as sound (PostgreSQL checks anyway).
"""

from __future__ import annotations

import sqlite3
from typing import Any
from uuid import UUID

import psycopg
from django.db import connection


class Direct:
    """Runs SQL written with ``%s`` on either database; ``prepare`` is always on."""

    def __init__(self) -> None:
        told = connection.settings_dict
        self.postgres = connection.vendor == "postgresql"
        if self.postgres:
            self.driver: Any = psycopg.connect(
                host=told["HOST"], port=told["PORT"], user=told["USER"], password=told["PASSWORD"], dbname=told["NAME"],
                autocommit=True, prepare_threshold=0,
            )  # fmt: skip
        else:
            self.driver = sqlite3.connect(told["NAME"], isolation_level=None, timeout=30)
            self.driver.executescript(f"{told['OPTIONS']['init_command']} PRAGMA foreign_keys=ON;")

    def rows(self, sql: str, values: list[Any] | tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """All rows of a SELECT."""
        return self.driver.execute(self.words(sql), values).fetchall()

    def run(self, sql: str, values: list[Any] | tuple[Any, ...] = ()) -> Any:
        """Run one statement."""
        return self.driver.execute(self.words(sql), values)

    def words(self, sql: str) -> str:
        """The statement with this driver's placeholders."""
        return sql if self.postgres else sql.replace("%s", "?")

    def uuid(self, value: UUID) -> Any:
        """An id as this database keeps it."""
        return value if self.postgres else value.hex

    def close(self) -> None:
        """Give the connection back."""
        self.driver.close()


def postmaster() -> int | None:
    """The process id of the server's first process, if it runs on this machine; ``None`` on SQLite."""
    if connection.vendor != "postgresql":
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = cursor.fetchone()[0]
    with open(f"/proc/{backend}/stat") as stat:  # noqa: PTH123
        return int(stat.read().rpartition(")")[2].split()[1])
