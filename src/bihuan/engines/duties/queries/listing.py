"""Lists of dates on their way into the calendar: what their rows say, checked before anything is written."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from bihuan.engines.duties import listing
from bihuan.engines.duties.calendar import Calendar, days_from, term_of
from bihuan.engines.duties.models import CalendarDay, CalendarImport
from bihuan.foundation import packs
from bihuan.foundation.actors import Actor
from bihuan.foundation.refusals import Refusal


def date_lists(viewer: Actor, *, most: int = 20) -> list[CalendarImport]:
    """The latest lists of dates that were sent for the viewer's bureau."""
    if not viewer.may_anywhere("manage-sheets"):
        return []
    rows = CalendarImport.objects.visible_to(viewer).defer("table", "dates")
    return list(rows.select_related("org").order_by("-at", "-id")[:most])


def date_list(viewer: Actor, pk: UUID) -> CalendarImport:
    """One list of dates, or ``foundation.not_found``; only those who keep the calendar of its bureau see it."""
    row: CalendarImport = CalendarImport.objects.visible_to(viewer).select_related("org").seen(viewer, pk)
    if not viewer.may("manage-sheets", row):
        raise Refusal("foundation.not_found")
    return row


def date_homes(viewer: Actor) -> list[tuple[str, str]]:
    """The bureaus whose calendar the viewer keeps, by their own posts; no statement."""
    found = [
        (str(hold.org_id), hold.org_name)
        for hold in viewer.holds
        if hold.level == "bureau" and "manage-sheets" in hold.acts
    ]
    return list(dict.fromkeys(found))


def dates_check(row: CalendarImport, today: date) -> listing.Report:
    """The dry run of a list: one verdict per row and how many days would be others. Nothing is written."""
    rows = listing.read_rows(row.table)
    data = packs.calendar(row.bureau_id)
    known = [term_of(term) for year in data.get("school_years", ()) for term in year["terms"]]
    terms, wrong = listing.terms_of(rows, known)
    adding = {"terms": terms, "days": []}
    before, after = (Calendar(days_from(one, today)) for one in (data, packs.calendar(row.bureau_id, adding=adding)))
    own = CalendarDay.objects.filter(bureau_id=row.bureau_id, org_id=row.bureau_id, stage="", origin="set")
    kept = {on: (kind, who) for on, kind, who in own.filter(on__gte=after.first).values_list("on", "kind", "by_name")}
    return listing.check(rows, wrong, before, after, kept, today)
