"""A roster from Excel: sent, installed all or nothing, and taken back while nothing was built on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q
from pydantic import Base64Bytes, Field

from bihuan.accounts import commands as accounts
from bihuan.engines.responsibility.commands.units import Day
from bihuan.engines.responsibility.models import Appointment, Org, RosterImport
from bihuan.engines.responsibility.queries.acting import forget_actors
from bihuan.engines.responsibility.queries.rosters import roster, roster_check
from bihuan.engines.responsibility.rules.initials import initials
from bihuan.engines.responsibility.rules.roster import Report, find_header
from bihuan.engines.responsibility.rules.tree import plain
from bihuan.engines.responsibility.rules.workbook import Unreadable, read_workbook
from bihuan.foundation import bulk, hot
from bihuan.foundation.actors import Actor
from bihuan.foundation.commands import command
from bihuan.foundation.events import record, stated_since
from bihuan.foundation.ids import uuid7
from bihuan.foundation.refusals import Refusal
from bihuan.foundation.scoping import placed

_CHUNK = 5_000
_COLUMNS = (
    "id", "user_id", "post", "starts_on", "ends_on", "import_id", "initials",
    "org_id", "bureau_id", "province_id", "city_id", "school_id", "path",
)  # fmt: skip
IMPORT_TIERS = ("province", "city", "bureau", "office", "town", "school", "department")


@command("responsibility.upload_roster")
def upload_roster(
    by: Actor,
    at: datetime,
    *,
    id: UUID,
    org_id: UUID,
    file_name: Annotated[str, Field(min_length=1, max_length=160)],
    content: Annotated[Base64Bytes, Field(max_length=12_000_000)],
) -> RosterImport:
    """Send a roster for a unit (Excel or CSV, base64); nothing is registered yet. It replaces my earlier unfinished one.

    Refusals: ``foundation.not_found`` · ``not_yours``, ``responsibility.unreadable`` · ``no_header``.
    """
    place = Org.objects.visible_to(by).seen(by, org_id)
    if not by.may("manage-net", place) or place.tier not in IMPORT_TIERS:
        raise Refusal("foundation.not_yours", act="导入这里的名册", who="本单位的安全负责人或局系统管理员")
    try:
        sheets = read_workbook(content, file_name)
    except Unreadable as problem:
        raise Refusal("responsibility.unreadable", sentence=str(problem)) from None
    found = [(table, header) for _, table in sheets if (header := find_header(table))]
    if not found:
        raise Refusal("responsibility.no_header")
    table, header = max(found, key=lambda pair: len(pair[1].columns))
    RosterImport.objects.filter(bureau_id=place.bureau_id, by_id=by.id, installed_at__isnull=True).delete()
    row = RosterImport(
        id=id, org=place, file_name=plain(file_name), by_id=by.id, by_name=by.name, at=at, table=table,
        header_row=header.row, columns=dict(header.columns), **placed(place),
    )  # fmt: skip
    row.save(force_insert=True)
    record(row, "responsibility.roster_uploaded", by=by, at=at, file=row.file_name, rows=len(table))
    return row


@command("responsibility.install_roster")
def install_roster(
    by: Actor,
    at: datetime,
    *,
    import_id: UUID,
    header_row: Annotated[int, Field(ge=0)],
    columns: dict[str, int],
    on: Day,
) -> RosterImport:
    """Register everything that the dry run of this roster showed, or nothing; ``on`` is the dry run's day.

    Refusals: ``foundation.not_found``, ``responsibility.installed_already`` · ``bad_columns`` · ``rows_wrong`` ·
    ``nothing_to_install`` · ``roster_changed``.
    """
    row = roster(by, import_id, alone=True)
    if not by.may("manage-net", row.org):
        raise Refusal("foundation.not_yours", act="导入这里的名册", who="本单位的安全负责人或局系统管理员")
    if row.installed_at:
        raise Refusal("responsibility.installed_already")
    report = roster_check(by, row, header_row=header_row, columns=columns, on=on)
    wrong = [checked for checked in report.rows if checked.verdict == "error"]
    if wrong:
        first = wrong[0]
        raise Refusal("responsibility.rows_wrong", count=len(wrong), row=first.row.number, sentence=first.sentences[0])
    if not report.counts["appointments"]:
        raise Refusal("responsibility.nothing_to_install")
    try:
        with transaction.atomic(), bulk.without_collecting():
            made = _make(row, report)
    except IntegrityError:
        raise Refusal("responsibility.roster_changed") from None
    kept = {
        "table": [], "header_row": header_row, "columns": columns, "installed_at": at, "made": made,
        "report": {"counts": report.counts, "rows": [[r.row.number, r.row.name, r.verdict, *r.sentences] for r in report.rows if r.sentences]},
    }  # fmt: skip
    for name, value in kept.items():
        setattr(row, name, value)
    row.save(update_fields=list(kept))
    record(row, "responsibility.roster_installed", by=by, at=at, file=row.file_name, **report.counts)
    transaction.on_commit(forget_actors)
    return row


def _make(row: RosterImport, report: Report) -> dict[str, Any]:
    """People and appointments in two statements; what an undo needs to know."""
    fresh = {person.key: uuid7() for person in report.people}
    accounts.enlist([accounts.NewPerson(fresh[p.key], p.name, p.phone, p.staff_no) for p in report.people])
    planned = [(checked.planned, checked.row.name) for checked in report.rows if checked.planned]
    scopes = {
        str(place.pk): (place.pk, *placed(place).values()) for place in _places({plan.place for plan, _ in planned})
    }
    rows = [
        (
            uuid7(), fresh.get(plan.person) or UUID(plan.person), plan.post, plan.starts_on, plan.ends_on, row.pk,
            initials(name), *scopes[plan.place],
        )
        for plan, name in planned
    ]  # fmt: skip
    bulk.insert(Appointment, _COLUMNS, rows)
    return {
        "people": [str(one) for one in fresh.values()],
        "appointments": len(rows),
        "ends": {str(one[0]): one[4].isoformat() for one in rows if one[4]},
    }


def _places(ids: set[str]) -> Iterator[Org]:
    for chunk in _chunks(sorted(ids)):
        yield from Org.objects.filter(pk__in=chunk)


def _chunks(values: list[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK]


@command("responsibility.undo_roster")
def undo_roster(by: Actor, at: datetime, *, import_id: UUID) -> RosterImport:
    """Take an installed roster back, as long as nothing was built on it.

    Refusals: ``foundation.not_found``, ``responsibility.not_installed`` · ``undone_already`` · ``built_upon`` (names what).
    """
    row = roster(by, import_id, alone=True)
    if not by.may("manage-net", row.org):
        raise Refusal("foundation.not_yours", act="撤回这里的名册", who="本单位的安全负责人或局系统管理员")
    if not row.installed_at:
        raise Refusal("responsibility.not_installed")
    if row.undone_at:
        raise Refusal("responsibility.undone_already", on=row.undone_at.date())
    if sentence := _built_upon(row):
        raise Refusal("responsibility.built_upon", sentence=sentence)
    row.undone_at = at
    row.save(update_fields=["undone_at"])
    # nothing stands for these (asked above), and the database itself keeps whatever else would point at them
    made = Appointment.objects.filter(import_id=row.pk)
    count = made._raw_delete(made.db)
    if name := accounts.strike_off(map(UUID, row.made["people"])):
        raise Refusal("responsibility.built_upon", sentence=f"{name}已经有了账号，或别的记录用到了这个人")
    record(
        row,
        "responsibility.roster_undone",
        by=by,
        at=at,
        file=row.file_name,
        appointments=count,
        people=len(row.made["people"]),
    )
    transaction.on_commit(forget_actors)
    return row


def _built_upon(row: RosterImport) -> str:
    """What was done since with what this roster made, as a sentence; empty when nothing was."""
    of_this = Q(import_id=row.pk, ends_on__isnull=False) | Q(stands_for__import_id=row.pk)
    for one in Appointment.objects.filter(of_this).select_related("user", "org", "stands_for__user"):
        if one.stands_for and one.stands_for.import_id == row.pk:
            return f"{one.user.name}已经安排替{one.stands_for.user.name}代班"
        if row.made["ends"].get(str(one.pk)) != one.ends_on.isoformat():
            return f"{one.user.name}在{one.org.name}的任职已经在{one.ends_on}结束或交接"
    people = row.made["people"]
    theirs = hot.among('"responsibility_appointment"."user_id"')
    later = Appointment.objects.filter(bureau_id=row.bureau_id).exclude(import_id=row.pk)
    elsewhere = later.extra(where=[theirs], params=[hot.listed([UUID(one) for one in people])])  # noqa: S610 - our own names
    if one := elsewhere.select_related("user", "org").first():
        return f"{one.user.name}在导入之后又在{one.org.name}有了新的任职"
    return _named_in_facts(row, set(people))


def _named_in_facts(row: RosterImport, people: set[str]) -> str:
    assert row.installed_at  # only an installed roster is taken back
    for fact in stated_since(row.installed_at, bureau_id=row.bureau_id):
        if fact.subject_id == row.pk:
            continue
        if str(fact.by_id) in people:
            return f"{fact.by_name}在导入之后已经办理过事情"
        if not people.isdisjoint(_texts(fact.facts)):
            return "导入之后已经有事情交给了名册里的人"
    return ""


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)
