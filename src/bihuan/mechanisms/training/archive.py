"""What a school files about its drills: the list, a record of each, its pictures; and the drills that did not happen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Count
from django.utils import timezone

from bihuan.foundation.archives import Gap, Held, Piece, Rows, Visit, archived, chunks, files_of, local_day
from bihuan.foundation.evidence import queries as evidence
from bihuan.foundation.printing.workbook import Leaf, workbook
from bihuan.mechanisms.training import printouts, rules
from bihuan.mechanisms.training.models import Drill
from bihuan.mechanisms.training.queries import DrillPage, page_of

LIST = ("drills:", "page:/training/")
HEADS = (
    ("日期", 12),
    ("演练", 34),
    ("项目", 18),
    ("应到", 8),
    ("实到", 8),
    ("用时", 12),
    ("要求", 12),
    ("受伤", 8),
    ("问题", 8),
)


def _drills(visit: Visit) -> Any:
    since, until = visit.moments
    rows = Drill.objects.visible_to(visit.viewer).filter(school_id=visit.school.pk)
    return rows.filter(planned_at__gte=since, planned_at__lt=until).order_by("planned_at", "id")


def _refs(kind: str) -> tuple[str, ...]:
    return (f"drills:{kind}", *LIST)


@archived("training")
class Drills:
    """Drills of a school."""

    def asked(self, visit: Visit) -> Mapping[str, Any]:
        """Drills with their state, and how many pictures there are."""
        pictures = evidence.about(visit.school.bureau_id, _drills(visit).filter(state="done").values("pk"))
        return {
            "drills": _drills(visit).values_list("id", "kind", "title", "state", "planned_at"),
            "pictures": pictures.order_by("kind").values_list("kind").annotate(n=Count("pk")),
        }

    def told(self, visit: Visit, rows: Rows) -> Iterator[Held | Gap]:
        """One record a drill and one list; a line for each drill whose day has passed."""
        done = [kind for _, kind, _, state, _ in rows["drills"] if state == "done"]
        yield Held(LIST, bool(done) + sum(n for _, n in rows["pictures"]))
        for kind in done:
            yield Held(_refs(kind), 1)
        for pk, kind, title, state, planned_at in rows["drills"]:
            on = local_day(planned_at) or visit.today
            if state in ("planned", "running") and on < visit.today:
                what = "到了日子还没有做" if state == "planned" else "还没有写讲评、没有结束"
                yield Gap(_refs(kind), f"{on:%m-%d} 的「{title}」{what}", f"/training/{UUID(pk)}/")

    def pieces(self, visit: Visit) -> Iterator[Piece]:
        """Records, then pictures, then the list."""
        lines = []
        for drills in chunks(_drills(visit).filter(state="done")):
            found = evidence.of_subjects(visit.school.bureau_id, [drill.pk for drill in drills])
            for drill in drills:
                page = page_of(visit.viewer, drill)
                lines.append(_line(page))
                on, address = timezone.localdate(drill.planned_at), f"{settings.BIHUAN_URL}/training/{drill.pk}/"
                yield Piece(
                    _refs(drill.kind), "", f"{on:%m-%d} {drill.title}记录.pdf", on,
                    lambda page=page, address=address: printouts.record_pdf(page, address=address),
                )  # fmt: skip
                yield from files_of(
                    found.get(drill.pk, ()), LIST, "演练照片", lambda _, on=on, drill=drill: f"{on:%m-%d} {drill.title}"
                )
        if lines:
            leaf = Leaf("演练", f"{visit.school.name}　应急演练一览", HEADS, lines)
            yield Piece(LIST, "", "应急演练一览.xlsx", visit.so_far, lambda: workbook([leaf], made_on=visit.so_far))


def _line(page: DrillPage) -> tuple[Any, ...]:
    drill, counted = page.drill, page.outcome
    return (
        timezone.localdate(drill.planned_at), drill.title, page.kind, counted.due, counted.came,
        page.time_words or "未到齐", f"{rules.clock_words(drill.limit_seconds)}以内", drill.hurt, len(drill.findings),
    )  # fmt: skip
