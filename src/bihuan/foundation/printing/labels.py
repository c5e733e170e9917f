"""QR labels for walls and doors: one A4 sheet of 24, cut from plain paper or from a ready-made label sheet."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from bihuan.foundation.printing.columns import soft
from bihuan.foundation.printing.pdf import render_pdf, render_pngs
from bihuan.foundation.printing.pictures import qr_svg

Shape = Literal["octagon", "triangle", "diamond", "disc"]
Layout = Literal["a4-24"]

LAYOUTS: dict[Layout, dict[str, Any]] = {
    # The common sheet of 3 × 8 labels of 63.5 × 33.9 mm; millimetres from the paper's edge.
    "a4-24": {"across": 3, "down": 8, "width": 63.5, "height": 33.9, "left": 7.25, "top": 12.9, "gap": 2.5},
}
TEMPLATE = "printing/labels.typ"


@dataclass(frozen=True, slots=True)
class Label:
    """One label. The colour never speaks alone: its word and its shape stand beside it and survive black and white."""

    url: str
    name: str
    word: str
    """for example 「重大风险」"""
    shape: Shape
    colour: str
    """CSS colour of the shape, for example `#c62828`"""
    place: str = ""
    unit: str = ""
    code: str = ""
    """what a person types when the QR cannot be read"""


def render_labels_pdf(labels: list[Label], layout: Layout = "a4-24") -> bytes:
    """All labels on as many sheets as they need."""
    return render_pdf(TEMPLATE, _as_data(labels, layout))


def render_labels_pngs(labels: list[Label], layout: Layout = "a4-24", *, ppi: float = 144) -> list[bytes]:
    """The same sheets as pictures."""
    return render_pngs(TEMPLATE, _as_data(labels, layout), ppi=ppi)


def _as_data(labels: list[Label], layout: Layout) -> dict[str, Any]:
    return {
        "layout": LAYOUTS[layout],
        "labels": [
            {**asdict(label), "name": soft(label.name), "place": soft(label.place), "qr": qr_svg(label.url)}
            for label in labels
        ],
    }
