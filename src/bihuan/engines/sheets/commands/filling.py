"""Submissions: begun, answered (by several people at once), submitted. A mechanism that holds one writes through the
plain functions (``begin``, ``write``, ``finish`` …) inside its own command and states its own fact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.db.models import F
from django.utils import timezone
from pydantic import BaseModel, ConfigDict, Field

from bihuan.engines.responsibility import queries as net
from bihuan.engines.sheets import refusals  # noqa: F401 - their sentences must be declared
from bihuan.engines.sheets.hot import insert
from bihuan.engines.sheets.models import Finding, Submission
from bihuan.engines.sheets.queries import VersionInForce, version_for_filling
from bihuan.engines.sheets.rules import Answer, Content, Tally, faults_of, is_wrong, open_items, tally
from bihuan.foundation import hot
from bihuan.foundation.actors import SYSTEM, Actor, Placed
from bihuan.foundation.commands import command
from bihuan.foundation.events import record
from bihuan.foundation.ids import uuid7
from bihuan.foundation.refusals import Refusal
from bihuan.foundation.scoping import placed

TRIES = 5


class AnswerIn(BaseModel):
    """One answer as it is sent; see ``rules.Answer``."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    result: Literal["pass", "fail", "na", ""] = ""
    value: Annotated[str, Field(max_length=500)] = ""
    note: Annotated[str, Field(max_length=500)] = ""
    place: Annotated[str, Field(max_length=80)] = ""
    photos: Annotated[tuple[UUID, ...], Field(max_length=9)] = ()

    def as_answer(self) -> Answer:
        """The frozen answer of the rules."""
        return Answer(self.result, self.value, self.note, self.place, tuple(map(str, self.photos)))


Answers = Annotated[dict[str, AnswerIn], Field(max_length=1000)]


@dataclass(frozen=True, slots=True)
class Written:
    """What writing answers did: how far the submission is, and whose earlier answers were replaced."""

    tally: Tally
    replaced: tuple[dict[str, str], ...]
    wrong: tuple[str, ...]
    answers: Mapping[str, dict[str, Any]]

    def facts(self) -> dict[str, Any]:
        """For the recorded fact and the answer to the sender."""
        return {
            "done": self.tally.done,
            "asked": self.tally.asked,
            "replaced": list(self.replaced),
            "wrong": list(self.wrong),
        }


@command("sheets.start_submission")
def start_submission(
    by: Actor, at: datetime, *, id: UUID, version_id: UUID, org_id: UUID, asked: list[str] | None = None
) -> Submission:
    """Begin to fill a published version at a unit. Refusals: ``sheets.may_not_fill``, ``sheets.nothing_asked``."""
    org = net.org(by, org_id)
    submission = drafted(by, at, id=id, place=org, version=version_for_filling(by, version_id), asked=asked)
    begin([submission])
    _may_fill(by, submission)
    record(submission, "sheets.started", by=by, at=at)
    return submission


@command("sheets.answer_items")
def answer_items(by: Actor, at: datetime, *, submission_id: UUID, answers: Answers) -> dict[str, Any]:
    """Merge answers into a draft; the last writer of an item wins, and the answer says whose word it replaced.

    Refusals: ``sheets.bad_answers``, ``sheets.already_submitted``, ``sheets.filled_elsewhere``, ``sheets.may_not_fill``.
    """
    submission = _own(by, submission_id)
    written = write(by, at, submission_id=submission.pk, answers=answers)
    record(submission, "sheets.answered", by=by, at=at, items=_said(answers), **written.facts())
    return written.facts()


@command("sheets.submit")
def submit(by: Actor, at: datetime, *, submission_id: UUID, answers: Answers | None = None) -> Submission:
    """Finish a draft, with its last answers; what is not normal becomes findings.

    Refusals: ``sheets.items_left``, and those of ``sheets.answer_items``.
    """
    submission = _own(by, submission_id)
    if answers:
        write(by, at, submission_id=submission.pk, answers=answers)
    finished, findings = finish(by, at, submission_id=submission.pk, all_needed=True)
    record(
        finished,
        "sheets.submitted",
        by=by,
        at=at,
        failed=finished.failed,
        passed=finished.passed,
        findings=len(findings),
    )
    return finished


@command("sheets.submit_whole")
def submit_whole(by: Actor, at: datetime, *, id: UUID, version_id: UUID, org_id: UUID, answers: Answers) -> Submission:
    """Hand in a filled sheet in one go (a phone that was offline): only the items answered are asked. The hot path.

    Refusals: ``sheets.bad_answers``, ``sheets.may_not_fill``, ``foundation.receipt_conflict`` (the id is taken).
    """
    org = net.place_of(by, org_id)
    version = version_for_filling(by, version_id)
    _may_fill(by, org)
    row, findings = hand_in(by, at, id=id, place=org, version=version, answers=answers)
    record(row, "sheets.submitted", by=by, at=at, failed=row.failed, passed=row.passed, findings=len(findings))
    return row


