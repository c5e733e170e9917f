"""Every school practises once a month: planned, rung, counted class by class, and judged."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from bihuan.config.demo.chance import dice
from bihuan.config.demo.history.days import at

if TYPE_CHECKING:
    from bihuan.config.demo.history.term import Act, Term


def plan(term: Term, day: date, today: date, data: dict[str, Any], chance: Random) -> None:
    """Schools take turns: each on one of the month's days of school."""
    nth = term.days.between(day.replace(day=1) - timedelta(days=1), day)
    for n, school in enumerate(term.schools):
        if nth == 4 + n % data["days"]:
            term.later(at(day, time(15, 10)), practise(term, school, data, ("drill", day.replace(day=1), school.code)))


def practise(term: Term, school: Any, data: dict[str, Any], seed: tuple[object, ...]) -> Act:
    """One drill from its plan in the morning to the verdict."""

    def act(moment: datetime) -> None:
        chance, do, by = dice(*seed), term.district.do, term.at_school(school, data["post"])
        id = term.district.make(*seed, at=moment)
        groups = [{"name": name, "due": chance.randint(30, 46)} for name in data["groups"]]
        planned = {
            "id": id,
            "org_id": str(school.pk),
            "kind": chance.choice(data["kinds"]),
            "planned_at": moment.isoformat(),
        }
        do(by, "training.plan_drill", *seed, at=moment - timedelta(hours=6), groups=groups, **planned)
        do(by, "training.begin_drill", *seed, at=moment, drill_id=id)
        for n, group in enumerate(groups, start=1):
            out = moment + timedelta(seconds=25 + 14 * n + chance.randint(0, 12))
            do(by, "training.group_out", *seed, n, at=out, drill_id=id, group=f"{n:02d}", came=group["due"])
        told = chance.choice(data["verdicts"])
        do(by, "training.end_drill", *seed, at=moment + timedelta(minutes=12), drill_id=id, **told)

    return act
