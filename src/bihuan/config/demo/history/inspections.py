"""Sponsor rounds, self-checks, and the stories whose cases wait for the visitor."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from random import Random
from typing import TYPE_CHECKING, Any
from uuid import UUID

from bihuan.config.demo.chance import dice
from bihuan.config.demo.history.days import at
from bihuan.config.demo.history.following import FIVE, follow
from bihuan.engines.cases.queries import by_source

if TYPE_CHECKING:
    from bihuan.config.demo.history.term import Act, Term

LESSONS = {
    "cause": "日常检查走过场，发现后没有及时登记。",
    "person": "对责任人谈话提醒，纳入当月考核。",
    "measure": "当场整改，举一反三查了同类部位。",
    "taught": "在周一例会上通报，相关岗位重新学习了标准。",
}
PRAISE = (
    "台账较为规范，值守人员熟悉流程。",
    "校领导重视，整改配合。",
    "门卫和食堂管理较上次有进步。",
    "演练资料齐全。",
)


def plan(term: Term, day: date, today: date, data: dict[str, Any], chance: Random) -> None:
    """Some schools are visited every day, one checks itself on one day of the week, and stories stand days ago."""
    others = [school for school in term.schools if school is not term.shown]
    ago = term.days.between(day, today)
    for story in data.get("stories", ()):
        if story["ago"] == ago:
            school = term.shown if story["shown"] else others[ago % len(others)]
            stops = dict(zip(story["items"], story["stops"], strict=True))
            term.later(at(day, time(10, 12)), visit(term, school, "sponsor_round", ("story", day), stops))
    for n, school in enumerate(chance.sample(term.schools, data["visits"])):
        moment = at(day, time(9 + 2 * n, chance.randrange(5, 55)))
        term.later(moment, visit(term, school, "sponsor_round", ("visit", day, n)))
    if day.isoweekday() == data["self_check_on"]:
        term.later(at(day, time(14, 20)), visit(term, chance.choice(term.schools), "self_check", ("self", day)))


def visit(term: Term, school: Any, kind: str, seed: tuple[object, ...], stops: dict[str, str] | None = None) -> Act:
    """An inspection: open, note what is wrong, pass the rest of each category, close with the school's signature.

    ``stops`` are the problems of a story with the states in which its cases stay, for a visitor to go on.
    """

    def act(moment: datetime) -> None:
        chance, do = dice(*seed), term.district.do
        alone = kind == "self_check"
        by = term.at_school(school, "safety-lead") if alone else term.district.holder(school, "sponsor-cadre")
        problems = [p for p in term.problems if p.get("item") in (stops or {})]
        problems = problems or term.pick(school, chance, 1 if alone else chance.choice((1, 2, 2, 3, 3, 4)))
        any_section = chance.choice(sorted(term.sections))
        sections = sorted({p["item"][:2] for p in problems} | {any_section})
        id = term.district.make(*seed, at=moment)
        do(
            by,
            "inspections.open_inspection",
            *seed,
            at=moment,
            id=id,
            school=str(school.pk),
            kind=kind,
            categories=sections,
        )
        wrong, hazards = {}, {}
        for n, problem in enumerate(problems):
            photo = term.photo(by, moment + timedelta(minutes=6 * n), problem, school, (*seed, n), after=False)
            place = term.place(problem)
            wrong[problem["item"]] = {"result": "fail", "note": problem["words"], "place": place, "photos": [photo]}
            if alone:
                hazards[problem["item"]] = {"five": FIVE}
        told = moment + timedelta(minutes=35)
        do(by, "inspections.answer", *seed, at=told, inspection_id=id, answers=wrong, hazards=hazards)
        for n, section in enumerate(sections):
            codes = [code for code in term.items if code[:2] == section]
            do(
                by, "inspections.pass_rest", *seed, section, at=told + timedelta(minutes=8 * n), inspection_id=id,
                section=section, seen=codes,
            )  # fmt: skip
        ended = told + timedelta(minutes=50)
        if wrong and not alone:
            do(by, "inspections.raise_hazards", *seed, at=ended, inspection_id=id)
        do(
            by, "inspections.close_inspection", *seed, at=ended, inspection_id=id,
            summary=f"{chance.choice(PRAISE)}发现问题{len(problems)}处，已当场反馈，请按期限整改并上传照片。",
            **({"lessons": LESSONS} if alone else {}),
        )  # fmt: skip
        if not alone:
            do(
                by, "inspections.sign_inspection", *seed, at=ended, inspection_id=id,
                signature=term.signature(by, ended, (*seed, "sign")), signed_by_name=term.at_school(school, "head").name,
            )  # fmt: skip
        for n, case in enumerate(by_source(by, term.district.id, UUID(id))):
            problem = next(p for p in problems if p["item"] == case["item"])
            stop = (stops or {}).get(problem["item"], "")
            soon = ended + timedelta(hours=2 + n)
            follow(term, UUID(str(case["id"])), problem, (*seed, case["item"]), soon, stop=stop)

    return act
