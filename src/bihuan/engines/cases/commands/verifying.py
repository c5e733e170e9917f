"""What others than the rectifier do: approve, verify, return, review, and allow use again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from bihuan.engines.cases.commands.arguments import Note, Photos
from bihuan.engines.cases.commands.assigning import checked_due
from bihuan.engines.cases.commands.engine import held, take_step
from bihuan.engines.cases.models import Case
from bihuan.engines.cases.pack import lifecycle_of, verifiers_of
from bihuan.engines.responsibility.queries import actor_of
from bihuan.foundation.actors import Actor
from bihuan.foundation.commands import command
from bihuan.foundation.refusals import Refusal

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
    by: Actor,
    at: datetime,
    *,
    case: UUID,
    note: Note = "",
    photos: Photos | None = None,
    second: Annotated[list[UUID], Field(max_length=4)] | None = None,
    revision: int | None = None,
) -> Case:
    """Confirm on the spot that it was put right: an ordinary hazard is closed, a major one goes to its superior review.

    Never by anybody who had a hand in the rectification, and never without the rectifier's photos (``cases.lacking``).
    Under a 督办单 the verifier must be able to issue the 复查单 (``cases.needs_slip``). ``second`` are those who verified
    together with them, as many as level and 复查单 ask for (``cases.second_verifier``, ``cases.wrong_second``).
    """
    row = held(by, case)
    table = lifecycle_of(row.bureau_id, row.lifecycle)
    step = table.find(row.state, "verify", row.level)
    fact = "cases.closed" if step and not table.is_open(step.to) else "cases.verified"
    return take_step(
        by, at, case=row, action="verify", fact=fact, note=note, photos=photos or (), revision=revision,
        facts={"conclusion": "done", "rectifier_name": row.rectifier_name, **_beside(by, row, second)}, together=second or (),
        paper=_enough_for_slip(row, second),
    )  # fmt: skip


def _beside(by: Actor, row: Case, second: Sequence[UUID] | None) -> dict[str, Any]:
    """Who verified together with *by*, for fact and paper, if they are enough and none had a hand in the rectification."""
    others = [pk for pk in dict.fromkeys(second or ()) if pk != by.id]
    barred = {str(row.rectifier_id), *row.hands.get("rectify", ())}
    names = []
    for pk in others:
        actor = actor_of(pk)
        if actor is None or str(pk) in barred or not actor.may("verify", row):
            raise Refusal("cases.wrong_second", fields={"second": "请另选一位。"})
        names.append(actor.name)
    count = verifiers_of(row.bureau_id, row.level, supervised=row.supervised)
    # before it is a question of who is with them, the table says whether they may verify at all
    if len(others) + 1 < count and by.may("verify", row) and row.state == "verifying" and str(by.id) not in barred:
        raise Refusal(
            "cases.second_verifier", fields={"second": "请选择。"}, count=count, short=count - 1 - len(others)
        )
    return {"second": others, "second_names": "、".join(names)} if others else {}


def _enough_for_slip(row: Case, second: Sequence[UUID] | None) -> bool:
    """Whether a 复查单 can be printed: a spot check by one person is written down without one."""
    return len(set(second or ())) + 1 >= verifiers_of(row.bureau_id, row.level, supervised=True)


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
    second: Annotated[list[UUID], Field(max_length=4)] | None = None,
    revision: int | None = None,
) -> Case:
    """Send a rectification back with what is still wrong and, if given, a second deadline; ``second`` as ``verify_case``."""
    row = held(by, case)
    due = checked_due(at, due)
    changes: dict[str, object] = {"returns": row.returns + 1}
    if due:
        changes["rectify_due_at"] = due
    return take_step(
        by, at, case=row, action="return", fact="cases.returned", note=note, photos=photos or (), revision=revision,
        changes=changes, due_at=due, facts={"conclusion": conclusion, **_beside(by, row, second)}, together=second or (),
        paper=_enough_for_slip(row, second),
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
