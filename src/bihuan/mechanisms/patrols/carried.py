"""What of patrols a phone carries: the routes of its schools."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from bihuan.foundation.actors import Actor
from bihuan.mechanisms.patrols.models import Route, Stop

MOST_STOPS = 4000


def routes_for_phone(viewer: Actor, school_ids: Collection[UUID]) -> list[dict[str, Any]]:
    """The routes in use of these schools inside the viewer's net with the ids of their points in order; one statement."""
    routes = Route.objects.visible_to(viewer).filter(school_id__in=list(school_ids), is_active=True)
    columns = ("id", "school_id", "name", "order", "post", "assignee_id", "least_seconds", "revision")
    stops = Stop.objects.filter(route__in=routes.values("pk")).order_by("route__name", "route_id", "n")
    found: dict[UUID, dict[str, Any]] = {}
    for point_id, *row in stops.values_list("point_id", *(f"route__{name}" for name in columns))[:MOST_STOPS]:
        route = found.setdefault(row[0], {**dict(zip(columns, row, strict=True)), "stops": []})
        route["stops"].append(point_id)
    return list(found.values())
