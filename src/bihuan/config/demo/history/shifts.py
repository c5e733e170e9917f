"""The guards hand the gate over to each other, with their things and what the next one must know."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from bihuan.config.demo.chance import dice
from bihuan.config.demo.history.days import at

if TYPE_CHECKING:
    from bihuan.config.demo.history.term import Act, Term


def plan(term: Term, day: date, today: date, data: dict[str, Any], chance: Random) -> None:
    """Every morning at some schools; the shown school's last one of today waits for whoever is shown as its guard."""
    for school in term.some(chance, data["others"]):
        waits = school is term.shown and day == today
        term.later(at(day, time(6, 50)), change(term, school, data, ("shift", day, school.code), waits=waits))


def change(term: Term, school: Any, data: dict[str, Any], seed: tuple[object, ...], *, waits: bool) -> Act:
    """One change of shift: the night's guard gives, the day's guard counts and takes."""

    def act(moment: datetime) -> None:
        chance, do = dice(*seed), term.district.do
        night, day = term.at_school(school, "guard", 1), term.at_school(school, "guard", 0)
        if night.id == day.id:
            return
        items = [{"name": name} for name in data["items"]]
        note = chance.choice(data["notes"])
        if wrong := note.get("wrong"):
            items = [one | {"state": "broken", "note": note["words"]} if one["name"] == wrong else one for one in items]
        id = term.district.make(*seed, at=moment)
        do(
            night, "patrols.hand_over_shift", *seed, at=moment, id=id, org_id=str(school.pk), to_id=str(day.id), items=items,
            note=note["words"],
        )  # fmt: skip
        if not waits:
            do(day, "patrols.take_over_shift", *seed, at=moment + timedelta(minutes=6), handover_id=id)

    return act
