"""Assigning, transferring, listing, and the 督办单 that says it on paper."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from pydantic import Field

from bihuan.engines.cases import timing
from bihuan.engines.cases.commands.engine import chosen_rectifier, print_paper, step_due, take_step
from bihuan.engines.cases.commands.reporting import Note
from bihuan.engines.cases.models import Case
from bihuan.engines.cases.pack import levels_of, lifecycle_of
from bihuan.engines.responsibility.queries import org as org_seen
from bihuan.foundation import packs
from bihuan.foundation.actors import SYSTEM, Actor
from bihuan.foundation.commands import command
from bihuan.foundation.events import record
from bihuan.foundation.refusals import Refusal

NOTICE = "supervision-notice"
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
    row = Case.objects.seen(by, case)
    changes = _handed(by, row, rectifier, party) if rectifier or party else {}
    if changes and by.may("verify", row) and by.id != changes["rectifier_id"]:
        changes |= {"verifier_id": by.id, "verifier_name": by.name}
    due = checked_due(at, due)
    if changes:
        changes["rectify_due_at"] = due or _default_due(row, at)
    facts = {"rectifier": rectifier, "rectifier_name": changes.get("rectifier_name", ""), "party": party}
    return take_step(
        by, at, case_id=case, action="assign", fact="cases.assigned", note=note, revision=revision,
        given={"rectifier"} if changes else (), changes=changes, due_at=due if row.level != "major" else None, facts=facts,
        paper=notice == "now",
    )  # fmt: skip


def _default_due(row: Case, at: datetime) -> datetime | None:
    table = lifecycle_of(row.bureau_id, row.lifecycle)
    step = table.find(row.state, "assign", row.level)
    if step is not None and step.within == "level":
        return step_due(row, step, at)
    level = levels_of(row.bureau_id)[row.level]
    return timing.deadline(row.bureau_id, at, level["within"], level["clock"])


def _handed(by: Actor, row: Case, rectifier: UUID | None, party: UUID | None) -> dict[str, Any]:
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
        changes["rectifier_id"], changes["rectifier_name"] = chosen_rectifier(row, rectifier, party)
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
    known = {row.pk: row for row in Case.objects.visible_to(by).filter(pk__in=cases)}
    report: list[dict[str, Any]] = []
    by_school: dict[UUID | None, list[UUID]] = defaultdict(list)
    for pk in dict.fromkeys(cases):
        try:
            with transaction.atomic():
                row = assign_case(by, at, case=pk, rectifier=rectifier, due=due, note=note, notice="later")
        except Refusal as no:
            report.append(
                {"id": str(pk), "done": False, "code": no.code, "sentence": no.sentence} | _named(known.get(pk))
            )
        else:
            report.append({"id": str(pk), "done": True} | _named(row))
            if by.may("issue-paper", row) and NOTICE in packs.entries(row.bureau_id, "papers"):
                by_school[row.school_id].append(pk)
    papers = [issue_supervision_notice(by, at, cases=pks, note=note) for pks in by_school.values()]
    done = sum(line["done"] for line in report)
    return {"items": report, "done": done, "refused": len(report) - done, "papers": papers}


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
    rows = [Case.objects.seen(by, pk) for pk in dict.fromkeys(cases)]
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
    rows.sort(key=lambda row: row.number)
    paper = print_paper(by, at, code=NOTICE, cases=rows, note=note)
    for row in rows:
        record(row, "cases.notice_issued", by=by, at=at, paper=paper, note=note)
    return paper


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
    row = Case.objects.seen(by, case)
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
        by, at, case_id=case, action="transfer", fact="cases.transferred", note=note, revision=revision,
        given={"rectifier"} if changes else (), changes=changes, facts=facts,
    )  # fmt: skip


@command("cases.list_supervision")
def list_supervision(
    by: Actor, at: datetime, *, case: UUID, due: datetime | None = None, note: Note = "", revision: int | None = None
) -> Case:
    """Put a major hazard under listed supervision (挂牌督办): from here the rectification runs, on clock hours.

    Refusals: ``cases.bad_due``, and those of a step.
    """
    row = Case.objects.seen(by, case)
    due = checked_due(at, due)
    level = levels_of(row.bureau_id)[row.level]
    until = due or timing.deadline(row.bureau_id, at, level["within"], level["clock"])
    return take_step(
        by, at, case_id=case, action="list-supervision", fact="cases.supervision_listed", note=note, revision=revision,
        changes={"listed_at": at, "rectify_due_at": until}, due_at=until,
    )  # fmt: skip


__all__ = ["assign_case", "bulk_assign", "checked_due", "issue_supervision_notice", "list_supervision", "transfer_case"]
