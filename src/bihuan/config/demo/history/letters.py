"""The year's letters of responsibility: made for a few schools, signed over the following days by most people."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any
from uuid import UUID

from bihuan.config.demo.chance import dice
from bihuan.config.demo.history.days import minute
from bihuan.mechanisms.pledges.queries import pledges, year_on

if TYPE_CHECKING:
    from bihuan.config.demo.history.term import Act, Term


def plan(term: Term, day: date, today: date, data: dict[str, Any], chance: Random) -> None:
    """On one day of the term the shown school and some others begin."""
    if day != data["starts_on"]:
        return
    for school in term.some(chance, data["others"]):
        term.later(minute(day, 60 * chance.uniform(9, 11)), issue(term, school, data, (day, school.code)))


def issue(term: Term, school: Any, data: dict[str, Any], seed: tuple[object, ...]) -> Act:
    """The safety lead makes the letters; each person signs on one of the next days, a few never do."""

    def act(moment: datetime) -> None:
        by, chance = term.at_school(school, "safety-lead"), dice("letters", *seed)
        year = year_on(term.district.id, moment.date())
        term.district.do(by, "pledges.issue_year", *seed, at=moment, org_id=str(school.pk), year=year)
        for row in pledges(by, school.pk, year=year, size=200).rows:
            if chance.random() < data["share"]:
                later = moment + timedelta(days=chance.randint(0, 6), minutes=chance.randint(5, 400))
                term.later(later, sign(term, row.pk, row.user_id))

    return act


def sign(term: Term, pledge_id: UUID, user_id: UUID) -> Act:
    """One person signs their own letter."""

    def act(moment: datetime) -> None:
        by = term.actor(user_id)
        drawn = term.signature(by, moment, ("letter", pledge_id))
        term.district.do(by, "pledges.sign", pledge_id, at=moment, pledge_id=str(pledge_id), signature=drawn)

    return act
