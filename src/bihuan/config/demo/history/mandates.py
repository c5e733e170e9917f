"""What the bureau asks of its schools: signed for, answered and accepted; one school owes its answer, a guard has a share."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from random import Random
from typing import TYPE_CHECKING, Any
from uuid import UUID

from bihuan.config.demo.chance import dice
from bihuan.config.demo.history.days import DAY, at
from bihuan.mechanisms.mandates.queries import directive_page

if TYPE_CHECKING:
    from bihuan.config.demo.history.term import Act, Term


def plan(term: Term, day: date, today: date, data: dict[str, Any], chance: Random) -> None:
    """On its day, or on the day of work before it, each directive is issued."""
    for one in data["asked"]:
        first = term.first_day(one, today)
        while first and not term.days.works(first):
            first -= DAY
        if day == first:
            term.later(at(day, time(15)), issue(term, day, data["by"], one))


def issue(term: Term, day: date, post: str, one: dict[str, Any]) -> Act:
    """One directive of the bureau; each school signs and answers at its own pace, the day after the last most is accepted."""

    def act(moment: datetime) -> None:
        seed, by = (one["title"], day), term.at_bureau(post)
        id, due = term.district.make("mandate", *seed, at=moment), at(day + one["within"] * DAY, time(17, 30))
        term.district.do(
            by, "mandates.issue", *seed, at=moment, id=id, org_id=str(term.district.id), due_at=due.isoformat(),
            **{name: one[name] for name in ("title", "text", "wants", "unit", "audience", "kinds") if name in one},
        )  # fmt: skip
        for row in directive_page(by, UUID(id), size=200).page.rows:
            chance, school = dice("mandate", *seed, row.org_name), term.by_id[row.school_id]
            signed = moment + timedelta(minutes=chance.randrange(20, 280))
            term.later(signed, sign(term, school, row.pk, one))
            if school.name != one.get("silent") and not (school is term.shown and "share" in one):
                answered = signed + (due - signed) * chance.uniform(0.1, 0.95)
                term.later(term.days.working(answered), feed_back(term, school, row.pk, one, chance))
        term.later(term.days.working(due + timedelta(hours=16)), accept(term, by, id, one.get("left", 0)))

    return act


def sign(term: Term, school: Any, pk: UUID, one: dict[str, Any]) -> Act:
    """The safety lead signs; the shown school divides it among its people."""

    def act(moment: datetime) -> None:
        lead, do = term.at_school(school, "safety-lead"), term.district.do
        do(lead, "mandates.sign", pk, at=moment, assignment_id=str(pk))
        if school is term.shown and "share" in one:
            person = term.at_school(school, one["share"]["post"])
            shares = [{"person": str(person.id), "task": one["share"]["task"]}]
            do(lead, "mandates.split", pk, at=moment + timedelta(minutes=9), assignment_id=str(pk), shares=shares)

    return act


def feed_back(term: Term, school: Any, pk: UUID, one: dict[str, Any], chance: Random) -> Act:
    """The safety lead answers for the school."""

    def act(moment: datetime) -> None:
        amount = {"amount": chance.randrange(one["most"])} if one["wants"] == "number" else {}
        term.district.do(
            term.at_school(school, "safety-lead"), "mandates.feed_back", pk, at=moment, assignment_id=str(pk),
            words=chance.choice(one["answers"]), **amount,
        )  # fmt: skip

    return act


def accept(term: Term, by: Any, id: str, left: int) -> Act:
    """The bureau accepts the answers but for some that wait for a visitor."""

    def act(moment: datetime) -> None:
        rows = directive_page(by, UUID(id), state="answered", size=200).page.rows
        done = [str(row.pk) for row in rows[left:]]
        term.district.do(by, "mandates.accept", id, at=moment, directive_id=id, assignments=done)

    return act
