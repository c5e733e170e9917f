"""Ending an inspection: everything wrong has become a hazard, the papers go out, the school signs or says why not."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.db.models import F
from django.utils import timezone
from pydantic import Field

from bihuan.engines.cases import commands as cases
from bihuan.engines.cases import queries as case_queries
from bihuan.engines.sheets import commands as sheets
from bihuan.foundation import packs
from bihuan.foundation.actors import Actor
from bihuan.foundation.commands import command
from bihuan.foundation.events import record, record_all
from bihuan.foundation.evidence.commands import attach_evidence
from bihuan.foundation.papers import issue_paper
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.inspections import printouts, rules
from bihuan.mechanisms.inspections.commands.judging import _working, _wrong
from bihuan.mechanisms.inspections.commands.opening import seated
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
    lessons: dict[str, Annotated[str, Field(max_length=400)]] = {},  # noqa: B006 - read only; pydantic copies it
) -> dict[str, Any]:
    """End an inspection whose every problem has become a hazard: its answers are frozen, and the school can sign.

    Whoever may issue papers issues one 督办单 for all its hazards. A school's own check needs 四不放过 (``lessons``), and
    its 检查清单 goes out at once. Refusals: ``inspections.nothing_answered``, ``inspections.problems_left``,
    ``inspections.lessons_missing``, ``inspections.not_open``, ``foundation.changed_meanwhile``.
    """
    row = _working(by, inspection_id)
    wrong = _wrong(row)
    if not row.submission.answers:
        raise Refusal("inspections.nothing_answered")
    raised = case_queries.of_source(row.bureau_id, row.pk) if wrong else []
    if left := set(wrong) - {case.item for case in raised}:
        raise Refusal("inspections.problems_left", count=len(left))
    if row.kind == "self_check" and wrong and (missing := rules.empty_words(lessons, rules.LESSONS)):
        fields = {name: "请写明" for name, label in rules.LESSONS.items() if label in missing}
        raise Refusal("inspections.lessons_missing", what="、".join(missing), fields=fields)
    changes = {"state": "closed", "closed_at": at, "summary": summary, "lessons": lessons, "hazards": len(raised)}
    swap = Inspection.objects.filter(pk=row.pk, state="open", revision=row.revision)
    if not swap.update(**changes, revision=F("revision") + 1):
        raise Refusal("foundation.changed_meanwhile", who="检查组的人")
    for name, value in changes.items():
        setattr(row, name, value)
    sheets.seal(at, row.submission)
    notice, told = _notice(by, at, row, raised)
    said = {
        "hazards": [{"item": case.item, "id": str(case.pk), "number": case.number} for case in raised],
        "notice": notice,
        "paper": _checklist_paper(by, at, row) if row.kind == "self_check" else None,
    }
    facts = {"summary": summary, "answered": len(row.submission.answers), **said}
    record_all([*told, (row, "inspections.closed", facts)], by=by, at=at)
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


def _to_sign(by: Actor, inspection_id: UUID) -> Inspection:
    rows = Inspection.objects.select_related("submission").annotate(seated=seated(by))
    row = rows.seen(by, inspection_id)
    if row.state != "closed":
        raise Refusal("inspections.not_closed")
    if not (by.id is not None and (row.lead_id == by.id or row.seated)) and not by.may("sign-for-school", row):
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


def _notice(by: Actor, at: datetime, row: Inspection, raised: list[Any]) -> tuple[dict[str, str] | None, list[Any]]:
    """One 督办单 for what was handed out, when the one who ends it may issue papers; and the facts of it."""
    noticed = [
        case for case in raised if case.is_open and (case.rectifier_id or case.party_id) and not case.notice_number
    ]
    if (
        not noticed
        or row.kind == "self_check"
        or not by.may("issue-paper", row)
        or NOTICE not in packs.entries(row.bureau_id, "papers")
    ):
        return None, []
    (paper,), told = cases.issue_notices(by, at, [noticed])
    return paper, told


def _checklist_paper(by: Actor, at: datetime, row: Inspection) -> dict[str, str] | None:
    layout = packs.entries(row.bureau_id, "papers").get(RECORD)
    if layout is None:
        return None
    paper = issue_paper(by, at, code=RECORD, subject=row, content=printouts.record_content(row, layout, at=at))
    return {"id": str(paper.pk), "number": paper.number, "title": paper.title}
