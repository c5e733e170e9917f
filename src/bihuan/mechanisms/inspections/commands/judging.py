"""Judging item by item, and turning what is wrong into hazards: exactly one for each finding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from pydantic import BaseModel, ConfigDict, Field

from bihuan.engines.cases import commands as cases
from bihuan.engines.responsibility import queries as net
from bihuan.engines.sheets import commands as sheets
from bihuan.engines.sheets import queries as sheet_queries
from bihuan.engines.sheets.commands import AnswerIn
from bihuan.engines.sheets.rules import Content, Item, is_wrong, open_items
from bihuan.foundation.actors import SYSTEM, Actor
from bihuan.foundation.commands import command
from bihuan.foundation.events import record, record_all
from bihuan.foundation.ids import uuid7
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.inspections import rules
from bihuan.mechanisms.inspections.commands.opening import _mine
from bihuan.mechanisms.inspections.models import Inspection

TRIES = 5
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

    def facts(self) -> dict[str, str]:
        """For the recorded fact and the answer to the sender."""
        return {"item": self.item, "id": str(self.case_id), "number": self.number}


@command("inspections.answer")
def answer(by: Actor, at: datetime, *, inspection_id: UUID, answers: Answers, hazards: Hazards = {}) -> dict[str, Any]:  # noqa: B006
    """Judge items; those named in ``hazards`` become hazards at once, the other abnormal ones when the inspection ends.

    The last writer of an item wins, and the answer says whose word it replaced. Refusals: ``inspections.not_begun``,
    ``inspections.not_open``, ``inspections.not_inspector``, ``inspections.already_hazard``, ``inspections.not_wrong``,
    ``inspections.five_missing``, ``sheets.bad_answers``.
    """
    row = _working(by, inspection_id, items=[*answers, *hazards])
    _refuse_taken(row, answers)
    written = sheets.write(by, at, submission_id=row.submission_id, answers=answers, seen=row.submission)
    raised, told = _raise(by, at, row, hazards, written.answers)
    said = {**written.facts(), "hazards": [one.facts() for one in raised]}
    results = {code: one.result or one.value for code, one in answers.items()}
    record_all([*told, (row, "inspections.answered", {"items": results, **said})], by=by, at=at)
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
    submission = row.submission
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
    written = sheets.write(by, at, submission_id=row.submission_id, answers=rest, seen=submission)
    record(
        row, "inspections.answered", by=by, at=at, items=dict.fromkeys(rest, "pass"), rest_of=section, **written.facts()
    )
    return {**written.facts(), "passed": list(rest)}


@command("inspections.raise_hazards")
def raise_hazards(by: Actor, at: datetime, *, inspection_id: UUID, hazards: Hazards = {}) -> dict[str, Any]:  # noqa: B006
    """Turn abnormal items into hazards, each once: those named in ``hazards``, or without a name all that are left.

    Whoever may assign here hands them out in the same act. Asking again answers with the same hazards. Refusals:
    ``inspections.not_wrong``, ``inspections.five_missing``, and those of reporting and assigning.
    """
    row = _working(by, inspection_id, items=list(hazards) or None)
    answers = row.submission.answers
    raised, told = _raise(by, at, row, hazards or dict.fromkeys(_wrong(row), HazardIn()), answers)
    said = {"hazards": [one.facts() for one in raised]}
    if told:
        record_all([*told, (row, "inspections.hazard_raised", said)], by=by, at=at)
    return said


# --- inside ----------------------------------------------------------------------------------------------------------


def _working(by: Actor, inspection_id: UUID, *, items: Sequence[str] | None = ()) -> Any:
    row = _mine(by, inspection_id, items=items)
    if row.state == "planned":
        raise Refusal("inspections.not_begun")
    if row.state != "open":
        raise Refusal("inspections.not_open", state=rules.STATES[row.state])
    return row


def _wrong(row: Inspection) -> list[str]:
    """The items that were judged as not normal, in the sheet's order."""
    answers = row.submission.answers
    content = sheet_queries.version_for_filling(SYSTEM, row.submission.version_id).content
    return [item.code for item in content.items if item.code in answers and is_wrong(item, answers[item.code])]


def _taken(row: Inspection) -> dict[str, Raised]:
    """Item → the hazard that it became."""
    found = sheet_queries.findings_of(row.submission_id)
    return {one.item: Raised(one.item, one.case_id, one.case_number) for one in found if one.case_id}