# --- for mechanisms that hold a submission: inside their command, without a fact of their own -------------------------


def drafted(
    by: Actor, at: datetime, *, id: UUID, place: Any, version: VersionInForce, asked: Sequence[str] | None = None,
    holder: str = "", at_place: Placed | None = None,
) -> Submission:  # fmt: skip
    """A draft at the unit *place* for ``begin`` to keep; its scope columns are those of *at_place* (default: of *place*).

    Refusal: ``sheets.nothing_asked``.
    """
    codes = None if asked is None else [item.code for item in version.content.items if item.code in set(asked)]
    count = len(version.content.items) if codes is None else len(codes)
    if not count:
        raise Refusal("sheets.nothing_asked")
    return Submission(
        id=id, **placed(at_place or place), org_id=place.pk, version_id=version.id, holder=holder, asked=codes,
        asked_count=count, started_at=at, by_id=by.id, by_name=by.name,
    )  # fmt: skip


def begin(drafts: Sequence[Submission]) -> None:
    """Keep drafts, all in one statement. Refusal: ``foundation.receipt_conflict`` (an id is taken)."""
    if insert(drafts) < len(drafts):
        raise Refusal("foundation.receipt_conflict")


def hand_in(
    by: Actor, at: datetime, *, id: UUID, place: Any, version: VersionInForce, answers: Mapping[str, AnswerIn],
    asked: Sequence[str] | None = None, holder: str = "",
) -> tuple[Submission, list[Finding]]:  # fmt: skip
    """A whole sheet in one go: the submission with its findings, two statements. *asked*: what must be answered (default:
    what is).

    Refusals: ``sheets.bad_answers``, ``sheets.items_left``, ``foundation.receipt_conflict`` (the id is taken).
    """
    content = version.content
    given = {code: answer.as_answer() for code, answer in answers.items()}
    _refuse_bad(faults_of(content, asked, given))
    stored = _stored(by, at, given)
    codes = list(stored) if asked is None else list(asked)
    if asked is not None:
        _refuse_open(content, open_items(content, codes, stored))
    counted = tally([content.by_code[code] for code in codes], None, stored)
    row = Submission(
        id=id, **placed(place), org_id=place.pk, version_id=version.id, holder=holder, state="submitted", answers=stored,
        asked=codes, asked_count=counted.asked, passed=counted.passed, failed=counted.failed,
        not_applicable=counted.not_applicable, started_at=at, submitted_at=at, by_id=by.id, by_name=by.name, revision=1,
    )  # fmt: skip
    if not insert([row]):
        raise Refusal("foundation.receipt_conflict")
    findings = _findings(at, row, content, stored, known=frozenset())
    insert(findings)
    return row, findings


def write(
    by: Actor, at: datetime, *, submission_id: UUID, answers: Mapping[str, AnswerIn], seen: Submission | None = None
) -> Written:
    """Merge answers, however many people do so at once: read, merge, compare-and-swap, again if somebody was faster.

    *seen* is the row as the caller has just read it. Refusals: ``sheets.bad_answers``, ``sheets.already_submitted``,
    ``foundation.changed_meanwhile``.
    """
    given = {code: answer.as_answer() for code, answer in answers.items()}
    for n in range(TRIES):
        row = seen if seen and not n else Submission.objects.select_for_update().get(pk=submission_id)
        _refuse_submitted(row)
        content = version_for_filling(SYSTEM, row.version_id).content
        _refuse_bad(faults_of(content, row.asked, given))
        merged = {**row.answers, **_stored(by, at, given)}
        counted = tally(content.items, row.asked, merged)
        won = Submission.objects.filter(pk=row.pk, revision=row.revision, state="draft").update(
            answers=merged, passed=counted.passed, failed=counted.failed, not_applicable=counted.not_applicable,
            revision=F("revision") + 1,
        )  # fmt: skip
        if won:
            wrong = tuple(code for code in given if is_wrong(content.by_code[code], merged[code]))
            return Written(counted, tuple(_replaced(by, row.answers, given)), wrong, merged)
    raise Refusal("foundation.changed_meanwhile", who="一起检查的人")


