"""What a school files about inspections: the 检查清单 of each; and those that nobody ended or signed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from django.db.models import Count, Q
from django.utils import timezone

from bihuan.foundation import papers
from bihuan.foundation.archives import Gap, Held, Piece, Rows, Visit, archived, chunks, local_day
from bihuan.mechanisms.inspections import papers as printing
from bihuan.mechanisms.inspections.models import Inspection

MEASURES = {
    "self_check": "self-checks", "sponsor_round": "sponsor-rounds", "unannounced": "unannounced-checks", "joint": "joint-checks",
}  # fmt: skip
"""Kind of inspection → the measure by which a clause is about it (``measures.py``)."""


def _refs(kind: str) -> tuple[str, ...]:
    return (f"measure:{MEASURES.get(kind, kind)}&paper:checklist-record", "page:/inspections/")


def _inspections(visit: Visit) -> Any:
    """Those that this viewer may know of: what is still secret stands at the bureau and is not among a school's."""
    since, until = visit.moments
    rows = Inspection.objects.visible_to(visit.viewer).filter(school_id=visit.school.pk)
    return rows.filter(opened_at__gte=since, opened_at__lt=until).exclude(state="cancelled")


def _papers(visit: Visit) -> Any:
    rows = papers.about(visit.school.bureau_id, "inspections.inspection", _inspections(visit).values("pk"))
    return rows.exclude(state="draft")


@archived("inspections")
class Inspections:
    """Inspections at a school."""

    def asked(self, visit: Visit) -> Mapping[str, Any]:
        """How many papers there are, and what is open or unsigned."""
        unsigned = Q(state="closed", signed_at__isnull=True, signature_refused="")
        left = _inspections(visit).filter(Q(state__in=("planned", "open")) | unsigned).order_by("opened_at", "id")
        return {
            "papers": _inspections(visit)
            .filter(pk__in=_papers(visit).values("subject_id"))
            .order_by("kind")
            .values_list("kind")
            .annotate(n=Count("pk")),
            "left": left.values_list("id", "kind", "title", "state", "opened_at"),
        }

    def told(self, visit: Visit, rows: Rows) -> Iterator[Held | Gap]:
        """One file a paper; a line for each that is not ended or not signed."""
        for kind, n in rows["papers"]:
            yield Held(_refs(kind), n)
        for pk, kind, title, state, opened_at in rows["left"]:
            on = local_day(opened_at) or visit.today
            if on < visit.today:
                words = "学校还没有签字" if state == "closed" else "还没有结束"
                yield Gap(_refs(kind), f"{on:%m-%d} 的「{title}」{words}", f"/inspections/{UUID(pk)}/")

    def pieces(self, visit: Visit) -> Iterator[Piece]:
        """The papers in the order of their issue."""
        kinds = dict(_inspections(visit).values_list("pk", "kind"))
        for some in chunks(_papers(visit).order_by("issued_at", "id"), 20):
            for paper in some:
                yield Piece(
                    _refs(kinds[paper.subject_id]), paper.title, f"{paper.number} {paper.title}.pdf",
                    timezone.localdate(paper.issued_at), lambda paper=paper: printing.printed(paper, "pdf"),
                )  # fmt: skip
