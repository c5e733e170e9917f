"""A camera that sees real labels: Chromium reads its picture from a file, which holds one label of the product's own print.

The file is read anew whenever a page opens the camera, so another label is held before it by writing the file again.
"""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

from PIL import Image, ImageFilter

from bihuan.foundation.printing.labels import LAYOUTS
from bihuan.mechanisms.risks.printouts import labels_png
from bihuan.mechanisms.risks.queries.labels import to_label

PPI = 200
FRAME = (640, 480)
FRAMES = 4
LAYOUT: Mapping[str, Any] = LAYOUTS["a4-24"]


def printed(viewer: Any, site: str, points: list[str]) -> dict[str, Image.Image]:
    """Each point's label, cut out of the printed sheet."""
    rows = to_label(viewer, ids=[UUID(pk) for pk in points]).rows
    sheet = Image.open(BytesIO(labels_png(rows, site, ppi=PPI))).convert("L")
    return {str(row["id"]): sheet.crop(_edges(n)) for n, row in enumerate(rows)}


def _edges(n: int) -> tuple[int, int, int, int]:
    row, column = divmod(n, LAYOUT["across"])
    left = LAYOUT["left"] + column * (LAYOUT["width"] + LAYOUT["gap"])
    top = LAYOUT["top"] + row * LAYOUT["height"]
    box = (left, top, left + LAYOUT["width"], top + LAYOUT["height"])
    return tuple(round(mm / 25.4 * PPI) for mm in box)  # type: ignore[return-value]


class Camera:
    """What the phone's camera looks at."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "camera.y4m"
        self.look_at(None)

    @property
    def flags(self) -> list[str]:
        """For the browser's command line."""
        return [
            "--use-fake-ui-for-media-stream",
            "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-video-capture={self.file}",
        ]

    def look_at(self, label: Image.Image | None) -> None:
        """Hold a label before it, a little crooked and a little blurred, on a grey wall; or the bare wall."""
        wall = Image.new("L", FRAME, 150)
        if label is not None:
            shown = label.resize((520, round(520 * label.height / label.width))).rotate(4, expand=True, fillcolor=150)
            wall.paste(shown, ((FRAME[0] - shown.width) // 2, (FRAME[1] - shown.height) // 2))
            wall = wall.filter(ImageFilter.GaussianBlur(0.6))
        width, height = FRAME
        chroma = bytes([128]) * (width * height // 2)
        frame = b"FRAME\n" + wall.tobytes() + chroma
        fresh = self.file.with_suffix(".new")
        fresh.write_bytes(f"YUV4MPEG2 W{width} H{height} F10:1 Ip A1:1 C420jpeg\n".encode() + frame * FRAMES)
        fresh.replace(self.file)
