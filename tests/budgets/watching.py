"""No command takes more than its statements, in any test of any room that sends one.

The commands of a few lived days have their numbers in ``queries.json``; here every other one is held to the same limit,
wherever a room's own tests call it: whoever writes a loop around a statement is told by the test that they wrote.
"""

from __future__ import annotations

import functools
import re
import threading
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

DRIVEN: set[str] = set()
"""The commands that some test of this run has driven."""
ROOMS = {
    "accounts", "responsibility", "cases", "inspections", "duties", "ledgers", "pledges", "periods", "training", "plans", "mandates", "meetings", "ratings", "tips", "archive",
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
        DRIVEN.add(name)
        racing = threading.current_thread() is not threading.main_thread()  # whoever loses a race tries again, and may
        if name.partition(".")[0] in ROOMS and taken > MOST and not racing:
            listed = "\n  ".join(sql[:160] for sql in told)
            raise TooManyStatements(f"{name} took {taken} statements, two of them for its receipt:\n  {listed}")
        return answer

    counted.counted = True  # type: ignore[attr-defined]
    return counted
