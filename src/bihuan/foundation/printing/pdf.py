"""PDF through typst: one compiler per template, kept warm.

A template is a `.typ` file in the `papers/` folder of a room and is named by room and file: `cases/supervision_notice.typ`
is `bihuan/<floor>/cases/papers/supervision_notice.typ`. It reads its data with `json(bytes(sys.inputs.data))` and imports
the shared look with `#import "/foundation/printing/papers/gongwen.typ": *`.
"""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import typst

from bihuan.foundation.printing import fonts
from bihuan.foundation.printing.check_codes import spaced
from bihuan.foundation.printing.columns import short_columns, soft
from bihuan.foundation.printing.paper import (
    Band,
    Block,
    Fields,
    Heading,
    Note,
    Paper,
    Paragraph,
    Photo,
    PhotoPairs,
    Photos,
    Signatures,
    Table,
    chinese_date,
)
from bihuan.foundation.printing.pictures import for_print, qr_svg

PACKAGE = Path(__file__).resolve().parents[2]
DENSITIES = ("full", "snug", "tight")
"""Type sizes from the standard's 三号 down. The first that holds the paper on one page is taken; a longer paper takes
the second, or the third if that saves a page."""
_TEMPLATE = re.compile(r"[a-z][a-z0-9_]*/[a-z][a-z0-9_]*\.typ")
PAPER_TEMPLATE = "printing/paper.typ"
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class _Press:
    """A warm compiler. It keeps the inputs of its last run, so one run at a time."""

    compiler: typst.Compiler
    roles: dict[str, Any]
    lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, data: dict[str, Any], *, file: Literal["pdf", "png"], ppi: float, dated: datetime) -> _Printed:
        inputs = {"data": json.dumps({**data, "faces": self.roles}, ensure_ascii=False)}
        with self.lock:
            made = self.compiler.compile(format=file, ppi=ppi, sys_inputs=inputs, timestamp=dated)
            pages = int(json.loads(self.compiler.query("<page-count>", field="value", one=True)))
        files = made if isinstance(made, list) else [made]
        return _Printed([bytes(page) for page in files if page is not None], pages)


@dataclass(frozen=True, slots=True)
class _Printed:
    files: list[bytes]
    pages: int


def render_pdf(template: str, data: dict[str, Any], *, dated: date | None = None) -> bytes:
    """Typeset `template` with `data` (anything JSON can carry); `dated` becomes the file's creation date."""
    return _press(template).run(data, file="pdf", ppi=144, dated=_moment(dated)).files[0]


def render_pngs(template: str, data: dict[str, Any], *, ppi: float = 144) -> list[bytes]:
    """The same pages as pictures, one per page: for previews and for tests that look at the print."""
    return _press(template).run(data, file="png", ppi=ppi, dated=_EPOCH).files


def render_paper(paper: Paper) -> bytes:
    """The paper as PDF. It is set in the standard's sizes if it fits one page, smaller if only that keeps it on one."""
    return _fitted(paper, file="pdf", ppi=144)[0]


def render_paper_pngs(paper: Paper, *, ppi: float = 144) -> list[bytes]:
    return _fitted(paper, file="png", ppi=ppi)


def _fitted(paper: Paper, *, file: Literal["pdf", "png"], ppi: float) -> list[bytes]:
    press, data, dated = _press(PAPER_TEMPLATE), as_data(paper), _moment(paper.issued_on)
    tried: list[_Printed] = []
    for density in DENSITIES:
        tried.append(press.run({**data, "density": density}, file=file, ppi=ppi, dated=dated))
        if tried[-1].pages == 1:
            return tried[-1].files
    return min(tried[1:], key=lambda printed: printed.pages).files


