"""W5todo, "my todo" of a head of safety: forty tasks open, 10,000 of the same person's past, the schools around with theirs.

Measured are the home page (tasks, hazards and whatever else waits, together) and the list of duties, beside one statement that
reads the open tasks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.apps import apps
from django.utils import timezone

from bench.direct import Direct
from bench.metering import Figure, Meter, compare
from bench.site import Site
from bench.world import World, scope_of
from bihuan.foundation import clock
from bihuan.foundation.ids import uuid7

PAST, OPEN = 10_000, 40
A_DAY = 50
ELSEWHERE = 1_000
"""Past tasks of each other school of the bureau."""
ENDED = ("done", "done", "done", "done", "late", "missed", "excused")
PAGES = {"home": "/", "list of duties": "/duties/"}
LIMIT = 10_000.0
TASK = re.compile(r"/duties/([0-9a-f-]{36})/")


class Todo:
    """One person's tasks, and the ways to read the open ones."""

    def __init__(self, world: World, past: int) -> None:
        self.looker = world.lookers["school"]
        self.at = clock.now()
        self.site, self.direct = Site(), Direct()
        self.duty, self.task = apps.get_model("duties", "Duty"), apps.get_model("duties", "Task")
        bureau = world.home["bureau"]
        self.duties = [
            self.duty(
                id=uuid7(), org=bureau, code=f"todo-{n}", title=f"职责{n}", act="act", post="safety-lead",
                cadence={"every": "school-day"}, windows=[{"since": "07:00", "until": "09:00"}], starts_on=date(2026, 9, 1),
                **scope_of(bureau),
            )
            for n in range(A_DAY)
        ]  # fmt: skip
        self.duty.objects.bulk_create(self.duties)
        near = [unit for unit in world.schools if unit.bureau_id == bureau.pk and unit.pk != self.looker.unit.pk]
        for unit, assignee, many in [
            (self.looker.unit, self.looker.user_id, past),
            *((u, None, ELSEWHERE) for u in near),
        ]:
            self.task.objects.bulk_create(self._tasks(unit, assignee, many), batch_size=2_000)
        self.direct.run("ANALYZE duties_task")

    def _tasks(self, unit: Any, assignee: Any, past: int) -> Iterator[Any]:
        """The past of a school, *A_DAY* tasks a day back from yesterday, and what is open today."""
        today = timezone.localdate(self.at)
        for n in range(past + OPEN):
            back, nth = divmod(n, A_DAY)
            ended = n < past
            on = today - timedelta(days=back + 1) if ended else today
            opens = timezone.make_aware(datetime.combine(on, time(0, nth)))
            due = opens + timedelta(hours=9 if ended else 48)
            duty = self.duties[nth]
            yield self.task(
                id=uuid7(), duty=duty, org=unit, on=on, act="act", title=duty.title, post=duty.post, assignee_id=assignee,
                opens_at=opens, due_at=due, closes_at=due + timedelta(hours=1), state=ENDED[n % len(ENDED)] if ended else "open",
                **scope_of(unit),
            )  # fmt: skip

    def page(self, name: str) -> str:
        """The product's page."""
        status, body = self.site.get(PAGES[name], session=self.looker.session)
        if status != 200:
            raise RuntimeError(f"{PAGES[name]} answered {status}")
        return body.decode()

    def raw(self) -> list[tuple[Any, ...]]:
        """The open tasks of this person, soonest due first."""
        return self.direct.rows(
            "SELECT id, title, due_at, opens_at, org_id, act FROM duties_task WHERE school_id = %s AND assignee_id = %s "
            "AND state = 'open' ORDER BY due_at, id LIMIT 26",
            [self.direct.uuid(self.looker.unit.pk), self.direct.uuid(self.looker.user_id)],
        )

    def close(self) -> None:
        """Leave the world as it was, and give threads and connections back."""
        self.task.objects.filter(duty__in=self.duties).delete()
        self.duty.objects.filter(pk__in=[duty.pk for duty in self.duties]).delete()
        self.site.close()
        self.direct.close()


def check(world: World, past: int = PAST) -> None:
    """Both pages show the task that the statement finds first, and none that ended."""
    todo = Todo(world, past)
    try:
        found = todo.raw()
        if not found:
            raise AssertionError("no open task to compare")
        ended = {str(pk) for pk in todo.task.objects.exclude(state="open").values_list("pk", flat=True)}
        for name in PAGES:
            shown = set(TASK.findall(todo.page(name)))
            if str(UUID(str(found[0][0]))) not in shown or shown & ended:
                raise AssertionError(f"the {name} does not show what is open")
    finally:
        todo.close()


def figures(world: World, meter: Meter, rows: int) -> Iterator[Figure]:
    """CPU of each page."""
    todo = Todo(world, rows)
    try:
        sides: dict[str, Any] = {name: partial(todo.page, name) for name in PAGES}
        costs = compare(
            meter, {**sides, "raw": todo.raw}, warm=30
        )  # each of the server's threads has its own connection
        for name in PAGES:
            yield Figure.of("W5todo", f"my todo, {name}", rows, costs[name], costs["raw"], limit=LIMIT)
    finally:
        todo.close()
