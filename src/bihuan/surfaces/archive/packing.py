"""The archive as a zip that is sent while it is made: one piece is printed, packed and forgotten before the next."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import chain

from bihuan.foundation import archives
from bihuan.foundation.archives import Piece
from bihuan.foundation.pages.streams import Sink
from bihuan.foundation.refusals import Refusal
from bihuan.surfaces.archive.printouts import Packed, index_pdf, index_xlsx
from bihuan.surfaces.archive.queries import ArchivePage
from bihuan.surfaces.archive.rules import Names

INDEX = "00 目录"
LOST = "取不出来"
"""What the index says of a piece whose bytes are gone (``evidence.missing``): the archive is sent without it."""


def packed(page: ArchivePage) -> Iterator[bytes]:
    """The bytes of the zip. Of what was packed only name and day are kept, for the index, which is written last."""
    sink, names, done = Sink(), Names(), list[Packed]()
    order, visit = page.opened.order, page.opened.visit
    with zipfile.ZipFile(sink, "w") as book:
        for piece in archives.pieces(visit):
            place = order.places(piece.refs)[0]
            path = names.free(order.folder(place), piece.folder, piece.name)
            try:
                content = _begun(piece)
            except Refusal as gone:
                done.append(Packed(place, LOST, f"{path}（{gone.sentence}）", piece.made_on))
                continue
            yield from _written(book, sink, path, piece.made_on, content)
            done.append(Packed(place, piece.folder, path, piece.made_on))
        done.sort(key=lambda one: (one.place, one.path))
        for name, content in ((f"{INDEX}.pdf", index_pdf), (f"{INDEX}.xlsx", index_xlsx)):
            yield from _written(book, sink, name, visit.today, [content(page, done)])
    yield sink.take()


def _begun(piece: Piece) -> Iterable[bytes]:
    """The piece's bytes with the first of them already read, so that what is gone is known before its entry begins."""
    content = piece.open()
    if isinstance(content, bytes):
        return [content]
    pieces = iter(content)
    return chain([next(pieces, b"")], pieces)


def _written(book: zipfile.ZipFile, sink: Sink, path: str, made_on: date, content: Iterable[bytes]) -> Iterator[bytes]:
    info = zipfile.ZipInfo(path, (max(made_on.year, 1980), made_on.month, made_on.day, 12, 0, 0))
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o644 << 16
    with book.open(info, "w") as entry:
        for part in content:
            entry.write(part)
            if sink.pieces:
                yield sink.take()
    if sink.pieces:
        yield sink.take()
