"""Numbered official papers: numbers without gaps or doubles, contents frozen at issue."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone

from bihuan.foundation import packs
from bihuan.foundation.actors import Actor
from bihuan.foundation.events import Subject
from bihuan.foundation.models import Paper, PaperSeries
from bihuan.foundation.scoping import placed


def issue_paper(by: Actor, at: datetime, *, code: str, subject: Subject, content: dict[str, Any]) -> Paper:
    """Give *subject* the next paper of the bureau's series ``code``, inside the caller's command.

    The series row stays locked until the command commits, so a refused command gives its number back and two clerks
    never get the same one. The number's form comes from the pack's ``papers.yaml``.
    """
    layout = packs.entry(subject.bureau_id, "papers", code)
    year = timezone.localtime(at).year
    serial = next_serial(subject.bureau_id, code, year)
    return Paper.objects.create(
        **placed(subject),
        code=code,
        year=year,
        serial=serial,
        number=layout["number_format"].format(series=layout["series"], year=year, n=serial),
        title=layout["title"],
        subject_kind=subject._meta.label_lower,  # type: ignore[attr-defined]
        subject_id=subject.pk,
        content=content,
        issued_by_id=by.id,
        issued_by_name=by.name,
        issued_at=at,
    )


def next_serial(bureau_id: Any, code: str, year: int, *, count: int = 1) -> int:
    """The next number of a bureau's series of a year, or the last of the next *count*; locked until the transaction ends."""
    row = PaperSeries(bureau_id=bureau_id, code=code, year=year, last=count)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO foundation_paperseries (id, bureau_id, code, year, last) VALUES (%s, %s, %s, %s, %s) "
            "ON CONFLICT (bureau_id, code, year) DO UPDATE SET last = foundation_paperseries.last + excluded.last RETURNING last",
            [f.get_db_prep_save(getattr(row, f.attname), connection) for f in row._meta.concrete_fields],
        )
        return int(cursor.fetchone()[0])


def find(paper_id: Any) -> Paper | None:
    """A paper by id, without asking who looks: the room of its subject decides that."""
    return Paper.objects.filter(pk=paper_id).first()


def of_subject(bureau_id: Any, subject_id: Any) -> list[Paper]:
    """A subject's papers, oldest first. Call it only after the subject itself was found visible."""
    return list(Paper.objects.filter(bureau_id=bureau_id, subject_id=subject_id).order_by("issued_at", "id"))
