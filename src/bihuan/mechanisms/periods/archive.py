"""What a school files about important periods: who was on duty and what was reported each day; and the days without."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Count, F, Max

from bihuan.engines.duties.archive import filed_above, lines_of
from bihuan.engines.duties.tallies import of_duties
from bihuan.foundation.archives import Gap, Held, Piece, Rows, Visit, archived, plain_day
from bihuan.mechanisms.periods import printouts, queries
from bihuan.mechanisms.periods.models import Period

REFS = ("page:/periods/",)
FOLDER = "重要时期"
MISSED = {"report": "漏报战备日报", "watch": "值守没有人到岗", "raised": "加密检查漏办"}


def _periods(visit: Visit) -> list[Period]:
    """The bureau's and the school's periods that lay in the span and have begun (one statement for the whole visit)."""
    rows = Period.objects.visible_to(visit.viewer).filter(
        bureau_id=visit.school.bureau_id, org_id__in=(visit.school.bureau_id, visit.school.pk)
    )
    begun = rows.filter(starts_on__lte=visit.so_far, ends_on__gte=visit.since)
    begun = begun.filter(ends_on__gte=F("starts_on"))  # what was called off before it began has nothing to file
    return visit.once("periods", lambda: list(begun.order_by("starts_on", "id")))


@filed_above
def duties(visit: Visit) -> Sequence[UUID]:
    """The duties of all these periods."""
    return [duty for row in _periods(visit) for duty in row.duty_ids()]


def _tasks(visit: Visit) -> Any:
    first = min((row.starts_on for row in _periods(visit)), default=visit.since)
    return of_duties(
        visit.viewer, bureau_id=visit.school.bureau_id, duty_ids=duties(visit), first=first, last=visit.so_far,
        school_id=visit.school.pk,
    )  # fmt: skip


@archived("periods")
class Periods:
    """Important periods at a school."""

    def asked(self, visit: Visit) -> Mapping[str, Any]:
        """How the tasks of each duty of a period have ended."""
        named = _tasks(visit).order_by("duty_id", "state").values_list("duty_id", "state")
        return {"states": named.annotate(n=Count("pk"), last=Max("on"))}

    def told(self, visit: Visit, rows: Rows) -> Iterator[Held | Gap]:
        """A paper and a workbook for each period that asked something of the school; a line for what was missed."""
        asked, missed = set(), {}
        for duty, state, n, last in rows["states"]:
            asked.add(UUID(duty))
            if state == "missed":
                missed[UUID(duty)] = (n, plain_day(last))
        for row in _periods(visit):
            if not asked.isdisjoint(row.duty_ids()):
                yield Held(REFS, 2)
            for role, words in MISSED.items():
                ended = [missed[duty] for duty in row.duty_ids(role) if duty in missed]
                if ended:
                    times, last = sum(n for n, _ in ended), max(on for _, on in ended)
                    where = f"/periods/{row.pk}/?on={last:%Y-%m-%d}"
                    yield Gap(REFS, f"「{row.name}」{words} {times} 次，最近一次是 {last:%m-%d}", where)

    def pieces(self, visit: Visit) -> Iterator[Piece]:
        """Each period's days, watches and daily reports, as PDF and as Excel."""
        tasks = list(_tasks(visit).select_related("org").order_by("on", "due_at", "id"))
        lines = list(lines_of(tasks, visit.school.pk))
        for row in _periods(visit):
            own = set(row.duty_ids())
            mine = [(task, line) for task, line in lines if task.duty_id in own]
            if not mine:
                continue
            last, address = min(row.ends_on, visit.so_far), f"{settings.BIHUAN_URL}/periods/{row.pk}/"
            found = queries.summary_of_school(row, visit.school.name, mine, on=visit.today, last=last)
            yield Piece(
                REFS, FOLDER, f"{row.name}.pdf", last, lambda found=found, address=address: printouts.summary_pdf(found, address=address)
            )  # fmt: skip
            yield Piece(REFS, FOLDER, f"{row.name}.xlsx", last, lambda found=found: printouts.summary_xlsx(found))
