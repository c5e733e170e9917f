"""The codes go on the walls school by school: labels printed, posted with a photo and a place, routes taken over."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from bihuan.config.demo.chance import dice
from bihuan.config.demo.history.days import DAY, at
from bihuan.mechanisms.risks.queries import points_for_phone

if TYPE_CHECKING:
    from bihuan.config.demo.history.term import Act, Term

MINUTE = timedelta(minutes=1)
STEP = 0.00012
"""Some twelve metres, in degrees: how far apart the demo's labels hang."""


def plan(term: Term, day: date, today: date, data: dict[str, Any], chance: Random) -> None:
    """So many schools on every day of school, the shown one first."""
    before, now = begun(term, day - DAY, data), begun(term, day, data)
    for n, school in enumerate(in_turn(term)[before:now]):
        term.later(at(day, time(8, 30)) + 10 * n * MINUTE, post(term, school, data))
        term.later(at(day, time(19, 30)) + 5 * n * MINUTE, take_routes(term, school, data))


def begun(term: Term, day: date, data: dict[str, Any]) -> int:
    """At how many schools the codes hang at the end of a day."""
    days = term.days.between(data["since"] - DAY, day) if day >= data["since"] else 0
    return int(min(days * data["schools_a_day"], data.get("most", len(term.schools))))


def in_turn(term: Term) -> list[Any]:
    """The schools in the order in which they begin."""
    return [term.shown, *(school for school in term.schools if school is not term.shown)]


def post(term: Term, school: Any, data: dict[str, Any]) -> Act:
    """All labels of a school are printed in one go and hung one after another; a torn one is replaced at once."""

    def act(moment: datetime) -> None:
        do, lead = term.district.do, term.at_school(school, "safety-lead")
        points = points_for_phone(lead, [school.pk])
        if not points:
            return
        do(lead, "risks.print_labels", school.code, at=moment, points=[point["id"] for point in points])
        if school is term.shown:
            torn = points[-1]
            do(
                lead,
                "risks.renew_code",
                school.code,
                at=moment,
                point_id=torn["id"],
                revision=0,
                reason="打印时码面划破",
            )
            points = points_for_phone(lead, [school.pk])
        with_photo = len(points) if school is term.shown else data["photos"]
        for n, point in enumerate(points):
            moment += timedelta(minutes=4)
            lat, lon = spot(school, n)
            about = {"scene": "02", "place": point["place"]}
            photo = (
                term.photo(lead, moment, about, school, ("label", point["id"]), after=None) if n < with_photo else None
            )
            do(
                lead, "risks.post_label", point["id"], at=moment, code=point["code"], photo=photo, lat=lat, lon=lon,
                accuracy=12,
            )  # fmt: skip

    return act


def spot(school: Any, n: int) -> tuple[float, float]:
    """Where the n-th label of a made-up school hangs."""
    chance = dice("spot", school.code)
    lat, lon = 32.7 + chance.random() * 0.3, 108.3 + chance.random() * 0.4
    return round(lat + n % 6 * STEP, 6), round(lon + n // 6 * STEP, 6)


def take_routes(term: Term, school: Any, data: dict[str, Any]) -> Act:
    """The pack's ready-made routes that the district has chosen, along the points that the school has."""

    def act(moment: datetime) -> None:
        lead = term.at_school(school, "safety-lead")
        term.district.do(
            lead, "patrols.adopt_routes", school.code, at=moment, org_id=str(school.pk), codes=data["routes"]
        )

    return act
