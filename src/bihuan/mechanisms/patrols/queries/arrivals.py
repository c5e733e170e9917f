"""Visits that were due in a month, what became of them, and how people said that they had come."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from bihuan.engines.duties.rules import STATES as TASK_STATES
from bihuan.engines.duties.tallies import due_page, tally
from bihuan.foundation.actors import Actor
from bihuan.foundation.pages.keyset import Page
from bihuan.mechanisms.patrols.models import Arrival
from bihuan.mechanisms.patrols.queries.today import school_among, span_of

HOW = {"scan": "扫码", "typed": "输入编号"}
SHOWN = [("missed", "没有到校的"), ("open", "还没到的"), ("done", "按时到的"), ("late", "迟到校的")]


@dataclass(frozen=True, slots=True)
class Came:
    """One visit that was due, and the arrival that did it."""

    task: dict[str, Any]
    arrival: Arrival | None

    @property
    def state(self) -> str:
        """What became of it, in words."""
        return TASK_STATES[self.task["state"]]

    @property
    def how(self) -> str:
        """How they said that they had come."""
        return HOW[self.arrival.how] if self.arrival else ""


@dataclass(frozen=True, slots=True)
class Visits:
    """A month of visits inside the viewer's net."""

    month: date
    before: str
    after: str
    rows: list[Came]
    page: Page
    counts: Counter[str]
    others: list[Arrival]
    schools: list[tuple[str, str]]
    school_id: UUID | None

    @property
    def due(self) -> int:
        """How many visits were due, those that were excused and those to come left out."""
        return sum(self.counts[state] for state in ("done", "late", "missed"))

    @property
    def came(self) -> int:
        """How many of them were made."""
        return self.counts["done"] + self.counts["late"]


def visits(viewer: Actor, asked: dict[str, str], *, at: datetime) -> Visits:
    """The visits of a month (``month=2026-11``), of one school or all, in one state or all."""
    first = _month(asked.get("month", ""), at)
    after = (first + timedelta(days=32)).replace(day=1)
    since, until = span_of(first, (after - first).days)
    school, schools = school_among(viewer, asked.get("school", ""))
    only = [school] if school else []
    states = [asked["state"]] if asked.get("state") in dict(SHOWN) else []
    found = due_page(
        viewer, act="visit", since=since, until=until, school_ids=only, states=states, cursor=asked.get("cursor", "")
    )
    counts: Counter[str] = Counter()
    for one in tally(viewer, act="visit", since=since, until=until, school_ids=only):
        counts[one.state] += one.count
    arrivals = Arrival.objects.visible_to(viewer).filter(arrived_at__gte=since, arrived_at__lt=until)
    if school:
        arrivals = arrivals.filter(school_id=school)
    did = {
        row.pk: row for row in Arrival.objects.filter(pk__in=[task["ref_id"] for task in found.rows if task["ref_id"]])
    }
    others = list(arrivals.filter(tasks=[]).order_by("-arrived_at", "-id")[:20])
    return Visits(
        first, (first - timedelta(days=1)).strftime("%Y-%m"), after.strftime("%Y-%m"),
        [Came(task, did.get(task["ref_id"])) for task in found.rows], found, counts, others,
        schools if len(schools) > 1 else [], school,
    )  # fmt: skip


def _month(text: str, at: datetime) -> date:
    try:
        first = date.fromisoformat(f"{text}-01")
    except ValueError:
        first = timezone.localdate(at).replace(day=1)
    return first if 2000 <= first.year <= 2100 else timezone.localdate(at).replace(day=1)


def visits_kept(viewer: Actor, *, at: datetime, days: int = 30) -> tuple[int, int]:
    """How many visits were made of those that were due in the last days."""
    counts: Counter[str] = Counter()
    for one in tally(viewer, act="visit", since=at - timedelta(days=days), until=at):
        counts[one.state] += one.count
    came = counts["done"] + counts["late"]
    return came, came + counts["missed"]
