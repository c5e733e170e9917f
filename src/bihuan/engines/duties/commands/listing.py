"""A list of dates for the calendar: sent, installed all or nothing, and taken back."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from django.utils import timezone
from pydantic import Base64Bytes, Field

from bihuan.engines.duties import listing, refusals  # noqa: F401 - their sentences must be declared
from bihuan.engines.duties.commands.days import keep_calendar
from bihuan.engines.duties.models import CalendarImport
from bihuan.engines.duties.queries.listing import date_list, dates_check
from bihuan.engines.responsibility import queries as net
from bihuan.engines.responsibility.rules.tree import plain
from bihuan.engines.responsibility.rules.workbook import Unreadable, read_workbook
from bihuan.foundation import packs
from bihuan.foundation.actors import Actor
from bihuan.foundation.commands import command
from bihuan.foundation.events import record
from bihuan.foundation.refusals import Refusal
from bihuan.foundation.scoping import placed


@command("duties.send_dates")
def send_dates(
    by: Actor, at: datetime, *, id: UUID, org_id: UUID, file_name: Annotated[str, Field(min_length=1, max_length=160)],
    content: Annotated[Base64Bytes, Field(max_length=2_000_000)],
) -> CalendarImport:  # fmt: skip
    """Send a list of dates for a bureau's calendar (Excel or CSV, base64); nothing changes yet.

    It replaces my earlier unfinished one. Refusals: ``foundation.not_found`` · ``not_yours``, ``duties.unreadable_dates``.
    """
    place = net.org(by, org_id)
    if place.pk != place.bureau_id or not by.may("manage-sheets", place):
        raise Refusal("foundation.not_yours", act="导入全局的校历", who="局里管理校历的人")
    try:
        tables = [table for _, table in read_workbook(content, file_name)]
    except Unreadable as problem:
        raise Refusal("duties.unreadable_dates", sentence=str(problem)) from None
    table = max(tables, key=lambda one: len(listing.read_rows(one[: listing.MOST_ROWS])), default=[])
    rows = listing.read_rows(table[: listing.MOST_ROWS + 20])
    if not rows or len(rows) > listing.MOST_ROWS:
        what = f"超过 {listing.MOST_ROWS} 行，请分成几份" if rows else "里面没有一行日期"
        raise Refusal("duties.unreadable_dates", sentence=what)
    CalendarImport.objects.filter(bureau_id=place.bureau_id, by_id=by.id, installed_at__isnull=True).delete()
    row = CalendarImport(
        id=id, org_id=place.pk, file_name=plain(file_name), by_id=by.id, by_name=by.name, at=at, table=table,
        **placed(place),
    )  # fmt: skip
    row.save(force_insert=True)
    record(row, "duties.dates_sent", by=by, at=at, file=row.file_name, rows=len(rows))
    return row


@command("duties.install_dates")
def install_dates(by: Actor, at: datetime, *, import_id: UUID) -> CalendarImport:
    """Lay a list of dates over the calendar, all of it or nothing; the open tasks follow (``reactions.follow_dates``).

    What a person set by hand stays. Refusals: ``foundation.not_found``, ``duties.dates_installed`` · ``dates_wrong`` ·
    ``dates_change_nothing``.
    """
    row = date_list(by, import_id)
    if row.installed_at:
        raise Refusal("duties.dates_installed")
    report = dates_check(row, timezone.localdate(at))
    if wrong := [one for one in report.rows if one.verdict == "error"]:
        first = wrong[0]
        raise Refusal("duties.dates_wrong", count=len(wrong), row=first.row.number, sentence=first.sentences[0])
    if not report.counts["days"]:
        raise Refusal("duties.dates_change_nothing")
    kept = {
        "dates": {"terms": report.terms, "days": report.days},
        "counts": report.counts,
        "installed_at": at,
        "table": [],
    }
    if not CalendarImport.objects.filter(pk=row.pk, installed_at__isnull=True).update(**kept):
        raise Refusal("duties.dates_installed")
    for name, value in kept.items():
        setattr(row, name, value)
    packs.add_dates(row.bureau_id, row.pk, row.dates)
    keep_calendar(by, at, bureau_id=row.bureau_id)
    record(row, "duties.dates_installed", by=by, at=at, file=row.file_name, days=report.counts["days"])
    return row


@command("duties.undo_dates")
def undo_dates(by: Actor, at: datetime, *, import_id: UUID) -> CalendarImport:
    """Take a list of dates back: its days are again what the calendar said without it, and the open tasks follow.

    Refusals: ``foundation.not_found``, ``duties.dates_not_installed`` · ``dates_undone``.
    """
    row = date_list(by, import_id)
    if not row.installed_at:
        raise Refusal("duties.dates_not_installed")
    if not CalendarImport.objects.filter(pk=row.pk, undone_at__isnull=True).update(undone_at=at):
        row.refresh_from_db()
        raise Refusal("duties.dates_undone", on=timezone.localdate(row.undone_at or at))
    row.undone_at = at
    packs.drop_dates(row.bureau_id, row.pk)
    keep_calendar(by, at, bureau_id=row.bureau_id)
    record(row, "duties.dates_undone", by=by, at=at, file=row.file_name)
    return row
