"""Wall codes as people type and print them: the alphabet, the keyed check part, look-alikes, the address on a label.

A code is seven letters that nobody can guess and three that only this site can compute from them, so that an invented
or mistyped code is known as such without looking anything up. Pure: the key is an argument.
"""

from __future__ import annotations

import hmac
import re
import unicodedata
from collections.abc import Iterator
from itertools import islice, product

CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""No 0 O 1 I L: a wall code must survive being read out over a telephone."""
CODE_LENGTH = 10
BODY_LENGTH = 7
LOOK_ALIKES = ("0OQD", "1ILJT", "2Z", "5S", "6G", "8B", "UV")
"""Signs that a worn label or a hurried thumb exchanges; those outside the alphabet stand for the ones inside."""
MOST_READINGS = 512
_ADDRESS = re.compile(r"(?:.*/p/)?(?P<code>[^/?#&]+)/?(?:\?(?:[^#]*&)?n=(?P<n>\d{1,6})(?:&[^#]*)?|\?via=nfc)?")
_OTHERS = {sign: group for group in LOOK_ALIKES for sign in group}


def check_part(body: str, key: bytes) -> str:
    """The three letters that belong to the seven of *body* on this site."""
    rest = int.from_bytes(hmac.digest(key, body.encode(), "sha256"), "big")
    letters = []
    for _ in range(CODE_LENGTH - BODY_LENGTH):
        rest, index = divmod(rest, len(CODE_ALPHABET))
        letters.append(CODE_ALPHABET[index])
    return "".join(letters)


def is_ours(code: str, key: bytes) -> bool:
    """Whether the check part of a code fits: this site made it, whether it still knows it or not."""
    body = code[:BODY_LENGTH]
    return len(code) == CODE_LENGTH and hmac.compare_digest(code[BODY_LENGTH:].encode(), check_part(body, key).encode())


def typed_code(text: str) -> str:
    """A wall code as somebody typed it: any case, full width, spaces and dashes."""
    plain = unicodedata.normalize("NFKC", text).upper()
    return "".join(letter for letter in plain if letter.isascii() and letter.isalnum())[: 2 * CODE_LENGTH]


def scanned(text: str) -> tuple[str, int | None]:
    """The code and the label's serial in what a camera read (the whole address) or a person typed."""
    found = _ADDRESS.fullmatch(text.strip()[:300])
    if found is None:
        return "", None
    return typed_code(found["code"]), int(found["n"]) if found["n"] else None


def readings(text: str, key: bytes) -> list[str]:
    """The codes that a typed text can stand for: itself, and what fits the check part once look-alikes are exchanged."""
    code = typed_code(text)
    if len(code) != CODE_LENGTH or is_ours(code, key):
        return [code]
    return [code, *(other for other in islice(_alike(code), MOST_READINGS) if is_ours(other, key))]


def _alike(code: str) -> Iterator[str]:
    choices = [
        dict.fromkeys(one for one in sign + _OTHERS.get(sign, "") if one in CODE_ALPHABET) or [sign] for sign in code
    ]
    return ("".join(letters) for letters in product(*choices))
