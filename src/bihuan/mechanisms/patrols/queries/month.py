"""A month's rounds of one school, for paper and Excel (领域资料 §6 台账 7 校内巡查: route, points, time of arrival, state)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from bihuan.engines.duties.tallies import due_page
from bihuan.engines.responsibility import queries as net
from bihuan.foundation.actors import Actor
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.patrols import rules
from bihuan.mechanisms.patrols.queries.today import Line, lines_of, span_of

MOST_LINES = 4000


@dataclass(frozen=True)
class Month:
    """A school's month: a line for each round that was due. ``cut`` says that there were more than fit."""

    school: Any
    first: date
    lines: list[Line]
    cut: bool

    @property
    def name(self) -> str:
        """``2026-11``."""
        return f"{self.first:%Y-%m}"


def month(viewer: Actor, given: Mapping[str, str], *, at: datetime) -> Month:
    """The month and school that an address asks for. Refusals: ``foundation.not_found``, ``foundation.not_yours``."""
    try:
        school = net.org(viewer, UUID(given.get("school", "")))
        first = date.fromisoformat(f"{given.get('month') or timezone.localdate(at).strftime('%Y-%m')}-01")
    except ValueError:
        raise Refusal("foundation.not_found") from None
    if school.tier != "school" or not 2000 <= first.year <= 2100:
        raise Refusal("foundation.not_found")
    if not viewer.may("export", school):
        raise Refusal("foundation.not_yours", act="导出巡查台账", who="本校安全负责人")
    following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    since, until = span_of(first, (following - first).days)
    found = due_page(viewer, act="patrol", since=since, until=min(until, at), school_ids=[school.pk], size=MOST_LINES)
    return Month(school, first, lines_of(viewer, found.rows, at), bool(found.next))


def result_words(line: Line) -> str:
    """What became of a round that was due, in one word or two."""
    if line.round is not None and line.round.result in ("found", "late", "wrong_place"):
        return rules.RESULTS[line.round.result]
    if line.task["state"] == "done":
        return rules.RESULTS["normal"]
    return line.state
