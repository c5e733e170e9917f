"""This site's wall codes: the key behind their check part, fresh ones, and what a typed or scanned text can mean."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from functools import lru_cache

from django.conf import settings

from bihuan.mechanisms.risks import rules


def _key() -> bytes:
    return _key_of(settings.SECRET_KEY)


@lru_cache(maxsize=2)
def _key_of(secret: str) -> bytes:
    return hashlib.sha256(b"bihuan.risks.wall_code\n" + secret.encode()).digest()


def fresh() -> str:
    """A code that this site vouches for; whether it was given before is for the table to say."""
    body = "".join(secrets.choice(rules.CODE_ALPHABET) for _ in range(rules.BODY_LENGTH))
    return body + rules.check_part(body, _key())


def readings(code: str) -> list[str]:
    """The codes to look up for a typed text, the literal one first."""
    return list(_readings(code, _key()))


def meanings(texts: Iterable[str]) -> dict[str, tuple[tuple[str, ...], int | None]]:
    """What cameras read or people typed: the codes that each text can stand for, and the label's serial."""
    key = _key()
    return {text: _meaning(text, key) for text in texts}


@lru_cache(maxsize=20_000)
def _meaning(text: str, key: bytes) -> tuple[tuple[str, ...], int | None]:
    code, n = rules.scanned(text)
    return _readings(code, key) if code else (), n


@lru_cache(maxsize=20_000)
def _readings(code: str, key: bytes) -> tuple[str, ...]:
    """The same labels are scanned every day, and checking one costs as much as a small statement."""
    return tuple(rules.readings(code, key))


def is_ours(code: str) -> bool:
    """Whether some reading of the text carries this site's check part."""
    return any(rules.is_ours(one, _key()) for one in readings(code))
