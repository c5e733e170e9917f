"""What a school files about its duties: what was due, done and missed, duty by duty. Rounds and ledgers file their own,
and so does whoever says so with ``filed_above``."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db.models import Count, Max

from bihuan.engines.duties.models import Task
from bihuan.engines.duties.rules import STATES
from bihuan.engines.sheets import queries as sheets
from bihuan.engines.sheets.rules.answers import RESULTS
from bihuan.foundation.actors import SYSTEM
from bihuan.foundation.archives import Gap, Held, Piece, Rows, Visit, archived, chunks, plain_day
from bihuan.foundation.printing.paper import Column, Note, Paper, Signature, Signatures, Table
from bihuan.foundation.printing.pdf import render_paper
from bihuan.foundation.printing.workbook import Leaf, workbook

FOLDER = "常规职责"
ELSEWHERE = ("patrol", "ledger")
DONE = ("done", "late")
MOST_PRINTED = 300
"""A duty of every class has thousands of lines a term: beyond this it is filed as Excel."""
HEADS = (("日期", 12), ("单位", 18), ("状态", 10), ("完成人", 12), ("登记内容", 60))


_above: list[Callable[[Visit], Collection[UUID]]] = []
Filed = Callable[[Visit], Collection[UUID]]


def filed_above(duties: Filed) -> Filed:
    """Register a function that names the duties whose tasks a room above files itself."""
    _above.append(duties)
    return duties


def _tasks(visit: Visit) -> Any:
    since, until = visit.moments
    rows = Task.objects.visible_to(visit.viewer).filter(school_id=visit.school.pk, due_at__gte=since, due_at__lt=until)
    elsewhere = {duty for duties in _above for duty in duties(visit)}
    return rows.exclude(act__in=ELSEWHERE).exclude(state="open").exclude(duty_id__in=elsewhere)


def _refs(code: str, act: str) -> tuple[str, ...]:
    return (f"duties:{code}", f"sheets:{code}", *(["drills:", "page:/training/"] if act == "drill" else []))


@archived("duties")
class Duties:
    """Duties of a school and its classes."""

    def asked(self, visit: Visit) -> Mapping[str, Any]:
        """How often each duty was done and missed."""
        named = _tasks(visit).order_by("duty__code", "state").values_list("duty__code", "duty__title", "act", "state")
        return {"states": named.annotate(n=Count("pk"), last=Max("on"))}

    def told(self, visit: Visit, rows: Rows) -> Iterator[Held | Gap]:
        """One file for each duty that was done; a line for each that was missed."""
        for code, lines in groupby(rows["states"], key=lambda row: row[0]):
            states = {state: (title, act, n, last) for _, title, act, state, n, last in lines}
            done = next((states[state] for state in DONE if state in states), None)
            if done and done[1] != "drill":
                yield Held(_refs(code, done[1]), 1)
            if missed := states.get("missed"):
                title, act, n, last = missed
                where = f"/duties/?whose=all&state=missed&act={act}&school={visit.school.pk}&on={plain_day(last)}"
                yield Gap(_refs(code, act), f"{title}漏办 {n} 次，最近一次是 {plain_day(last):%m-%d}", where)

    def pieces(self, visit: Visit) -> Iterator[Piece]:
        """One file a duty: each time that it was due, what became of it, by whom, what was written down."""
        ordered = (
            _tasks(visit).exclude(act="drill").select_related("duty", "org").order_by("duty__code", "due_at", "id")
        )
        lines = (line for some in chunks(ordered, 500) for line in lines_of(some, visit.school.pk))
        for (code, act, title), found in groupby(
            lines, key=lambda one: (one[0].duty.code, one[0].act, one[0].duty.title)
        ):
            rows = [row for _, row in found]
            if any(row[2].startswith((STATES["done"], STATES["late"])) for row in rows):
                yield _piece(visit, _refs(code, act), title, rows)


Line = tuple[date, str, str, str, str]
"""Day, unit (empty: the school), state, who did it, what was written down."""


def lines_of(tasks: Sequence[Task], school_id: UUID) -> Iterator[tuple[Task, Line]]:
    """What became of each task (with ``org`` at hand), in words: at most two statements for all of them."""
    kept = sheets.submissions_held_by(
        "duties", {task.ref_id for task in tasks if task.act == "sheet" and task.ref_id and not task.via_id}
    )
    for task in tasks:
        state = STATES[task.state] + ("（补）" if task.backfilled else "") + ("（无事）" if task.nil else "")
        unit = "" if task.org_id == school_id else task.org.name
        said = kept.get(task.ref_id) if task.ref_id and not task.via_id else None
        words = _words(said) if said else task.note
        yield task, (task.on, unit, state, task.done_by_name, words)


def _words(said: Any) -> str:
    """What was written down: values as they are, judgements only where something was not in order or explained."""
    content = sheets.version_for_filling(SYSTEM, said.version_id).content
    parts = []
    for item, answer in sheets.answers_in_words(content, said.answers):
        value, note = str(answer.get("value") or ""), str(answer.get("note") or "")
        if answer.get("result") == "fail":
            value = RESULTS["fail"]
        if words := "，".join(part for part in (value, note) if part):
            parts.append(f"{item.title}：{words}{item.unit if value and not note else ''}")
    return "；".join(parts) or "各项正常"


def _piece(visit: Visit, refs: tuple[str, ...], title: str, rows: list[Any]) -> Piece:
    span = f"{visit.since:%Y-%m-%d} 至 {visit.so_far:%Y-%m-%d}"
    if len(rows) > MOST_PRINTED:
        leaf = Leaf("完成情况", f"{visit.school.name}　{title}　{span}", HEADS, rows)
        return Piece(refs, FOLDER, f"{title}.xlsx", visit.so_far, lambda: workbook([leaf], made_on=visit.so_far))
    return Piece(refs, FOLDER, f"{title}.pdf", visit.so_far, lambda: _printed(visit.school.name, title, span, rows))


def _printed(school: str, title: str, span: str, rows: list[Any]) -> bytes:
    missed = sum(row[2] == STATES["missed"] for row in rows)
    columns = (Column("日期"), Column("单位"), Column("状态"), Column("完成人"), Column("登记内容", 4))
    table = Table(columns, tuple((f"{on:%m-%d}", *rest) for on, *rest in rows))
    return render_paper(
        Paper(
            head=school, title=f"{title}登记表",
            blocks=(Note(f"{span}　应办 {len(rows)} 次，漏办 {missed} 次"), table, Signatures((Signature("安全负责人"), Signature("校（园）长")))),
        )
    )  # fmt: skip
