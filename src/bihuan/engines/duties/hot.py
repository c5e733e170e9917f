"""Generation and the sweep in raw SQL, each with an ORM twin that a test holds equal.

``sow`` turns a plan into rows with one ``INSERT … SELECT … ON CONFLICT``; ``renew`` makes the open tasks of a plan's duties
equal to the plan; ``miss`` closes what nobody did. All three may be carried out by any number of workers at once.
"""

# ruff: noqa: S608 - statements are built of constants and of the models' own names; every value is a parameter

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from bihuan.engines.duties.models import Duty, Task
from bihuan.engines.duties.planning import Member, Plan
from bihuan.engines.responsibility import queries as net
from bihuan.foundation import hot
from bihuan.foundation.actors import SYSTEM
from bihuan.foundation.ids import fresh_ids
from bihuan.foundation.scoping import placed

KEY = ("bureau_id", "duty_id", "org_id", "on", "slot")
"""The natural key of a task: the named target of the conflict."""
RULED = ("act", "subject_id", "title", "post", "assignee_id", "opens_at", "due_at", "closes_at")
"""What the rules and the net say of a task as long as it is open."""
_PLACE = ("province_id", "city_id", "school_id", "path")
_FRESH = {"state": "open", "done_by_name": "", "backfilled": False, "nil": False, "excused_by": "", "note": ""}
REOPENS = ("calendar", "scope")
"""What excuses a task only for as long as it lasts."""
_REOPENS = f"t.state = 'excused' AND t.excused_by IN {REOPENS}"
_STOPPED = "这条职责已停止或改了规则"


@dataclass(frozen=True, slots=True)
class Renewed:
    """What a renewal did: the tasks that it excused, and how many it made."""

    excused: list[UUID]
    made: int


def sow(plan: Plan) -> int:
    """Insert the tasks of a plan that do not exist yet and are not due already; returns how many are new."""
    if not plan.tasks:
        return 0
    columns = ["id", *KEY, *_PLACE, *RULED, *_FRESH]
    ids, prefix = fresh_ids("e.number")
    values = [ids, *(f"e.{_quoted(name)}" for name in (*KEY, *_PLACE, *RULED)), *("%s" for _ in _FRESH)]
    asked, params = _asked(plan)
    sql = (
        f"INSERT INTO duties_task ({', '.join(map(_quoted, columns))}) {asked} "
        f"SELECT {', '.join(values)} FROM asked AS e WHERE e.due_at > %s "
        f"ON CONFLICT ({', '.join(map(_quoted, KEY))}) DO NOTHING"
    )
    return hot.execute(sql, [*params, prefix, *_FRESH.values(), _value("due_at", plan.at)])


def renew(
    plan: Plan, duties: Sequence[UUID], at: datetime, *, excuse: str, why: str = "", school_id: UUID | None = None
) -> Renewed:
    """Make the open tasks of *duties* equal to the plan, then sow.

    What the plan still asks for takes its times, its post and its person, and what a closure had excused is open again.
    What it no longer asks for is excused with *excuse* as the reason (a closure); without one it is excused only if it had
    begun, else it goes: with *why* because the unit is another (and is open again when it is again as it was), without
    either because the rule has changed. What is done, missed or excused by a person keeps everything.
    """
    asked, params = _asked(plan)
    same = " AND ".join(f"t.{_quoted(name)} = e.{_quoted(name)}" for name in KEY)
    if plan.tasks:
        differs = "IS DISTINCT FROM" if _postgres() else "IS NOT"
        now, then = (f"({', '.join(f'{of}.{name}' for name in RULED)})" for of in "te")
        hot.execute(
            f"{asked} UPDATE duties_task AS t SET {', '.join(f'{name} = e.{name}' for name in RULED)}, "
            f"state = 'open', excused_by = '', note = '' FROM asked AS e WHERE {same} AND ("
            f"{_REOPENS} OR t.state = 'open' AND {now} {differs} {then})",
            params,
        )
    gone, chosen = _gone(plan, duties, at, same, school_id)
    head, given = (asked, params) if plan.tasks else ("", [])
    said = _said(excuse, why)
    begun = f"CASE WHEN {'1 = 1' if excuse else 'opens_at <= %s'} THEN 1 ELSE 0 END"
    rows = hot.fetch(
        f"{head} UPDATE duties_task AS t SET state = 'excused', excused_by = %s, note = %s WHERE {gone} RETURNING id, {begun}",
        [*given, *said, *chosen, *([] if excuse else [_value("opens_at", at)])],
    )
    if early := [_uuid(pk) for pk, has_begun in rows if not has_begun]:
        Task.objects.filter(pk__in=early).delete()
    excused = [_uuid(pk) for pk, has_begun in rows if has_begun]
    return Renewed(excused, sow(plan))


