"""The hot paths of this room in raw SQL, each with an ORM twin that a test holds equal: the sweep, the list, the export."""

# ruff: noqa: S608 - statements are built of constants and of the ORM's own SQL; every value is a parameter

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from itertools import islice
from typing import Any
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Q

from bihuan.engines.cases.models import Case
from bihuan.foundation.actors import Actor
from bihuan.foundation.hot import Columns, fetch, given
from bihuan.foundation.hot import counts as counts
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
    # MATERIALIZED: inside IN the planner may run the limited sub-select again and climb with more rows than asked
    sql = (
        "WITH due AS MATERIALIZED (SELECT id FROM cases_case WHERE bureau_id = %s AND next_rung_at <= %s"
        f"{one} ORDER BY next_rung_at, id LIMIT %s{' FOR UPDATE SKIP LOCKED' if postgres else ''}) "
        f"UPDATE cases_case SET rung = rung + 1, next_rung_at = {then} "
        "WHERE bureau_id = %s AND next_rung_at <= %s AND id IN (SELECT id FROM due) RETURNING id, rung"
    )
    bureau = prepared("bureau_id").get_db_prep_save(bureau_id, connection)
    chosen = [prepared("id").get_db_prep_save(only, connection)] if only else []
    with connection.cursor() as cursor:
        cursor.execute(sql, [bureau, moment, *chosen, batch, *deltas, bureau, moment])
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


Where = tuple[str, Sequence[Any]]
"""A condition with its values."""


@lru_cache(maxsize=1024)
def net_of(viewer: Actor) -> Where:
    """``visible_to`` as a condition: the ORM writes it once for a person and their net, and it is kept."""
    rows = Case.objects.visible_to(viewer).query
    try:
        sql, params = rows.where.as_sql(rows.get_compiler(connection=connection), connection)
    except EmptyResultSet:
        return "1 = 0", ()
    return f"({sql or '1 = 1'})", tuple(params)


@cache
def _columns(names: tuple[str, ...]) -> Columns:
    return Columns(*((Case, name) for name in names))


def page(*columns: str, where: Where, order: str, newest_first: bool, cursor: str, size: int) -> list[tuple[Any, ...]]:
    """The rows of one page in one prepared statement; its twin is ``keyset(selection(…)).values_list(…)``."""
    sql, params = where
    if cursor:
        sql += f" AND ({order}, id) {'<' if newest_first else '>'} (%s, %s)"
        params = [*params, *read_cursor(cursor)]
    down = " DESC" if newest_first else ""
    rows = fetch(
        f"SELECT {', '.join(columns)} FROM cases_case WHERE {sql} ORDER BY {order}{down}, id{down} LIMIT %s",
        [*given(params), size],
    )
    return _columns(columns).read(rows)


def counted(parts: Sequence[Where], *, cap: int) -> tuple[int, ...]:
    """How many cases each condition names, counted no further than one past *cap*, in one prepared statement; its twin is ``counts``."""
    sql = ", ".join(
        f"(SELECT count(*) FROM (SELECT 1 FROM cases_case WHERE {part} LIMIT {cap + 1}) AS p)" for part, _ in parts
    )
    return fetch(f"SELECT {sql}", given(value for _, params in parts for value in params))[0]


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


# --- the export -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Words:
    """Code → word, for what a file shows: ``states`` by (lifecycle, state)."""

    states: Mapping[tuple[str, str], str]
    levels: Mapping[str, str]
    sources: Mapping[str, str]


TEXTS = (
    ("编号", "number", 14), ("级别", "level", 8), ("状态", "state", 12), ("隐患", "title", 44), ("学校", "org_name", 22), ("地点", "place", 18),
    ("类别", "category", 16), ("检查项", "item_title", 32), ("依据", "basis", 32), ("来源", "source", 12), ("上报人", "reporter_name", 10),
    ("整改人", "rectifier_name", 10), ("协作部门", "party_name", 16), ("复查人", "verifier_name", 10), ("督办单", "notice_number", 20),
)  # fmt: skip
NUMBERS = (("退回次数", "returns", 9), ("延期次数", "extensions", 9), ("升级级数", "rung", 9))
MOMENTS = (("上报时间", "reported_at", 17), ("期限", "due_at", 17), ("销号时间", "closed_at", 17))
TITLES = tuple(title for title, _, _ in (*TEXTS, *NUMBERS, *MOMENTS))
WIDTHS = tuple(width for _, _, width in (*TEXTS, *NUMBERS, *MOMENTS))
_COLUMNS = tuple(name for _, name, _ in (*TEXTS, *NUMBERS, *MOMENTS))
_ZONE = "Asia/Shanghai"
_SEPARATOR = '</t></is></c><c t="inlineStr"><is><t xml:space="preserve">'
_MARK = "\x01"
AT_ONCE = 500
"""Lines that are made into one piece."""
MOST_ROWS = 1_000_000
"""A sheet ends at 1,048,576 rows; a CSV does not end."""


