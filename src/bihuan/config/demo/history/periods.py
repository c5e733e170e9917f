"""Important periods: the bureau declares them; on every day each school has two people on duty and reports, one never does."""

from __future__ import annotations

from datetime import date, datetime, time
from random import Random
from typing import TYPE_CHECKING, Any
from uuid import UUID

from bihuan.config.demo.chance import dice
from bihuan.config.demo.history.days import DAY, at, minute
from bihuan.config.demo.history.reports import filled
from bihuan.engines.duties.queries import open_tasks
from bihuan.mechanisms.periods.queries import periods

if TYPE_CHECKING:
    from bihuan.config.demo.history.term import Act, Term


def plan(term: Term, day: date, today: date, data: dict[str, Any], chance: Random) -> None:
    """The day before a period begins it is declared; on each of its days every school does what it asks for."""
    for one in data["declared"]:
        first = term.first_day(one, today)
        if first and day == first - DAY:
            term.later(at(day, time(16, 30)), declare(term, first, data["by"], one))
    for line in periods(term.district.admin).rows:
        if line.row.starts_on <= day <= line.row.ends_on:
            told = next((one for one in data["declared"] if one["name"] == line.row.name), {})
            for school in term.schools:
                for duty in line.row.duties:
                    if duty["role"] != "report" or school.name != told.get("silent"):
                        due(term, school, duty, data, day)


def declare(term: Term, first: date, post: str, one: dict[str, Any]) -> Act:
    """The bureau declares one for all schools."""

    def act(moment: datetime) -> None:
        last = first + (one["days"] - 1) * DAY
        term.district.do(
            term.at_bureau(post), "periods.declare_period", one["name"], first, at=moment, org_id=str(term.district.id),
            id=term.district.make("period", one["name"], first, at=moment), kind=one["kind"], name=one["name"],
            words=one["words"], starts_on=str(first), ends_on=str(last),
        )  # fmt: skip

    return act


def due(term: Term, school: Any, duty: dict[str, Any], data: dict[str, Any], day: date) -> None:
    """At some minute of the hours that are usual for it, a report now and then after its time."""
    chance = dice("period", day, school.code, duty["code"])
    late = duty["role"] == "report" and chance.random() < data["late"]
    since, until = data["hours"]["late" if late else duty["role"]]
    moment = minute(day, 60 * chance.uniform(since, until))
    term.later(moment, answer(term, school, duty, filled(chance, data) if duty["role"] == "report" else {}))


def answer(term: Term, school: Any, duty: dict[str, Any], given: dict[str, Any]) -> Act:
    """Whoever holds the post there does it; a sheet of which nothing is told is as it should be."""

    def act(moment: datetime) -> None:
        by = term.perhaps(school, duty["post"])
        for task in open_tasks(by, moment, acts=[duty["act"]], days=0) if by else ():
            if task["duty_id"] == UUID(duty["id"]) and task["school_id"] == school.pk:
                usual = {"answers": {}, "rest_normal": True} if duty["act"] == "sheet" else {}
                term.district.do(
                    by, "duties.answer_task", str(task["id"]), at=moment, id=term.district.make(task["id"], at=moment),
                    task_id=str(task["id"]), **(given or usual),
                )  # fmt: skip

    return act
