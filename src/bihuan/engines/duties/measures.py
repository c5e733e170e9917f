"""Deeds of duties: tasks in time, tasks at all, and what was done of rounds, drills and ledgers; and the minutes it took."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Sum
from django.utils import timezone

from bihuan.engines.duties.models import Minutes, Task
from bihuan.foundation.actors import Actor
from bihuan.foundation.packs.deeds import Asked, Deed, deeds

OF_ACT = {"patrol": "patrols-walked", "drill": "drills-held", "ledger": "ledgers-kept"}
_LINE = (
    "id", "on", "title", "act", "state", "due_at", "closes_at", "done_at", "done_by_id", "assignee_id", "post", "path", "org__name",
)  # fmt: skip


@deeds({
    "tasks-on-time": "按时办结的常规任务", "tasks-done": "办结的常规任务", "patrols-walked": "走到的巡查",
    "drills-held": "办了的演练", "ledgers-kept": "登记了的台账",
})  # fmt: skip
def tasks(asked: Asked) -> Iterable[Deed]:
    """Tasks that fell due in the span; excused ones and those that could still be done at that moment do not count."""
    rows = Task.objects.filter(
        bureau_id=asked.bureau_id, school_id=asked.school_id, due_at__gte=asked.since, due_at__lt=asked.until
    )
    for row in rows.exclude(state="excused").order_by("due_at", "id").values(*_LINE):
        done = row["done_at"] is not None and row["done_at"] <= asked.as_of
        if not done and row["closes_at"] > asked.as_of:
            continue
        who = row["done_by_id"] if done else row["assignee_id"]
        verdicts = {"tasks-on-time": done and row["done_at"] <= row["due_at"], "tasks-done": done}
        if row["act"] in OF_ACT:
            verdicts[OF_ACT[row["act"]]] = done
        for kind, good in verdicts.items():
            yield Deed(
                kind,
                row["on"],
                f"{row['title']}（{row['org__name']}）",
                f"/duties/{row['id']}/",
                good,
                who,
                row["post"],
                row["path"],
                timezone.localdate(row["due_at"]),
            )


def seconds_spent(viewer: Actor, *, school_id: UUID, since: date, until: date) -> Any:
    """Monday, post and seconds measured at a school in the weeks that begin between two days, by post: as a selection."""
    rows = Minutes.objects.visible_to(viewer).filter(school_id=school_id, week__gte=since, week__lte=until)
    return rows.order_by("post", "week").values_list("week", "post").annotate(spent=Sum("seconds"))
