"""What others than the rectifier do: approve, verify, return, review, and allow use again."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from bihuan.engines.cases.commands.arguments import Note, Photos
from bihuan.engines.cases.commands.assigning import checked_due
from bihuan.engines.cases.commands.engine import held, take_step
from bihuan.engines.cases.models import Case
from bihuan.engines.cases.pack import lifecycle_of
from bihuan.foundation.actors import Actor
from bihuan.foundation.commands import command

Conclusion = Literal["done", "partly", "not-done", "relapsed"]


@command("cases.approve_plan")
def approve_plan(by: Actor, at: datetime, *, case: UUID, note: Note = "", revision: int | None = None) -> Case:
    """Approve the plan of a major hazard (方案审批); never by the rectifier."""
    return take_step(
        by, at, case=held(by, case), action="approve-plan", fact="cases.plan_approved", note=note, revision=revision
    )


@command("cases.return_plan")
def return_plan(by: Actor, at: datetime, *, case: UUID, note: Note = "", revision: int | None = None) -> Case:
    """Send a plan back with what is missing."""
    return take_step(
        by, at, case=held(by, case), action="return-plan", fact="cases.plan_returned", note=note, revision=revision
    )


@command("cases.verify_case")
def verify_case(
    by: Actor, at: datetime, *, case: UUID, note: Note = "", photos: Photos | None = None, revision: int | None = None
) -> Case:
    """Confirm on the spot that it was put right: an ordinary hazard is closed, a major one goes to its superior review.

    Never by anybody who had a hand in the rectification, and never without the rectifier's photos (``cases.lacking``).
    Under a 督办单 the verifier must be able to issue the 复查单 (``cases.needs_slip``).
    """
    row = held(by, case)
    table = lifecycle_of(row.bureau_id, row.lifecycle)
    step = table.find(row.state, "verify", row.level)
    fact = "cases.closed" if step and not table.is_open(step.to) else "cases.verified"
    return take_step(
        by, at, case=row, action="verify", fact=fact, note=note, photos=photos or (), revision=revision,
        facts={"conclusion": "done", "rectifier_name": row.rectifier_name},
    )  # fmt: skip


@command("cases.return_case")
def return_case(
    by: Actor,
    at: datetime,
    *,
    case: UUID,
    note: Note = "",
    photos: Photos | None = None,
    conclusion: Conclusion = "not-done",
    due: datetime | None = None,
    revision: int | None = None,
) -> Case:
    """Send a rectification back with what is still wrong and, if given, a second deadline."""
    row = held(by, case)
    due = checked_due(at, due)
    changes: dict[str, object] = {"returns": row.returns + 1}
    if due:
        changes["rectify_due_at"] = due
    return take_step(
        by, at, case=row, action="return", fact="cases.returned", note=note, photos=photos or (), revision=revision,
        changes=changes, due_at=due, facts={"conclusion": conclusion},
    )  # fmt: skip


@command("cases.close_review")
def close_review(by: Actor, at: datetime, *, case: UUID, note: Note = "", revision: int | None = None) -> Case:
    """The superior's review of a verified major hazard (销号审核), by a third person; use is still not allowed."""
    return take_step(
        by, at, case=held(by, case), action="close-review", fact="cases.review_closed", note=note, revision=revision
    )


@command("cases.send_back")
def send_back(by: Actor, at: datetime, *, case: UUID, note: Note = "", revision: int | None = None) -> Case:
    """The superior is not convinced: verify again."""
    return take_step(
        by, at, case=held(by, case), action="send-back", fact="cases.sent_back", note=note, revision=revision
    )


@command("cases.resume_use")
def resume_use(by: Actor, at: datetime, *, case: UUID, note: Note = "", revision: int | None = None) -> Case:
    """Allow the place to be used again: an approval of its own, by somebody who neither rectified, verified nor reviewed."""
    return take_step(
        by, at, case=held(by, case), action="resume-use", fact="cases.use_resumed", note=note, revision=revision
    )
