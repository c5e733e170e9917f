"""What a school files about its hazards: the list, the papers, the pictures; and what is overdue or not signed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from django.db.models import Count, Q
from django.utils import timezone

from bihuan.engines.cases import exports
from bihuan.engines.cases import papers as printing
from bihuan.engines.cases.models import Case
from bihuan.engines.cases.queries import Filters
from bihuan.foundation import papers
from bihuan.foundation.archives import (
    Gap,
    Held,
    Piece,
    Rows,
    Visit,
    archived,
    chunks,
    files_of,
    local_day,
)
from bihuan.foundation.evidence import queries as evidence

REFS = ("lifecycle:hazard", "page:/hazards/")


def _touched(visit: Visit) -> Any:
    """The cases that were reported, still open or closed in the span."""
    since, until = visit.moments
    rows = Case.objects.visible_to(visit.viewer).filter(school_id=visit.school.pk, reported_at__lt=until)
    return rows.filter(Q(reported_at__gte=since) | Q(is_open=True) | Q(closed_at__gte=since))


def _papers(visit: Visit) -> Any:
    rows = papers.about(visit.school.bureau_id, "cases.case", _touched(visit).values("pk"))
    since, until = visit.moments
    return rows.filter(issued_at__gte=since, issued_at__lt=until)


def _refs(code: str) -> tuple[str, ...]:
    return (f"paper:{code}", *REFS)


@archived("cases")
class Cases:
    """Hazards of a school."""

    def asked(self, visit: Visit) -> Mapping[str, Any]:
        """How many cases, pictures and papers there are; what is overdue; what waits for a signature."""
        since, until = visit.moments
        touched, issued = _touched(visit), _papers(visit)
        reported = touched.filter(reported_at__gte=since, reported_at__lt=until)
        late = touched.filter(is_open=True, due_at__lt=visit.at).order_by("due_at", "id")
        pictures = evidence.about(visit.school.bureau_id, touched.values("pk"))
        return {
            "reported": reported.order_by("kind").values_list("kind").annotate(n=Count("pk")),
            "pictures": pictures.order_by("kind").values_list("kind").annotate(n=Count("pk")),
            "papers": issued.exclude(state="draft").order_by("code").values_list("code").annotate(n=Count("pk")),
            "late": late.values_list("id", "number", "title", "due_at"),
            "unsigned": issued.filter(state__in=("draft", "sent")).order_by("issued_at", "id").values_list("id", "number", "title", "state"),
        }  # fmt: skip

    def told(self, visit: Visit, rows: Rows) -> Iterator[Held | Gap]:
        """The list is one file; every picture and paper is one."""
        yield Held(REFS, bool(rows["reported"]) + sum(n for _, n in rows["pictures"]))
        for code, n in rows["papers"]:
            yield Held(_refs(code), n)
        for pk, number, title, due_at in rows["late"]:
            days = (visit.today - (local_day(due_at) or visit.today)).days
            words = f"已逾期 {days} 天" if days else "今天已过期限"
            yield Gap(REFS, f"隐患 {number}「{title}」{words}，还没有销号", f"/hazards/{UUID(pk)}/")
        for pk, number, title, state in rows["unsigned"]:
            words = "还没有签发" if state == "draft" else "学校还没有签收"
            yield Gap(REFS, f"{title} {number} {words}", f"/hazards/papers/{UUID(pk)}/")

    def pieces(self, visit: Visit) -> Iterator[Piece]:
        """The list as Excel, then papers, then pictures."""
        since, until = visit.moments
        if _touched(visit).filter(reported_at__gte=since, reported_at__lt=until).exists():
            filters = Filters(stage="all", school=visit.school.pk, since=visit.since, until=visit.until)
            yield Piece(REFS, "", "隐患清单.xlsx", visit.so_far, lambda: exports.stream(visit.viewer, filters, "xlsx"))
        for some in chunks(_papers(visit).exclude(state="draft").order_by("issued_at", "id")):
            about = [UUID(pk) for paper in some for pk in paper.content["cases"]]
            kept = evidence.of_subjects(visit.school.bureau_id, about)
            for paper in some:
                yield Piece(
                    _refs(paper.code), paper.title, f"{paper.number} {paper.title}.pdf",
                    timezone.localdate(paper.issued_at), lambda paper=paper, kept=kept: printing.printed(paper, "pdf", kept),
                )  # fmt: skip
        for cases in chunks(_touched(visit).order_by("reported_at", "id").defer("five", "hands")):
            found = evidence.of_subjects(visit.school.bureau_id, [case.pk for case in cases])
            for case in cases:
                yield from files_of(found.get(case.pk, ()), REFS, "隐患照片", _namer(case))


def _namer(case: Case) -> Any:
    """整改前 1, 整改后 2: which picture of a case one is."""
    words = {str(pk): f"整改前 {n}" for n, pk in enumerate(case.before, 1)}
    words |= {str(pk): f"整改后 {n}" for n, pk in enumerate(case.after, 1)}
    return lambda row: f"{case.number} {words.get(str(row.pk), '其他')}"
