"""UUIDv7: made by whoever creates the row, so that the id is the idempotency key (RFC 9562 §5.7)."""

from __future__ import annotations

import os
import time
from uuid import UUID

import msgspec
from django.db import connection


def uuid7() -> UUID:
    """A time-ordered id: Unix milliseconds (48 bits) and their fraction (12 bits), version, variant, 62 random bits.

    The fraction keeps the order in which one process makes ids within a millisecond (RFC 9562 §6.2, method 3): facts of
    one command are told in the order in which they were stated.
    """
    milliseconds, rest = divmod(time.time_ns(), 1_000_000)
    fraction = rest * 4096 // 1_000_000
    chance = int.from_bytes(os.urandom(8), "big") & ((1 << 62) - 1)
    number = milliseconds << 80 | 0x7 << 76 | fraction << 64 | 0x2 << 62 | chance
    return msgspec.convert(number.to_bytes(16), UUID)  # a third of the price of UUID(int=…)


def fresh_ids(number: str = "row_number() OVER ()") -> tuple[str, str]:
    """An SQL expression that makes the ids of one statement, and its parameter: a UUIDv7 whose first 80 bits are the time
    and 26 random bits, and whose last 48 are *number*, an expression that rises from row to row (so that they are appended
    to the index)."""
    head = (time.time_ns() // 1_000_000) << 32 | 0x7 << 28 | int.from_bytes(os.urandom(2), "big") >> 4 << 16
    head |= 0x2 << 14 | int.from_bytes(os.urandom(2), "big") >> 2
    if connection.vendor == "postgresql":
        return f"(%s || lpad(to_hex({number}), 12, '0'))::uuid", f"{head:020x}"
    return f"%s || printf('%%012x', {number})", f"{head:020x}"
