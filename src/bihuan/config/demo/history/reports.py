"""What is due every day or week and is answered: the daily reports, the visits, the term's duties."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from bihuan.config.demo.chance import dice
from bihuan.config.demo.history.days import minute
from bihuan.engines.duties.queries import open_tasks

if TYPE_CHECKING:
    from bihuan.config.demo.history.term import Act, Term


def plan(term: Term, day: date, today: date, data: dict[str, Any], chance: Random) -> None:
    """Each person of the posts looks at what is open at some minute of the given hours, and does most of it."""
    if day.isoweekday() not in data.get("weekdays", range(1, 8)):
        return
    for school in term.schools:
        for n, post in enumerate(data["posts"]):
            since, until = data["hours"]
            moment = minute(day, 60 * chance.uniform(since, until))
            term.later(moment, answer(term, school, post, day.toordinal(), data, (day, school.code, post, n)))


def answer(term: Term, school: Any, post: str, nth: int, data: dict[str, Any], seed: tuple[object, ...]) -> Act:
    """Whoever holds the post today answers what is open for them at this school."""

    def act(moment: datetime) -> None:
        if by := term.perhaps(school, post, nth):
            answer_all(term, by, moment, data, seed, school.pk)

    return act


def answer_all(
    term: Term, by: Any, moment: datetime, data: dict[str, Any], seed: tuple[object, ...], place: Any
) -> None:
    """One person answers their open tasks at a school, one after another."""
    chance = dice(*seed)
    for task in open_tasks(by, moment, acts=data["acts"], days=0):
        if (place not in (task["school_id"], task["org_id"]) and task["school_id"]) or chance.random() > data["share"]:
            continue
        moment += timedelta(seconds=chance.randint(25, 80))
        given = {} if task["act"] == "act" else filled(chance, data)
        term.district.do(
            by, "duties.answer_task", str(task["id"]), at=moment, id=term.district.make(task["id"], at=moment),
            task_id=str(task["id"]), **given,
        )  # fmt: skip


def filled(chance: Random, data: dict[str, Any]) -> dict[str, Any]:
    """Mostly nothing to report; now and then what the pack's demo data has in store."""
    if chance.random() < data.get("nil", 1.0):
        return {"nil": True}
    answers = chance.choice(data["answers"])
    return {"answers": {code: told if isinstance(told, dict) else {"value": str(told)} for code, told in answers.items()},
            "rest_normal": True}  # fmt: skip
