"""How wide the columns of a table are: short ones as wide as their words, the rest shares what is left."""

from __future__ import annotations

import re
import unicodedata

from bihuan.foundation.printing.paper import Band, Table

LINE = 42.0
"""Hanzi of table type on one line of an A4 page."""
SHORT = 8.0
"""A column whose longest cell has at most this many hanzi is set on one line."""
SHORT_SHARE = 0.7
"""Short columns together never take more of the page than this."""
PADDING = 1.0
_LONG_RUN = re.compile(r"[!-~]{15,}")


def hanzi(text: str) -> float:
    """The printed width of `text` in hanzi; Latin letters and digits are about half as wide."""
    return sum(1.0 if unicodedata.east_asian_width(letter) in "WFA" else 0.58 for letter in text)


def soft(text: str) -> str:
    """The text with places to break inside long runs of Latin letters, so that none sticks out of its cell."""
    return _LONG_RUN.sub(lambda run: "\u200b".join(run[0]), text)


def short_columns(table: Table) -> list[float | None]:
    """For each column its width in hanzi if it is short, None if it takes a share of the rest."""
    cells = [row for row in table.rows if not isinstance(row, Band)]
    widths: list[float | None] = []
    for n, column in enumerate(table.columns):
        lines = [line for text in (column.title, *(row[n] for row in cells)) for line in text.split("\n")]
        widest = max(map(hanzi, lines)) + PADDING
        widths.append(widest if widest <= SHORT + PADDING else None)
    while all(width is not None for width in widths) or sum(filter(None, widths)) > LINE * SHORT_SHARE:
        widths[widths.index(max(filter(None, widths)))] = None
    return widths


def shares(table: Table) -> list[float]:
    """The widths of all columns as parts of 1."""
    short = short_columns(table)
    rest = LINE - sum(filter(None, short))
    weights = sum(column.width for column, width in zip(table.columns, short, strict=True) if width is None)
    return [
        (rest * column.width / weights if width is None else width) / LINE
        for column, width in zip(table.columns, short, strict=True)
    ]
