"""Where evidence lies: one file per content, named by its SHA-256, in Django's default storage (a folder or S3).

`ab/abcd…` is the content, `ab/abcd….thumb` the small copy of a picture. Nothing is ever overwritten with other content
and nothing is deleted here.
"""

from __future__ import annotations

import hashlib
import re
from typing import BinaryIO, cast

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

import bihuan.foundation.evidence.refusals  # noqa: F401 - declares the refusals raised here
from bihuan.foundation.refusals import Refusal

_SHA256 = re.compile(r"[0-9a-f]{64}")
CHUNK = 256 * 1024


def keep(content: bytes, *, thumb: bytes | None = None) -> str:
    """Store the content (and its small copy) once, durably; the same content again is no work. Returns the SHA-256."""
    sha256 = hashlib.sha256(content).hexdigest()
    _put(_name(sha256), content)
    if thumb is not None:
        _put(_name(sha256, thumb=True), thumb)
    return sha256


def is_kept(sha256: str) -> bool:
    return default_storage.exists(_name(sha256))


def is_whole(sha256: str) -> bool:
    """Whether the stored content still is what its name says; reads all of it."""
    digest = hashlib.sha256()
    try:
        with stream(sha256) as file:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
    except Refusal:
        return False
    return digest.hexdigest() == sha256


def stream(sha256: str, *, thumb: bool = False) -> BinaryIO:
    """The content as an open file; refuses with evidence.missing."""
    try:
        return cast(BinaryIO, default_storage.open(_name(sha256, thumb=thumb), "rb"))
    except FileNotFoundError as gone:
        raise Refusal("evidence.missing") from gone


def read(sha256: str, *, thumb: bool = False) -> bytes:
    """The content at once; refuses with evidence.missing."""
    with stream(sha256, thumb=thumb) as file:
        return file.read()


def _put(name: str, content: bytes) -> None:
    # A file of another size under this name was damaged from outside; writing it again heals it.
    if not default_storage.exists(name) or default_storage.size(name) != len(content):
        default_storage.save(name, ContentFile(content))


def _name(sha256: str, *, thumb: bool = False) -> str:
    # The only way from a request to a path: anything but a digest is not kept here.
    if not _SHA256.fullmatch(sha256):
        raise Refusal("evidence.missing")
    return f"{sha256[:2]}/{sha256}{'.thumb' if thumb else ''}"
