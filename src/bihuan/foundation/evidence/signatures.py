"""Signatures drawn on a screen: taken from the canvas, cut to the ink, kept without loss. Pure."""

from __future__ import annotations

import base64
import binascii
import io

from PIL import Image, ImageOps

from bihuan.foundation.evidence.images import TOO_MANY_PIXELS, UNREADABLE, on_white, refuse_by_size
from bihuan.foundation.refusals import Refusal

PREFIX = "data:image/png;base64,"
MAX_PIXELS = 6_000_000
LEAST_INK = 60
"""Pixels of ink: fewer is a finger that brushed the screen."""
LEAST_WIDTH = 12
LONG_SIDE = 900
MARGIN = 6
INK = 160
"""Darker than this, of 255, is ink."""


def clean_signature(data_url: str, *, max_bytes: int = 600_000) -> bytes:
    """WebP of the drawing in a canvas's `data:image/png;base64,…`, cut to what was written.

    Refuses with evidence.empty, too_large, not_a_signature, blank_signature.
    """
    if not data_url.startswith(PREFIX):
        raise Refusal("evidence.not_a_signature")
    try:
        raw = base64.b64decode(data_url.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError) as broken:
        raise Refusal("evidence.not_a_signature") from broken
    return clean_drawing(raw, max_bytes=max_bytes)


def clean_drawing(raw: bytes, *, max_bytes: int = 600_000) -> bytes:
    """The same for the PNG itself."""
    refuse_by_size(raw, max_bytes)
    try:
        with Image.open(io.BytesIO(raw), formats=("PNG",)) as opened:
            if opened.width * opened.height > MAX_PIXELS:
                raise Refusal("evidence.not_a_signature")
            drawing = on_white(opened).convert("L")
    except (*UNREADABLE, *TOO_MANY_PIXELS) as broken:
        raise Refusal("evidence.not_a_signature") from broken
    ink = drawing.point(lambda light: 255 if light < INK else 0)
    box = ink.getbbox()
    if box is None or ink.histogram()[255] < LEAST_INK or box[2] - box[0] < LEAST_WIDTH:
        raise Refusal("evidence.blank_signature")
    written = ImageOps.expand(drawing.crop(box), border=MARGIN, fill=255)
    written.thumbnail((LONG_SIDE, LONG_SIDE), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    written.convert("RGB").save(buffer, "WEBP", lossless=True)
    return buffer.getvalue()
