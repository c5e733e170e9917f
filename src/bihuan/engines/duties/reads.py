"""What a plan reads of a bureau, in statements whose text stands: the ORM took as long to write them as to read the rows."""

# ruff: noqa: S608 - statements are built of constants and of the models' own names; every value is a parameter

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from functools import cache
from typing import Any
from uuid import UUID

from bihuan.engines.duties.models import CalendarDay, Duty
from bihuan.engines.responsibility import queries as net
from bihuan.foundation import hot
from bihuan.foundation.actors import SYSTEM

DUTY = (
    "id", "bureau_id", "org_id", "code", "title", "act", "subject_id", "post", "assignee_id", "cadence", "windows",
    "grace_minutes", "scope", "starts_on", "ends_on", "sown_to",
)  # fmt: skip
"""What a plan looks at of a duty."""
DAY = ("org_id", "stage", "on", "kind", "term", "week_no", "name")
UNIT = ("id", "path", "tier", "kind", "stages", "facets", "school_id", "tags")
SERVING = ("post", "user_id", "starts_on", "ends_on", "kind", "rank")


@cache
def _unit() -> Any:
    return net.units(SYSTEM).model


@cache
def _served() -> tuple[str, hot.Columns]:
    """Appointments with the address of their unit."""
    unit, held = _unit(), net.appointments(SYSTEM).model
    source = f"{held._meta.db_table} AS a JOIN {unit._meta.db_table} AS o ON o.id = a.org_id"
    columns = hot.Columns((unit, "path"), *((held, name) for name in SERVING))
    return f"SELECT o.path, {', '.join(f'a.{name}' for name in SERVING)} FROM {source}", columns


def duties_behind(bureau_id: UUID, today: date, horizon: date, *, most: int) -> list[Duty]:
    """The duties in force whose tasks do not reach the horizon yet (``DUTY``, the rest is deferred), at most so many."""
    where = (
        "bureau_id = %s AND is_active AND (ends_on IS NULL OR ends_on >= %s) AND (sown_to IS NULL OR sown_to < %s) "
        "ORDER BY id LIMIT %s"
    )
    return hot.rows_of(Duty, where, hot.given([bureau_id, today, horizon, most]), *DUTY)


def days(bureau_id: UUID, since: date, until: date) -> list[tuple[Any, ...]]:
    """The days that are kept in a bureau, its stages and its schools (``DAY``), by date."""
    where = 'bureau_id = %s AND "on" BETWEEN %s AND %s ORDER BY "on"'
    return hot.columns_of(CalendarDay, DAY, where, hot.given([bureau_id, since, until]))


def units(
    bureau_id: UUID, today: date, *, tiers: Collection[str], roots: Collection[UUID], school_id: UUID | None
) -> list[tuple[Any, ...]]:
    """The units in use (``UNIT``), by address: of these tiers (none named: of all) or these very ones, of a school or of all."""
    where = "bureau_id = %s AND (active_to IS NULL OR active_to >= %s) AND (active_from IS NULL OR active_from <= %s)"
    values: list[Any] = [bureau_id, today, today]
    if tiers:
        where += f" AND ({hot.among('tier', 'text')} OR {hot.among('id')})"
        values += [hot.listed(tiers), hot.listed(roots)]
    if school_id:
        where += " AND school_id = %s"
        values.append(school_id)
    return hot.columns_of(_unit(), UNIT, f"{where} ORDER BY path", hot.given(values))


def serving(
    bureau_id: UUID, posts: Collection[str], first: date, last: date, *, school_id: UUID | None
) -> list[tuple[Any, ...]]:
    """Who holds one of these posts between two days: the address of the unit and ``SERVING``; of a school, with what is above it, or of all."""
    if not posts:
        return []
    sql, columns = _served()
    where = f"a.bureau_id = %s AND {hot.among('a.post', 'text')} AND a.starts_on <= %s AND (a.ends_on IS NULL OR a.ends_on >= %s)"
    values: list[Any] = [bureau_id, hot.listed(posts), last, first]
    if school_id:
        where += " AND (a.school_id = %s OR a.school_id IS NULL)"
        values.append(school_id)
    return columns.read(hot.fetch(f"{sql} WHERE {where}", hot.given(values)))
