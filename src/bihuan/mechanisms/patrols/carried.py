"""What of patrols a phone carries: the routes of its schools, and the shifts that wait to be taken over."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db.models import Q

from bihuan.foundation.actors import Actor
from bihuan.mechanisms.patrols.models import Handover, Route, Stop

MOST_ROUTES = 200
MOST_HANDOVERS = 20


def routes_for_phone(viewer: Actor, school_ids: Collection[UUID]) -> list[dict[str, Any]]:
    """The routes in use of these schools inside the viewer's net with the ids of their points in order; two statements."""
    rows = Route.objects.visible_to(viewer).filter(school_id__in=list(school_ids), is_active=True)
    columns = ("id", "school_id", "name", "order", "post", "assignee_id", "least_seconds", "revision")
    routes = list(rows.order_by("name", "id").values(*columns)[:MOST_ROUTES])
    stops: dict[UUID, list[UUID]] = defaultdict(list)
    if routes:
        of = Stop.objects.filter(route_id__in=[route["id"] for route in routes]).order_by("n")
        for route_id, point_id in of.values_list("route_id", "point_id"):
            stops[route_id].append(point_id)
    return [{**route, "stops": stops[route["id"]]} for route in routes]


def handovers_waiting(viewer: Actor) -> list[dict[str, Any]]:
    """Shifts that were handed over to me, or to whoever comes next where I am, newest first; one statement."""
    rows = Handover.objects.visible_to(viewer).filter(taken_at__isnull=True).exclude(from_id=viewer.id)
    rows = rows.filter(Q(to_id=viewer.id) | Q(to_id__isnull=True)).order_by("-handed_at", "-id")
    columns = ("id", "org_id", "school_id", "school_name", "from_name", "to_name", "items", "note", "handed_at")
    return list(rows.values(*columns)[:MOST_HANDOVERS])