def mark_sown(duties: Sequence[Duty], until: date) -> None:
    """Keep up to which date the tasks of these duties exist."""
    if not duties:
        return
    hot.execute(
        f"UPDATE duties_duty SET sown_to = %s WHERE {hot.among('id')}",
        [until, hot.listed([duty.pk for duty in duties])],
    )


def _said(excuse: str, why: str) -> list[str]:
    return ["calendar", excuse] if excuse else ["scope", why] if why else ["duty", _STOPPED]


def _gone(plan: Plan, duties: Sequence[UUID], at: datetime, same: str, school_id: UUID | None) -> tuple[str, list[Any]]:
    """The open tasks of these duties that the plan does not ask for."""
    where = f"t.bureau_id = %s AND t.state = 'open' AND t.closes_at > %s AND {hot.among('t.duty_id')}"
    values = [_value("bureau_id", plan.bureau_id), _value("closes_at", at), hot.listed(duties)]
    if school_id:
        where += " AND t.school_id = %s"
        values.append(_value("school_id", school_id))
    if plan.tasks:
        where += f" AND NOT EXISTS (SELECT 1 FROM asked AS e WHERE {same})"
    return where, values


def miss(bureau_id: UUID, at: datetime, batch: int) -> list[UUID]:
    """Close up to *batch* open tasks whose grace is over, in one statement; the ids of those that this worker closed."""
    lock = " FOR UPDATE SKIP LOCKED" if _postgres() else ""
    bureau, moment = _value("bureau_id", bureau_id), _value("closes_at", at)
    rows = hot.fetch(
        "WITH over AS MATERIALIZED (SELECT id FROM duties_task WHERE bureau_id = %s AND state = 'open' AND closes_at <= %s "
        f"ORDER BY closes_at LIMIT %s{lock}) "
        "UPDATE duties_task SET state = 'missed' WHERE bureau_id = %s AND state = 'open' AND closes_at <= %s "
        "AND id IN (SELECT id FROM over) RETURNING id",
        [bureau, moment, batch, bureau, moment],
    )
    return [_uuid(pk) for (pk,) in rows]


def alone(bureau_id: UUID, *, wait: bool) -> bool:
    """Be the only one that generates for a bureau until the transaction ends; ``False`` if somebody is and we do not wait.

    Two inserts of the same keys in different orders would wait for each other. SQLite has one writer anyway.
    """
    if not _postgres():
        return True
    number = bureau_id.int % (1 << 63)
    if wait:
        hot.fetch("SELECT pg_advisory_xact_lock(%s)", [number])
        return True
    return bool(hot.fetch("SELECT pg_try_advisory_xact_lock(%s)", [number])[0][0])


# --- the plan as rows -------------------------------------------------------------------------------------------------


def _asked(plan: Plan) -> tuple[str, list[Any]]:
    """``WITH … asked AS (…)``: every task that the plan asks for, with everything that a new row needs; its *number* is of the
    places (``k``) at which unit and task stand in the plan."""
    members = [(k, *member) for k, member in enumerate(plan.members)]
    slots = [
        (k, t.group, t.duty.pk, t.slot.on, t.slot.slot, t.duty.act, t.duty.subject_id, t.title, t.post, t.duty.assignee_id, t.held_on,
         t.slot.opens_at, t.slot.due_at, t.slot.closes_at)
        for k, t in enumerate(plan.tasks)
    ]  # fmt: skip
    of_member = ("k bigint", "n int", "org uuid", "since date", "until date", "person uuid")
    of_slot = (
        "k bigint", "n int", "duty uuid", '"on" date', "slot smallint", "act text", "subject uuid", "title text", "post text",
        "assignee uuid", "held_on date", "opens_at timestamptz", "due_at timestamptz", "closes_at timestamptz",
    )  # fmt: skip
    parts = [
        hot.table("member", of_member, members, read_once=True),
        hot.table("slot", of_slot, slots, read_once=True),
    ]
    orgs = net.units(SYSTEM).model._meta.db_table
    # each unit is looked up once, and its tasks beside it: SQLite by the order of the joins, PostgreSQL by a table of its own
    join, once = ("JOIN", " AS MATERIALIZED") if _postgres() else ("CROSS JOIN", " AS")
    placed = (
        f"placed{once} (SELECT m.*, o.bureau_id, o.province_id, o.city_id, o.school_id, o.path FROM member AS m "
        f"{join} {orgs} AS o ON o.id = m.org)"
    )
    asked = (
        f'asked AS (SELECT m.k * {1 << 24} + s.k AS number, m.bureau_id, s.duty AS duty_id, m.org AS org_id, s."on", s.slot, '
        "m.province_id, m.city_id, m.school_id, m.path, s.act, s.subject AS subject_id, s.title, s.post, COALESCE(s.assignee, m.person) AS assignee_id, s.opens_at, "
        f"s.due_at, s.closes_at FROM placed AS m {join} slot AS s ON s.n = m.n AND s.held_on BETWEEN m.since AND m.until)"
    )
    tables = ", ".join([*(sql for sql, _ in parts), placed, asked])
    return f"WITH {tables}", [value for _, values in parts for value in values]


