"""Uploaded PDF documents: kept byte for byte, but only if they are whole and cannot act by themselves.

A PDF is not re-encoded (a contract must stay the contract that was signed), so it is looked through instead: names of
actions and attachments are searched in the file and in its compressed object streams, where a reader would find them.
Pure: no database, no clock.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from dataclasses import dataclass

from bihuan.foundation.evidence.images import refuse_by_size
from bihuan.foundation.refusals import Refusal

MAX_UNPACKED = 64_000_000
"""More than this in compressed objects is no document of a school office but a bomb."""
ACTIVE = {
    b"JavaScript": "脚本",
    b"Launch": "启动其他程序的指令",
    b"EmbeddedFile": "附件",
    b"EmbeddedFiles": "附件",
    b"RichMedia": "多媒体插件",
    b"SubmitForm": "向外发送表单的指令",
    b"ImportData": "导入数据的指令",
}
_NAME = re.compile(rb"/([A-Za-z0-9#]{4,64})")
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
_STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)


@dataclass(frozen=True, slots=True)
class CleanDocument:
    """A PDF that may be kept as it is."""

    pdf: bytes
    sha256: str


def clean_document(raw: bytes, *, max_bytes: int = 20_000_000) -> CleanDocument:
    """A PDF as evidence may be kept.

    Refuses with evidence.empty, too_large, not_a_pdf, broken_pdf, locked_pdf, active_pdf.
    """
    refuse_by_size(raw, max_bytes)
    if not raw.startswith(b"%PDF-"):
        raise Refusal("evidence.not_a_pdf")
    if b"%%EOF" not in raw[-1024:] or b"startxref" not in raw[-2048:]:
        raise Refusal("evidence.broken_pdf")
    for part in (raw, *_object_streams(raw)):
        names = {_plain(name) for name in _NAME.findall(part)}
        if b"Encrypt" in names:
            raise Refusal("evidence.locked_pdf")
        if found := sorted(names & ACTIVE.keys()):
            raise Refusal("evidence.active_pdf", what=ACTIVE[found[0]])
    return CleanDocument(raw, hashlib.sha256(raw).hexdigest())


def _plain(name: bytes) -> bytes:
    """A PDF name as readers read it: `J#61vaScript` is JavaScript."""
    return _ESCAPED.sub(lambda code: bytes([int(code[1], 16)]), name)


def _object_streams(raw: bytes) -> list[bytes]:
    """What the compressed object streams hold; they are where newer PDFs keep everything but pictures."""
    unpacked: list[bytes] = []
    left = MAX_UNPACKED
    for name in _NAME.finditer(raw):
        if _plain(name[1]) != b"ObjStm":
            continue
        packed = _STREAM.search(raw, name.end())
        inflate = zlib.decompressobj()
        try:
            content = inflate.decompress(packed[1], left) if packed else b""
        except zlib.error as broken:  # another filter hides what it holds: nothing that common programs write
            raise Refusal("evidence.broken_pdf") from broken
        if not inflate.eof:  # cut short, or more than any document needs
            raise Refusal("evidence.broken_pdf")
        left -= len(content)
        unpacked.append(content)
    return unpacked
