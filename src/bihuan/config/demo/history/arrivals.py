"""Sponsors come to their schools: they scan the code at the gate, and the visit that is due is done."""

from __future__ import annotations

from datetime import date, datetime
from random import Random
from typing import TYPE_CHECKING, Any

from bihuan.config.demo.chance import dice
from bihuan.config.demo.history.days import minute
from bihuan.config.demo.history.rounds import near
from bihuan.engines.duties.queries import open_tasks
from bihuan.mechanisms.patrols.pack import gate_words
from bihuan.mechanisms.risks.queries import points_for_phone

if TYPE_CHECKING:
    from bihuan.config.demo.history.term import Act, Term


def plan(term: Term, day: date, today: date, data: dict[str, Any], chance: Random) -> None:
    """On the days of the week that are given, each sponsor whose visit is open goes there with some ``share``."""
    if day.isoweekday() not in data["weekdays"]:
        return
    for school in term.schools:
        for post in data["posts"]:
            moment = minute(day, 60 * chance.uniform(8.5, 16.5))
            term.later(moment, come(term, school, post, data, (day, school.code, post)))


def come(term: Term, school: Any, post: str, data: dict[str, Any], seed: tuple[object, ...]) -> Act:
    """One sponsor at one gate; now and then the code is typed."""

    def act(moment: datetime) -> None:
        by, chance = term.perhaps(school, post), dice("arrivals", *seed)
        if by is None or chance.random() > data["share"]:
            return
        if not any(task["school_id"] == school.pk for task in open_tasks(by, moment, acts=["visit"], days=0)):
            return
        words = gate_words(term.district.id)
        gates = [
            one for one in points_for_phone(by, [school.pk]) if any(w in one["name"] + one["place"] for w in words)
        ]
        if not gates:
            return
        gate = chance.choice(gates)
        typed = not gate["n"] or chance.random() < data["typed"]
        where = near(gate, 0, chance)
        term.district.do(
            by, "patrols.arrive", *seed, at=moment, id=term.district.make("arrival", *seed, at=moment),
            code=gate["code"] if typed else f"{gate['code']}?n={gate['n']}", note=chance.choice(data["notes"]),
            **where,
        )  # fmt: skip

    return act
