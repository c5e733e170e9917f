"""Photos on their way: what has arrived of a file, until it is whole.

A file grows by appending; a piece that comes twice is written to where it already stands. Only the hash of the whole says
that it is right, so nothing here is trusted before that.
"""

from __future__ import annotations

import os
import re
import shutil
from contextlib import suppress
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from uuid import UUID

from django.conf import settings

from bihuan.foundation.evidence.web import LARGEST
from bihuan.foundation.refusals import Refusal

KEPT = timedelta(days=7)
"""How long an unfinished file waits for the rest since its last piece; the phone has it all anyway."""
MOST_BYTES = 120_000_000
"""Unfinished bytes of one person: six photos of the largest size."""
LEAST_FREE = 500_000_000
"""Bytes that stay free on the disk for the database and its log."""
_DIGEST = re.compile(r"[0-9a-f]{64}")


class Part:
    """What has arrived of one photo of one person."""

    def __init__(self, person: UUID, digest: str, evidence_id: UUID) -> None:
        if not _DIGEST.fullmatch(digest):  # the only way from a request to a path
            raise Refusal("mobile.bad_photo_call", why="校验码应是 64 位十六进制小写")
        self.digest = digest
        self.folder = settings.DATA / "phone-parts" / person.hex
        self.path = self.folder / f"{digest}.{evidence_id.hex}"

    def have(self) -> int:
        """Bytes that have arrived."""
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0

    def put(self, piece: bytes, *, offset: int, total: int) -> int:
        """Add a piece; returns how many bytes are here now. A piece that leaves a gap is not taken.

        Refusals: ``evidence.too_large``, ``mobile.bad_photo_call``, ``mobile.too_many_parts``, ``mobile.no_room``.
        """
        if total > LARGEST:
            raise Refusal("evidence.too_large", size=f"{total / 1e6:.1f}", most=f"{LARGEST / 1e6:g}")
        if total <= 0 or offset < 0 or offset + len(piece) > total:
            raise Refusal("mobile.bad_photo_call", why="位置和总长对不上")
        have = self.have()
        if offset > have or offset + len(piece) <= have:
            return have
        self._require_room(offset + len(piece) - have)
        self.folder.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600), "r+b") as file:
            file.seek(offset)
            file.write(piece)
        return max(have, offset + len(piece))

    def whole(self) -> bytes | None:
        """The file when its hash is right; otherwise nothing, and what had arrived is thrown away: it begins anew.

        Nothing also when the same last piece came twice at once and the other has already made a photo of it.
        """
        try:
            raw = self.path.read_bytes()
        except FileNotFoundError:
            return None
        if sha256(raw).hexdigest() == self.digest:
            return raw
        self.forget()
        return None

    def forget(self) -> None:
        """Throw away what has arrived."""
        self.path.unlink(missing_ok=True)

    def _require_room(self, more: int) -> None:
        waiting = sum(file.stat().st_size for file in self.folder.glob("*") if file.is_file())
        if waiting + more > MOST_BYTES:
            raise Refusal("mobile.too_many_parts", most=f"{MOST_BYTES / 1e6:g}")
        if shutil.disk_usage(settings.DATA).free - more < LEAST_FREE:
            raise Refusal("mobile.no_room")


def forget_old(at: datetime) -> int:
    """Throw away files to which nothing was added for ``KEPT``; a job. Returns how many."""
    gone = 0
    root: Path = settings.DATA / "phone-parts"
    for file in root.glob("*/*"):
        with suppress(FileNotFoundError):  # it was finished just now
            if file.stat().st_mtime < (at - KEPT).timestamp():
                file.unlink()
                gone += 1
    for folder in root.glob("*"):
        with suppress(OSError):  # not empty, or gone
            folder.rmdir()
    return gone
