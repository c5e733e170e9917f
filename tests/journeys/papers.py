"""Looking into papers that were downloaded."""

from __future__ import annotations

import io
import re
import zipfile
import zlib


def pages_with_ink(pdf: bytes) -> int:
    """How many pages a PDF draws text on: its own content streams, unpacked."""
    assert pdf.startswith(b"%PDF"), pdf[:80]
    assert b"%%EOF" in pdf[-32:]
    return sum(bool(re.search(rb"\bT[jJ]\b", stream)) for stream in _streams(pdf))


def _streams(pdf: bytes) -> list[bytes]:
    found = []
    for part in re.finditer(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL):
        try:
            found.append(zlib.decompressobj().decompress(part[1]))
        except zlib.error:
            found.append(part[1])
    return found


def words_of(docx: bytes) -> str:
    """The text of a Word file."""
    with zipfile.ZipFile(io.BytesIO(docx)) as parts:
        assert parts.testzip() is None
        xml = "".join(
            parts.read(name).decode()
            for name in parts.namelist()
            if re.fullmatch(r"word/(document|header\d|footer\d).xml", name)
        )
    return re.sub(r"<[^>]+>", "", xml)
