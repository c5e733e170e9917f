"""Numbered official papers: numbers without gaps or doubles, contents frozen at issue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone

from bihuan.foundation import hot, packs
from bihuan.foundation.actors import Actor
from bihuan.foundation.events import Subject
from bihuan.foundation.models import Paper as Paper
from bihuan.foundation.models import PaperSeries
from bihuan.foundation.scoping import placed


@dataclass(frozen=True)
class Draft:
    """A paper to be issued: its series, what it is about, what it says, and whom it waits for (``models.Paper``)."""

    code: str
    subject: Subject
    content: dict[str, Any]
    state: str = ""


def issue_paper(by: Actor, at: datetime, *, code: str, subject: Subject, content: dict[str, Any]) -> Paper:
    """Give *subject* the next paper of the bureau's series ``code``, inside the caller's command."""
    return issue_papers(by, at, [Draft(code, subject, content)])[0]


def issue_papers(by: Actor, at: datetime, drafts: Sequence[Draft]) -> list[Paper]:
    """Number and keep these papers of one bureau, in their order: one statement for the numbers, one for the papers.

    The rows of the series stay locked until the command commits, so a refused command gives its numbers back and two
    clerks never get the same one. A number's form comes from the pack's ``papers.yaml``.
    """
    if not drafts:
        return []
    bureau_id, year = drafts[0].subject.bureau_id, timezone.localtime(at).year
    counts = Counter(draft.code for draft in drafts)
    last = next_serials(bureau_id, {(code, year): count for code, count in counts.items()})
    serials = {code: iter(range(last[code, year] - count + 1, last[code, year] + 1)) for code, count in counts.items()}
    rows = [_paper(by, at, draft, year, next(serials[draft.code])) for draft in drafts]
    hot.insert(rows)
    return rows


def _paper(by: Actor, at: datetime, draft: Draft, year: int, serial: int) -> Paper:
    layout = packs.entry(draft.subject.bureau_id, "papers", draft.code)
    signer = Actor(id=None, name="") if draft.state == "draft" else by
    return Paper(
        **placed(draft.subject),
        code=draft.code,
        year=year,
        serial=serial,
        number=layout["number_format"].format(series=layout["series"], year=year, n=serial),
        title=layout["title"],
        subject_kind=draft.subject._meta.label_lower,  # type: ignore[attr-defined]
        subject_id=draft.subject.pk,
        content=draft.content,
        issued_by_id=by.id,
        issued_by_name=by.name,
        issued_at=at,
        state=draft.state,
        signed_by_id=signer.id,
        signed_by_name=signer.name,
        signed_at=None if draft.state == "draft" else at,
    )


def next_serial(bureau_id: Any, code: str, year: int, *, count: int = 1) -> int:
    """The next number of a bureau's series of a year, or the last of the next *count*; locked until the transaction ends."""
    return next_serials(bureau_id, {(code, year): count})[code, year]


def next_serials(bureau_id: Any, counts: Mapping[tuple[str, int], int]) -> dict[tuple[str, int], int]:
    """The last of the next numbers of several series (code, year), each by its count, in one statement.

    Always in the same order, so that two commands which need the same series never wait for each other in a circle.
    """
    rows = [
        PaperSeries(bureau_id=bureau_id, code=code, year=year, last=count)
        for (code, year), count in sorted(counts.items())
    ]
    fields = PaperSeries._meta.concrete_fields
    marks = ", ".join(["(%s, %s, %s, %s, %s)"] * len(rows))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO foundation_paperseries (id, bureau_id, code, year, last) VALUES {marks} "  # noqa: S608 - marks only
            "ON CONFLICT (bureau_id, code, year) DO UPDATE SET last = foundation_paperseries.last + excluded.last "
            "RETURNING code, year, last",
            [field.get_db_prep_save(getattr(row, field.attname), connection) for row in rows for field in fields],
        )
        return {(code, year): last for code, year, last in cursor.fetchall()}


def find(paper_id: Any) -> Paper | None:
    """A paper by id, without asking who looks: the room of its subject decides that."""
    return Paper.objects.filter(pk=paper_id).first()


def sign_draft(by: Actor, at: datetime, paper: Paper, content: dict[str, Any], *, waits: bool) -> bool:
    """Sign a draft, which freezes what it says and delivers it; false when somebody was faster.

    Call it only after the room of its subject has decided that this person may.
    """
    values = {
        "content": content, "state": "sent" if waits else "", "signed_by_id": by.id, "signed_by_name": by.name, "signed_at": at,
    }  # fmt: skip
    return _move(paper, "draft", values)


def acknowledge(by: Actor, at: datetime, paper: Paper) -> bool:
    """Write down that a delivered paper was received, by whom; false when somebody was faster."""
    values = {"state": "received", "received_by_id": by.id, "received_by_name": by.name, "received_at": at}
    return _move(paper, "sent", values)


def _move(paper: Paper, state: str, values: dict[str, Any]) -> bool:
    won = Paper.objects.filter(pk=paper.pk, bureau_id=paper.bureau_id, state=state).update(**values)
    for name, value in values.items():
        setattr(paper, name, value)
    return bool(won)


def by_ids(bureau_id: Any, ids: Iterable[Any]) -> dict[str, Paper]:
    """These papers of a bureau by their id as text. Only for papers whose subject was found visible."""
    wanted = list(ids)
    rows = Paper.objects.filter(bureau_id=bureau_id, pk__in=wanted) if wanted else []
    return {str(row.pk): row for row in rows}


_LINE = hot.Instances(Paper, *(field.attname for field in Paper._meta.concrete_fields if field.attname != "content"))


def waiting(*, bureaus: Collection[Any], schools: Collection[Any], subject_kind: str, most: int = 30) -> list[Paper]:
    """Papers about one kind of subject that wait: drafts of these bureaus, deliveries to these schools; oldest first.

    Their content is not read. Asked by every home page, so the statement is a constant.
    """
    rows = hot.fetch(
        f"SELECT {_LINE.sql} FROM foundation_paper WHERE subject_kind = %s AND "  # noqa: S608 - our own names
        f"(state = 'draft' AND {hot.among('bureau_id')} OR state = 'sent' AND {hot.among('school_id')}) "
        "ORDER BY issued_at, id LIMIT %s",
        [subject_kind, hot.listed(bureaus), hot.listed(schools), most],
    )
    return _LINE.read(rows)


def about(bureau_id: Any, subject_kind: str, subject_ids: Any) -> Any:
    """The papers about many subjects (a selection of their ids) as a selection. Only for subjects found visible."""
    return Paper.objects.filter(bureau_id=bureau_id, subject_kind=subject_kind, subject_id__in=subject_ids)


def of_subject(bureau_id: Any, subject_id: Any) -> list[Paper]:
    """A subject's papers, oldest first. Call it only after the subject itself was found visible."""
    return list(Paper.objects.filter(bureau_id=bureau_id, subject_id=subject_id).order_by("issued_at", "id"))
