"""Pictures on their way into a paper: QR codes and photographs at the size that print needs."""

from __future__ import annotations

import io

import segno
from PIL import Image

PHOTO_LONG_SIDE = 1100
"""8 cm at 300 dpi is 945 pixels; more only makes the file heavy."""


def qr_svg(text: str) -> str:
    """A QR code as an SVG string without a quiet zone; the layout leaves four modules of white around it."""
    buffer = io.BytesIO()
    segno.make(text, error="m", micro=False).save(buffer, kind="svg", border=0, xmldecl=False, unit="mm")
    return buffer.getvalue().decode()


def qr_png(text: str) -> bytes:
    buffer = io.BytesIO()
    segno.make(text, error="m", micro=False).save(buffer, kind="png", border=1, scale=8)
    return buffer.getvalue()


def for_print(image: bytes) -> bytes:
    """JPEG of a stored picture: PDF and Word embed JPEG as it is, but blow WebP up to raw pixels."""
    with Image.open(io.BytesIO(image), formats=("JPEG", "PNG", "WEBP")) as opened:
        opened.thumbnail((PHOTO_LONG_SIDE, PHOTO_LONG_SIDE), Image.Resampling.LANCZOS)
        buffer = io.BytesIO()
        _on_white(opened).save(buffer, "JPEG", quality=82, optimize=True)
    return buffer.getvalue()


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        rgba = image.convert("RGBA")
        paper = Image.new("RGB", rgba.size, "white")
        paper.paste(rgba, mask=rgba.getchannel("A"))
        return paper
    return image.convert("RGB")
