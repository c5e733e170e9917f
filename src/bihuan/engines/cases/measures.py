"""Today's numbers about cases, for the clauses that they fulfil, and what was put right in time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.utils import timezone

from bihuan.engines.cases.models import Case
from bihuan.engines.cases.queries import Filters, counted
from bihuan.foundation import clock
from bihuan.foundation.actors import Actor
from bihuan.foundation.packs.deeds import Asked, Deed, deeds
from bihuan.foundation.packs.measures import CAP, Measured, capped, measure, once

SPAN = timedelta(days=30)


def _counts(viewer: Actor) -> dict[str, int]:
    """All of this room's numbers in one statement."""
    since = timezone.localdate(clock.now() - SPAN)
    parts = {
        "open": Filters(),
        "closed": Filters(stage="closed", since=since),
        "recurring": Filters(stage="all", recurring=True),
    }
    return once(("cases", viewer), lambda: counted(viewer, parts, cap=CAP))


@measure("hazards-open")
def hazards_open(viewer: Actor) -> Measured:
    """Hazards that are not closed."""
    return Measured(capped(_counts(viewer)["open"]), "件没有销号", "/hazards/")


@measure("hazards-closed")
def hazards_closed(viewer: Actor) -> Measured:
    """Hazards of the last thirty days that were closed with evidence and a second person."""
    since = timezone.localdate(clock.now() - SPAN)
    number = capped(_counts(viewer)["closed"])
    return Measured(number, "件近 30 天上报的已复查销号", f"/hazards/?stage=closed&since={since}")


@measure("hazards-recurring")
def hazards_recurring(viewer: Actor) -> Measured:
    """Hazards that came back."""
    return Measured(capped(_counts(viewer)["recurring"]), "件回潮", "/hazards/?stage=all&recurring=1")


@deeds({"hazards-in-time": "按期整改的隐患"})
def put_right(asked: Asked) -> Iterable[Deed]:
    """Hazards that were to be put right in the span, by whom they were handed to; dropped ones do not count."""
    rows = Case.objects.filter(
        bureau_id=asked.bureau_id, school_id=asked.school_id, rectifier__isnull=False,
        rectify_due_at__gte=asked.since, rectify_due_at__lt=min(asked.until, asked.as_of),
    ).exclude(state__in=("merged", "withdrawn"))  # fmt: skip
    names = ("id", "number", "title", "rectify_due_at", "rectified_at", "rectifier_id", "path")
    for row in rows.order_by("rectify_due_at", "id").values(*names):
        good = row["rectified_at"] is not None and row["rectified_at"] <= row["rectify_due_at"]
        yield Deed(
            "hazards-in-time", timezone.localdate(row["rectify_due_at"]), f"{row['number']} {row['title']}",
            f"/hazards/{row['id']}/", good, row["rectifier_id"], "", row["path"],
        )  # fmt: skip
