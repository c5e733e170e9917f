"""随手报: a member of staff reports what they see."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from random import Random
from typing import TYPE_CHECKING, Any
from uuid import UUID

from bihuan.config.demo.chance import dice
from bihuan.config.demo.history.days import at
from bihuan.config.demo.history.following import follow

if TYPE_CHECKING:
    from bihuan.config.demo.history.term import Act, Term


def plan(term: Term, day: date, today: date, data: dict[str, Any], chance: Random) -> None:
    """A few a day, the shown school oftener than the others."""
    for n in range(chance.randint(*data["a_day"])):
        school = term.shown if chance.random() < 0.2 else chance.choice(term.schools)
        moment = at(day, time(7 + chance.randrange(11), chance.randrange(60)))
        term.later(moment, snap(term, school, chance.choice(data["posts"]), ("snap", day, n)))


def snap(term: Term, school: Any, post: str, seed: tuple[object, ...]) -> Act:
    """One report with a photo, about an item of the checklist."""

    def act(moment: datetime) -> None:
        chance = dice(*seed)
        (problem,) = term.pick(school, chance, 1)
        by = term.at_school(school, post, chance.randrange(40))
        item = term.items[problem["item"]]
        id = term.district.make(*seed, at=moment)
        photo = term.photo(by, moment, problem, school, seed, after=False)
        term.district.do(
            by, "cases.report_hazard", *seed, at=moment, id=id, org=str(school.pk), title=title_of(problem),
            description=problem["words"], place=term.place(problem), item=problem["item"], item_title=item["title"],
            basis=item["basis"], category=term.sections[item["section"]], photos=[photo], source="snap",
        )  # fmt: skip
        follow(term, UUID(id), problem, seed, moment + timedelta(minutes=chance.randrange(20, 400)))

    return act


def title_of(problem: dict[str, Any]) -> str:
    """A problem in a line: its first clause."""
    return str(problem["words"]).split("，")[0].rstrip("。")[:40]
