"""Classes of some schools become units of the net, each with its teacher, who from then on reports twice a day."""

from __future__ import annotations

from datetime import date, datetime, time
from random import Random
from typing import TYPE_CHECKING, Any

from bihuan.config.demo.history.days import at, minute
from bihuan.config.demo.history.reports import answer_all

if TYPE_CHECKING:
    from bihuan.config.demo.history.term import Act, Term


def plan(term: Term, day: date, today: date, data: dict[str, Any], chance: Random) -> None:
    """On the first day the classes are made; from the next on their teachers answer in the morning and after noon."""
    if day < data["since"]:
        return
    schools = [school for school in term.schools if school.name in data["schools"]]
    for school in schools:
        many = next(one.classes for one in term.district.planned if one.code == school.code)
        if day == data["since"]:
            term.later(at(day, time(16)), make(term, school, many, str(day)))
            continue
        for n in range(many):
            for since, until in data["hours"]:
                moment = minute(day, 60 * chance.uniform(since, until))
                term.later(moment, report(term, school, n, data, (day, school.code, n, since)))


def make(term: Term, school: Any, many: int, since: str) -> Act:
    """The classes of a school, year by year, and who teaches each."""

    def act(moment: datetime) -> None:
        years = "小中大" if school.kind == "kindergarten" else "一二三四五六七八九"
        do, make_id, admin = term.district.do, term.district.make, term.district.admin
        each = -(-many // (3 if school.kind == "kindergarten" else 9 if school.kind == "nine-year" else 6))
        for n in range(many):
            name = f"{years[n // each]}{'' if school.kind == 'kindergarten' else '年级'}（{n % each + 1}）班"
            id, teacher = make_id("class", school.code, n), teacher_of(term, school, n)
            do(
                admin, "responsibility.create_org", "class", school.code, n, at=moment, id=id, parent_id=str(school.pk),
                kind="class", name=name, sort=n, active_from=since,
            )  # fmt: skip
            do(
                admin, "responsibility.appoint", "class", school.code, n, at=moment, id=make_id("teacher", school.code, n),
                org_id=id, post=post_of(school), starts_on=since, user_id=str(teacher.id),
            )  # fmt: skip

    return act


def report(term: Term, school: Any, n: int, data: dict[str, Any], seed: tuple[object, ...]) -> Act:
    """A teacher reports for the class."""
    return lambda moment: answer_all(term, teacher_of(term, school, n), moment, data, seed, school.pk)


def teacher_of(term: Term, school: Any, n: int) -> Any:
    """Who teaches the n-th class."""
    return term.district.holder(school, post_of(school), n)


def post_of(school: Any) -> str:
    """What the teacher of a class is called there."""
    return "kindergarten-teacher" if school.kind == "kindergarten" else "class-teacher"
