"""Books that are kept: whoever a ledger waits for writes a row or says that there was nothing."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from bihuan.config.demo.chance import dice
from bihuan.config.demo.history.days import HERE, minute
from bihuan.engines.duties.queries import open_tasks
from bihuan.engines.sheets.queries import in_force_by_code
from bihuan.engines.sheets.rules import Item
from bihuan.foundation.actors import SYSTEM
from bihuan.mechanisms.ledgers.pack import ledgers_of
from bihuan.mechanisms.ledgers.rules import Ledger

if TYPE_CHECKING:
    from bihuan.config.demo.history.term import Act, Term


def plan(term: Term, day: date, today: date, data: dict[str, Any], chance: Random) -> None:
    """In the last days (``days``) everybody of these posts looks at their books once."""
    if (today - day).days > data["days"]:
        return
    for school in term.schools:
        for post in data["posts"]:
            moment = minute(day, 60 * chance.uniform(8.5, 16.5))
            term.later(moment, keep(term, school, post, data, (day, school.code, post)))


def keep(term: Term, school: Any, post: str, data: dict[str, Any], seed: tuple[object, ...]) -> Act:
    """One person's books of the day, most of them (``share``); where a nil report is known, usually that."""

    def act(moment: datetime) -> None:
        by, chance = term.perhaps(school, post), dice("ledgers", *seed)
        if by is None:
            return
        books = {ledger.title: ledger for ledger in ledgers_of(term.district.id).values()}
        for task in open_tasks(by, moment, acts=["ledger"], days=0):
            ledger = books.get(task["title"])
            if task["school_id"] != school.pk or ledger is None or chance.random() > data["share"]:
                continue
            moment += timedelta(seconds=chance.randint(20, 70))
            page = {"ledger": ledger.code, "org_id": str(school.pk), "on": moment.astimezone(HERE).date().isoformat()}
            own = data["rows"].get(ledger.code, [])
            if ledger.nil and (not own or (school is not term.shown and chance.random() < data["nil"])):
                term.district.do(by, "ledgers.report_nil", *seed, ledger.code, at=moment, **page)
                continue
            rows = own if own and school is term.shown else usual(term, ledger, by.name, moment, data, chance)
            kept = [
                {"id": term.district.make(*seed, ledger.code, n, at=moment), "answers": row}
                for n, row in enumerate(rows)
            ]
            term.district.do(by, "ledgers.write_rows", *seed, ledger.code, at=moment, **page, rows=kept)

    return act


def usual(
    term: Term, ledger: Ledger, name: str, moment: datetime, data: dict[str, Any], chance: Random
) -> list[dict[str, str]]:
    """A row for each slot (or one) in which everything is as it should be."""
    items = in_force_by_code(SYSTEM, ledger.sheet, on=moment.astimezone(HERE).date()).content.items
    ends = ledger.clock.ends if ledger.clock else ""
    rows = []
    for slot in ledger.slots or ("",):
        row = {
            item.code: said(item, name, moment, data, chance) for item in items if item.required and item.code != ends
        }
        rows.append(row | dict(ledger.normal or {}) | ({ledger.slot_column: slot} if slot else {}))
    return rows


def said(item: Item, name: str, moment: datetime, data: dict[str, Any], chance: Random) -> str:
    """Something that a person would write into this column on a usual day."""
    if item.kind == "choice":
        return next(option for option in item.options if option not in item.abnormal)
    if item.kind == "number":
        low = item.normal_from if item.normal_from is not None else item.least or 0
        high = item.normal_to if item.normal_to is not None else min(item.most or low + 40, low + 40)
        return str(int(chance.uniform(low, high)))
    if item.kind == "time":
        return f"{moment.astimezone(HERE):%H:%M}"
    if item.kind == "date":
        return f"{moment.astimezone(HERE).date() + timedelta(days=200)}"
    return str(chance.choice(data["words"].get(item.code, [name])))
