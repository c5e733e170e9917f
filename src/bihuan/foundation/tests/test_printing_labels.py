"""A sheet of QR labels can be read by a phone, label by label, and in black and white."""

from __future__ import annotations

import io

import numpy as np
import pytest
import zxingcpp
from PIL import Image

from bihuan.foundation.printing.labels import Label, render_labels_pdf, render_labels_pngs

SIGNS = [
    ("octagon", "#c62828", "重大风险"),
    ("triangle", "#d84f00", "较大风险"),
    ("diamond", "#f9a825", "一般风险"),
    ("disc", "#1565c0", "低风险"),
]


def labels(count: int, name: str = "实验楼三层危险化学品储存室（含易制毒易制爆品专柜）") -> list[Label]:
    made = []
    for n in range(count):
        shape, colour, word = SIGNS[n % 4]
        made.append(
            Label(
                url=f"https://bihuan.example.gov.cn/p/K7QM4T{n:02d}",
                name=name,
                word=word,
                shape=shape,
                colour=colour,
                place="综合楼一层东侧",
                unit="西安浐灞国际港第三小学（本部校区）",
                code=f"K7QM4T{n:02d}",
            )
        )
    return made


def read(png: bytes) -> set[str]:
    return {found.text for found in zxingcpp.read_barcodes(Image.open(io.BytesIO(png)).convert("L"))}


def test_24_of_24_are_read_from_a_200_dpi_page():
    (sheet,) = render_labels_pngs(labels(24), ppi=200)
    assert read(sheet) == {label.url for label in labels(24)}


def test_the_25th_label_begins_a_second_sheet():
    first, second = render_labels_pngs(labels(25), ppi=200)
    assert len(read(first)) == 24
    assert read(second) == {labels(25)[24].url}


def test_the_pdf_is_one_sheet_and_always_the_same():
    made = render_labels_pdf(labels(24))
    assert made.startswith(b"%PDF-")
    assert made == render_labels_pdf(labels(24))


@pytest.mark.parametrize("sign", SIGNS)
def test_shapes_differ_without_colour(sign):
    def printed(shape: str) -> bytes:
        label = Label(url="https://bihuan.example/p/A", name="门卫室", word="", shape=shape, colour="#000000")
        (sheet,) = render_labels_pngs([label], ppi=60)
        return Image.open(io.BytesIO(sheet)).convert("1").tobytes()

    others = [printed(shape) for shape, *_ in SIGNS if shape != sign[0]]
    assert printed(sign[0]) not in others


@pytest.mark.parametrize("name", ["门", "食堂" * 30, '#panic("x") [ $ "', "A" * 80])
def test_any_name_stays_inside_its_label(name):
    label = labels(1, name)[0]
    (sheet,) = render_labels_pngs([label], ppi=72)
    pixels = np.asarray(Image.open(io.BytesIO(sheet)).convert("L"))
    right, below = round((7.25 + 63.5 - 1.5) / 25.4 * 72), round((12.9 + 33.9 + 0.5) / 25.4 * 72)
    middle = slice(round(16 / 25.4 * 72), round(44 / 25.4 * 72))
    assert pixels[middle, right:].min() > 200
    assert pixels[below + 1 :].min() > 200
