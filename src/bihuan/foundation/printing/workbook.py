"""A list as an Excel file that opens well: a title line, a frozen header, widths, real dates, no formulas."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import xlsxwriter

_SAFE = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


@dataclass(frozen=True, slots=True)
class Leaf:
    """One sheet of the file: its tab, the line above the table, the heads with their widths, the rows (text, numbers, days)."""

    tab: str
    title: str
    heads: Sequence[tuple[str, int]]
    rows: Iterable[Sequence[Any]]


def workbook(leaves: Sequence[Leaf], *, made_on: date) -> bytes:
    """The file; the same leaves of the same day give the same content."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, _SAFE) as book:
        book.set_properties({"created": datetime(made_on.year, made_on.month, made_on.day, tzinfo=UTC)})
        large = book.add_format({"bold": True, "font_size": 14})
        bold = book.add_format({"bold": True, "border": 1, "text_wrap": True, "valign": "vcenter"})
        plain = book.add_format({"border": 1, "text_wrap": True, "valign": "top"})
        day = book.add_format({"border": 1, "num_format": "yyyy-mm-dd", "valign": "top"})
        for leaf in leaves:
            sheet = book.add_worksheet(leaf.tab)
            sheet.write_string(0, 0, leaf.title, large)
            sheet.write_row(1, 0, [head for head, _ in leaf.heads], bold)
            for at, row in enumerate(leaf.rows, start=2):
                for column, value in enumerate(row):
                    if isinstance(value, date):
                        sheet.write_datetime(at, column, value, day)
                    elif isinstance(value, int):
                        sheet.write_number(at, column, value, plain)
                    else:
                        sheet.write_string(at, column, value, plain)
            for column, (_, width) in enumerate(leaf.heads):
                sheet.set_column(column, column, width)
            sheet.freeze_panes(2, 0)
            sheet.set_landscape()
            sheet.set_paper(9)
            sheet.fit_to_pages(1, 0)
            sheet.repeat_rows(1)
    return content.getvalue()
