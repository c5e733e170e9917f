"""W7in, a bureau's roster of 10,000 rows from Excel: read, a verdict for each row, installed all or nothing."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import xlsxwriter
from django.apps import apps
from django.db import connection
from django.utils import timezone
from python_calamine import CalamineWorkbook

from bench.direct import Direct
from bench.metering import Figure, Meter, Side, compare
from bench.world import World
from bihuan.engines.responsibility.queries.rosters import roster, roster_check
from bihuan.foundation import clock
from bihuan.foundation.commands import execute
from bihuan.foundation.ids import uuid7

ROWS = 10_000
RATE = 10_000
TITLES = ("单位", "姓名", "岗位", "手机号码", "工号", "任职日期")
POSTS = ("class-teacher", "lab-keeper", "guard", "logistics-lead")
SURNAMES, GIVEN = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗", "伟芳娜敏静强磊军洋勇艳杰娟涛明超霞平刚桂"


class Importing:
    """The same file read, checked and written by the product, and read and copied by the bare driver."""

    def __init__(self, world: World, rows: int) -> None:
        self.actor = world.lookers["admin"].actor()
        self.bureau = world.home["bureau"]
        self.rows = rows
        self.direct = Direct()
        self.content = self._file(world, rows)
        self.encoded = base64.b64encode(self.content).decode()
        self.import_id: UUID | None = None

    def close(self) -> None:
        """Give the connection back."""
        self.direct.close()

    def _file(self, world: World, rows: int) -> bytes:
        """As bureaus have it: a title row, a header, one line a person."""
        posts = {row["code"]: row["name"] for row in _posts(self.bureau.pk)}
        known = [posts[code] for code in POSTS if code in posts]
        schools = [school for school in world.schools if school.bureau_id == self.bureau.pk]
        sink = io.BytesIO()
        with xlsxwriter.Workbook(sink, {"in_memory": True, "strings_to_formulas": False}) as book:
            sheet = book.add_worksheet("花名册")
            sheet.write_row(0, 0, ["全区学校安全岗位花名册"])
            sheet.write_row(1, 0, TITLES)
            for n in range(rows):
                name = SURNAMES[n % 20] + GIVEN[n // 20 % 20] + GIVEN[n // 400 % 20]
                cells = [
                    schools[n % len(schools)].name,
                    name,
                    known[n % len(known)],
                    f"139{n:08d}",
                    f"G{n:06d}",
                    "2026-09-01",
                ]
                sheet.write_row(n + 2, 0, cells)
        return sink.getvalue()

    def upload(self) -> None:
        """Send the file."""
        self.import_id = uuid7()
        args = {
            "id": str(self.import_id),
            "org_id": str(self.bureau.pk),
            "file_name": "花名册.xlsx",
            "content": self.encoded,
        }
        execute(self.actor, clock.now(), id=uuid7(), name="responsibility.upload_roster", args=args)

    def report(self) -> Any:
        """The dry run: a verdict for each row."""
        assert self.import_id
        row = roster(self.actor, self.import_id)
        found = roster_check(self.actor, row, header_row=row.header_row, columns=row.columns)
        if len(found.rows) != self.rows or any(checked.verdict == "error" for checked in found.rows):
            wrong = next((checked for checked in found.rows if checked.verdict == "error"), None)
            raise RuntimeError(f"{len(found.rows)} rows, first wrong: {wrong}")
        return found

    def install(self) -> None:
        """Register everything."""
        row = roster(self.actor, self.import_id or UUID(int=0))
        args = {
            "import_id": str(row.pk),
            "header_row": row.header_row,
            "columns": row.columns,
            "on": timezone.localdate().isoformat(),
        }
        execute(self.actor, clock.now(), id=uuid7(), name="responsibility.install_roster", args=args)

    def product(self) -> None:
        """All three steps."""
        self.upload()
        self.report()
        self.install()

    def forget(self) -> None:
        """Take away what an import made; not measured."""
        user, appointment = (
            apps.get_model(label)._meta.db_table for label in ("accounts.User", "responsibility.Appointment")
        )
        unchecked, checked = (
            (f"SET session_replication_role = {role}" for role in ("replica", "DEFAULT"))
            if self.direct.postgres
            else (f"PRAGMA foreign_keys = {switch}" for switch in ("OFF", "ON"))
        )
        self.direct.run(unchecked)
        self.direct.run(
            f"DELETE FROM {user} WHERE id IN (SELECT user_id FROM {appointment} WHERE import_id IS NOT NULL)"
        )
        self.direct.run(f"DELETE FROM {appointment} WHERE import_id IS NOT NULL")
        self.direct.run(checked)
        if self.direct.postgres:
            for table in (user, appointment):
                self.direct.run(f"VACUUM ANALYZE {table}")

    def raw(self) -> int:
        """Read the cells and copy them as they are into one table; nothing is checked."""
        table = CalamineWorkbook.from_filelike(io.BytesIO(self.content)).get_sheet_by_index(0).to_python()
        self.direct.run("DROP TABLE IF EXISTS bench_roster")
        self.direct.run(
            "CREATE TABLE bench_roster (unit text, name text, post text, phone text, staff_no text, since text)"
        )
        lines = [[str(cell) for cell in row] for row in table[2:]]
        if self.direct.postgres:
            with self.direct.driver.cursor() as cursor, cursor.copy("COPY bench_roster FROM STDIN") as copy:
                for line in lines:
                    copy.write_row(line)
        else:
            self.direct.run("BEGIN")
            self.direct.driver.executemany("INSERT INTO bench_roster VALUES (?, ?, ?, ?, ?, ?)", lines)
            self.direct.run("COMMIT")
        return len(lines)


def _posts(bureau_id: UUID) -> list[dict[str, Any]]:
    from bihuan.foundation import packs

    return list(packs.entries(bureau_id, "posts").values())


def check(world: World, rows: int = 200) -> None:
    """What is installed is what stands in the file, person by person."""
    importing = Importing(world, rows)
    try:
        importing.forget()
        importing.product()
        importing.raw()
        text = "CAST(a.starts_on AS text)" if connection.vendor == "postgresql" else "a.starts_on"
        user, appointment = (
            apps.get_model(label)._meta.db_table for label in ("accounts.User", "responsibility.Appointment")
        )
        made = importing.direct.rows(
            f"SELECT o.name, u.name, u.phone, u.staff_no, {text} FROM {appointment} a JOIN {user} u ON u.id = a.user_id "
            f"JOIN responsibility_org o ON o.id = a.org_id WHERE a.import_id IS NOT NULL"
        )
        sent = importing.direct.rows("SELECT unit, name, phone, staff_no, since FROM bench_roster")
        if sorted(made) != sorted(sent) or len(made) != rows:
            raise AssertionError(f"{len(made)} appointments do not say what the {len(sent)} rows of the file say")
        importing.forget()
    finally:
        importing.close()


def figures(world: World, meter: Meter, rows: int) -> Iterator[Figure]:
    """Rows per CPU second: the whole import, and its row report alone."""
    importing = Importing(world, rows)
    try:
        sides = {
            "whole": Side(importing.product, importing.forget), "raw": Side(importing.raw, importing.forget),
            "upload": Side(importing.upload, importing.forget), "report": Side(importing.report, lambda: None), "install": Side(importing.install, lambda: None),
        }  # fmt: skip
        costs = compare(meter, sides, times=1, warm=1)
        raw = rows / costs["raw"].median()
        for name, what in (("whole", "import: read, report, install"), ("report", "row report alone")):
            rate = rows / costs[name].median()
            notes = {f"{part}_ms": round(costs[part].median() * 1e3) for part in ("upload", "report", "install")}
            yield Figure(
                "W7in", what, meter.vendor, rows, "rows per CPU s", rate, raw, target=f">= {RATE:,} rows/s", met=rate >= RATE,
                repetitions=[rows / cost.cpu for cost in costs[name].each], notes=notes,
            )  # fmt: skip
        importing.forget()
    finally:
        importing.close()
