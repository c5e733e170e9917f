"""Recordings as phones make them, built by hand and short: nothing here can play them, everything can walk through them."""

from __future__ import annotations

import struct


def webm(seconds: float = 2, *, kind: int = 2, codec: bytes = b"A_OPUS", more: bytes = b"") -> bytes:
    """As Chrome's recorder writes it: segment and clusters of unknown length. ``kind``: 1 pictures, 2 sound;
    ``more``: elements behind the track."""
    blocks = b"".join(
        _element(0xA3, b"\x81" + struct.pack(">h", n * 500) + b"\x80sound" * 8) for n in range(int(seconds * 2) + 1)
    )
    track = _element(0xAE, _element(0xD7, b"\x01") + _element(0x83, bytes([kind])) + _element(0x86, codec))
    head = _element(0x1A45DFA3, _element(0x4282, b"webm"))
    segment = _open(0x18538067) + _element(0x1549A966, _element(0x2AD7B1, (1_000_000).to_bytes(3)))
    return head + segment + _element(0x1654AE6B, track) + more + _open(0x1F43B675) + _element(0xE7, b"\x00") + blocks


def ogg(seconds: float = 2, *, stream: bytes = b"\x01\0\0\0") -> bytes:
    """As Firefox's recorder writes it."""
    head = b"OpusHead\x01\x01" + struct.pack("<HIhB", 312, 48_000, 0, 0)
    return (
        _page(0, head, b"\x01\0\0\0")
        + _page(0, b"OpusTags" + bytes(8), b"\x01\0\0\0")
        + _page(int(seconds * 48_000) + 312, b"sound" * 30, stream)
    )


def mp4(seconds: float = 2, *, handler: bytes = b"soun", entry: bytes = b"mp4a", udta: bytes = b"") -> bytes:
    """As Safari's recorder writes it."""
    mvhd = _box(b"mvhd", bytes(12) + struct.pack(">II", 1000, int(seconds * 1000)) + bytes(80))
    stsd = _box(b"stsd", bytes(4) + struct.pack(">I", 1) + _box(entry, bytes(28)))
    media = _box(b"hdlr", bytes(8) + handler + bytes(13)) + _box(b"minf", _box(b"stbl", stsd))
    moov = _box(b"moov", mvhd + _box(b"trak", _box(b"mdia", media)) + udta)
    return _box(b"ftyp", b"M4A \0\0\0\0M4A isom") + moov + _box(b"mdat", b"sound" * 40)


def _element(name: int, content: bytes) -> bytes:
    return _name(name) + (len(content) | 1 << 28).to_bytes(4) + content


def _open(name: int) -> bytes:
    return _name(name) + b"\x01" + b"\xff" * 7


def _name(name: int) -> bytes:
    return name.to_bytes((name.bit_length() + 7) // 8)


def _page(granule: int, content: bytes, stream: bytes) -> bytes:
    lengths = [255] * (len(content) // 255) + [len(content) % 255]
    return b"OggS\0\0" + struct.pack("<q", granule) + stream + bytes(8) + bytes([len(lengths), *lengths]) + content


def _box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content) + 8) + name + content
