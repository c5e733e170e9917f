"""Periodic jobs: a line of the timetable is a row, due by its column; winning it is a compare-and-swap."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bihuan.foundation.models import Job

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Line:
    """A periodic job: a stable name, how often, and what it calls with the moment it runs at."""

    name: str
    every: timedelta
    run: Callable[[datetime], object]


def run_due(lines: Sequence[Line], at: datetime) -> list[str]:
    """Run every line that is due and not held by another worker; returns the names that ran.

    A worker that dies leaves its line due again after the line's own interval; every job is idempotent.
    """
    known = {job.name: job.next_at for job in Job.objects.all()}
    missing = [Job(name=line.name, next_at=at) for line in lines if line.name not in known]
    if missing:
        Job.objects.bulk_create(missing, ignore_conflicts=True)
    ran = []
    for line in lines:
        due = known.get(line.name, at)
        if due > at or not Job.objects.filter(pk=line.name, next_at=due).update(next_at=at + line.every):
            continue
        ran.append(line.name)
        try:
            line.run(at)
        except Exception as error:  # one job that raises never stops the others; the doctor shows it
            log.exception("job %s failed", line.name)
            Job.objects.filter(pk=line.name).update(last_error=f"{type(error).__name__}: {error}"[:2000])
        else:
            Job.objects.filter(pk=line.name).update(last_ok_at=at, last_error="")
    return ran
