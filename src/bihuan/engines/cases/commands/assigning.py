"""Assigning, transferring, listing, and the 督办单 that says it on paper."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.utils import timezone
from pydantic import Field

from bihuan.engines.cases import timing
from bihuan.engines.cases.commands.arguments import Note
from bihuan.engines.cases.commands.engine import (
    Taken,
    carry_out,
    chosen_rectifier,
    each,
    held,
    moved,
    planned,
    step_due,
    take_step,
)
from bihuan.engines.cases.commands.issuing import NOTICE, Wanted, print_all
from bihuan.engines.cases.models import Case
from bihuan.engines.cases.pack import levels_of, lifecycle_of
from bihuan.engines.responsibility.queries import org as org_seen
from bihuan.foundation import packs
from bihuan.foundation.actors import SYSTEM, Actor
from bihuan.foundation.commands import command
from bihuan.foundation.events import Event, record_all, timelines
from bihuan.foundation.refusals import Refusal

MOST = 100
MOST_YEARS = 3


def checked_due(at: datetime, due: datetime | None) -> datetime | None:
    """A chosen deadline that lies ahead, or ``cases.bad_due``."""
    if due is None:
        return None
    if not at.year <= due.year <= at.year + MOST_YEARS:
        raise Refusal("cases.bad_due", fields={"due": f"请选择从现在起{MOST_YEARS}年以内的时间。"})
    due = due if due.tzinfo else timezone.make_aware(due)
    if due <= at:
        raise Refusal("cases.bad_due", fields={"due": "请选择现在之后的时间。"})
    return due


@command("cases.assign_case")
def assign_case(
    by: Actor,
    at: datetime,
    *,
    case: UUID,
    rectifier: UUID | None = None,
    due: datetime | None = None,
    note: Note = "",
    party: UUID | None = None,
    notice: Literal["now", "later"] = "now",
    revision: int | None = None,
) -> Case:
    """Hand a reported hazard to the person who must put it right, by a day; somebody who may issue papers issues a 督办单.

    Without ``due`` the level's own deadline holds. ``party`` is a partner department (with or without a person there).
    ``notice="later"``: one 督办单 for several hazards follows (``issue_supervision_notice``). Refusals:
    ``cases.wrong_rectifier``, ``cases.wrong_party``, ``cases.bad_due``, and those of a step.
    """
    row = held(by, case)
    out = HandOut(rectifier, checked_due(at, due), note, party)
    step = handing(by, at, row, to=out, revision=revision, paper=notice == "now")
    if carry_out(by, at, [step]):
        raise moved(by, Case.objects.get(pk=case), step.table, "assign")
    return row


@dataclass(frozen=True)
class HandOut:
    """Who must put a hazard right, by when, and what is asked."""

    rectifier: UUID | None
    due: datetime | None = None
    note: str = ""
    party: UUID | None = None


def handing(
    by: Actor, at: datetime, row: Case, *, to: HandOut, able: Iterable[Any] = (), revision: int | None = None,
    paper: bool = False,
) -> Taken:  # fmt: skip
    """Assigning in memory, for ``carry_out`` (or for a case that is not yet written). Refusals as ``assign_case``."""
    changes = _handed(by, row, to.rectifier, to.party, able) if to.rectifier or to.party else {}
    if changes and by.may("verify", row) and by.id != changes["rectifier_id"]:
        changes |= {"verifier_id": by.id, "verifier_name": by.name}
    if changes:
        changes["rectify_due_at"] = to.due or _default_due(row, at)
    facts = {"rectifier": to.rectifier, "rectifier_name": changes.get("rectifier_name", ""), "party": to.party}
    return planned(
        by, at, case=row, action="assign", fact="cases.assigned", note=to.note, revision=revision,
        given={"rectifier"} if changes else (), changes=changes, due_at=to.due if row.level != "major" else None,
        facts=facts, paper=paper,
    )  # fmt: skip


def _default_due(row: Case, at: datetime) -> datetime | None:
    table = lifecycle_of(row.bureau_id, row.lifecycle)
    step = table.find(row.state, "assign", row.level)
    if step is not None and step.within == "level":
        return step_due(row, step, at)
    level = levels_of(row.bureau_id)[row.level]
    return timing.deadline(row.bureau_id, at, level["within"], level["clock"])


def _handed(
    by: Actor, row: Case, rectifier: UUID | None, party: UUID | None, able: Iterable[Any] = ()
) -> dict[str, Any]:
    """The columns that say who must put it right."""
    changes: dict[str, Any] = {"rectifier_id": None, "rectifier_name": "", "party_id": None, "party_name": ""}
    if party is not None:
        try:
            department = org_seen(SYSTEM, party)
        except Refusal:
            raise Refusal("cases.wrong_party", fields={"party": "请重新选择。"}) from None
        if department.tier != "department" or department.bureau_id != row.bureau_id:
            raise Refusal("cases.wrong_party", fields={"party": "请重新选择。"})
        changes |= {"party_id": department.pk, "party_name": department.short_name or department.name}
    if rectifier is not None:
        changes["rectifier_id"], changes["rectifier_name"] = chosen_rectifier(row, rectifier, party, able)
    return changes


@command("cases.bulk_assign")
def bulk_assign(
    by: Actor,
    at: datetime,
    *,
    cases: Annotated[list[UUID], Field(min_length=1, max_length=MOST)],
    rectifier: UUID,
    due: datetime | None = None,
    note: Note = "",
) -> dict[str, Any]:
    """Assign several reported hazards to one person; each succeeds or is refused by itself, and every refusal is named.

    The 督办单 covers those of one school that were assigned. There is no bulk closing, and there will be none.
    """
    due = checked_due(at, due)
    rows = {row.pk: row for row in Case.objects.visible_to(by).filter(pk__in=cases).select_related("org")}
    late = _last_acts([row for row in rows.values() if not _assignable(row)])
    steps: list[Taken] = []
    refused: dict[UUID, Refusal] = {}
    for pk in dict.fromkeys(cases):
        try:
            if (row := rows.get(pk)) is None:
                raise Refusal("foundation.not_found")
            if not _assignable(row):
                raise moved(by, row, lifecycle_of(row.bureau_id, row.lifecycle), "assign", late.get(pk))
            steps.append(handing(by, at, row, to=HandOut(rectifier, due, note)))
        except Refusal as no:
            refused[pk] = no
    for lost in carry_out(by, at, steps):
        refused[lost.case.pk] = moved(by, Case.objects.get(pk=lost.case.pk), lost.table, "assign")
    by_school: dict[UUID | None, list[Case]] = defaultdict(list)
    for step in steps:
        row = step.case
        if row.pk not in refused and by.may("issue-paper", row) and NOTICE in packs.entries(row.bureau_id, "papers"):
            by_school[row.school_id].append(row)
    papers, told = issue_notices(by, at, list(by_school.values()), note)
    record_all(told, by=by, at=at)
    report = [_line(pk, rows.get(pk), refused.get(pk)) for pk in dict.fromkeys(cases)]
    return {"items": report, "done": len(report) - len(refused), "refused": len(refused), "papers": papers}


def _assignable(row: Case) -> bool:
    return lifecycle_of(row.bureau_id, row.lifecycle).find(row.state, "assign", row.level) is not None


def _last_acts(rows: Iterable[Case]) -> dict[UUID, Event]:
    """The latest act in each of these cases, in one statement: what a refusal tells."""
    wanted = list(rows)
    if not wanted:
        return {}
    found = timelines({row.bureau_id for row in wanted}, [row.pk for row in wanted])
    return {event.subject_id: event for event in found if "action" in event.facts}


def _line(pk: UUID, row: Case | None, no: Refusal | None) -> dict[str, Any]:
    said = {"done": True} if no is None else {"done": False, "code": no.code, "sentence": no.sentence}
    return {"id": str(pk)} | said | _named(row)


def _named(row: Case | None) -> dict[str, str]:
    return {"number": row.number, "title": row.title} if row is not None else {}


@command("cases.issue_supervision_notice")
def issue_supervision_notice(
    by: Actor, at: datetime, *, cases: Annotated[list[UUID], Field(min_length=1, max_length=MOST)], note: Note = ""
) -> dict[str, str]:
    """Issue one numbered 督办单 for assigned hazards of one school; one fact for each hazard, one number for all.

    Refusals: ``foundation.not_found``, ``cases.not_together``, ``cases.no_paper_right``, ``cases.already_noticed``,
    ``cases.not_assigned_yet``, ``cases.no_series``.
    """
    found = {row.pk: row for row in Case.objects.visible_to(by).filter(pk__in=cases).select_related("org")}
    rows = [found[pk] for pk in dict.fromkeys(cases) if pk in found]
    if len(rows) < len(set(cases)):
        raise Refusal("foundation.not_found")
    if len({(row.bureau_id, row.school_id) for row in rows}) > 1:
        raise Refusal("cases.not_together")
    for row in rows:
        if not by.may("issue-paper", row):
            raise Refusal("cases.no_paper_right")
        if row.notice_number:
            raise Refusal("cases.already_noticed", number=row.number, notice=row.notice_number)
        table = lifecycle_of(row.bureau_id, row.lifecycle)
        if not row.is_open or row.state == table.initial:
            raise Refusal("cases.not_assigned_yet", number=row.number, state=table.states[row.state].name)
    (paper,), told = issue_notices(by, at, [rows], note)
    record_all(told, by=by, at=at)
    return paper


def issue_notices(
    by: Actor, at: datetime, groups: Sequence[Sequence[Case]], note: str = ""
) -> tuple[list[dict[str, str]], list[tuple[Case, str, dict[str, Any]]]]:
    """One 督办单 for each group of cases of one school; one fact for each case, which the caller records."""
    ordered = [sorted(group, key=lambda row: row.number) for group in groups]
    papers = print_all(by, at, [Wanted(NOTICE, group, note=note) for group in ordered])
    rows = [row for group in ordered for row in group]
    if rows:
        fresh = Case.objects.filter(pk__in=[row.pk for row in rows], notice_number="")
        number = each([(row.pk, row.notice_number) for row in rows], "notice_number")
        if fresh.update(supervised=True, notice_number=number) < len(rows):
            raise Refusal("foundation.changed_meanwhile", who="别人")
    told = [
        (row, "cases.notice_issued", {"paper": paper, "note": note})
        for group, paper in zip(ordered, papers, strict=True)
        for row in group
    ]
    return papers, told


@command("cases.transfer_case")
def transfer_case(
    by: Actor,
    at: datetime,
    *,
    case: UUID,
    rectifier: UUID | None = None,
    party: UUID | None = None,
    note: Note = "",
    revision: int | None = None,
) -> Case:
    """Hand a case on to another person or to a partner department, with the reason; the deadline stays.

    Refusals: ``cases.wrong_rectifier``, ``cases.wrong_party``, and those of a step.
    """
    row = held(by, case)
    changes = _handed(by, row, rectifier, party) if rectifier or party else {}
    if changes:
        changes |= {
            "waits_for_id": changes["rectifier_id"],
            "waits_for_name": changes["rectifier_name"] or changes["party_name"],
        }
        if changes["rectifier_id"] == row.verifier_id:
            changes |= {"verifier_id": None, "verifier_name": ""}
    facts = {
        "rectifier": rectifier,
        "rectifier_name": changes.get("rectifier_name", ""),
        "party": party,
        "was": row.rectifier_name or row.party_name,
    }
    return take_step(
        by, at, case=row, action="transfer", fact="cases.transferred", note=note, revision=revision,
        given={"rectifier"} if changes else (), changes=changes, facts=facts,
    )  # fmt: skip


@command("cases.list_supervision")
def list_supervision(
    by: Actor, at: datetime, *, case: UUID, due: datetime | None = None, note: Note = "", revision: int | None = None
) -> Case:
    """Put a major hazard under listed supervision (挂牌督办): from here the rectification runs, on clock hours.

    Refusals: ``cases.bad_due``, and those of a step.
    """
    row = held(by, case)
    due = checked_due(at, due)
    level = levels_of(row.bureau_id)[row.level]
    until = due or timing.deadline(row.bureau_id, at, level["within"], level["clock"])
    return take_step(
        by, at, case=row, action="list-supervision", fact="cases.supervision_listed", note=note, revision=revision,
        changes={"listed_at": at, "rectify_due_at": until}, due_at=until,
    )  # fmt: skip


__all__ = [
    "HandOut",
    "assign_case",
    "bulk_assign",
    "checked_due",
    "handing",
    "issue_supervision_notice",
    "list_supervision",
    "transfer_case",
]
