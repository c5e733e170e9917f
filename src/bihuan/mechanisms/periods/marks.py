"""Important periods on the school calendar."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db.models import F

from bihuan.engines.duties.marks import Mark, calendar_marks
from bihuan.foundation.actors import Actor
from bihuan.mechanisms.periods.models import Period


@calendar_marks("战备期")
def marks(viewer: Actor, org: Any, first: date, last: date) -> Iterator[Mark]:
    """The bureau's periods and those of the school, as far as the viewer sees them."""
    here = Period.objects.visible_to(viewer).filter(bureau_id=org.bureau_id, org_id__in={org.bureau_id, org.pk})
    lasting = here.filter(starts_on__lte=last, ends_on__gte=first).filter(ends_on__gte=F("starts_on"))
    for row in lasting.only("id", "name", "starts_on", "ends_on"):
        yield Mark(row.starts_on, row.ends_on, row.name, f"/periods/{row.pk}/")
