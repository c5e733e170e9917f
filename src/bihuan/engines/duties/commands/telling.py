"""What the system costs people: minutes by post and week, told by the phones that measured them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from django.db.models import F
from pydantic import BaseModel, ConfigDict, Field

from bihuan.engines.duties import refusals  # noqa: F401 - their sentences must be declared
from bihuan.engines.duties.models import Minutes
from bihuan.engines.responsibility import queries as net
from bihuan.foundation.actors import Actor
from bihuan.foundation.commands import command
from bihuan.foundation.events import record
from bihuan.foundation.ids import uuid7
from bihuan.foundation.refusals import Refusal
from bihuan.foundation.scoping import placed


class Spent(BaseModel):
    """How often an action was done and how many seconds of the screen being looked at it took, in all."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    action: Annotated[str, Field(min_length=1, max_length=40)]
    count: Annotated[int, Field(ge=1, le=10_000)]
    seconds: Annotated[int, Field(ge=0, le=600_000)]


@command("duties.tell_minutes")
def tell_minutes(
    by: Actor,
    at: datetime,
    *,
    id: UUID,
    week: date,
    entries: Annotated[list[Spent], Field(min_length=1, max_length=100)],
) -> dict[str, Any]:
    """Add what a phone measured in a week (its Monday) to the sums of the person's post; nobody's own time is kept.

    *id* names the telling (the envelope's receipt makes a second one count nothing). Refusals: ``foundation.not_found``
    (a person without a post), ``duties.bad_week``.
    """
    if week.weekday():
        raise Refusal("duties.bad_week", fields={"week": "请用星期一的日期"})
    hold = next((hold for hold in by.holds if hold.level == "school"), next(iter(by.holds), None))
    if hold is None:
        raise Refusal("foundation.not_found")
    place = net.place_of(by, hold.org_id)
    summed: dict[str, list[int]] = {}
    for entry in entries:
        found = summed.setdefault(entry.action, [0, 0])
        found[0], found[1] = found[0] + entry.count, found[1] + entry.seconds
    where = {"bureau_id": place.bureau_id, "org_id": place.pk, "post": hold.post, "week": week}
    Minutes.objects.bulk_create(
        [Minutes(id=uuid7(), action=action, **{**placed(place), **where}) for action in summed], ignore_conflicts=True
    )
    rows = Minutes.objects.filter(**where)
    for action, (count, seconds) in sorted(summed.items()):
        rows.filter(action=action).update(count=F("count") + count, seconds=F("seconds") + seconds)
    subject = rows.filter(action__in=summed).order_by("action")[0]
    total = sum(seconds for _, seconds in summed.values())
    record(subject, "duties.minutes_told", by=by, at=at, week=week, seconds=total, told=id)
    return {"week": week.isoformat(), "seconds": total}
