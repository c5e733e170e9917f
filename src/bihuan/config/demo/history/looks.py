"""Looks at single points from the wall, without a route: all is well."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from bihuan.config.demo.chance import dice
from bihuan.config.demo.history.days import at
from bihuan.mechanisms.risks.queries import points

if TYPE_CHECKING:
    from bihuan.config.demo.history.term import Act, Term


def plan(term: Term, day: date, today: date, data: dict[str, Any], chance: Random) -> None:
    """The shown school's safety lead every morning, and some others'."""
    for n, school in enumerate(term.some(chance, data["others"])):
        term.later(at(day, time(7, 20)) + timedelta(minutes=9 * n), look(term, school, ("patrol", day, n)))


def look(term: Term, school: Any, seed: tuple[object, ...]) -> Act:
    """Three points, three minutes apart."""

    def act(moment: datetime) -> None:
        by = term.at_school(school, "safety-lead")
        rows = points(by, school_id=school.pk).rows
        for n, point in enumerate(dice(*seed).sample(rows, min(3, len(rows)))):
            late = moment + timedelta(minutes=3 * n)
            term.district.do(by, "risks.check_point", *seed, n, at=late, point_id=str(point["id"]))

    return act
