"""Passers-by scan a code on the wall and tell; the school answers or makes a hazard of it, the newest wait for a visitor."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from random import Random
from typing import TYPE_CHECKING, Any
from uuid import UUID

from bihuan.config.demo.chance import dice
from bihuan.config.demo.history.days import DAY, at
from bihuan.config.demo.history.following import follow
from bihuan.config.demo.history.rollout import begun, in_turn
from bihuan.config.demo.history.rounds import carried
from bihuan.foundation import clock
from bihuan.mechanisms.risks.standing import school_points
from bihuan.mechanisms.tips.commands import tell
from bihuan.mechanisms.tips.queries import desk

if TYPE_CHECKING:
    from bihuan.config.demo.history.term import Act, Term


def plan(term: Term, day: date, today: date, data: dict[str, Any], chance: Random) -> None:
    """Now and then at a school whose codes hang; on the last days always at the shown school."""
    there = in_turn(term)[: begun(term, day - DAY, term.told["rollout"])]
    fresh = (today - day).days <= data["waiting_days"]
    if there and (fresh or chance.random() < data["share"]):
        school = term.shown if fresh else chance.choice(there)
        moment = at(day, time(7 + chance.randrange(11), chance.randrange(60)))
        term.later(moment, hear(term, school, data["told"], ("tip", day), waits=fresh))


def hear(term: Term, school: Any, told: list[dict[str, Any]], seed: tuple[object, ...], *, waits: bool) -> Act:
    """Somebody tells at a label; hours later the safety lead has looked."""

    def act(moment: datetime) -> None:
        chance, labels = dice(*seed), carried(term, school)[0]
        codes = {point.catalogue: labels[point.id]["code"] for point in school_points(school.pk) if point.id in labels}
        able = [one for one in told if one["point"] in codes]
        if not able:
            return
        one = chance.choice(able)
        with clock.travel(moment):
            tell(
                moment, code=codes[one["point"]], form=term.district.make(*seed, at=moment), words=one["words"],
                address=f"192.0.2.{chance.randrange(1, 250)}",
            )  # fmt: skip
        if not waits:
            term.later(moment + timedelta(hours=chance.randrange(2, 20)), deal(term, school, one, seed))

    return act


def deal(term: Term, school: Any, one: dict[str, Any], seed: tuple[object, ...]) -> Act:
    """What waits at this school's desk is answered, or becomes a hazard that is followed to its end."""

    def act(moment: datetime) -> None:
        lead, do = term.at_school(school, "safety-lead"), term.district.do
        for tip in desk(lead).page.rows:
            if tip.school_id != school.pk or tip.words != one["words"]:
                continue
            about = {"tip_id": str(tip.pk), "revision": tip.revision}
            if "answer" in one:
                do(lead, "tips.answer_tip", *seed, at=moment, answer=one["answer"], **about)
                return
            id = term.district.make(*seed, "case", at=moment)
            do(lead, "tips.make_case", *seed, at=moment, id=id, title=one["title"], **about)
            problem = next(problem for problem in term.problems if problem["item"] == one["item"])
            follow(term, UUID(id), problem, (*seed, "case"), moment + timedelta(hours=1))
            return

    return act