def _postgres() -> bool:
    return connection.vendor == "postgresql"


def _quoted(name: str) -> str:
    return f'"{name}"' if name == "on" else name


def _value(name: str, value: Any) -> Any:
    return Task._meta.get_field(name).get_db_prep_save(value, connection)


def _uuid(value: Any) -> UUID:
    return value if isinstance(value, UUID) else UUID(value)


# --- the twins --------------------------------------------------------------------------------------------------------


def rows_of(plan: Plan) -> Iterator[Task]:
    """The tasks that a plan asks for, as rows that are not saved."""
    orgs = net.units(SYSTEM).in_bulk({member.org_id for member in plan.members})
    members: dict[int, list[Member]] = defaultdict(list)
    for member in plan.members:
        members[member.group].append(member)
    for task in plan.tasks:
        duty, slot = task.duty, task.slot
        for member in members[task.group]:
            if not member.since <= task.held_on <= member.until:
                continue
            org = orgs[member.org_id]
            yield Task(
                **placed(org), duty_id=duty.pk, org_id=org.pk, on=slot.on, slot=slot.slot, act=duty.act,
                subject_id=duty.subject_id, title=task.title, post=task.post,
                assignee_id=duty.assignee_id or member.user_id, opens_at=slot.opens_at.astimezone(UTC),
                due_at=slot.due_at.astimezone(UTC), closes_at=slot.closes_at.astimezone(UTC),
            )  # fmt: skip


def sow_orm(plan: Plan) -> int:
    """The twin of ``sow``."""
    before = Task.objects.filter(bureau_id=plan.bureau_id).count()
    rows = (row for row in rows_of(plan) if row.due_at > plan.at)
    Task.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
    return Task.objects.filter(bureau_id=plan.bureau_id).count() - before


def renew_orm(
    plan: Plan, duties: Sequence[UUID], at: datetime, *, excuse: str, why: str = "", school_id: UUID | None = None
) -> Renewed:
    """The twin of ``renew``."""
    asked = {tuple(getattr(row, name) for name in KEY): row for row in rows_of(plan)}
    there = Task.objects.filter(bureau_id=plan.bureau_id, duty_id__in=duties)
    excused = []
    for row in list(there.filter(school_id=school_id) if school_id else there):
        wanted = asked.get(tuple(getattr(row, name) for name in KEY))
        reopens = row.state == "excused" and row.excused_by in REOPENS
        if wanted and (row.state == "open" or reopens):
            fresh = {name: getattr(wanted, name) for name in RULED}
            Task.objects.filter(pk=row.pk).update(**fresh, state="open", excused_by="", note="")
        elif row.state == "open" and not wanted and row.closes_at > at:
            if not excuse and row.opens_at > at:
                Task.objects.filter(pk=row.pk).delete()
                continue
            excused_by, note = _said(excuse, why)
            Task.objects.filter(pk=row.pk).update(state="excused", excused_by=excused_by, note=note)
            excused.append(row.pk)
    return Renewed(excused, sow_orm(plan))


def miss_orm(bureau_id: UUID, at: datetime, batch: int) -> list[UUID]:
    """The twin of ``miss``."""
    over = Task.objects.filter(bureau_id=bureau_id, state="open", closes_at__lte=at).order_by("closes_at")
    return [
        pk
        for pk in over.values_list("pk", flat=True)[:batch]
        if Task.objects.filter(pk=pk, state="open", closes_at__lte=at).update(state="missed")
    ]
