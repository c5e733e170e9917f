"""Files that are sent while they are made: what a zip writes, taken away piece by piece, the same under WSGI and ASGI."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from io import RawIOBase
from typing import Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest


class Sink(RawIOBase):
    """What a zip writes, taken away after each piece; it cannot seek, so nothing has to be kept."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def writable(self) -> bool:
        """Always."""
        return True

    def write(self, data: Any) -> int:
        """Keep it until it is taken."""
        self.pieces.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        """Everything that was written since the last time."""
        taken = b"".join(self.pieces)
        self.pieces.clear()
        return taken


def sent(request: HttpRequest, pieces: Iterator[bytes]) -> Iterator[bytes] | AsyncIterator[bytes]:
    """The pieces as this server wants them: under ASGI one by one, or Django would gather the whole file first."""
    return _one_by_one(pieces) if isinstance(request, ASGIRequest) else pieces


async def _one_by_one(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    following = sync_to_async(lambda: next(pieces, None))
    while (piece := await following()) is not None:
        yield piece
