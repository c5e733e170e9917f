"""Routes follow the points of their school, whoever laid them; called by the reactions, in their transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from bihuan.engines.duties import commands as duties
from bihuan.foundation.actors import SYSTEM
from bihuan.foundation.events import record
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.patrols.commands.routes import stops_along, swap
from bihuan.mechanisms.patrols.models import Route, Stop
from bihuan.mechanisms.risks.standing import school_points


def follow_points(at: datetime, school_id: UUID) -> int:
    """Make the stops of a school's routes what they should be by its points of today; how many routes are others.

    What is out of use is no stop: no phone carries it, so a round could never be whole with it. A route that has no point
    left ends. Refusal: ``foundation.changed_meanwhile`` (the reaction comes again).
    """
    routes = list(Route.objects.filter(school_id=school_id, is_active=True).order_by("id"))
    if not routes:
        return 0
    along = _along(routes)
    in_use = {point.id for point in school_points(school_id)}
    changed = 0
    for route in routes:
        wanted = [pk for pk in along[route.pk] if pk in in_use]
        if wanted != along[route.pk]:
            _put(at, route, wanted)
            changed += 1
    return changed


def _along(routes: Sequence[Route]) -> dict[UUID, list[UUID]]:
    found: dict[UUID, list[UUID]] = defaultdict(list)
    for route_id, point_id in Stop.objects.filter(route__in=routes).order_by("n").values_list("route_id", "point_id"):
        found[route_id].append(point_id)
    return found


def _put(at: datetime, route: Route, points: Sequence[UUID]) -> None:
    """The revision is raised with the stops: batches of rounds remember the stops of a revision."""
    route.is_active, route.changed_by_name, route.changed_at = bool(points), SYSTEM.name, at
    swap(route, route.revision)
    if points:
        Stop.objects.filter(bureau_id=route.bureau_id, route=route).delete()
        Stop.objects.bulk_create(stops_along(route, points))
        record(route, "patrols.route_set", by=SYSTEM, at=at, name=route.name, points=len(points), new=False)
        return
    if route.duty_id:
        try:
            duties.end_duty(SYSTEM, at, duty_id=route.duty_id)
        except Refusal as refusal:
            if refusal.code != "duties.already_ended":
                raise
    record(route, "patrols.route_ended", by=SYSTEM, at=at, name=route.name, emptied=True)
