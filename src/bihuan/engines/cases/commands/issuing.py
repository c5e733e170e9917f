"""Numbered papers about cases: 督办单, 复查单, 通报, 函告, 约谈."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bihuan.engines.cases import printouts
from bihuan.engines.cases.lifecycle import Step
from bihuan.engines.cases.models import Case
from bihuan.foundation import packs
from bihuan.foundation.actors import Actor
from bihuan.foundation.papers import Draft, issue_papers
from bihuan.foundation.refusals import Refusal

NOTICE = "supervision-notice"


@dataclass(frozen=True)
class Wanted:
    """A paper about cases of one school."""

    code: str
    cases: Sequence[Case]
    step: Step | None = None
    note: str = ""
    conclusion: str = ""


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
            conclusion=one.conclusion,
        ))
        for one in wanted
    ]  # fmt: skip
    rows = issue_papers(by, at, drafts)
    for one, row in zip(wanted, rows, strict=True):
        if one.code == NOTICE:
            for case in one.cases:
                case.supervised, case.notice_number = True, row.number
    return [{"id": str(row.pk), "number": row.number, "code": row.code, "title": row.title} for row in rows]
