"""How each database keeps a value, as Django's fields would write it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection, models
from psycopg.types.json import Jsonb

_PLAIN = (models.UUIDField, models.CharField, models.TextField, models.BooleanField, models.IntegerField)
"""Fields whose Python values both drivers take as they are (on SQLite an id becomes its hex)."""


def reader(field: Any, vendor: str) -> Callable[[Any], Any] | None:
    target = field
    while target.remote_field:
        target = target.target_field
    if vendor == "sqlite" and isinstance(target, models.UUIDField):
        return as_hex
    if vendor == "sqlite" and isinstance(target, models.DateTimeField):
        return utc_text
    if isinstance(target, models.JSONField) and target.encoder is None:
        return _json_text if vendor == "sqlite" else _jsonb
    if isinstance(target, _PLAIN) or (isinstance(target, models.DateTimeField) and vendor == "postgresql"):
        return None
    return lambda value: field.get_db_prep_save(value, connection)


def as_hex(value: UUID) -> str:
    """An id as SQLite keeps it."""
    return "%032x" % value.int  # noqa: UP031 - two thirds of the price of any other way, and there are thirty in a round


def utc_text(value: datetime) -> str:
    """A moment as Django keeps it on SQLite: UTC, without saying so. (msgspec writes in a quarter of ``isoformat``'s time.)"""
    text: str = msgspec.to_builtins(value if value.tzinfo is UTC else value.astimezone(UTC))
    return text[:-1].replace("T", " ")


in_json = msgspec.json.Encoder(uuid_format="hex", enc_hook=str).encode


def rows_as_kept(rows: Sequence[Sequence[Any]], vendor: str) -> str:
    """Values inside JSON as the database reads them; on SQLite moments are in UTC without saying so, as Django keeps them."""
    if vendor == "sqlite":
        rows = [[utc_text(value) if isinstance(value, datetime) else value for value in row] for row in rows]
    return in_json(rows).decode()


def _json_text(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _jsonb(value: Any) -> Jsonb:
    return Jsonb(value, dumps=msgspec.json.encode)
