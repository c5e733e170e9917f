"""UUIDv7: made by whoever creates the row, so that the id is the idempotency key (RFC 9562 §5.7)."""

from __future__ import annotations

import os
import time
from uuid import UUID


def uuid7() -> UUID:
    """A time-ordered id: Unix milliseconds (48 bits) and their fraction (12 bits), version, variant, 62 random bits.

    The fraction keeps the order in which one process makes ids within a millisecond (RFC 9562 §6.2, method 3): facts of
    one command are told in the order in which they were stated.
    """
    milliseconds, rest = divmod(time.time_ns(), 1_000_000)
    fraction = rest * 4096 // 1_000_000
    chance = int.from_bytes(os.urandom(8), "big") & ((1 << 62) - 1)
    return UUID(int=milliseconds << 80 | 0x7 << 76 | fraction << 64 | 0x2 << 62 | chance)
