"""Slips, and how many tips are too many. Pure."""

from __future__ import annotations

import hmac
import unicodedata
from datetime import datetime, timedelta

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""No 0 O 1 I L: a slip is copied from a screen by hand."""
SLIP_LENGTH = 12
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SHORTEST_WORDS = 4


def slip(key: bytes, form: str, words: str = "", place: str = "") -> str:
    """The slip that belongs to what a form told: the same again gives the same slip, and nobody else can compute it."""
    told = "\0".join((form, words, place))
    rest = int.from_bytes(hmac.digest(key, f"slip\n{told}".encode(errors="replace"), "sha256"), "big")
    letters = []
    for _ in range(SLIP_LENGTH):
        rest, index = divmod(rest, len(ALPHABET))
        letters.append(ALPHABET[index])
    return "".join(letters)


def typed_slip(text: str) -> str:
    """A slip as somebody typed it: any case, full width, spaces and dashes."""
    plain = unicodedata.normalize("NFKC", text).upper()
    return "".join(letter for letter in plain if letter.isascii() and letter.isalnum())[: 2 * SLIP_LENGTH]


def spaced(slip: str) -> str:
    """7KQM-4TXR-9WBC"""
    return "-".join(slip[at : at + 4] for at in range(0, len(slip), 4))


def slip_hash(key: bytes, slip: str) -> str:
    """What is kept of a slip."""
    return hmac.digest(key, f"kept\n{slip}".encode(errors="replace"), "sha256").hex()


def tally_key(key: bytes, kind: str, value: str, at: datetime, window: timedelta) -> str:
    """Under which name tries are counted in this window: today's salt stands in it, so no day knows another's visitors."""
    bucket = int(at.timestamp() // window.total_seconds())
    salt = hmac.digest(key, f"salt\n{at:%Y-%m-%d}".encode(), "sha256")
    return hmac.digest(salt, f"{kind}\n{value}\n{bucket}".encode(errors="replace"), "sha256").hex()


def window_end(at: datetime, window: timedelta) -> datetime:
    """When the counting window of a moment is over."""
    seconds = window.total_seconds()
    return datetime.fromtimestamp((at.timestamp() // seconds + 1) * seconds, tz=at.tzinfo)