def escaped(text: str) -> str:
    """Text for XML."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _source(rows: Any, most: int | None = None) -> tuple[str, list[Any]]:
    """The selection as a sub-select with short column names, newest first."""
    chosen = rows.order_by("-reported_at", "-id").values_list(*_COLUMNS, "lifecycle")
    try:
        sql, params = (chosen[:most] if most else chosen).query.sql_with_params()
    except EmptyResultSet:
        sql, params = (
            Case.objects.filter(bureau_id=UUID(int=0)).values_list(*_COLUMNS, "lifecycle").query.sql_with_params()
        )
    return sql, list(params)


def _word(column: str, words: Mapping[str, str], params: list[Any]) -> str:
    params += [value for pair in words.items() for value in pair]
    return f"(CASE {column}{' WHEN %s THEN %s' * len(words)} ELSE {column} END)" if words else column


def _state(words: Words, params: list[Any]) -> str:
    tables: dict[str, dict[str, str]] = {}
    for (table, state), word in words.states.items():
        tables.setdefault(table, {})[state] = word
    parts = ""
    for table, names in tables.items():
        params.append(table)
        parts += f" WHEN %s THEN {_word('state', names, params)}"
    return f"(CASE lifecycle{parts} ELSE state END)" if parts else "state"


def _cells(words: Words, params: list[Any]) -> list[str]:
    """One SQL expression for each text column, in the order of ``TEXTS``; *params* grows with them."""
    made = {
        "level": lambda: _word("level", words.levels, params),
        "source": lambda: _word("source", words.sources, params),
        "state": lambda: _state(words, params),
    }
    return [made.get(name, lambda name=name: name)() for _, name, _ in TEXTS]


def _minutes(column: str) -> str:
    """A moment as local ``2026-11-22 10:32`` on PostgreSQL."""
    return f"left(({column} AT TIME ZONE '{_ZONE}')::text, 16)"


def _serial(column: str) -> str:
    """A moment as the day number of a spreadsheet, to the minute."""
    if connection.vendor == "postgresql":
        return f"round((extract(epoch FROM {column} AT TIME ZONE '{_ZONE}') / 86400 + 25569)::numeric, 6)"
    return f"round(julianday({column}, '+8 hours') - 2415018.5, 6)"


def sheet_lines(rows: Any, words: Words) -> Iterator[bytes]:
    """``<row>…</row>`` of every case, made by the database: texts inline, counts as numbers, moments as real dates."""
    params: list[Any] = []
    joined = f" || '{_MARK}' || ".join(_cells(words, params))
    text = f"replace(replace(replace(replace({joined}, '&', '&amp;'), '<', '&lt;'), '>', '&gt;'), '\\', '&#92;')"
    text = f"replace(replace(replace({text}, {_char(10)}, '&#10;'), {_char(13)}, ''), {_char(9)}, ' ')"
    text = f"replace({text}, '{_MARK}', '{_SEPARATOR}')"
    numbers = "".join(f" || '<c><v>' || {name} || '</v></c>'" for _, name, _ in NUMBERS)
    moments = "".join(
        f" || coalesce('<c s=\"1\"><v>' || {_serial(name)} || '</v></c>', '<c/>')" for _, name, _ in MOMENTS
    )
    first = '<row><c t="inlineStr"><is><t xml:space="preserve">'
    line = f"'{first}' || {text} || '</t></is></c>'{numbers}{moments} || '</row>'"
    sql, given = _source(rows, MOST_ROWS)
    yield from _lines(f"{_with(sql)} SELECT {line} FROM chosen", given + params)


def csv_lines(rows: Any, words: Words) -> Iterator[bytes]:
    """The cases as CSV lines, some hundred at once; a text that a spreadsheet would take for a formula gets an apostrophe in front."""
    params: list[Any] = []
    cells = _cells(words, params)
    numbers, moments = [name for _, name, _ in NUMBERS], [name for _, name, _ in MOMENTS]
    sql, given = _source(rows)
    if connection.vendor == "postgresql":
        cells = [
            f"(CASE WHEN ascii({cell}) BETWEEN 1 AND 64 AND ascii({cell}) NOT BETWEEN 48 AND 57 AND {cell} ~ '{_FORMULA}' THEN '''' || {cell} ELSE {cell} END)"
            if name in _TYPED
            else cell
            for (_, name, _), cell in zip(TEXTS, cells, strict=True)
        ]
        cells += numbers + [_minutes(name) for name in moments]
        yield from _copied(
            f"COPY ({_with(sql)} SELECT {', '.join(cells)} FROM chosen) TO STDOUT (FORMAT csv)", given + params
        )
        return
    # one object a line, its cells apart by bytes that no UTF-8 text contains: Python touches only what needs it
    form = b"".join((_TYPED_APART if name in _TYPED else _APART) + b"%s" for name in _COLUMNS[: -len(moments)])[1:]
    form += (_APART + b"%16.16s") * len(moments) + _END
    times = [f"coalesce({name}, %s)" for name in moments]
    line = f"CAST(printf(%s, {', '.join(cells + numbers + times)}) AS BLOB)"
    absent = [_ABSENT * 16] * len(moments)
    for found in _fetched(f"{_with(sql)} SELECT {line} FROM chosen", [*given, form, *params, *absent]):
        block = _with_local_hours(found)
        if any(sign in block for sign in _QUOTED) or _odd_start(block):
            block = b"".join(map(_quoted, block.split(_END)[:-1]))
        yield block.translate(_SIGNS, _UNSEEN)


CONTROL = bytes(code for code in range(32) if code not in (9, 10, 13))
"""Bytes that no spreadsheet may contain; none of them occurs inside a UTF-8 character."""
_FORMULA = r"^[\x01-\x08\x0b\x0c\x0e-\x1f]*[=+@\t\r-]"
"""What a spreadsheet would take for a formula, once the control bytes are gone."""
_starts_formula = re.compile(_FORMULA.encode()).match
_APART, _TYPED_APART, _END, _ABSENT = b"\xff", b"\xfe", b"\xfd", b"\xfc"
_QUOTED = (b'"', b",", b"\r", b"\n")
_SIGNS = bytes.maketrans(_APART + _TYPED_APART + _END, b",,\n")
_UNSEEN = CONTROL + _ABSENT
_odd_start = re.compile(_TYPED_APART + rb"[\x00-\x1f=+@-]").search


def _with_local_hours(lines: Iterable[bytes]) -> bytes:
    """The lines with their three moments, which SQLite keeps in UTC, in local hours; its own functions cost more.

    A line ends with three times sixteen bytes, ``2026-11-22 02:32``, each with one byte after it.
    """
    hour = _HOURS
    return b"".join([
        b"".join((line[:-51], hour[line[-51:-38]], line[-38:-34], hour[line[-34:-21]], line[-21:-17], hour[line[-17:-4]], line[-4:]))
        for line in lines
    ])  # fmt: skip


class _Hours(dict[bytes, bytes]):
    """UTC hours and the local ones: a look into a dictionary costs half of a remembered call."""

    def __missing__(self, hour: bytes) -> bytes:
        if len(self) > 200_000:  # twenty years
            self.clear()
        if hour.startswith(_ABSENT):
            self[hour] = hour
        else:
            self[hour] = f"{datetime.fromisoformat(f'{hour.decode()}:00') + timedelta(hours=8):%Y-%m-%d %H}".encode()
        return self[hour]


_HOURS = _Hours()


def _quoted(line: bytes) -> bytes:
    """A line of which some cell is a formula or has to be quoted."""
    cells = line.replace(_TYPED_APART, _APART).split(_APART)
    for n, (_, name, _) in enumerate(TEXTS):
        if name in _TYPED and _starts_formula(cells[n]):
            cells[n] = b"'" + cells[n]
        if any(sign in cells[n] for sign in _QUOTED):
            cells[n] = b'"' + cells[n].replace(b'"', b'""') + b'"'
    return _APART.join(cells) + _END


def _with(sql: str) -> str:
    return f"WITH chosen ({', '.join([*_COLUMNS, 'lifecycle'])}) AS ({sql})"


_TYPED = {
    "title",
    "org_name",
    "place",
    "category",
    "item_title",
    "basis",
    "reporter_name",
    "rectifier_name",
    "party_name",
    "verifier_name",
}
"""Columns that hold what people wrote."""


def _char(code: int) -> str:
    return f"chr({code})" if connection.vendor == "postgresql" else f"char({code})"


def _lines(sql: str, params: list[Any]) -> Iterator[bytes]:
    """Each row's one text as bytes with a line end, some hundred at once; the whole answer is never in our memory."""
    if connection.vendor == "postgresql":
        yield from _copied(f"COPY ({sql}) TO STDOUT", params)
    else:
        for found in _fetched(sql, params):
            yield "".join(f"{line}\n" for line in found).encode().translate(None, CONTROL)


def _copied(statement: str, params: list[Any]) -> Iterator[bytes]:
    with connection.cursor() as cursor, cursor.cursor.copy(statement, params) as copy:
        yield from iter(lambda: b"".join(islice(copy, AT_ONCE)).translate(None, CONTROL), b"")


def _fetched(sql: str, params: list[Any]) -> Iterator[list[Any]]:
    """The one column of a SELECT on SQLite."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        while found := cursor.fetchmany(AT_ONCE):
            yield [value for (value,) in found]
