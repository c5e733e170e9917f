"""No command takes more than its statements, in any test of any room that sends one.

The commands of a few lived days have their numbers in ``queries.json``; here every other one is held to the same limit,
wherever a room's own tests call it: whoever writes a loop around a statement is told by the test that they wrote.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from django.db import connection

from bihuan.foundation import commands

MOST = 12
RECEIPT = 2
"""An envelope also writes its receipt and the answer."""
CONTROL = re.compile(r"^\s*(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|SET |PRAGMA|QUERY = '(BEGIN|COMMIT))", re.I)
REMEMBERED = re.compile(r"""^\s*SELECT .* FROM "(foundation_packentry|foundation_installedpack)" """, re.S)
"""A process reads a bureau's packs once and remembers them; the tests make it forget before every one."""

BY_NATURE = {"responsibility.move_org": 60, "responsibility.undo_roster": 60, "duties.set_day": 18, "duties.set_duty": 18}
"""What an administrator does a few times a year, with a statement for each table of the schema and none for each row.

Moving a subtree rewrites the address in every table that has one; taking a roster back asks every table that names
people; another day in the calendar sows the tasks of all duties anew.
"""
OWED = {"inspections.open_inspection": 30, "inspections.draw_inspections": 90}
"""What is not yet set-based: each invited inspector costs a few statements."""
ROOMS = {
    "accounts", "responsibility", "cases", "inspections", "duties", "ledgers", "pledges", "training", "plans", "meetings", "tips",
}  # fmt: skip
"""The rooms whose every command was counted; a new room adds its name as soon as its commands keep the limit."""
_inside: ContextVar[bool] = ContextVar("inside", default=False)


class TooManyStatements(AssertionError):
    """A command took more statements than the budget allows."""


def watch() -> None:
    """From now on, count what every registered command does."""
    for name, command in commands.commands().items():
        within = command.inside
        cells = dict(zip(within.__code__.co_freevars, within.__closure__ or (), strict=True))
        cell = cells["function"]
        if not hasattr(cell.cell_contents, "counted"):
            cell.cell_contents = _counting(name, cell.cell_contents)


def _counting(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def counted(*args: Any, **more: Any) -> Any:
        if _inside.get():  # a command that another one calls is counted with it
            return function(*args, **more)
        told: list[str] = []

        def count(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
            if not CONTROL.match(sql) and not REMEMBERED.match(sql):
                told.append(sql)
            return execute(sql, params, many, context)

        token = _inside.set(True)
        try:
            with connection.execute_wrapper(count):
                answer = function(*args, **more)
        finally:
            _inside.reset(token)
        taken = len(told) + RECEIPT
        if name.partition(".")[0] in ROOMS and taken > {**BY_NATURE, **OWED}.get(name, MOST):
            listed = "\n  ".join(sql[:160] for sql in told)
            raise TooManyStatements(f"{name} took {taken} statements, two of them for its receipt:\n  {listed}")
        return answer

    counted.counted = True  # type: ignore[attr-defined]
    return counted
