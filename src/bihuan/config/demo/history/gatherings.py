"""The month's meeting of the shown school: called, signed in, closed with what it decided."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from bihuan.config.demo.chance import dice
from bihuan.config.demo.history.days import at

if TYPE_CHECKING:
    from bihuan.config.demo.history.term import Act, Term


def plan(term: Term, day: date, today: date, data: dict[str, Any], chance: Random) -> None:
    """On the n-th day of school of each month."""
    if term.days.between(day.replace(day=1) - timedelta(days=1), day) == data["nth"]:
        term.later(at(day, time(15, 30)), gather(term, day, data))


def gather(term: Term, day: date, data: dict[str, Any]) -> Act:
    """One meeting of the shown school."""

    def act(moment: datetime) -> None:
        seed, do, chance = ("meeting", day.replace(day=1)), term.district.do, dice("meeting", day)
        people = [one for post in data["posts"] if (one := term.perhaps(term.shown, post))]
        by, id, told = (
            people[0],
            term.district.make(*seed, at=moment),
            data["meetings"][day.month % len(data["meetings"])],
        )
        do(
            by, "meetings.plan_meeting", *seed, at=moment - timedelta(days=1), id=id, org_id=str(term.shown.pk),
            title=f"{day.month} 月安全会商研判", held_at=moment.isoformat(), place=data["place"], agenda=data["agenda"],
            people=[str(one.id) for one in people],
        )  # fmt: skip
        for n, one in enumerate(people):
            if n == 0 or chance.random() < data["share"]:
                do(one, "meetings.sign_in", *seed, n, at=moment + timedelta(minutes=n - 10), meeting_id=id)
        decided = [
            {"words": words, "person": str(people[-1].id), "until": str(day + timedelta(days=days))}
            for words, days in told["decided"].items()
        ]
        do(
            by,
            "meetings.close_meeting",
            *seed,
            at=moment + timedelta(hours=1),
            meeting_id=id,
            minutes=told["minutes"],
            resolutions=decided,
        )

    return act