def _refuse_taken(row: Any, answers: Mapping[str, AnswerIn]) -> None:
    judged_well = [code for code, one in answers.items() if one.result != "fail"]
    if row.taken and judged_well:
        taken = _taken(row)
        for code in judged_well:
            if code in taken:
                raise Refusal("inspections.already_hazard", item=code, number=taken[code].number)


def _raise(
    by: Actor, at: datetime, row: Any, hazards: Mapping[str, HazardIn], answers: Mapping[str, Any]
) -> tuple[list[Raised], list[Any]]:
    """Exactly one hazard for each of these items; the facts are the caller's to record."""
    content = sheet_queries.version_for_filling(SYSTEM, row.submission.version_id).content
    for code in hazards:
        if code not in answers or code not in content.by_code or not is_wrong(content.by_code[code], answers[code]):
            raise Refusal("inspections.not_wrong", item=code)
    taken = _taken(row) if row.taken else {}
    for _ in range(TRIES):
        fresh = {code: given for code, given in hazards.items() if code not in taken}
        try:
            with transaction.atomic():
                made, told = _raise_fresh(by, at, row, content, fresh, answers)
        except (IntegrityError, Refusal) as lost:  # a colleague has just raised one of them, and has its photos
            before, taken = taken, _taken(row)
            if isinstance(lost, Refusal) and taken.keys() <= before.keys():
                raise
        else:
            taken |= made
            return [taken[code] for code in hazards], told
    raise Refusal("foundation.changed_meanwhile", who="一起检查的人")


def _raise_fresh(
    by: Actor, at: datetime, row: Inspection, content: Content, hazards: Mapping[str, HazardIn], answers: Mapping[str, Any]
) -> tuple[dict[str, Raised], list[Any]]:  # fmt: skip
    if not hazards:
        return {}, []
    org, reporter = row.org, _reporter(by, row, row.org)
    able: list[Any] | None = None
    if by.may("assign", org):
        able = net.who_could("rectify", org, on=timezone.localdate(at))
    found = []
    for code, given in hazards.items():
        item, said = content.by_code[code], answers[code]
        if row.kind == "self_check" and (missing := rules.empty_words(given.five, rules.FIVE)):
            fields = {f"five-{code}": f"还缺{'、'.join(missing)}"}
            raise Refusal("inspections.five_missing", what="、".join(missing), fields=fields)
        found.append(_found(row, item, said, given, reporter, at, able, content.section_titles.get(item.section, "")))
    reported, told = cases.found_at(
        reporter, at, unit=org, found=found, source=rules.source_of(row.kind), source_id=row.pk, able=able
    )
    made = {case.item: Raised(case.item, case.pk, case.number) for case in reported}
    sheets.take_up(at, row.submission, answers, {one.item: (one.case_id, one.number) for one in made.values()})
    return made, told


def _found(
    row: Inspection, item: Item, said: Mapping[str, Any], given: HazardIn, reporter: Actor, at: datetime,
    able: Sequence[Any] | None, category: str,
) -> cases.Found:  # fmt: skip
    note = said.get("note", "")
    words = note if said["by"] == str(reporter.id) else f"{note}（{said['by_name']}现场判定）"
    rectifier = None if able is None else given.rectifier or default_rectifier(row, at, able)
    return cases.Found(
        uuid7(), title=(given.title or note or item.title)[:120], description=_described(words, given),
        place=said.get("place") or item.place, category=category[:40], item=item.code, item_title=item.title[:120],
        basis=item.basis[:300], level=given.level or item.severity,
        photos=tuple(UUID(photo) for photo in said.get("photos", ())), photographer=UUID(said["by"]),
        hand_out=cases.HandOut(rectifier, given.due, "检查现场交办") if rectifier else None,
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


def default_rectifier(row: Inspection, at: datetime, able: Sequence[Any] | None = None) -> UUID | None:
    """Who answers for putting things right at this school on that day: of those who may (*able*), the first by post."""
    if able is None:
        able = net.who_could("rectify", row.org, on=timezone.localdate(at))
    rank = {post: n for n, post in enumerate(RECTIFIER_POSTS)}
    own = sorted((one for one in able if one.school_id == row.org_id), key=lambda one: rank.get(one.post, len(rank)))
    return own[0].user_id if own else None
