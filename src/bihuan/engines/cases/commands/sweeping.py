"""The ladder's sweep: set-based, one bureau and one batch at a time, safe with any number of workers."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.db import DatabaseError, transaction

from bihuan.engines.cases import hot
from bihuan.engines.cases.escalation import Rung
from bihuan.engines.cases.models import Case
from bihuan.engines.cases.pack import ladder_of, lifecycle_of
from bihuan.foundation.actors import SYSTEM
from bihuan.foundation.events import record_many

log = logging.getLogger(__name__)

BATCH = 500
PUT_OFF = timedelta(hours=1)


def escalate_due(at: datetime, *, batch: int = BATCH) -> int:
    """Climb one rung with every open case whose next rung has come; how many climbed.

    Each batch is one transaction: the climb is one statement that names its winners, the facts are one insert. A batch
    that raises is done again row by row, and the row that raises is put off by an hour so that it never blocks the rest.
    """
    climbed = 0
    bureaus = Case.objects.filter(next_rung_at__lte=at).order_by().values_list("bureau_id", flat=True).distinct()
    for bureau_id in list(bureaus):
        ladder = ladder_of(bureau_id)
        while won := _climb_safely(bureau_id, ladder, at, batch):
            climbed += won
    return climbed


def _climb_safely(bureau_id: UUID, ladder: tuple[Rung, ...], at: datetime, batch: int) -> int:
    try:
        return _climb(bureau_id, ladder, at, batch)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, DatabaseError):
        log.exception("a batch of the sweep failed; its rows are tried one by one")
    waiting = Case.objects.filter(bureau_id=bureau_id, next_rung_at__lte=at).order_by("next_rung_at", "id")
    won = 0
    for pk in list(waiting.values_list("pk", flat=True)[:batch]):
        try:
            won += _climb(bureau_id, ladder, at, 1, only=pk)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, DatabaseError):
            log.exception("case %s could not climb and is put off", pk)
            Case.objects.filter(pk=pk, next_rung_at__lte=at).update(next_rung_at=at + PUT_OFF)
    return won


def _climb(bureau_id: UUID, ladder: tuple[Rung, ...], at: datetime, batch: int, *, only: UUID | None = None) -> int:
    with transaction.atomic():
        won = hot.climb(bureau_id, [rung.after for rung in ladder], at, batch, only=only)
        if not won:
            return 0
        rows = {row.pk: row for row in Case.objects.filter(bureau_id=bureau_id, pk__in=list(won))}
        record_many(
            ((rows[pk], _facts(rows[pk], ladder[rung - 1], rung)) for pk, rung in won.items() if rung <= len(ladder)),
            "cases.escalated", by=SYSTEM, at=at,
        )  # fmt: skip
        return len(won)


def _facts(case: Case, rung: Rung, n: int) -> dict[str, object]:
    """What is recorded: the rung's measure if the rectifier is late, a reminder if somebody else is."""
    work = lifecycle_of(case.bureau_id, case.lifecycle).is_work(case.state)
    measure, name = (rung.measure, rung.name) if work else ("reminder", f"第 {n} 次催办")
    return {
        "rung": n,
        "measure": measure,
        "name": name,
        "work": work,
        "due_at": case.due_at,
        "state": case.state,
        "waits_for": case.waits_for_id,
    }
