"""This site's wall codes: the key behind their check part, fresh ones, and what a typed or scanned text can mean."""

from __future__ import annotations

import hashlib
import secrets

from django.conf import settings

from bihuan.mechanisms.risks import rules


def _key() -> bytes:
    return hashlib.sha256(b"bihuan.risks.wall_code\n" + settings.SECRET_KEY.encode()).digest()


def fresh() -> str:
    """A code that this site vouches for; whether it was given before is for the table to say."""
    body = "".join(secrets.choice(rules.CODE_ALPHABET) for _ in range(rules.BODY_LENGTH))
    return body + rules.check_part(body, _key())


def readings(code: str) -> list[str]:
    """The codes to look up for a typed text, the literal one first."""
    return rules.readings(code, _key())


def is_ours(code: str) -> bool:
    """Whether some reading of the text carries this site's check part."""
    return any(rules.is_ours(one, _key()) for one in readings(code))
