"""W7out, exporting 100,000 hazards: Excel and CSV, streamed, beside a bare COPY of the same columns."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

from python_calamine import CalamineWorkbook

from bench import case_rows
from bench.direct import Direct
from bench.metering import Figure, Meter, compare, peak_since
from bench.world import World
from bihuan.engines.cases import exports, hot
from bihuan.engines.cases.queries import Filters

ROWS = 100_000
SHARE = 0.6
"""The part of all cases that the province's viewer sees."""
RATES = {"xlsx": 30_000, "csv": 200_000}
COLUMNS = [name for _, name, _ in (*hot.TEXTS, *hot.NUMBERS, *hot.MOMENTS)]


class Exporting:
    """The same rows as the product's files and as raw text."""

    def __init__(self, world: World) -> None:
        self.actor = world.lookers["province"].actor("page")
        self.direct = Direct()
        self.unit = self.direct.uuid(world.home["province"].pk)

    def close(self) -> None:
        """Give the connection back."""
        self.direct.close()

    def pieces(self, form: str) -> Iterator[bytes]:
        """The product's file."""
        return iter(exports.stream(self.actor, Filters(stage="all"), form))

    def sql(self) -> str:
        """The same columns in the same order."""
        return f"SELECT {', '.join(COLUMNS)} FROM cases_case WHERE province_id = %s ORDER BY reported_at DESC, id DESC"

    def raw(self) -> int:
        """COPY to CSV on PostgreSQL; on SQLite the driver's rows through the csv module. How many bytes."""
        if self.direct.postgres:
            with (
                self.direct.driver.cursor() as cursor,
                cursor.copy(f"COPY ({self.sql()}) TO STDOUT (FORMAT csv)", [self.unit]) as copy,
            ):
                return drain(copy)
        sink = io.StringIO()
        writer, size = csv.writer(sink), 0
        rows = self.direct.run(self.sql(), [self.unit])
        while found := rows.fetchmany(1000):
            writer.writerows(found)
            size += sink.tell()
            sink.seek(0)
            sink.truncate()
        return size

    def numbers(self) -> list[str]:
        """The cases' numbers as raw SQL finds them."""
        where = "WHERE province_id = %s ORDER BY reported_at DESC, id DESC"
        return [row[0] for row in self.direct.rows(f"SELECT number FROM cases_case {where}", [self.unit])]


def drain(pieces: Iterable[Any]) -> int:
    """Read everything and keep nothing."""
    return sum(len(piece) for piece in pieces)


def check(world: World) -> None:
    """Both files hold the rows that raw SQL finds, in that order."""
    exporting = Exporting(world)
    try:
        wanted = exporting.numbers()
        if not wanted:
            raise AssertionError("no rows to compare")
        text = b"".join(exporting.pieces("csv")).decode("utf-8-sig")
        lines = list(csv.reader(io.StringIO(text)))
        if [line[0] for line in lines[1:]] != wanted:
            raise AssertionError("the CSV does not hold the rows that raw SQL finds")
        book = CalamineWorkbook.from_filelike(io.BytesIO(b"".join(exporting.pieces("xlsx"))))
        sheet = book.get_sheet_by_index(0).to_python()
        start = next(n for n, row in enumerate(sheet) if row[0] == hot.TITLES[0]) + 1
        if [str(row[0]) for row in sheet[start:]] != wanted:
            raise AssertionError("the Excel file does not hold the rows that raw SQL finds")
    finally:
        exporting.close()


def figures(world: World, meter: Meter, rows: int) -> Iterator[Figure]:
    """Rows per CPU second of each kind of file, and how much the memory of this process grew."""
    case_rows.fill(world, int(rows / SHARE), at=case_rows.now())
    exporting = Exporting(world)
    try:
        count = len(exporting.numbers())
        sides = {
            "xlsx": lambda: drain(exporting.pieces("xlsx")),
            "csv": lambda: drain(exporting.pieces("csv")),
            "raw": exporting.raw,
        }
        costs = compare(meter, sides, times=1, warm=1)
        for form, rate in RATES.items():
            with peak_since() as grown:
                size = sides[form]()
            product, raw = count / costs[form].median(), count / costs["raw"].median()
            yield Figure(
                "W7out", f"export {form}", meter.vendor, count, "rows per CPU s", product, raw, target=f">= {rate:,} rows/s", met=product >= rate,
                repetitions=[count / cost.cpu for cost in costs[form].each],
                notes={"bytes": size, "memory_growth_mb": round(grown[0] / 1e6, 1), "rows_per_second_of_wall": round(count / costs[form].median("wall")),
                       "raw": "COPY" if exporting.direct.postgres else "SELECT + csv"},
            )  # fmt: skip
    finally:
        exporting.close()
