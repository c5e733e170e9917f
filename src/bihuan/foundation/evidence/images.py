"""Uploaded photographs made safe: decoded, turned upright, scaled down and written anew as WebP.

Writing anew is the whole defence: position and camera data, trailing archives or scripts, and everything else that is not
a pixel stay behind. Pure: no database, no clock.
"""

from __future__ import annotations

import hashlib
import io
import struct
from dataclasses import dataclass
from datetime import datetime

from PIL import ExifTags, Image, ImageOps

import bihuan.foundation.evidence.refusals  # noqa: F401 - declares the refusals raised here
from bihuan.foundation.refusals import Refusal

LONG_SIDE = 2560
THUMB_SIDE = 480
QUALITY = 80
FIRST_YEAR = 1990
"""A camera that says an earlier year was never set."""
HEIC_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"avif"})
# What Pillow's decoders raise on bytes that are not what they claim to be; fuzzed in the tests.
UNREADABLE = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, struct.error, OverflowError)
TOO_MANY_PIXELS = (Image.DecompressionBombError, Image.DecompressionBombWarning)


@dataclass(frozen=True, slots=True)
class CleanImage:
    """A picture that is only pixels, its small copy, and what is known about it."""

    webp: bytes
    thumb: bytes
    width: int
    height: int
    sha256: str
    """of `webp`"""
    original_sha256: str
    """of the bytes as they were uploaded"""
    perceptual_hash: int
    """64 bits as a signed number, so that it fits a BIGINT"""
    taken_at: datetime | None
    """as the camera's clock said, local and naive; never a proof, only a hint"""


def clean_image(raw: bytes, *, max_bytes: int = 20_000_000, max_pixels: int = 60_000_000) -> CleanImage:
    """A photograph as evidence may be kept.

    Refuses with evidence.empty, too_large, heic, not_an_image, too_many_pixels, animated, broken_image.
    """
    refuse_by_size(raw, max_bytes)
    kind = _kind(raw)
    try:
        with Image.open(io.BytesIO(raw), formats=(kind,)) as opened:
            _refuse_by_shape(opened, max_pixels)
            taken_at = _taken_at(opened)
            picture = _upright(opened)
    except TOO_MANY_PIXELS as bomb:
        raise Refusal("evidence.too_many_pixels", pixels="过多", most=max_pixels // 10_000) from bomb
    except UNREADABLE as broken:
        raise Refusal("evidence.broken_image") from broken
    webp = _webp(picture)
    small = picture.copy()
    small.thumbnail((THUMB_SIDE, THUMB_SIDE), Image.Resampling.LANCZOS)
    return CleanImage(
        webp=webp,
        thumb=_webp(small),
        width=picture.width,
        height=picture.height,
        sha256=hashlib.sha256(webp).hexdigest(),
        original_sha256=hashlib.sha256(raw).hexdigest(),
        perceptual_hash=difference_hash(small),
        taken_at=taken_at,
    )


def refuse_by_size(raw: bytes, max_bytes: int) -> None:
    """Refuses with evidence.empty or evidence.too_large."""
    if not raw:
        raise Refusal("evidence.empty")
    if len(raw) > max_bytes:
        raise Refusal("evidence.too_large", size=f"{len(raw) / 1e6:.1f}", most=f"{max_bytes / 1e6:g}")


def difference_hash(picture: Image.Image) -> int:
    """dHash: in each of eight rows, whether the light rises from one of nine fields to the next; 64 bits, signed."""
    grey = picture.convert("L").resize((9, 8), Image.Resampling.LANCZOS).tobytes()
    bits = 0
    for row in range(8):
        for column in range(8):
            left = grey[row * 9 + column]
            bits = bits << 1 | (grey[row * 9 + column + 1] > left)
    return bits - (1 << 64) if bits >> 63 else bits


def unlikeness(one: int, other: int) -> int:
    """How many of the 64 bits of two perceptual hashes differ; up to about 6 is the same picture."""
    return ((one ^ other) & (1 << 64) - 1).bit_count()


def _kind(raw: bytes) -> str:
    if raw.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if raw.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if raw[:4] == b"RIFF" and raw[8:12] == b"WEBP":
        return "WEBP"
    if raw[4:8] == b"ftyp" and raw[8:12] in HEIC_BRANDS:
        raise Refusal("evidence.heic")
    raise Refusal("evidence.not_an_image")


def _refuse_by_shape(opened: Image.Image, max_pixels: int) -> None:
    pixels = opened.width * opened.height
    if pixels > max_pixels:
        raise Refusal("evidence.too_many_pixels", pixels=pixels // 10_000, most=max_pixels // 10_000)
    # Many phones append a second, larger or deeper picture to a JPEG ("MPO"); the first is the photograph.
    if opened.format != "MPO" and getattr(opened, "is_animated", False):
        raise Refusal("evidence.animated")


def _taken_at(opened: Image.Image) -> datetime | None:
    exif = opened.getexif()
    written = exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.DateTimeOriginal) or exif.get(ExifTags.Base.DateTime)
    try:
        # Naive on purpose: cameras write the local time of the place and seldom the zone.
        moment = datetime.strptime(str(written).strip("\0 "), "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007
    except ValueError:
        return None
    return moment if moment.year >= FIRST_YEAR else None


def _upright(opened: Image.Image) -> Image.Image:
    opened.draft("RGB", (LONG_SIDE, LONG_SIDE))
    picture = ImageOps.exif_transpose(opened)
    picture.thumbnail((LONG_SIDE, LONG_SIDE), Image.Resampling.LANCZOS)
    return on_white(picture)


def on_white(picture: Image.Image) -> Image.Image:
    """The picture without transparency: what was clear becomes white paper."""
    if picture.mode in ("RGBA", "LA", "PA", "RGBa") or "transparency" in picture.info:
        rgba = picture.convert("RGBA")
        paper = Image.new("RGB", rgba.size, "white")
        paper.paste(rgba, mask=rgba.getchannel("A"))
        return paper
    if picture.mode.startswith("I"):  # 16 bits a pixel: convert() would clip instead of scaling
        return picture.convert("I").point(lambda light: light / 257).convert("L").convert("RGB")
    return picture.convert("RGB")


def _webp(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    # A fresh image carries no metadata of the old one into the encoder.
    bare = Image.new("RGB", picture.size)
    bare.paste(picture)
    bare.save(buffer, "WEBP", quality=QUALITY, method=4)
    return buffer.getvalue()
