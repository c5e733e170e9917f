"""A spreadsheet as people send it (.xlsx, .xls, .et saved as xls, .csv) read into rows of plain strings."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook, PasswordError

Table = list[list[str]]
"""Row 0 of the table is row 1 of the sheet; every cell a trimmed string, dates as ISO, whole numbers without ``.0``."""

MOST_BYTES = 8 * 1024 * 1024
MOST_ROWS = 20_000
MOST_COLUMNS = 60
MOST_UNPACKED = 200 * 1024 * 1024


class Unreadable(ValueError):
    """The file cannot be read; the text is a sentence for the person who sent it."""


def read_workbook(content: bytes, file_name: str) -> list[tuple[str, Table]]:
    """The sheets of a file with their names; a merged cell's value stands in every row of its first column."""
    if not content:
        raise Unreadable("这个文件是空的，请重新选择")
    if len(content) > MOST_BYTES:
        raise Unreadable(
            f"文件有{len(content) / 1048576:.1f}兆，超过{MOST_BYTES // 1048576}兆。请删去图片和多余的表再上传"
        )
    if content[:4] == b"PK\x03\x04" or content[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        return _spreadsheet(content)
    if file_name.lower().endswith((".csv", ".txt")):
        return [("", _csv(content))]
    raise Unreadable("只认识 Excel 文件（.xlsx、.xls）和 CSV 文件，请另存后再上传")


def _spreadsheet(content: bytes) -> list[tuple[str, Table]]:
    _refuse_bombs(content)
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
            sheets = [book.get_sheet_by_name(name) for name in book.sheet_names]
            return [(sheet.name, _table(sheet)) for sheet in sheets if sheet.total_height]
    except PasswordError:
        raise Unreadable("文件设了打开密码，请去掉密码再上传") from None
    except (CalamineError, ValueError, OSError) as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable("文件打不开，可能已经损坏。请用 Excel 或 WPS 打开后另存为 .xlsx 再上传") from None


def _refuse_bombs(content: bytes) -> None:
    if content[:2] != b"PK":
        return
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            unpacked = sum(part.file_size for part in package.infolist())
    except zipfile.BadZipFile:
        raise Unreadable("文件打不开，可能没有上传完整。请重新选择") from None
    if unpacked > MOST_UNPACKED:
        raise Unreadable("文件解开后过大，不像一份名册。请只保留名册那张表再上传")


def _table(sheet: Any) -> Table:
    if sheet.total_height > MOST_ROWS + 100:
        raise Unreadable(f"「{sheet.name}」有{sheet.total_height:,}行，一次最多{MOST_ROWS:,}行。请分成几份上传")
    rows = [[_text(cell) for cell in row[:MOST_COLUMNS]] for row in sheet.to_python(skip_empty_area=False)]
    for (top, left), (bottom, _) in sheet.merged_cell_ranges or ():
        if left >= MOST_COLUMNS or top >= len(rows):
            continue
        for row in rows[top + 1 : bottom + 1]:
            row[left] = rows[top][left]
    return rows


def _text(cell: Any) -> str:
    if isinstance(cell, str):
        return cell.replace("\0", "").strip()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, (bool, int, time, timedelta)):
        return str(cell)
    return ""


def _csv(content: bytes) -> Table:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        break
    else:
        raise Unreadable("文件的文字编码无法识别。请用 Excel 另存为 .xlsx 再上传")
    if "\0" in text:
        raise Unreadable("这不是一份文字表格。请用 Excel 另存为 .xlsx 再上传")
    first = text.split("\n", 1)[0]
    separator = max(",\t;，", key=first.count)
    try:
        rows = [
            [cell.strip() for cell in row[:MOST_COLUMNS]]
            for row in _limited(csv.reader(io.StringIO(text), delimiter=separator))
        ]
    except csv.Error:
        raise Unreadable("表格的引号没有配对，读不下去。请用 Excel 另存为 .xlsx 再上传") from None
    return rows


def _limited(rows: Iterable[list[str]]) -> Iterable[list[str]]:
    for number, row in enumerate(rows):
        if number >= MOST_ROWS + 100:
            raise Unreadable(f"文件超过{MOST_ROWS:,}行。请分成几份上传")
        yield row
