"""The lockbox: text that only some may read is kept encrypted, each piece bound to the row that it belongs to.

AES-256-GCM of the ``cryptography`` package under keys that HKDF derives from ``BIHUAN_DATA_KEYS`` (the first one locks,
all of them unlock) and, behind those, from ``SECRET_KEY``. What is kept begins with the id of its key, so that keys can be
changed while old text still opens. Why it is so: ADR 0017.
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Sequence
from functools import lru_cache
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from bihuan.foundation.refusals import Refusal, declare

declare(
    {
        "foundation.no_data_key": (
            409,
            "这里的内容加密保存，这台服务器没有解开它的密钥（{key}）。内容没有丢，请联系系统管理员把当时的密钥加回来。",
        ),
        "foundation.broken_lock": (
            409,
            "这里有一条加密保存的内容被改动过，或放到了别的记录上，不能解开。请联系系统管理员从备份核对。",
        ),
    }
)
_NONCE = 12


def lock(text: str, *, about: UUID) -> str:
    """*text* encrypted with the first key, readable only as part of the row *about*."""
    name, key = next(iter(_keys().items()))
    nonce = os.urandom(_NONCE)
    return f"{name}.{base64.b64encode(nonce + AESGCM(key).encrypt(nonce, text.encode(), about.bytes)).decode()}"


def unlock(kept: str, *, about: UUID) -> str:
    """What was locked. Refusals: ``foundation.no_data_key`` (locked by a key that is not here), ``foundation.broken_lock``."""
    name = key_of(kept)
    key = _keys().get(name)
    if key is None:
        raise Refusal("foundation.no_data_key", key=name)
    try:
        sealed = base64.b64decode(kept.partition(".")[2], validate=True)
        return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], about.bytes).decode()
    except (InvalidTag, binascii.Error, ValueError):
        raise Refusal("foundation.broken_lock") from None


def key_of(kept: str) -> str:
    """The id of the key that locked a text."""
    return kept.partition(".")[0]


def current_key() -> str:
    """The id of the key that locks now."""
    return next(iter(_keys()))


def known_keys() -> Sequence[str]:
    """The ids of all keys that unlock, the one that locks first."""
    return list(_keys())


def _keys() -> dict[str, bytes]:
    return _derived((*settings.BIHUAN_DATA_KEYS, settings.SECRET_KEY))


@lru_cache(maxsize=8)
def _derived(secrets: tuple[str, ...]) -> dict[str, bytes]:
    def made(secret: str, what: bytes, length: int) -> bytes:
        return HKDF(SHA256(), length, salt=None, info=b"bihuan lockbox 1 " + what).derive(secret.encode())

    return {made(secret, b"id", 6).hex(): made(secret, b"key", 32) for secret in secrets}
