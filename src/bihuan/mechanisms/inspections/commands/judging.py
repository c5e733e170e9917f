"""Judging item by item, and turning what is wrong into hazards: exactly one for each finding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Annotated, Any
from uuid import UUID

from django.db.models import F
from django.utils import timezone
from pydantic import BaseModel, ConfigDict, Field

from bihuan.engines.cases import commands as cases
from bihuan.engines.responsibility import queries as net
from bihuan.engines.sheets import commands as sheets
from bihuan.engines.sheets import queries as sheet_queries
from bihuan.engines.sheets.commands import AnswerIn
from bihuan.engines.sheets.rules import Item, is_wrong, open_items
from bihuan.foundation.actors import SYSTEM, Actor
from bihuan.foundation.commands import command
from bihuan.foundation.events import record
from bihuan.foundation.evidence.commands import attach_evidence
from bihuan.foundation.ids import uuid7
from bihuan.foundation.refusals import Refusal
from bihuan.foundation.scoping import placed
from bihuan.mechanisms.inspections import rules
from bihuan.mechanisms.inspections.commands.opening import HOLDER, _mine
from bihuan.mechanisms.inspections.models import Inspection

RECTIFIER_POSTS = ("safety-lead", "kindergarten-safety-lead", "logistics-lead", "head", "kindergarten-head")
"""Who gets a hazard when the inspector names nobody: of those at the school who may rectify, the first by post."""
Answers = Annotated[dict[str, AnswerIn], Field(min_length=1, max_length=400)]


class HazardIn(BaseModel):
    """What an inspector adds when an item becomes a hazard; what is left out is taken from the item and the net."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    title: Annotated[str, Field(max_length=120)] = ""
    level: Annotated[str, Field(max_length=20)] = ""
    rectifier: UUID | None = None
    due: datetime | None = None
    five: dict[str, Annotated[str, Field(max_length=400)]] = {}


Hazards = Annotated[dict[str, HazardIn], Field(max_length=400)]


@dataclass(frozen=True, slots=True)
class Raised:
    """A hazard that an item became."""

    item: str
    case_id: UUID
    number: str


@command("inspections.answer")
def answer(by: Actor, at: datetime, *, inspection_id: UUID, answers: Answers, hazards: Hazards = {}) -> dict[str, Any]:  # noqa: B006
    """Judge items; those named in ``hazards`` become hazards at once, the other abnormal ones when the inspection ends.

    The last writer of an item wins, and the answer says whose word it replaced. Refusals: ``inspections.not_begun``,
    ``inspections.not_open``, ``inspections.not_inspector``, ``inspections.already_hazard``, ``inspections.not_wrong``,
    ``inspections.five_missing``, ``sheets.bad_answers``.
    """
    row = _working(by, inspection_id)
    _refuse_taken(row, answers)
    written = sheets.write(by, at, submission_id=row.submission_id, answers=answers)
    raised = [_raise(by, at, row, item, hazard) for item, hazard in hazards.items()]
    said = {**written.facts(), "hazards": [{"item": r.item, "id": str(r.case_id), "number": r.number} for r in raised]}
    results = {code: one.result or one.value for code, one in answers.items()}
    record(row, "inspections.answered", by=by, at=at, items=results, **said)
    return said


@command("inspections.pass_rest")
def pass_rest(
    by: Actor, at: datetime, *, inspection_id: UUID, section: str, seen: Annotated[list[str], Field(max_length=400)]
) -> dict[str, Any]:
    """「其余本类均符合」: pass every item of a category that is still open, but only when each was seen.

    ``seen`` are the items that stood before the inspector's eyes. Refusals: ``inspections.not_seen`` and those of
    ``inspections.answer``.
    """
    row = _working(by, inspection_id)
    submission = sheet_queries.submission_held_by(HOLDER, row.submission_id)
    content = sheet_queries.version_for_filling(SYSTEM, submission.version_id).content
    left = [
        code
        for code in open_items(content, submission.asked, submission.answers)
        if content.by_code[code].section == section
    ]
    unseen = [content.by_code[code] for code in left if code not in seen]
    if unseen:
        raise Refusal("inspections.not_seen", count=len(unseen), first=f"{unseen[0].code} {unseen[0].title}")
    rest = {code: AnswerIn(result="pass") for code in left if content.by_code[code].kind == "pass-fail"}
    if not rest:
        return {"done": 0, "asked": 0, "replaced": [], "wrong": [], "passed": []}
    written = sheets.write(by, at, submission_id=row.submission_id, answers=rest)
    record(
        row, "inspections.answered", by=by, at=at, items=dict.fromkeys(rest, "pass"), rest_of=section, **written.facts()
    )
    return {**written.facts(), "passed": list(rest)}


@command("inspections.raise_hazard")
def raise_hazard(
    by: Actor, at: datetime, *, inspection_id: UUID, item: str, hazard: HazardIn | None = None
) -> dict[str, Any]:
    """Turn one abnormal item into a hazard now; asking again answers with the same hazard.

    Refusals: ``inspections.not_wrong``, ``inspections.five_missing``, and those of reporting and assigning.
    """
    row = _working(by, inspection_id)
    raised = _raise(by, at, row, item, hazard or HazardIn())
    record(row, "inspections.hazard_raised", by=by, at=at, item=item, case_id=raised.case_id, number=raised.number)
    return {"id": str(raised.case_id), "number": raised.number, "item": item}


