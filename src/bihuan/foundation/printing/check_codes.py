"""The short code printed beside a paper's QR: it ties the number on the paper to the record in the system.

Eight characters without 0 O 1 I L, so that they survive a telephone; about 39 bits of an HMAC under the site's secret
key. It proves that this site issued this number for this record; it is not a signature of the paper's text.
"""

from __future__ import annotations

import hashlib
import hmac
from uuid import UUID

from django.conf import settings

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
LENGTH = 8


def check_code(paper_id: UUID | str, number: str) -> str:
    """The code for this paper, for example `7KQM4TXR`; `spaced` sets it as people read it."""
    message = f"{paper_id}\n{number}".encode()
    key = hashlib.sha256(b"bihuan.printing.check_code\n" + settings.SECRET_KEY.encode()).digest()
    rest = int.from_bytes(hmac.digest(key, message, "sha256"), "big")
    letters = []
    for _ in range(LENGTH):
        rest, index = divmod(rest, len(ALPHABET))
        letters.append(ALPHABET[index])
    return "".join(letters)


def verify(paper_id: UUID | str, number: str, code: str) -> bool:
    """Whether `code`, as somebody typed it (any case, spaces, dashes), belongs to this paper."""
    typed = "".join(letter for letter in code.upper() if letter.isalnum())
    return hmac.compare_digest(typed.encode(), check_code(paper_id, number).encode())


def spaced(code: str) -> str:
    """7KQM-4TXR"""
    return f"{code[:4]}-{code[4:]}"