def as_data(paper: Paper) -> dict[str, Any]:
    """A paper as the JSON that paper.typ reads."""
    return {
        "head": paper.head,
        "number": paper.number,
        "title": soft(paper.title),
        "addressee": soft(paper.addressee),
        "blocks": [_block(block) for block in paper.blocks],
        "issuer": paper.issuer,
        "issued_on": chinese_date(paper.issued_on) if paper.issued_on else "",
        "signer": paper.signer,
        "contact": paper.contact,
        "copy_to": "，".join(paper.copy_to),
        "printed_by": paper.printed_by,
        "qr": qr_svg(paper.qr_url) if paper.qr_url else "",
        "check_code": spaced(paper.check_code) if paper.check_code else "",
        "watermark": paper.watermark,
    }


def _block(block: Block) -> dict[str, Any]:
    match block:
        case Heading():
            return {"kind": "heading", "text": soft(block.text), "level": block.level}
        case Paragraph():
            return {"kind": "paragraph", "text": soft(block.text), "lead": soft(block.lead), "indent": block.indent}
        case Note():
            return {"kind": "note", "text": soft(block.text)}
        case Fields():
            pairs = [
                {"label": soft(label), "value": soft(value), "wide": label in block.wide}
                for label, value in block.pairs
            ]
            return {"kind": "fields", "columns": block.columns, "pairs": pairs}
        case Table():
            return {
                "kind": "table",
                "caption": block.caption,
                "columns": [
                    {"title": column.title, "hanzi": short, "share": column.width, "align": column.align}
                    for column, short in zip(block.columns, short_columns(block), strict=True)
                ],
                "rows": [
                    {"band": row.text} if isinstance(row, Band) else {"cells": [soft(cell) for cell in row]}
                    for row in block.rows
                ],
            }
        case Photos():
            return {"kind": "photos", "columns": block.columns, "items": [_photo(photo) for photo in block.items]}
        case PhotoPairs():
            pairs_of_photos = [
                {"title": soft(pair.title), "before": _photo(pair.before), "after": _photo(pair.after)}
                for pair in block.pairs
            ]
            return {
                "kind": "photo_pairs",
                "before_head": block.before_head,
                "after_head": block.after_head,
                "pairs": pairs_of_photos,
            }
        case Signatures():
            slots = [
                {
                    "label": slot.label,
                    "name": slot.name,
                    "image": list(for_print(slot.image)) if slot.image else None,
                    "signed_on": chinese_date(slot.signed_on) if slot.signed_on else "",
                }
                for slot in block.slots
            ]
            return {"kind": "signatures", "columns": block.columns, "slots": slots}


def _photo(photo: Photo) -> dict[str, Any]:
    # JSON has no bytes; a list of small integers is what typst turns back into a picture without a temporary file.
    return {"image": list(for_print(photo.image)) if photo.image else None, "caption": soft(photo.caption)}


def template_path(template: str) -> Path:
    """`room/name.typ` → the file in that room's papers/ folder. Raises LookupError when there is none, or two."""
    if not _TEMPLATE.fullmatch(template):
        raise LookupError(f"paper template {template!r}: the name has the form room/name.typ")
    room, _, name = template.partition("/")
    found = [
        path
        for pattern in (f"*/{room}/papers/{name}", f"{room}/papers/{name}")
        for path in PACKAGE.glob(pattern)
        if path.is_file()
    ]
    if len(found) != 1:
        raise LookupError(f"paper template {template!r}: {len(found)} files found below {PACKAGE.name}/")
    return found[0]


def _moment(day: date | None) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) if day else _EPOCH


def _press(template: str) -> _Press:
    return _warm_press(template_path(template), tuple(fonts.font_dirs()))


@lru_cache(maxsize=32)
def _warm_press(path: Path, font_dirs: tuple[Path, ...]) -> _Press:
    faces = fonts.load(font_dirs)
    compiler = typst.Compiler(str(path), root=str(PACKAGE), font_paths=faces.fonts, ignore_system_fonts=True)
    return _Press(compiler, {**faces.roles, "thin_title": faces.thin_title})
