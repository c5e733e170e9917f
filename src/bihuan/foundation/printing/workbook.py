"""A list as an Excel file that opens well: a title line, a frozen header, widths, real dates, no formulas."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import xlsxwriter
from django.utils import timezone

from bihuan.foundation import clock

_SAFE = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


class Struck(tuple[Any, ...]):
    """A row that is crossed out and stays to be read."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Leaf:
    """One sheet of the file: its tab, the lines above the table (those that are not empty), heads with their widths, rows.

    A cell is text, a number (a ``Decimal`` is shown with one place), a day, or None for an empty one. The first
    ``fixed`` columns stay in sight. What people type below the rows of an ``open`` leaf is kept as they typed it.
    """

    tab: str
    title: str
    heads: Sequence[tuple[str, int]]
    rows: Iterable[Sequence[Any]]
    note: str = ""
    fixed: int = 0
    open: bool = False


def workbook(leaves: Sequence[Leaf], *, made_on: date | None = None) -> bytes:
    """The file, made today unless told; the same leaves of the same day give the same content."""
    content = io.BytesIO()
    made = made_on or timezone.localdate(clock.now())
    with xlsxwriter.Workbook(content, _SAFE) as book:
        book.set_properties({"created": datetime(made.year, made.month, made.day, tzinfo=UTC)})
        large = book.add_format({"bold": True, "font_size": 14})
        bold = book.add_format({"bold": True, "border": 1, "text_wrap": True, "valign": "vcenter"})
        cell = {"border": 1, "text_wrap": True, "valign": "top"}
        plain, struck = book.add_format(cell), book.add_format(cell | {"font_strikeout": True})
        day, tenth = book.add_format(cell | {"num_format": "yyyy-mm-dd"}), book.add_format(cell | {"num_format": "0.0"})
        typed = book.add_format({"num_format": "@"})
        for leaf in leaves:
            sheet = book.add_worksheet(leaf.tab)
            above = [(line, form) for line, form in ((leaf.title, large), (leaf.note, None)) if line]
            for at, (line, form) in enumerate(above):
                sheet.write_string(at, 0, line, form)
            head = len(above)
            sheet.write_row(head, 0, [word for word, _ in leaf.heads], bold)
            for at, row in enumerate(leaf.rows, start=head + 1):
                words = struck if isinstance(row, Struck) else plain
                for column, value in enumerate(row):
                    if isinstance(value, date):
                        sheet.write_datetime(at, column, value, day)
                    elif isinstance(value, Decimal):
                        sheet.write_number(at, column, float(value), tenth)
                    elif isinstance(value, int | float):
                        sheet.write_number(at, column, value, words)
                    elif value is None:
                        sheet.write_blank(at, column, None, words)
                    else:
                        sheet.write_string(at, column, value, words)
            for column, (_, width) in enumerate(leaf.heads):
                sheet.set_column(column, column, width, typed if leaf.open else None)
            sheet.freeze_panes(head + 1, leaf.fixed)
            sheet.set_landscape()
            sheet.set_paper(9)
            sheet.fit_to_pages(1, 0)
            sheet.repeat_rows(head)
    return content.getvalue()
