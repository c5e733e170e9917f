"""Numbered papers about cases: 督办单, 复查单, 通报, 函告, 约谈."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from bihuan.engines.cases import printouts
from bihuan.engines.cases.commands.arguments import PLAIN
from bihuan.engines.cases.lifecycle import Step
from bihuan.engines.cases.models import Case
from bihuan.foundation import packs
from bihuan.foundation.actors import Actor
from bihuan.foundation.commands import command
from bihuan.foundation.events import record_many
from bihuan.foundation.papers import Draft, Paper, acknowledge, find, issue_papers, sign_draft
from bihuan.foundation.refusals import Refusal

NOTICE = "supervision-notice"
Words = dict[Annotated[str, Field(max_length=40)], Annotated[str, Field(min_length=1, max_length=600, pattern=PLAIN)]]


@dataclass(frozen=True)
class Wanted:
    """A paper about cases of one school."""

    code: str
    cases: Sequence[Case]
    step: Step | None = None
    note: str = ""
    conclusion: str = ""
    second: str = ""
    """Who verified together with the one who acts."""


def print_all(by: Actor, at: datetime, wanted: Sequence[Wanted]) -> list[dict[str, str]]:
    """Issue numbered papers of one bureau; what facts say about them. A 督办单 marks its cases, for the caller to write.

    Refusal ``cases.no_series`` when the bureau's pack has no such paper.
    """
    if not wanted:
        return []
    layouts = packs.entries(wanted[0].cases[0].bureau_id, "papers")
    if missing := next((one.code for one in wanted if one.code not in layouts), ""):
        raise Refusal("cases.no_series", code=missing)
    around = printouts.around([(layouts[one.code], case) for one in wanted for case in one.cases], at)
    drafts = [
        Draft(one.code, one.cases[0], printouts.content_of(
            one.code, layouts[one.code], one.cases, by=by, at=at, around=around, step=one.step, note=one.note,
            conclusion=one.conclusion, second=one.second,
        ), state="draft" if by.is_system else "sent" if layouts[one.code].get("receipt") else "")
        for one in wanted
    ]  # fmt: skip
    rows = issue_papers(by, at, drafts)
    for one, row in zip(wanted, rows, strict=True):
        if one.code == NOTICE:
            for case in one.cases:
                case.supervised, case.notice_number = True, row.number
    return [{"id": str(row.pk), "number": row.number, "code": row.code, "title": row.title} for row in rows]


@command("cases.sign_paper")
def sign_paper(by: Actor, at: datetime, *, paper: UUID, words: Words = {}) -> Paper:  # noqa: B006 - read only; pydantic copies it
    """Sign a drafted paper (通报、函告、约谈记录); ``words`` fill what it still leaves open. It is delivered with that.

    By somebody of the bureau who may issue papers; what it says is frozen from here. Refusals: ``foundation.not_found``,
    ``cases.no_signing_right``, ``cases.paper_not_open``, ``cases.no_such_blank``.
    """
    row, rows = seen_with_cases(by, paper)
    if not may_sign(by, rows[0]):
        raise Refusal("cases.no_signing_right")
    if row.state != "draft":
        raise _not_open(row)
    if unknown := set(words) - {code for code, _ in printouts.blanks(row.content)}:
        raise Refusal("cases.no_such_blank", what="、".join(sorted(unknown)))
    waits = bool(packs.entry(row.bureau_id, "papers", row.code).get("receipt"))
    if not sign_draft(by, at, row, printouts.signed(row.content, by=by, at=at, words=words), waits=waits):
        raise Refusal("foundation.changed_meanwhile", who="别人")
    _tell(row, rows, "cases.paper_signed", by, at)
    return row


@command("cases.receive_paper")
def receive_paper(by: Actor, at: datetime, *, paper: UUID) -> Paper:
    """Acknowledge a delivered paper for the school (签收): who and when stands on it from now on.

    Refusals: ``foundation.not_found``, ``cases.no_receiving_right``, ``cases.paper_not_open``.
    """
    row, rows = seen_with_cases(by, paper)
    if not may_receive(by, rows[0]):
        raise Refusal("cases.no_receiving_right")
    if row.state != "sent":
        raise _not_open(row)
    if not acknowledge(by, at, row):
        raise Refusal("foundation.changed_meanwhile", who="别人")
    _tell(row, rows, "cases.paper_received", by, at)
    return row


def may_sign(by: Actor, case: Case) -> bool:
    """Whether this person signs the bureau's papers about a case: the act, held for the whole bureau."""
    return by.may("issue-paper", case) and any(
        hold.level == "bureau" and "issue-paper" in hold.acts and hold.covers(case) for hold in by.holds
    )


def may_receive(by: Actor, case: Case) -> bool:
    """Whether this person acknowledges papers for the school of a case."""
    return by.id is not None and by.may("sign-for-school", case)


def seen_with_cases(by: Actor, pk: UUID) -> tuple[Paper, list[Case]]:
    """A paper with those of its cases that this person sees, or ``foundation.not_found``."""
    row = find(pk)
    if row is None or row.subject_kind != "cases.case":
        raise Refusal("foundation.not_found")
    rows = list(
        Case.objects.visible_to(by).filter(pk__in=[UUID(one) for one in row.content["cases"]]).order_by("number")
    )
    if not rows:
        raise Refusal("foundation.not_found")
    return row, rows


def _not_open(row: Paper) -> Refusal:
    words = {
        "draft": "还没有签发，要由教育局先签发",
        "sent": f"已由{row.signed_by_name}签发，正等学校签收",
        "received": f"已由{row.received_by_name}签收",
        "": f"已由{row.signed_by_name or row.issued_by_name}签发，不用签收",
    }
    return Refusal("cases.paper_not_open", title=row.title, number=row.number, how=words[row.state])


def _tell(row: Paper, rows: Sequence[Case], name: str, by: Actor, at: datetime) -> None:
    said = {"id": str(row.pk), "number": row.number, "code": row.code, "title": row.title}
    record_many([(case, {"signed": said, "receipt": row.state == "sent"}) for case in rows], name, by=by, at=at)
