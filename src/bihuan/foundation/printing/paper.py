"""What an official paper says, without saying how it looks.

Pure: no Django, no clock. Every text is plain text and is printed as it stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

Align = Literal["left", "center", "right"]


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading inside the body, for example 「一、检查情况」 (level 1) or 「（一）消防」 (level 2)."""

    text: str
    level: Literal[1, 2] = 1


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text with a first-line indent of two characters. `lead` is printed in bold before it."""

    text: str
    lead: str = ""
    indent: bool = True


@dataclass(frozen=True, slots=True)
class Note:
    """Small print under a table or at the end."""

    text: str


@dataclass(frozen=True, slots=True)
class Fields:
    """A form grid of label and value; `columns` pairs stand side by side, a wide pair takes a line of its own."""

    pairs: tuple[tuple[str, str], ...]
    columns: Literal[1, 2] = 2
    wide: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Column:
    """One table column; `width` is a share of the page width."""

    title: str
    width: float = 1.0
    align: Align = "left"


@dataclass(frozen=True, slots=True)
class Band:
    """A table row across all columns that names the rows under it; it returns on the next page if they go on there."""

    text: str


@dataclass(frozen=True, slots=True)
class Table:
    """A hairline table. Its header returns on every page and a row is never cut in two unless it is longer than a page."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...] | Band, ...]
    caption: str = ""

    def __post_init__(self) -> None:
        for row in self.rows:
            if not isinstance(row, Band) and len(row) != len(self.columns):
                raise ValueError(f"a row of {len(row)} cells in a table of {len(self.columns)} columns: {row!r}")


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture (JPEG, PNG or WebP bytes) with the words under it; without bytes an empty frame says so."""

    image: bytes | None
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Photos:
    """Pictures in a grid."""

    items: tuple[Photo, ...]
    columns: Literal[2, 3] = 2


@dataclass(frozen=True, slots=True)
class PhotoPair:
    """The same spot before and after, side by side, under one title."""

    title: str
    before: Photo
    after: Photo


@dataclass(frozen=True, slots=True)
class PhotoPairs:
    """Several pairs with the heads 「整改前」 and 「整改后」."""

    pairs: tuple[PhotoPair, ...]
    before_head: str = "整改前"
    after_head: str = "整改后"


@dataclass(frozen=True, slots=True)
class Signature:
    """A place to sign: filled with the drawn signature, or empty for a pen."""

    label: str
    name: str = ""
    image: bytes | None = None
    signed_on: date | None = None


@dataclass(frozen=True, slots=True)
class Signatures:
    slots: tuple[Signature, ...]
    columns: Literal[1, 2] = 2


Block = Heading | Paragraph | Note | Fields | Table | Photos | PhotoPairs | Signatures


@dataclass(frozen=True, slots=True)
class Paper:
    """One official paper.

    `head` is the red line at the top (the issuing body), `issuer` the body that seals (empty: no seal place),
    `issued_on` the date under it, `copy_to` those who get a copy, `qr_url` the live record, `check_code` the short code
    of check_codes.py, `watermark` a light word across the page (草稿, 作废, 演示).
    """

    head: str
    title: str
    number: str = ""
    addressee: str = ""
    blocks: tuple[Block, ...] = ()
    issuer: str = ""
    issued_on: date | None = None
    signer: str = ""
    contact: str = ""
    copy_to: tuple[str, ...] = ()
    printed_by: str = ""
    qr_url: str = ""
    check_code: str = ""
    watermark: str = ""


def chinese_date(day: date) -> str:
    """2026年3月7日: the form GB/T 9704 asks for, without leading zeros."""
    return f"{day.year}年{day.month}月{day.day}日"


def numbered(paragraphs: Iterable[str]) -> tuple[Paragraph, ...]:
    """「1. …」「2. …」 as indented paragraphs."""
    return tuple(Paragraph(f"{n}. {text}") for n, text in enumerate(paragraphs, 1))


def framed(
    content: Mapping[str, Any],
    blocks: Sequence[Block],
    *,
    number: str,
    qr_url: str,
    check_code: str,
    watermark: str = "",
) -> Paper:
    """The paper whose head, title, addressee, issuer, day (ISO) and copies were frozen in *content*, around its blocks."""
    return Paper(
        head=content["head"],
        title=content["title"],
        number=number,
        addressee=content["addressee"],
        blocks=tuple(blocks),
        issuer=content["issuer"],
        issued_on=date.fromisoformat(content["issued_on"]),
        copy_to=tuple(content["copy_to"]),
        qr_url=qr_url,
        check_code=check_code,
        watermark=watermark,
    )
