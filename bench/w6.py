"""W6, the escalation sweep: 5,000 due cases among many open ones, with the facts that it states."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.apps import apps

from bench import case_rows
from bench.direct import Direct
from bench.metering import Figure, Meter, Side, compare
from bench.world import World
from bihuan.engines.cases.commands.sweeping import escalate_due
from bihuan.engines.cases.pack import ladder_of
from bihuan.foundation.reactions import listeners_of

DUE = 5_000
AMONG = 200_000


class Sweeping:
    """The sweep as the product and as raw SQL carry it out."""

    def __init__(self, world: World, rows: int, due: int) -> None:
        self.world, self.due = world, due
        self.at = case_rows.now()
        case_rows.fill(world, rows, at=self.at, due=due, open_every=2)
        self.direct = Direct()
        self.ladder = ladder_of(world.home["bureau"].pk)
        self.kept = self.direct.rows("SELECT id, next_rung_at FROM cases_case WHERE next_rung_at IS NOT NULL")

    def close(self) -> None:
        """Give the connection back."""
        self.direct.close()

    def rewind(self) -> None:
        """Everything due again, nothing climbed; not measured."""
        self.direct.run(
            "UPDATE cases_case SET rung = 0, next_rung_at = NULL WHERE rung > 0 OR next_rung_at IS NOT NULL"
        )
        with self.direct.driver.cursor() if self.direct.postgres else _plain(self.direct.driver) as cursor:
            sql = self.direct.words("UPDATE cases_case SET next_rung_at = %s WHERE id = %s")
            self.direct.run("BEGIN")
            cursor.executemany(sql, [(then, pk) for pk, then in self.kept])
            self.direct.run("COMMIT")
        if self.direct.postgres:
            self.direct.run("VACUUM ANALYZE cases_case")

    def product(self) -> int:
        """One tick of the timetable."""
        climbed = escalate_due(self.at)
        if climbed != self.due:
            raise RuntimeError(f"{climbed} climbed instead of {self.due}")
        return climbed

    def moved(self) -> list[tuple[Any, ...]]:
        """Which cases climbed, and to which rung."""
        return sorted(self.direct.rows("SELECT id, rung, next_rung_at FROM cases_case WHERE rung > 0"))

    def raw(self) -> int:
        """The climb and its facts as plain statements (a digest of the right length stands for the real one)."""
        step = self.ladder[1].after - self.ladder[0].after
        facts = '\'{"rung": 1, "measure": "reminder", "name": "逾期提醒", "due_at": "2026-01-01 00:00:00+00:00", "state": "rectifying"}\''
        columns = "id, bureau_id, province_id, city_id, school_id, path, name, subject_kind, subject_id, by_name, by_post, channel, at, recorded_at, facts, digest"
        listeners = list(listeners_of("cases.escalated"))
        run, at = self.direct.run, self._moment(self.at)
        if self.direct.postgres:
            react = " UNION ALL ".join("SELECT %s::text AS listener" for _ in listeners)
            more = (
                f", told AS (INSERT INTO foundation_reaction (id, bureau_id, event_id, listener, attempts, next_at, last_error) "
                f"SELECT gen_random_uuid(), bureau_id, id, listener, 0, at, '' FROM said, ({react}) AS l RETURNING 1)" if listeners else ""
            )  # fmt: skip
            run(
                "WITH moved AS (UPDATE cases_case SET rung = rung + 1, next_rung_at = due_at + %s WHERE next_rung_at <= %s "
                "RETURNING id, bureau_id, province_id, city_id, school_id, path), "
                f"said AS (INSERT INTO foundation_event ({columns}) SELECT gen_random_uuid(), bureau_id, province_id, city_id, school_id, path, "
                f"'cases.escalated', 'cases.case', id, '系统', '', 'system', %s, %s, {facts}::jsonb, repeat('0', 64) FROM moved "
                f"RETURNING id, bureau_id, at){more} SELECT count(*) FROM said",
                [step, at, at, at, *listeners],
            )
            return self.due
        run("BEGIN IMMEDIATE")
        moved = run(
            "UPDATE cases_case SET rung = rung + 1, next_rung_at = strftime('%Y-%m-%d %H:%M:%f', due_at, %s) WHERE next_rung_at <= %s "
            "RETURNING id, bureau_id, province_id, city_id, school_id, path", [f"+{step.total_seconds()} seconds", at]
        ).fetchall()  # fmt: skip
        new = "lower(hex(randomblob(16)))"
        self.direct.driver.executemany(
            f"INSERT INTO foundation_event ({columns}) VALUES (?, ?, ?, ?, ?, ?, 'cases.escalated', 'cases.case', ?, '系统', '', 'system', ?, ?, "
            f"{facts}, '0000000000000000000000000000000000000000000000000000000000000000')",
            [(_fresh(), *row[1:], row[0], at, at) for row in moved],
        )
        for listener in listeners:
            run(
                f"INSERT INTO foundation_reaction (id, bureau_id, event_id, listener, attempts, next_at, last_error) "
                f"SELECT {new}, bureau_id, id, %s, 0, at, '' FROM foundation_event WHERE name = 'cases.escalated' AND digest = %s",
                [listener, "0" * 64],
            )
        run("COMMIT")
        return len(moved)

    def _moment(self, at: datetime) -> Any:
        return at if self.direct.postgres else at.replace(tzinfo=None).isoformat(" ")

    def forget_facts(self) -> None:
        """Take the facts of this measurement away again (they are append-only for everybody but us)."""
        for table in ("foundation_reaction", "foundation_event"):
            if self.direct.postgres:
                self.direct.run(f"TRUNCATE {table} CASCADE")
                continue
            triggers = self.direct.rows(
                "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", [table]
            )
            for name, _ in triggers:
                self.direct.run(f'DROP TRIGGER "{name}"')
            self.direct.run(f"DELETE FROM {table}")
            for _, sql in triggers:
                self.direct.run(sql)

    def again(self) -> None:
        """Before every repetition."""
        self.forget_facts()
        self.rewind()


def _fresh() -> str:
    from bihuan.foundation.ids import uuid7

    return uuid7().hex


class _plain:  # noqa: N801 - a context manager like a cursor's
    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def __enter__(self) -> Any:
        return self.driver.cursor()

    def __exit__(self, *_: object) -> None:
        return None


def check(world: World, rows: int = 500, due: int = 40) -> None:
    """Both sides raise the same cases to the same rung and state as many facts."""
    sweeping = Sweeping(world, rows, due)
    try:
        event = apps.get_model("foundation", "Event")
        found = []
        for side in (sweeping.product, sweeping.raw):
            sweeping.again()
            side()
            found.append((_as_seconds(sweeping.moved()), event.objects.filter(name="cases.escalated").count()))
        if found[0] != found[1] or found[0][1] != due:
            raise AssertionError(f"the sweep and raw SQL differ: {found[0][1]} and {found[1][1]} facts")
        sweeping.forget_facts()
    finally:
        sweeping.close()


def _as_seconds(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """SQLite keeps moments as text with as many decimals as each side writes."""
    return [(str(pk), rung, str(then)[:19]) for pk, rung, then in rows]


def figures(world: World, meter: Meter, rows: int) -> Iterator[Figure]:
    """CPU of a tick with 5,000 due, a case, and of a tick with nothing due."""
    sweeping = Sweeping(world, rows, DUE)
    try:
        sides = {"product": Side(sweeping.product, sweeping.again), "raw": Side(sweeping.raw, sweeping.again)}
        costs = compare(meter, sides, times=1, warm=1)
        notes = {"listeners": len(list(listeners_of("cases.escalated"))), "due": DUE}
        yield Figure.of("W6", f"sweep, {DUE:,} due, a case", rows, costs["product"], costs["raw"], per=DUE, notes=notes)
        at = sweeping.at - case_rows.SPAN
        empty = compare(meter, {"product": lambda: escalate_due(at), "raw": lambda: sweeping.direct.run(
            "UPDATE cases_case SET rung = rung + 1 WHERE next_rung_at <= %s", [sweeping._moment(at)])})  # fmt: skip
        yield Figure.of("W6", "sweep, nothing due, a tick", rows, empty["product"], empty["raw"], limit=1000)
        sweeping.forget_facts()
    finally:
        sweeping.close()
