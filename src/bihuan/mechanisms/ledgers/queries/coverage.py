"""Which schools have of each kind what a book wants of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.utils import timezone

from bihuan.engines.responsibility import queries as net
from bihuan.engines.responsibility.queries import sensible_day
from bihuan.engines.sheets.rules import stages_of
from bihuan.foundation import clock
from bihuan.foundation.actors import Actor
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.ledgers import rules
from bihuan.mechanisms.ledgers.models import Entry
from bihuan.mechanisms.ledgers.pack import ledgers_of
from bihuan.mechanisms.ledgers.rules import Ledger


@dataclass(frozen=True, slots=True)
class CoverageLine:
    """One school and how far each wanted kind is covered there."""

    org: Any
    parts: tuple[rules.Covered, ...]

    @property
    def lacks(self) -> int:
        """How many of the wanted kinds are not covered."""
        return sum(not part.enough for part in self.parts)


@dataclass(frozen=True, slots=True)
class CoveragePage:
    """A ledger's coverage over the schools of a net, what lacks most first."""

    ledger: Ledger
    since: date
    until: date
    lines: tuple[CoverageLine, ...]

    @property
    def whole(self) -> int:
        """How many schools lack nothing."""
        return sum(not line.lacks for line in self.lines)


def coverages(bureau_id: UUID | None) -> list[Ledger]:
    """The ledgers that every school has to have something in."""
    return [ledger for ledger in ledgers_of(bureau_id).values() if ledger.coverage]


def covered_rows(viewer: Actor) -> Any:
    """What was written this term in the ledgers of ``coverages`` inside the viewer's net, to be counted."""
    first = rules.page_day("term", timezone.localdate(clock.now()))
    codes = [ledger.code for ledger in coverages(viewer.bureau_id)]
    return Entry.objects.visible_to(viewer).filter(ledger__in=codes, on__gte=first, struck_at__isnull=True)


def coverage(viewer: Actor, code: str, *, on: date) -> CoveragePage:
    """How far the schools of the viewer's net are with a ledger, in the span around a day (two statements).

    Refusal: ``ledgers.no_such_ledger``.
    """
    ledger = ledgers_of(viewer.bureau_id).get(code)
    if ledger is None or ledger.coverage is None:
        raise Refusal("ledgers.no_such_ledger")
    since, until = rules.span_of(ledger.coverage, sensible_day(on))
    rows = Entry.objects.visible_to(viewer).filter(ledger=code, on__range=(since, until), struck_at__isnull=True)
    mine: dict[UUID, list[Mapping[str, str]]] = {}
    for school_id, answers in rows.order_by("on", "id").values_list("school_id", "answers"):
        mine.setdefault(school_id, []).append(answers)
    asked = [org for org in net.schools(viewer) if ledger.asked_of(stages_of([*org.stages, org.kind]), set(org.facets))]
    lines = [CoverageLine(org, rules.covered(ledger.coverage, mine.get(org.pk, ()))) for org in asked]
    return CoveragePage(ledger, since, until, tuple(sorted(lines, key=lambda line: -line.lacks)))
