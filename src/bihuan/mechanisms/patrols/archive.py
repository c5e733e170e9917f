"""What a school files about its rounds: a register a month; and the rounds that nobody walked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Max

from bihuan.engines.duties.tallies import due_of_school
from bihuan.foundation.archives import Gap, Held, Piece, Rows, Visit, archived, plain_day
from bihuan.mechanisms.patrols import printouts
from bihuan.mechanisms.patrols.queries import month

REFS = ("page:/patrols/", "page:/duties/")
ENDED = ("done", "late")


def _due(visit: Visit) -> Any:
    since, until = visit.moments
    return due_of_school(
        visit.viewer, act="patrol", since=since, until=min(until, visit.at), school_id=visit.school.pk
    ).order_by()


@archived("patrols")
class Rounds:
    """Rounds of a school."""

    def asked(self, visit: Visit) -> Mapping[str, Any]:
        """On which days rounds were due, and which routes were missed how often."""
        missed = _due(visit).filter(state="missed").values_list("title").annotate(n=Count("pk"), last=Max("on"))
        return {"days": _due(visit).values_list("on").distinct(), "missed": missed}

    def told(self, visit: Visit, rows: Rows) -> Iterator[Held | Gap]:
        """Two files for each month with rounds; one line for each route that was missed."""
        yield Held(REFS, 2 * len(_months(rows["days"])))
        for title, n, last in sorted(rows["missed"], key=lambda row: -row[1]):
            where = f"/patrols/?day={plain_day(last):%Y-%m-%d}&school={visit.school.pk}&state=missed"
            yield Gap(REFS, f"「{title}」漏巡 {n} 次，最近一次是 {plain_day(last):%m-%d}", where)

    def pieces(self, visit: Visit) -> Iterator[Piece]:
        """Each month's register as PDF and as Excel, read once for both."""
        for first in _months([[f"{on}"] for on in _due(visit).values_list("on", flat=True).distinct()]):
            given = {"school": str(visit.school.pk), "month": f"{first:%Y-%m}"}
            found = month(visit.viewer, given, at=visit.at)
            for form, made in (("pdf", printouts.month_pdf), ("xlsx", printouts.month_xlsx)):
                yield Piece(
                    REFS, "校内巡查", f"校内巡查登记表 {first:%Y-%m}.{form}", min(_last(first), visit.so_far),
                    lambda found=found, made=made: made(found),
                )  # fmt: skip


def _months(days: list[list[Any]]) -> list[date]:
    return sorted({plain_day(on).replace(day=1) for (on,) in days})


def _last(first: date) -> date:
    return date(first.year + first.month // 12, first.month % 12 + 1, 1) - timedelta(days=1)