# --- inside ----------------------------------------------------------------------------------------------------------


def _working(by: Actor, inspection_id: UUID) -> Inspection:
    row = _mine(by, inspection_id)
    if row.state == "planned":
        raise Refusal("inspections.not_begun")
    if row.state != "open":
        raise Refusal("inspections.not_open", state=rules.STATES[row.state])
    return row


def _refuse_taken(row: Inspection, answers: Mapping[str, AnswerIn]) -> None:
    taken = {f.item: f.case_number for f in sheet_queries.findings_of(row.submission_id) if f.case_id}
    for code, one in answers.items():
        if code in taken and one.result != "fail":
            raise Refusal("inspections.already_hazard", item=code, number=taken[code])


def _raise(by: Actor, at: datetime, row: Inspection, code: str, given: HazardIn) -> Raised:
    submission = sheet_queries.submission_held_by(HOLDER, row.submission_id)
    content = sheet_queries.version_for_filling(SYSTEM, submission.version_id).content
    item, answer_given = content.by_code.get(code), submission.answers.get(code)
    if item is None or answer_given is None or not is_wrong(item, answer_given):
        raise Refusal("inspections.not_wrong", item=code)
    finding = sheets.raise_finding(by, at, submission_id=row.submission_id, item=code)
    if finding.case_id is not None:
        return Raised(code, finding.case_id, finding.case_number)
    if row.kind == "self_check" and (missing := rules.empty_words(given.five, rules.FIVE)):
        raise Refusal(
            "inspections.five_missing", what="、".join(missing), fields={f"five-{code}": f"还缺{'、'.join(missing)}"}
        )
    case_id = uuid7()
    if not sheets.hand_over_finding(finding.pk, case_id):
        finding = sheets.raise_finding(by, at, submission_id=row.submission_id, item=code)
        return Raised(code, finding.case_id or case_id, finding.case_number)
    case = _report(
        by, at, row, item, finding, answer_given, given, case_id, content.section_titles.get(item.section, "")
    )
    sheets.name_case(finding.pk, case.number)
    Inspection.objects.filter(pk=row.pk).update(hazards=F("hazards") + 1)
    assign(by, at, row, case, given)
    return Raised(code, case_id, case.number)


def _report(
    by: Actor,
    at: datetime,
    row: Inspection,
    item: Item,
    finding: Any,
    said: Mapping[str, Any],
    given: HazardIn,
    case_id: UUID,
    category: str,
) -> Any:
    org = net.org(SYSTEM, row.org_id)
    photos = [UUID(photo) for photo in finding.photos]
    _keep_for_case(photos, case_id, org, UUID(said["by"]), said["by_name"])
    reporter = _reporter(by, row, org)
    words = finding.note if said["by"] == str(reporter.id) else f"{finding.note}（{said['by_name']}现场判定）"
    return cases.report_hazard(
        reporter, at, id=case_id, org=row.org_id, title=(given.title or finding.note or item.title)[:120], description=_described(words, given),
        place=finding.place, category=category[:40], item=item.code, item_title=item.title[:120], basis=item.basis[:300],
        level=given.level or item.severity, photos=photos, source=rules.source_of(row.kind), source_id=row.pk,
    )  # fmt: skip


def _described(words: str, given: HazardIn) -> str:
    five = "；".join(f"{label}：{given.five[name]}" for name, label in rules.FIVE.items() if given.five.get(name))
    return f"{words}\n五落实：{five}" if five else words


def _reporter(by: Actor, row: Inspection, org: Any) -> Actor:
    """The person who raises it when their own post lets them report here; else the leader, in whose team they look."""
    if by.may("snap", org) or by.may("inspect", org):
        return by
    lead = net.actor_of(row.lead_id)
    return lead if lead is not None else by


def _keep_for_case(photos: list[UUID], case_id: UUID, org: Any, maker_id: UUID, maker_name: str) -> None:
    """Tie the photos to the hazard in the name of whoever took them: only their maker may attach them."""
    to_be = SimpleNamespace(pk=case_id, _meta=SimpleNamespace(label_lower="cases.case"), **placed(org))
    attach_evidence(to_be, photos, Actor(id=maker_id, name=maker_name))


def assign(by: Actor, at: datetime, row: Inspection, case: Any, given: HazardIn) -> None:
    """Hand a reported hazard out on the spot when this person may; otherwise it waits for the bureau."""
    rectifier = given.rectifier or default_rectifier(row, at)
    if rectifier is not None and by.may("assign", case):
        cases.assign_case(by, at, case=case.pk, rectifier=rectifier, due=given.due, note="检查现场交办", notice="later")


def default_rectifier(row: Inspection, at: datetime, able: Sequence[Any] | None = None) -> UUID | None:
    """Who answers for putting things right at this school on that day: of those who may (*able*), the first by post."""
    if able is None:
        able = net.who_could("rectify", net.org(SYSTEM, row.org_id), on=timezone.localdate(at))
    rank = {post: n for n, post in enumerate(RECTIFIER_POSTS)}
    own = sorted((one for one in able if one.school_id == row.org_id), key=lambda one: rank.get(one.post, len(rank)))
    return own[0].user_id if own else None
