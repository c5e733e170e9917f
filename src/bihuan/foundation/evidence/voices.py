"""Recorded voice notes: kept byte for byte, but only if they are what phones record, and sound alone.

Taking a recording apart and packing it anew needs a media library that a school's server does not have. So it is walked
through instead, element by element to its very end: one track, of sound, nothing attached, nothing behind it.
Pure: no database, no clock.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from bihuan.foundation.evidence.images import refuse_by_size
from bihuan.foundation.refusals import Refusal

MAX_BYTES = 1_500_000
"""A minute of the best sound that a phone's browser records is well below this."""
SUFFIXES = {"audio/webm": "webm", "audio/ogg": "ogg", "audio/mp4": "m4a"}


@dataclass(frozen=True, slots=True)
class CleanVoice:
    """A recording that may be kept as it is; ``seconds`` when the container says how long it is."""

    audio: bytes
    media_type: str
    seconds: int | None


def clean_voice(raw: bytes) -> CleanVoice:
    """A recording as evidence may be kept: WebM or Ogg with Opus, MP4 with AAC.

    Refuses with evidence.empty, voice_too_large, not_a_voice, broken_voice, voice_says_where.
    """
    refuse_voice_by_size(len(raw))
    refuse_by_size(raw, MAX_BYTES)
    if raw.startswith(b"\x1aE\xdf\xa3"):
        kind, walk = "audio/webm", _webm
    elif raw.startswith(b"OggS"):
        kind, walk = "audio/ogg", _ogg
    elif raw[4:8] == b"ftyp":
        kind, walk = "audio/mp4", _mp4
    else:
        raise Refusal("evidence.not_a_voice")
    try:
        length = walk(raw)
    except (IndexError, struct.error, ValueError, ZeroDivisionError) as broken:
        raise Refusal("evidence.broken_voice") from broken
    return CleanVoice(raw, kind, max(1, round(length)) if 0 < length < 3600 else None)


def refuse_voice_by_size(size: int) -> None:
    """Before the bytes have come; refuses with evidence.voice_too_large."""
    if size > MAX_BYTES:
        raise Refusal("evidence.voice_too_large", size=f"{size / 1e6:.1f}", most=f"{MAX_BYTES / 1e6:g}")


# --- WebM: elements of id, length, content ------------------------------------------------------------------------------

_SEGMENT, _INFO, _TRACKS, _TRACK, _CLUSTER, _GROUP = 0x18538067, 0x1549A966, 0x1654AE6B, 0xAE, 0x1F43B675, 0xA0
_INSIDE = {_SEGMENT, _INFO, _TRACKS, _TRACK, _CLUSTER, _GROUP, 0x1A45DFA3}
_DOC_TYPE, _TRACK_TYPE, _CODEC, _SCALE, _TIME, _SIMPLE, _BLOCK = 0x4282, 0x83, 0x86, 0x2AD7B1, 0xE7, 0xA3, 0xA1
_ATTACHMENTS = 0x1941A469
_SOUND = 2


def _webm(raw: bytes) -> float:
    """Seconds from the first to the last block; a recorder writes clusters without knowing their length."""
    tracks = blocks = cluster = last = 0
    scale = 1_000_000  # ns of one tick, unless the file says otherwise
    known = {_DOC_TYPE: b"", _CODEC: b""}
    for name, content in _elements(raw):
        if name == _ATTACHMENTS or (name == _TRACK_TYPE and int.from_bytes(content) != _SOUND):
            raise Refusal("evidence.not_a_voice")
        if name in known:
            known[name] = content.rstrip(b"\0")
        elif name == _TRACK_TYPE:
            tracks += 1
        elif name == _SCALE:
            scale = int.from_bytes(content)
        elif name == _TIME:
            cluster = int.from_bytes(content)
        elif name in (_SIMPLE, _BLOCK):
            blocks += 1
            _, size = _number(content, 0)
            last = max(last, cluster + struct.unpack_from(">h", content, size)[0])
    if (known[_DOC_TYPE], known[_CODEC], tracks) != (b"webm", b"A_OPUS", 1):
        raise Refusal("evidence.not_a_voice")
    if not blocks:
        raise Refusal("evidence.broken_voice")
    return last * scale / 1e9


