"""One rating of the shown school: counted, judged, told to everybody; two people object and are answered."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from random import Random
from typing import TYPE_CHECKING, Any
from uuid import UUID

from bihuan.config.demo.chance import dice
from bihuan.config.demo.history.days import DAY, at
from bihuan.mechanisms.ratings.queries import rating_page

if TYPE_CHECKING:
    from bihuan.config.demo.history.term import Act, Term

MINUTE = timedelta(minutes=1)


def plan(term: Term, day: date, today: date, data: dict[str, Any], chance: Random) -> None:
    """On one day it is begun and judged, on the next told."""
    if day == data["opens_on"]:
        id = term.district.make("rating", day)
        term.later(at(day, time(9, 30)), judge(term, id, data))
        term.later(at(day + DAY, time(16)), publish(term, id, data))


def judge(term: Term, id: str, data: dict[str, Any]) -> Act:
    """Whoever appraises gives each person the marks that no record gives, and says why."""

    def act(moment: datetime) -> None:
        do, by = term.district.do, term.at_school(term.shown, data["by"])
        do(
            by, "ratings.open_rating", id, at=moment, id=id, org_id=str(term.shown.pk), scheme=data["scheme"],
            on=str(data["month"]),
        )  # fmt: skip
        for n, score in enumerate(rating_page(by, UUID(id)).scores, start=1):
            mark, reason = dice("rating", score.subject).choice(data["marks"])
            given = [{"item": data["item"], "mark": mark, "reason": reason}]
            do(by, "ratings.judge", id, score.subject, at=moment + n * MINUTE, score_id=str(score.pk), revision=0, marks=given)  # fmt: skip

    return act


def publish(term: Term, id: str, data: dict[str, Any]) -> Act:
    """It is told; most people say that they have seen theirs, and the first of each post in ``appeals`` objects."""

    def act(moment: datetime) -> None:
        do, by = term.district.do, term.at_school(term.shown, data["by"])
        page = rating_page(by, UUID(id))
        do(by, "ratings.publish", id, at=moment, rating_id=id, revision=page.rating.revision)
        objecting = {term.at_school(term.shown, one["post"]).id: one for one in data["appeals"]}
        for score in page.scores:
            chance = dice("told", score.subject)
            seen = term.days.working(moment + chance.randrange(20, 2800) * MINUTE)
            if chance.random() < data["seen"] or score.user_id in objecting:
                term.later(seen, acknowledge(term, score))
            if one := objecting.get(score.user_id):
                term.later(seen + 7 * MINUTE, object_to(term, score, one))
                term.later(term.days.working(seen + 2 * DAY), decide(term, score, one, data))

    return act


def acknowledge(term: Term, score: Any) -> Act:
    """Somebody has seen the own result."""

    def act(moment: datetime) -> None:
        by, do = term.actor(score.user_id), term.district.do
        do(by, "ratings.acknowledge", score.pk, at=moment, score_id=str(score.pk))

    return act


def object_to(term: Term, score: Any, one: dict[str, Any]) -> Act:
    """Somebody objects to it."""

    def act(moment: datetime) -> None:
        by, do = term.actor(score.user_id), term.district.do
        do(by, "ratings.appeal", score.pk, at=moment, score_id=str(score.pk), words=one["words"])

    return act


def decide(term: Term, score: Any, one: dict[str, Any], data: dict[str, Any]) -> Act:
    """Somebody who neither judged nor published decides: the result stays, or an item is changed."""

    def act(moment: datetime) -> None:
        marks = [{"item": data["item"], "mark": one["mark"], "reason": one["reason"]}] if "mark" in one else []
        term.district.do(
            term.at_school(term.shown, data["decides"]), "ratings.decide_appeal", score.pk, at=moment,
            score_id=str(score.pk), reason=one["reason"], marks=marks,
        )  # fmt: skip

    return act
