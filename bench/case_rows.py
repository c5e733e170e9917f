"""Hazards by the hundred thousand, made inside the database with set-based statements.

The mix: 5 % open; 2 % at the first school, 10 % in its bureau, 30 % in its city, 60 % in its province, the rest spread
over everybody else. Of the open ones every second is overdue. Ids are UUIDv7 of the moment of reporting.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.models import NOT_PROVIDED

from bench.world import World

SPAN = timedelta(days=730)
OPEN_EVERY = 20
_SLOTS = 100


def fill(world: World, count: int, *, at: datetime, due: int = 0, open_every: int = OPEN_EVERY) -> None:
    """Replace all cases by *count* new ones. *due*: so many open cases of the first bureau have a rung that has come."""
    case = apps.get_model("cases", "Case")
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("TRUNCATE cases_case CASCADE")
        else:
            cursor.execute("DELETE FROM cases_case")
        _slots(cursor, world)
        _people(cursor, world)
        indexes = _indexes(cursor) if count >= 50_000 else []
        for name, _ in indexes:
            cursor.execute(f'DROP INDEX "{name}"')
        if connection.vendor == "postgresql":
            cursor.execute("SET session_replication_role = replica")  # foreign keys are right by construction
            cursor.execute("SET maintenance_work_mem = '256MB'")
        columns, expressions = _columns(case, at, count, due, open_every)
        numbers = (
            f"SELECT n FROM generate_series(1::bigint, {count}) AS n"
            if connection.vendor == "postgresql"
            else f"WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {count}) SELECT n FROM c"
        )
        cursor.execute(
            f"INSERT INTO cases_case ({', '.join(columns)}) SELECT {', '.join(expressions)} "
            f"FROM ({numbers}) AS g JOIN bench_slot AS s ON s.slot = (g.n * 7) % {_SLOTS} "
            f"JOIN bench_person AS p ON p.n = g.n % {len(world.people)}"
        )
        for _, sql in indexes:
            cursor.execute(sql)
        if connection.vendor == "postgresql":
            cursor.execute("SET session_replication_role = DEFAULT")
            cursor.execute("VACUUM ANALYZE cases_case")
        else:
            cursor.execute("ANALYZE")


def _slots(cursor: Any, world: World) -> None:
    """A hundred slots, each a unit: cases are dealt to the slots by turns."""
    cursor.execute("DROP TABLE IF EXISTS bench_slot")
    uuid = "uuid" if connection.vendor == "postgresql" else "char(32)"
    cursor.execute(
        f"CREATE TABLE bench_slot (slot integer PRIMARY KEY, org {uuid}, name varchar(80), bureau {uuid}, "
        f"province {uuid}, city {uuid}, path varchar(120))"
    )
    home = world.home
    pools = [
        [home["school"]],
        [s for s in world.schools if s.bureau_id == home["bureau"].pk and s.pk != home["school"].pk],
        [s for s in world.schools if s.city_id == home["city"].pk and s.bureau_id != home["bureau"].pk],
        [s for s in world.schools if s.province_id == home["province"].pk and s.city_id != home["city"].pk],
        [s for s in world.schools if s.province_id != home["province"].pk],
    ]
    shares = (2, 8, 20, 30, 40)
    slot = 0
    for pool, share in zip(pools, shares, strict=True):
        for n in range(share):
            school = pool[n % len(pool)]
            values = [
                slot,
                _id(school.pk),
                school.name,
                _id(school.bureau_id),
                _id(school.province_id),
                _id(school.city_id),
                school.path,
            ]
            cursor.execute("INSERT INTO bench_slot VALUES (%s, %s, %s, %s, %s, %s, %s)", values)
            slot += 1


def _people(cursor: Any, world: World) -> None:
    cursor.execute("DROP TABLE IF EXISTS bench_person")
    uuid = "uuid" if connection.vendor == "postgresql" else "char(32)"
    cursor.execute(f"CREATE TABLE bench_person (n integer PRIMARY KEY, id {uuid}, name varchar(60))")
    for n, pk in enumerate(world.people):
        cursor.execute("INSERT INTO bench_person VALUES (%s, %s, %s)", [n, _id(pk), f"教职工{n:02d}"])


def _id(pk: Any) -> Any:
    return pk if connection.vendor == "postgresql" else pk.hex


def _indexes(cursor: Any) -> list[tuple[str, str]]:
    """Every index that is not a constraint, with the statement that makes it again."""
    if connection.vendor == "postgresql":
        cursor.execute(
            "SELECT i.indexname, i.indexdef FROM pg_indexes i WHERE i.tablename = 'cases_case' AND NOT EXISTS "
            "(SELECT 1 FROM pg_constraint c JOIN pg_class k ON k.oid = c.conindid WHERE k.relname = i.indexname)"
        )
    else:
        cursor.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'cases_case' AND sql IS NOT NULL"
        )
    return list(cursor.fetchall())


def _columns(case: Any, at: datetime, count: int, due: int, open_every: int) -> tuple[list[str], list[str]]:
    """Column → SQL expression over ``g.n``, the slot ``s`` and the person ``p``."""
    postgres = connection.vendor == "postgresql"
    is_open = f"(g.n <= {due} OR (g.n / {_SLOTS}) % {open_every} = 0)"
    first, step = at - SPAN, SPAN.total_seconds() / (count + 1)

    def moment(seconds: str) -> str:
        """*first* plus so many seconds."""
        if postgres:
            return f"(TIMESTAMPTZ '{first.isoformat()}' + ({seconds}) * INTERVAL '1 second')"
        return f"strftime('%Y-%m-%d %H:%M:%f', {first.timestamp()} + ({seconds}), 'unixepoch')"

    reported = f"g.n * {step:.9f}"
    end = SPAN.total_seconds()
    # deadlines of the open ones lie within 60 days on both sides of now
    # (those of the sweep an hour ago, so that only their first rung has come)
    spread = f"{end} + (((g.n * 9973) % 1000003) / 1000003.0 - 0.5) * 10368000"
    deadline = f"CASE WHEN g.n <= {due} THEN {end} - 3600 - g.n * 0.001 WHEN {is_open} THEN {spread} ELSE {reported} + 604800 END"
    milliseconds = f"(({first.timestamp()} + {reported}) * 1000)"
    if postgres:
        pk = f"(lpad(to_hex({milliseconds}::bigint), 12, '0') || '7' || lpad(to_hex(g.n % 4096), 3, '0') || '8' || lpad(to_hex(g.n::bigint * 7), 15, '0'))::uuid"
    else:
        pk = f"printf('%012x7%03x8%015x', CAST({milliseconds} AS INTEGER), g.n % 4096, g.n * 7)"
    yes, no = ("true", "false") if postgres else ("1", "0")
    number = "lpad(g.n::text, 8, '0')" if postgres else "printf('%08d', g.n)"
    states = f"CASE WHEN {is_open} THEN (CASE g.n % 3 WHEN 0 THEN 'reported' WHEN 1 THEN 'rectifying' ELSE 'verifying' END) ELSE 'closed' END"
    rung = f"CASE WHEN g.n <= {due} THEN {end} - 3600 - g.n * 0.001 END"
    given = {
        "id": pk, "bureau_id": "s.bureau", "province_id": "s.province", "city_id": "s.city", "school_id": "s.org", "path": "s.path",
        "kind": "'hazard'", "lifecycle": "'hazard@1'", "number": f"'2026-' || {number}", "state": states,
        "is_open": f"CASE WHEN {is_open} THEN {yes} ELSE {no} END", "revision": "3",
        "level": "CASE WHEN g.n % 50 = 0 THEN 'serious' ELSE 'general' END",
        "title": "'教学楼' || (g.n % 5 + 1) || '层走廊第' || (g.n % 30) || '号灭火器压力不足'",
        "description": "'指针落在红区，最近一次检查记录为上月，同一楼层其余器材正常，需要重新充装或更换。'",
        "org_id": "s.org", "org_name": "s.name", "place": "'教学楼' || (g.n % 5 + 1) || '层'", "category": "'消防设施'",
        "item": "'F' || (g.n % 379)", "item_title": "'灭火器压力正常'", "basis": "'GB 50444-2008 第5.2.2条'", "source": "'inspection'",
        "reporter_id": "p.id", "reporter_name": "p.name", "rectifier_id": "p.id", "rectifier_name": "p.name",
        "waits_for_id": f"CASE WHEN {is_open} THEN p.id END", "waits_for_name": f"CASE WHEN {is_open} THEN p.name ELSE '' END",
        "notice_number": f"'灞教督〔2026〕' || {number}",
        "reported_at": moment(reported), "state_since": moment(f"{reported} + 86400"), "due_at": moment(deadline),
        "rectify_due_at": moment(deadline), "closed_at": f"CASE WHEN NOT ({is_open}) THEN {moment(reported + ' + 345600')} END",
        "next_rung_at": f"CASE WHEN {rung} IS NULL THEN NULL ELSE {moment(rung)} END" if due else "NULL",
    }  # fmt: skip
    columns, expressions = [], []
    for column in case._meta.concrete_fields:
        columns.append(connection.ops.quote_name(column.column))
        if column.column in given:
            expressions.append(given[column.column])
        elif column.null:
            expressions.append("NULL")
        else:
            expressions.append(_default(column, postgres))
    return columns, expressions


def _default(column: Any, postgres: bool) -> str:
    value = "" if column.default is NOT_PROVIDED else column.get_default()
    prepared = column.get_db_prep_save(value, connection)
    if hasattr(prepared, "dumps"):  # psycopg's Jsonb
        prepared = prepared.dumps(value)
    if isinstance(prepared, bytes):
        prepared = prepared.decode()
    if isinstance(prepared, bool) and postgres:
        return "true" if prepared else "false"
    return str(int(prepared)) if isinstance(prepared, (bool, int)) else "'" + str(prepared).replace("'", "''") + "'"


def now() -> datetime:
    """The moment of the measurement, without microseconds below a millisecond."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