def _elements(raw: bytes) -> Iterator[tuple[int, bytes]]:
    """Every element that holds no others, one after the other, to the end of the file."""
    at = 0
    while at < len(raw):
        width = 9 - raw[at].bit_length()
        name, at = int.from_bytes(raw[at : at + width]), at + width
        size, at = _number(raw, at)
        if name in _INSIDE:
            continue
        if size is None or at + size > len(raw):
            raise ValueError("cut short")
        yield name, raw[at : at + size]
        at += size


def _number(raw: bytes, at: int) -> tuple[int | None, int]:
    """A length and where it ends; none when all its bits say that it is unknown."""
    width = 9 - raw[at].bit_length()
    if width > 8 or at + width > len(raw):
        raise ValueError("no length")
    most = (1 << 7 * width) - 1
    size = int.from_bytes(raw[at : at + width]) & most
    return (None if size == most else size), at + width


# --- Ogg: pages of one stream -------------------------------------------------------------------------------------------

_OPUS_HZ = 48_000


def _ogg(raw: bytes) -> float:
    at = pages = last = skip = 0
    stream = raw[14:18]
    while at < len(raw):
        if raw[at : at + 4] != b"OggS" or raw[at + 14 : at + 18] != stream:
            raise Refusal("evidence.not_a_voice")
        lengths = raw[at + 27 : at + 27 + raw[at + 26]]
        content = at + 27 + raw[at + 26]
        if not pages:
            if raw[content : content + 8] != b"OpusHead":
                raise Refusal("evidence.not_a_voice")
            skip = struct.unpack_from("<H", raw, content + 10)[0]
        last = max(last, struct.unpack_from("<q", raw, at + 6)[0])
        at, pages = content + sum(lengths), pages + 1
    if at != len(raw) or pages < 3:  # its head, its comments, and some sound
        raise ValueError("cut short")
    return (last - skip) / _OPUS_HZ


# --- MP4: boxes ---------------------------------------------------------------------------------------------------------

_TOP = {b"ftyp", b"moov", b"mdat", b"moof", b"mfra", b"sidx", b"styp", b"free", b"skip", b"wide"}
_PLACES = (b"\xa9xyz", b"loci", b"quicktime.location")


def _mp4(raw: bytes) -> float:
    top = list(_boxes(raw))
    names = [name for name, _ in top]
    if not set(names) <= _TOP or names.count(b"moov") != 1:
        raise Refusal("evidence.not_a_voice")
    moov = next(content for name, content in top if name == b"moov")
    if any(place in moov for place in _PLACES):
        raise Refusal("evidence.voice_says_where")
    tracks = [content for name, content in _boxes(moov) if name == b"trak"]
    if len(tracks) != 1:
        raise Refusal("evidence.not_a_voice")
    media = _inside(tracks[0], b"mdia")
    entry = _inside(media, b"minf", b"stbl", b"stsd")
    if _inside(media, b"hdlr")[8:12] != b"soun" or entry[12:16] != b"mp4a":
        raise Refusal("evidence.not_a_voice")
    if b"mdat" not in names:
        raise ValueError("no sound")
    head = _inside(moov, b"mvhd")
    scale, length = struct.unpack_from(">IQ", head, 20) if head[0] else struct.unpack_from(">II", head, 12)
    return float(length / scale)  # a recording in fragments says 0 here: its length is not known


def _boxes(raw: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at < len(raw):
        size, name, head = *struct.unpack_from(">I4s", raw, at), 8
        if size == 1:
            size, head = struct.unpack_from(">Q", raw, at + 8)[0], 16
        size = size or len(raw) - at
        if size < head or at + size > len(raw):
            raise ValueError("cut short")
        yield name, raw[at + head : at + size]
        at += size


def _inside(raw: bytes, *path: bytes) -> bytes:
    for wanted in path:
        raw = next((content for name, content in _boxes(raw) if name == wanted), b"")
    return raw
