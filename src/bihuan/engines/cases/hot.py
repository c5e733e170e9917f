"""The hot paths of this room in raw SQL, each with an ORM twin that a test holds equal: the sweep, the list, the export."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Q

from bihuan.engines.cases.models import Case
from bihuan.foundation.refusals import Refusal

_MICROSECOND = timedelta(microseconds=1)


def climb(
    bureau_id: UUID, after: Sequence[timedelta], at: datetime, batch: int, *, only: UUID | None = None
) -> dict[UUID, int]:
    """Raise the rung of up to *batch* due cases of a bureau in one statement; id → the rung reached, for the winners only.

    PostgreSQL skips rows that another worker holds; on SQLite the statement itself is the lock. Either way a row is
    raised only if it is still due when the statement reaches it, so two workers never climb the same rung twice.
    """
    postgres = connection.vendor == "postgresql"
    prepared = Case._meta.get_field
    moment = prepared("next_rung_at").get_db_prep_save(at, connection)
    rungs, deltas = "", []
    for n, delta in enumerate(after[1:], start=1):
        plus = "due_at + %s" if postgres else "django_format_dtdelta('+', due_at, %s)"
        rungs += f" WHEN {n} THEN {plus}"
        deltas.append(delta if postgres else delta // _MICROSECOND)
    then = f"CASE rung + 1{rungs} ELSE NULL END" if rungs else "NULL"
    one = " AND id = %s" if only else ""
    found = (
        "SELECT id FROM cases_case WHERE bureau_id = %s AND next_rung_at <= %s"
        f"{one} ORDER BY next_rung_at LIMIT %s{' FOR UPDATE SKIP LOCKED' if postgres else ''}"
    )
    sql = (
        f"UPDATE cases_case SET rung = rung + 1, next_rung_at = {then} "  # noqa: S608 - built of constants
        f"WHERE bureau_id = %s AND next_rung_at <= %s AND id IN ({found}) RETURNING id, rung"
    )
    bureau = prepared("bureau_id").get_db_prep_save(bureau_id, connection)
    chosen = [prepared("id").get_db_prep_save(only, connection)] if only else []
    with connection.cursor() as cursor:
        cursor.execute(sql, [*deltas, bureau, moment, bureau, moment, *chosen, batch])
        return {pk if isinstance(pk, UUID) else UUID(pk): rung for pk, rung in cursor.fetchall()}


def climb_orm(bureau_id: UUID, after: Sequence[timedelta], at: datetime, batch: int) -> dict[UUID, int]:
    """The twin of ``climb``: a compare-and-swap for each row, for databases that the statement does not suit."""
    won = {}
    for case in Case.objects.filter(bureau_id=bureau_id, next_rung_at__lte=at).order_by("next_rung_at", "id")[:batch]:
        reached = case.rung + 1
        then = case.due_at + after[reached] if reached < len(after) else None
        if Case.objects.filter(pk=case.pk, rung=case.rung, next_rung_at=case.next_rung_at).update(
            rung=reached, next_rung_at=then
        ):
            won[case.pk] = reached
    return won


# --- the list ---------------------------------------------------------------------------------------------------------


def keyset(rows: Any, column: str, *, newest_first: bool, cursor: str) -> Any:
    """Order by a moment and the id, after the cursor, so that the database enters its index at the right place.

    The plain condition ``moment > x OR (moment = x AND id > y)`` makes it read the index from its beginning; the
    redundant ``moment >= x`` in front of it gives the place to start, on both databases.
    """
    sign = "-" if newest_first else ""
    rows = rows.order_by(f"{sign}{column}", f"{sign}id")
    if not cursor:
        return rows
    moment, pk = read_cursor(cursor)
    beyond = "lt" if newest_first else "gt"
    later = Q(**{f"{column}__{beyond}": moment}) | Q(**{f"id__{beyond}": pk})
    return rows.filter(**{f"{column}__{beyond}e": moment}).filter(later)


def cursor_after(moment: datetime, pk: UUID) -> str:
    """The cursor of the page that follows this row."""
    whole = int(moment.timestamp()) * 1_000_000 + moment.microsecond
    return base64.urlsafe_b64encode(whole.to_bytes(8, "big", signed=True) + pk.bytes).decode()


def read_cursor(cursor: str) -> tuple[datetime, UUID]:
    """What ``cursor_after`` wrote; refusal ``foundation.bad_cursor``."""
    try:
        raw = base64.urlsafe_b64decode(cursor.encode())
        if len(raw) != 24:
            raise ValueError(cursor)
        whole = int.from_bytes(raw[:8], "big", signed=True)
        return datetime.fromtimestamp(whole // 1_000_000, UTC) + timedelta(microseconds=whole % 1_000_000), UUID(
            bytes=raw[8:]
        )
    except (ValueError, OverflowError, OSError):
        raise Refusal("foundation.bad_cursor") from None


def counts(selections: Mapping[str, Any], *, cap: int) -> dict[str, int]:
    """Capped counts of several selections in one statement."""
    parts, params = [], []
    for rows in selections.values():
        try:
            sql, given = rows.order_by().values("pk")[: cap + 1].query.sql_with_params()
        except EmptyResultSet:
            sql, given = "SELECT 1 WHERE 1 = 0", ()
        parts.append(f"(SELECT COUNT(*) FROM ({sql}) AS one_part)")
        params += given
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(parts)}", params)
        return dict(zip(selections, cursor.fetchone(), strict=True))
