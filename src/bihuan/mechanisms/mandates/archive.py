"""What a school files about what was asked of it: each task with its directive, answer and proof; and what it owes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Count
from django.utils import timezone

from bihuan.foundation.archives import Gap, Held, Piece, Rows, Visit, archived, chunks, files_of, plain_moment
from bihuan.foundation.evidence import queries as evidence
from bihuan.mechanisms.mandates import printouts, queries
from bihuan.mechanisms.mandates.models import Assignment, Share

REFS = ("page:/mandates/",)
FOLDER, PROOF = "上级任务", "上级任务附件和照片"


def _assignments(visit: Visit) -> Any:
    """What was asked of the school in the span and not withdrawn."""
    since, until = visit.moments
    rows = Assignment.objects.visible_to(visit.viewer).filter(school_id=visit.school.pk)
    asked = rows.filter(directive__issued_at__gte=since, directive__issued_at__lt=until).exclude(state="withdrawn")
    return asked.select_related("directive").order_by("directive__issued_at", "id")


@archived("mandates")
class Mandates:
    """Tasks from above at a school."""

    def asked(self, visit: Visit) -> Mapping[str, Any]:
        """The tasks with their state; how many pictures and documents belong to them."""
        rows = _assignments(visit).select_related(None).order_by()
        shares = Share.objects.filter(bureau_id=visit.school.bureau_id, assignment__in=rows)
        counted = {
            name: evidence.about(visit.school.bureau_id, ids).order_by("kind").values_list("kind").annotate(n=Count("pk"))
            for name, ids in (("asked", rows.values("directive_id")), ("answered", rows.values("pk")), ("shared", shares.values("pk")))
        }  # fmt: skip
        return {
            "tasks": _assignments(visit).select_related(None).values_list("id", "directive__title", "state", "due_at"),
            **counted,
        }

    def told(self, visit: Visit, rows: Rows) -> Iterator[Held | Gap]:
        """A paper for each task and each of its files; a line for each that is not signed or late."""
        files = sum(n for name in ("asked", "answered", "shared") for _, n in rows[name])
        yield Held(REFS, len(rows["tasks"]) + files)
        for pk, title, state, due_at in rows["tasks"]:
            late = (plain_moment(due_at) or visit.at) < visit.at
            words = "还没有签收" if state == "sent" else "过了期限还没有反馈" if late else ""
            if words and state in ("sent", "signed", "returned"):
                yield Gap(REFS, f"上级任务「{title}」{words}", f"/mandates/got/{UUID(pk)}/")

    def pieces(self, visit: Visit) -> Iterator[Piece]:
        """Each task as a paper, then what was sent with it and what came back as proof."""
        for rows in chunks(_assignments(visit)):
            for filed in queries.filed(visit.viewer, rows):
                asked, on = filed.row.directive, timezone.localdate(filed.row.directive.issued_at)
                name, address = f"{on:%m-%d} {asked.title}", f"{settings.BIHUAN_URL}/mandates/got/{filed.row.pk}/"
                yield Piece(
                    REFS, FOLDER, f"{name}.pdf", on, lambda filed=filed, address=address: printouts.assignment_pdf(filed, address=address)
                )  # fmt: skip
                for words, files in (("附件", filed.files), ("反馈", filed.proof)):
                    yield from files_of(files, REFS, PROOF, lambda row, name=name, words=words: f"{name} {words}")
