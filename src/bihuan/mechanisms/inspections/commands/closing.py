"""Ending an inspection: everything wrong has become a hazard, the papers go out, the school signs or says why not."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.db.models import F
from django.utils import timezone
from pydantic import Field

from bihuan.engines.cases import commands as cases
from bihuan.engines.cases import queries as case_queries
from bihuan.engines.sheets import commands as sheets
from bihuan.engines.sheets import queries as sheet_queries
from bihuan.engines.sheets.rules import Content, is_wrong
from bihuan.foundation import packs
from bihuan.foundation.actors import SYSTEM, Actor
from bihuan.foundation.commands import command
from bihuan.foundation.events import record
from bihuan.foundation.evidence.commands import attach_evidence
from bihuan.foundation.papers import issue_paper
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.inspections import printouts, rules
from bihuan.mechanisms.inspections.commands.judging import HazardIn, Hazards, Raised, _raise, _working, assign
from bihuan.mechanisms.inspections.commands.opening import HOLDER, is_inspector
from bihuan.mechanisms.inspections.models import Inspection

RECORD = "checklist-record"
NOTICE = "supervision-notice"
Summary = Annotated[str, Field(max_length=2000)]
Name = Annotated[str, Field(max_length=60)]
Reason = Annotated[str, Field(max_length=200)]


@command("inspections.close_inspection")
def close_inspection(
    by: Actor,
    at: datetime,
    *,
    inspection_id: UUID,
    summary: Summary = "",
    hazards: Hazards = {},  # noqa: B006 - read only; pydantic copies it
    lessons: dict[str, Annotated[str, Field(max_length=400)]] = {},  # noqa: B006
    signature: UUID | None = None,
    signed_by_name: Name = "",
    refused: Reason = "",
) -> dict[str, Any]:
    """End an inspection: its answers are frozen, and every problem that is not yet a hazard becomes one.

    One 督办单 covers them all, and the 检查清单 goes out (at once when signed or refused, else with the signature). A
    school's own check needs 五落实 for each problem and 四不放过 (``lessons``) at the end. Refusals:
    ``inspections.nothing_answered``, ``inspections.five_missing``, ``inspections.lessons_missing``, ``inspections.not_open``.
    """
    row = _working(by, inspection_id)
    submission = sheet_queries.submission_held_by(HOLDER, row.submission_id)
    content = sheet_queries.version_for_filling(SYSTEM, submission.version_id).content
    if not submission.answers:
        raise Refusal("inspections.nothing_answered")
    wrong = [code for code, said in submission.answers.items() if is_wrong(content.by_code[code], said)]
    if row.kind == "self_check" and wrong and (missing := rules.empty_words(lessons, rules.LESSONS)):
        fields = {name: "请写明" for name, label in rules.LESSONS.items() if label in missing}
        raise Refusal("inspections.lessons_missing", what="、".join(missing), fields=fields)
    won = Inspection.objects.filter(pk=row.pk, state="open", revision=row.revision).update(
        state="closed", closed_at=at, summary=summary, lessons=lessons, revision=F("revision") + 1
    )
    if not won:
        raise Refusal("foundation.changed_meanwhile", who="检查组的人")
    raised = [_raise(by, at, row, code, hazards.get(code, HazardIn())) for code in _in_order(content, wrong)]
    sheets.finish(by, at, submission_id=row.submission_id, all_needed=False)
    notice = _hand_out(by, at, row, raised, hazards)
    row.refresh_from_db()
    if signature or refused.strip():
        _sign(by, at, row, signature, signed_by_name, refused)
    paper = _checklist_paper(by, at, row) if row.signed_at or row.kind == "self_check" else None
    said = {
        "hazards": [{"item": r.item, "id": str(r.case_id), "number": r.number} for r in raised],
        "notice": notice,
        "paper": paper,
    }
    record(
        row, "inspections.closed", by=by, at=at, summary=summary, signed_by=row.signed_by_name, refused=row.signature_refused,
        answered=len(submission.answers), **said,
    )  # fmt: skip
    return {"id": str(row.pk), **said}


@command("inspections.sign_inspection")
def sign_inspection(
    by: Actor, at: datetime, *, inspection_id: UUID, signature: UUID, signed_by_name: Name
) -> Inspection:
    """The school signs: on the inspector's screen, or on its own by somebody who may sign for it; then the 检查清单 goes out.

    Refusals: ``inspections.not_closed``, ``inspections.already_signed``, ``inspections.may_not_sign``.
    """
    row = _to_sign(by, inspection_id)
    _sign(by, at, row, signature, signed_by_name, "")
    record(
        row,
        "inspections.signed",
        by=by,
        at=at,
        name=signed_by_name,
        signature=signature,
        paper=_checklist_paper(by, at, row),
    )
    return row


@command("inspections.refuse_signature")
def refuse_signature(
    by: Actor, at: datetime, *, inspection_id: UUID, reason: Annotated[str, Field(min_length=2, max_length=200)]
) -> Inspection:
    """The school does not sign, and says why; the 检查清单 goes out with the reason. Refusals as for signing."""
    row = _to_sign(by, inspection_id)
    _sign(by, at, row, None, "", reason)
    record(row, "inspections.signature_refused", by=by, at=at, reason=reason, paper=_checklist_paper(by, at, row))
    return row


# --- inside ----------------------------------------------------------------------------------------------------------


def _in_order(content: Content, codes: list[str]) -> list[str]:
    return [item.code for item in content.items if item.code in set(codes)]


def _to_sign(by: Actor, inspection_id: UUID) -> Inspection:
    row = Inspection.objects.all().seen(by, inspection_id)
    if row.state != "closed":
        raise Refusal("inspections.not_closed")
    if not is_inspector(by, row) and not by.may("sign-for-school", row):
        raise Refusal("inspections.may_not_sign")
    return row


def _sign(by: Actor, at: datetime, row: Inspection, signature: UUID | None, name: str, refused: str) -> None:
    refused = refused.strip()
    if not refused and (signature is None or len(name.strip()) < 2):
        raise Refusal(
            "inspections.sign_or_refuse",
            fields={"signed_by_name": "请写签字人的姓名"} if signature else {"signature": "请签字"},
        )
    if refused:
        signature, name = None, ""
    changes = {
        "signed_by_name": name, "signed_by_id": by.id if by.may("sign-for-school", row) else None, "signature_id": signature,
        "signature_refused": refused, "signed_at": at,
    }  # fmt: skip
    if not Inspection.objects.filter(pk=row.pk, signed_at__isnull=True).update(**changes):
        row.refresh_from_db()
        did = "拒签" if row.signature_refused else f"由{row.signed_by_name}签字"
        raise Refusal("inspections.already_signed", at=f"{timezone.localtime(row.signed_at):%m-%d %H:%M}", did=did)
    if signature:
        attach_evidence(row, [signature], by)
    for field, value in changes.items():
        setattr(row, field, value)


def _hand_out(
    by: Actor, at: datetime, row: Inspection, raised: list[Raised], hazards: Mapping[str, HazardIn]
) -> dict[str, Any] | None:
    """Assign what nobody assigned yet, and one 督办单 for all of it when the one who ends it may issue papers."""
    noticed = []
    for one in raised:
        case = case_queries.seen(SYSTEM, one.case_id)
        if case.is_open and case.rectifier_id is None and case.party_id is None:
            assign(by, at, row, case, hazards.get(one.item, HazardIn()))
            case = case_queries.seen(SYSTEM, one.case_id)
        if case.is_open and (case.rectifier_id or case.party_id) and not case.notice_number:
            noticed.append(case.pk)
    if (
        not noticed
        or row.kind == "self_check"
        or not by.may("issue-paper", row)
        or NOTICE not in packs.entries(row.bureau_id, "papers")
    ):
        return None
    return cases.issue_supervision_notice(by, at, cases=noticed)


def _checklist_paper(by: Actor, at: datetime, row: Inspection) -> dict[str, str] | None:
    layout = packs.entries(row.bureau_id, "papers").get(RECORD)
    if layout is None:
        return None
    paper = issue_paper(by, at, code=RECORD, subject=row, content=printouts.record_content(row, layout, at=at))
    return {"id": str(paper.pk), "number": paper.number, "title": paper.title}
