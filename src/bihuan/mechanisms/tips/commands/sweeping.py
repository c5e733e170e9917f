"""What time does: unanswered tips become visible to the bureau, tallies are forgotten."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from bihuan.foundation.actors import SYSTEM
from bihuan.foundation.events import record_many
from bihuan.mechanisms.tips.models import OPEN, Tally, Tip

MOST_AT_ONCE = 200


def escalate_late(at: datetime) -> int:
    """Mark tips that nobody answered in time: from now on the bureau sees them. Safe with any number of workers."""
    late = Tip.objects.filter(OPEN, late_at__isnull=True, due_at__lte=at)
    marked = 0
    while due := list(late.order_by("due_at").values_list("pk", flat=True)[:MOST_AT_ONCE]):
        with transaction.atomic():
            rows = list(late.select_for_update().filter(pk__in=due).order_by("pk"))
            Tip.objects.filter(pk__in=[row.pk for row in rows]).update(late_at=at)
            record_many([(row, {"due_at": row.due_at}) for row in rows], "tips.unanswered", by=SYSTEM, at=at)
            marked += len(rows)
    return marked


def forget_tallies(at: datetime) -> int:
    """Delete the counts whose window is over: with them goes the last trace of an address."""
    return Tally.objects.filter(until__lt=at).delete()[0]
