"""Routes follow the points of their school, whoever laid them; called by the reactions, in their transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

from bihuan.engines.duties import commands as duties
from bihuan.engines.responsibility import queries as net
from bihuan.foundation import packs
from bihuan.foundation.actors import SYSTEM
from bihuan.foundation.events import record, timelines
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.patrols.commands.following import settle_parts
from bihuan.mechanisms.patrols.commands.routes import chosen_points, keep_duty, stops_along, swap
from bihuan.mechanisms.patrols.models import Round, Route, Stop
from bihuan.mechanisms.risks.standing import school_points

A_ROUND = timedelta(hours=24)
"""A round in parts is over by then."""


def follow_points(at: datetime, school_id: UUID) -> int:
    """Make the stops of a school's routes what they should be by its points of today; how many routes are others.

    A ready-made route goes along what its rule in the pack chooses, unless somebody chose its points; from every other one
    falls out what is out of use: no phone carries it, so a round could never be whole with it. A route without a point
    ends, and a ready-made one comes back with the next point. Refusal: ``foundation.changed_meanwhile`` (the reaction
    comes again).
    """
    known = list(Route.objects.filter(org_id=school_id).order_by("id"))
    if not known:
        return 0
    routes = [route for route in known if route.is_active]
    taken = {route.code for route in routes}
    routes += {route.code: route for route in known if route.code and route.code not in taken}.values()
    along: dict[UUID, list[UUID]] = defaultdict(list)
    for route_id, point_id in Stop.objects.filter(route__in=routes).order_by("n").values_list("route_id", "point_id"):
        along[route_id].append(point_id)
    points = school_points(school_id)
    standing = {point.id for point in points}
    entries, areas = (packs.entries(known[0].bureau_id, section) for section in ("routes", "areas"))
    changed = 0
    for route in routes:
        now = along[route.pk] if route.is_active else []
        wanted = [pk for pk in now if pk in standing]
        if route.code in entries:
            chosen = chosen_points(entries[route.code], points, areas)
            if chosen != now and _is_the_rules(route):
                wanted = chosen
        if wanted != now:
            _put(at, route, wanted)
            changed += 1
    return changed


def _is_the_rules(route: Route) -> bool:
    """Whether the pack's rule chooses the points of a route that was adopted: not after somebody chose them or ended it."""
    for fact in timelines([route.bureau_id], [route.pk]):
        if fact.name == "patrols.route_ended" and not fact.facts.get("emptied"):
            return False
        own = fact.by_id and "entry" not in fact.facts
        if fact.name == "patrols.route_set" and own and fact.facts.get("moved", True):
            return False
    return True


def _put(at: datetime, route: Route, points: Sequence[UUID]) -> None:
    """The revision is raised with the stops: batches of rounds remember the stops of a revision."""
    was_active, route.is_active = route.is_active, bool(points)
    route.changed_by_name, route.changed_at = SYSTEM.name, at
    swap(route, route.revision)
    if not points:
        _end_duty(at, route)
        record(route, "patrols.route_ended", by=SYSTEM, at=at, name=route.name, emptied=True)
        return
    Stop.objects.filter(bureau_id=route.bureau_id, route=route).delete()
    Stop.objects.bulk_create(stops_along(route, points))
    if route.duty_id and not was_active:
        keep_duty(SYSTEM, at, route, net.org(SYSTEM, route.org_id))
    _settle(at, route)
    record(route, "patrols.route_set", by=SYSTEM, at=at, name=route.name, points=len(points), new=False)


def _settle(at: datetime, route: Route) -> None:
    """What was walked in part a while ago may be whole along the points that are left."""
    walked = Round.objects.filter(school_id=route.school_id, ended_at__gte=at - A_ROUND, route=route, whole=False)
    for task_id in set(walked.filter(task_id__isnull=False).values_list("task_id", flat=True)):
        with suppress(Refusal):  # the task went with another rule
            settle_parts(at, task_id=task_id, route_id=route.pk)


def _end_duty(at: datetime, route: Route) -> None:
    if not route.duty_id:
        return
    try:
        duties.end_duty(SYSTEM, at, duty_id=route.duty_id)
    except Refusal as refusal:
        if refusal.code != "duties.already_ended":
            raise