def finish(by: Actor, at: datetime, *, submission_id: UUID, all_needed: bool) -> tuple[Submission, list[Finding]]:
    """Freeze the answers and make the findings that do not exist yet.

    Refusals: ``sheets.items_left`` (only when *all_needed*), ``sheets.already_submitted``, ``foundation.changed_meanwhile``.
    """
    row = Submission.objects.select_for_update().get(pk=submission_id)
    content = version_for_filling(SYSTEM, row.version_id).content
    left = open_items(content, row.asked, row.answers)
    if all_needed and left:
        _refuse_submitted(row)
        _refuse_open(content, left)
    seal(at, row)
    known = frozenset(Finding.objects.filter(submission=row).values_list("item", flat=True))
    findings = _findings(at, row, content, row.answers, known=known)
    insert(findings)
    return row, findings


def seal(at: datetime, row: Submission) -> None:
    """Freeze the answers as the caller has read them.

    Refusals: ``sheets.already_submitted``, ``foundation.changed_meanwhile``.
    """
    _refuse_submitted(row)
    won = Submission.objects.filter(pk=row.pk, revision=row.revision, state="draft").update(
        state="submitted", submitted_at=at, revision=F("revision") + 1
    )
    if not won:
        raise Refusal("foundation.changed_meanwhile", who="一起检查的人")
    row.state, row.submitted_at, row.revision = "submitted", at, row.revision + 1


def take_up(
    at: datetime, row: Submission, answers: Mapping[str, Mapping[str, Any]], cases: Mapping[str, tuple[UUID, str]]
) -> list[Finding]:
    """The findings of items that were answered as not normal, each with the case (id, number) that takes it up.

    One case for each finding: ``IntegrityError`` when somebody else has just taken one of them up.
    """
    content = version_for_filling(SYSTEM, row.version_id).content
    findings = _findings(at, row, content, {code: answers[code] for code in cases}, known=frozenset())
    for finding in findings:
        finding.case_id, finding.case_number = cases[finding.item]
    hot.insert(findings)
    return findings


def replace_place(submission_id: UUID, place: Placed) -> None:
    """Let a submission stand at its unit from now on (it was kept out of the unit's sight until then)."""
    scope = placed(place)
    Submission.objects.filter(pk=submission_id).update(**scope)


# --- inside ----------------------------------------------------------------------------------------------------------


def _own(by: Actor, submission_id: UUID) -> Submission:
    submission = Submission.objects.all().seen(by, submission_id)
    if submission.holder:
        raise Refusal("sheets.filled_elsewhere")
    _may_fill(by, submission)
    return submission


def _may_fill(by: Actor, place: Placed) -> None:
    if not by.may("inspect", place):
        raise Refusal("sheets.may_not_fill")


def _refuse_submitted(row: Submission) -> None:
    if row.state != "draft":
        when = timezone.localtime(row.submitted_at) if row.submitted_at else None
        raise Refusal("sheets.already_submitted", at=f"{when:%m-%d %H:%M}" if when else "此前")


def _refuse_open(content: Content, left: Sequence[str]) -> None:
    if left:
        first = content.by_code[left[0]]
        raise Refusal("sheets.items_left", count=len(left), first=f"{first.code} {first.title}")


def _refuse_bad(faults: Mapping[str, str]) -> None:
    if faults:
        raise Refusal(
            "sheets.bad_answers", fields=faults, count=len(faults), summary="；".join(list(faults.values())[:5])
        )


def _stored(by: Actor, at: datetime, given: Mapping[str, Answer]) -> dict[str, dict[str, Any]]:
    said = {"by": str(by.id), "by_name": by.name, "at": at.isoformat(timespec="seconds")}
    return {code: {**answer.as_json(), **said} for code, answer in given.items()}


def _said(answers: Mapping[str, AnswerIn]) -> dict[str, str]:
    return {code: answer.result or answer.value for code, answer in answers.items()}


def _replaced(by: Actor, before: Mapping[str, Mapping[str, Any]], given: Mapping[str, Answer]) -> list[dict[str, str]]:
    found = []
    for code, answer in given.items():
        kept = before.get(code)
        if (
            kept
            and kept.get("by") != str(by.id)
            and {k: kept.get(k) for k in ("result", "value", "note")}
            != {k: getattr(answer, k) or None for k in ("result", "value", "note")}
        ):
            found.append(
                {
                    "item": code,
                    "by_name": kept.get("by_name", ""),
                    "at": kept.get("at", ""),
                    "was": kept.get("result") or kept.get("value", ""),
                }
            )
    return found


def _findings(
    at: datetime, row: Submission, content: Content, answers: Mapping[str, Mapping[str, Any]], *, known: frozenset[str]
) -> list[Finding]:
    scope = placed(row)
    return [
        Finding(
            id=uuid7(), **scope, submission_id=row.pk, item=code, severity=content.by_code[code].severity,
            note=answer.get("note", ""), place=answer.get("place") or content.by_code[code].place,
            photos=answer.get("photos", []), found_at=at,
        )
        for code, answer in answers.items()
        if code not in known and is_wrong(content.by_code[code], answer)
    ]  # fmt: skip
