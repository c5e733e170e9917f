"""What the rectifier does: plan a major hazard, put it right, prove it, ask for more time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated
from uuid import UUID

from django.utils import timezone
from pydantic import Field

from bihuan.engines.cases.commands.arguments import PLAIN, Note, Photos
from bihuan.engines.cases.commands.assigning import checked_due
from bihuan.engines.cases.commands.engine import held, take_step
from bihuan.engines.cases.deadlines import duration
from bihuan.engines.cases.models import Case
from bihuan.engines.cases.pack import rules_of
from bihuan.foundation.actors import Actor
from bihuan.foundation.commands import command
from bihuan.foundation.evidence.queries import of_subject
from bihuan.foundation.refusals import Refusal

Line = Annotated[str, Field(max_length=600, pattern=PLAIN)]


@command("cases.fill_five")
def fill_five(
    by: Actor,
    at: datetime,
    *,
    case: UUID,
    duty: Line = "",
    measures: Line = "",
    funds: Line = "",
    deadline: Line = "",
    plan: Line = "",
    revision: int | None = None,
) -> Case:
    """Fill the 五落实 of a major hazard (责任 措施 资金 时限 预案); it may be kept half done, work starts only when all five are said."""
    five = {"duty": duty, "measures": measures, "funds": funds, "deadline": deadline, "plan": plan}
    return take_step(
        by, at, case=held(by, case), action="fill-five", fact="cases.five_filled", revision=revision,
        changes={"five": five}, facts={"five": five},
    )  # fmt: skip


@command("cases.submit_plan")
def submit_plan(by: Actor, at: datetime, *, case: UUID, note: Note = "", revision: int | None = None) -> Case:
    """Send the plan of a major hazard for approval; every one of the 五落实 must be filled (``cases.lacking``)."""
    row = held(by, case)
    return take_step(
        by,
        at,
        case=row,
        action="submit-plan",
        fact="cases.plan_submitted",
        note=note,
        revision=revision,
        facts={"five": row.five},
    )


@command("cases.rectify_case")
def rectify_case(
    by: Actor, at: datetime, *, case: UUID, note: Note = "", photos: Photos | None = None, revision: int | None = None
) -> Case:
    """Say what was done and show it; the case then waits for another person to verify. Needs a new photo and words.

    Refusals: ``cases.used_photo``, and those of a step.
    """
    row = held(by, case)
    _refuse_used(row, photos or ())
    changes = {
        "after": [str(pk) for pk in photos or ()], "rectified_at": at, "rectification": note, "extension": None,
    }  # fmt: skip
    return take_step(
        by, at, case=row, action="rectify", fact="cases.rectified", note=note, photos=photos or (), revision=revision,
        changes=changes | _taken_up(by, row),
    )  # fmt: skip


def _refuse_used(row: Case, photos: Iterable[UUID]) -> None:
    """The photo of the hazard is no proof that it is gone, nor is one that did not convince the verifier."""
    used = {one.pk for one in of_subject(row.bureau_id, row.pk)} & set(photos)
    if used:
        raise Refusal("cases.used_photo", fields={"photos": "请拍整改以后的照片。"}, count=len(used))


def _taken_up(by: Actor, row: Case) -> dict[str, object]:
    """Somebody of the partner department that holds the case becomes its rectifier by putting it right."""
    return {"rectifier_id": by.id, "rectifier_name": by.name} if row.party_id and row.rectifier_id is None else {}


@command("cases.request_extension")
def request_extension(
    by: Actor, at: datetime, *, case: UUID, due: datetime | None = None, note: Note = "", revision: int | None = None
) -> Case:
    """Ask for a later deadline with the reason and what protects people meanwhile.

    Refusals: ``cases.extension_pending``, ``cases.no_more_extensions``, ``cases.due_not_later``, ``cases.due_too_far``,
    and those of a step.
    """
    row = held(by, case)
    due = checked_due(at, due)
    if due is not None:
        _within_limits(row, due)
    asked = (
        {"until": due.isoformat(), "reason": note, "by": str(by.id), "name": by.name, "at": at.isoformat()}
        if due
        else None
    )
    return take_step(
        by, at, case=row, action="request-extension", fact="cases.extension_requested", note=note, revision=revision,
        given={"due"} if due else (), changes={"extension": asked}, facts={"until": due},
    )  # fmt: skip


def _within_limits(row: Case, due: datetime) -> None:
    limit = rules_of(row.bureau_id)["extension"]
    if row.extension:
        raise Refusal("cases.extension_pending")
    if row.extensions >= limit["most"]:
        raise Refusal("cases.no_more_extensions", most=limit["most"])
    if due <= row.due_at:
        raise Refusal("cases.due_not_later", fields={"due": "请选择更晚的时间。"}, due=_said(row.due_at))
    latest = row.due_at + duration(limit["longest"])
    if due > latest:
        raise Refusal("cases.due_too_far", fields={"due": f"最迟可以到 {_said(latest)}。"}, latest=_said(latest))


def _said(moment: datetime) -> str:
    return timezone.localtime(moment).strftime("%Y-%m-%d %H:%M")


@command("cases.decide_extension")
def decide_extension(
    by: Actor, at: datetime, *, case: UUID, grant: bool, note: Note = "", revision: int | None = None
) -> Case:
    """Grant or refuse the extension that was asked for; never by the rectifier. Refusal: ``cases.no_extension``."""
    row = held(by, case)
    if row.is_open and not row.extension and row.state == "rectifying":
        raise Refusal("cases.no_extension")
    until = datetime.fromisoformat(row.extension["until"]) if row.extension else None
    changes: dict[str, object] = {"extension": None}
    if grant:
        changes |= {"extensions": row.extensions + 1, "rectify_due_at": until}
    return take_step(
        by, at, case=row, action="decide-extension", fact="cases.extension_granted" if grant else "cases.extension_refused",
        note=note, revision=revision, changes=changes, due_at=until if grant else None, facts={"until": until},
    )  # fmt: skip
