"""Where, when and at which post nobody is responsible: a few set-based queries and a pure function."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q

from bihuan.engines.responsibility.models import Appointment, Org
from bihuan.engines.responsibility.queries.places import net_of, require_net
from bihuan.engines.responsibility.rules.posts import required_posts
from bihuan.engines.responsibility.rules.spans import Gap, Need, Place, Served, leaf_areas, merged_areas
from bihuan.engines.responsibility.rules.spans import gaps as gaps_between
from bihuan.engines.responsibility.rules.tree import steps_to
from bihuan.foundation import packs
from bihuan.foundation.actors import Actor
from bihuan.foundation.scoping import under

LOOK_AHEAD = timedelta(days=30)
_FEW = 100


def gaps(viewer: Actor, *, since: date, until: date, under_org: Org | None = None) -> list[Gap]:
    """Every gap inside the viewer's net between two days (both included), schools in the bureau's order.

    A school needs the posts that the pack's ``net`` requires; each of its finest areas needs a person at it or at an
    area above it. Two statements besides the packs, whatever the size.
    """
    require_net(viewer)
    units = Org.objects.visible_to(viewer).filter(tier__in=("school", "site", "area"))
    units = units.filter(Q(active_to__isnull=True) | Q(active_to__gte=since))
    if under_org is not None:
        units = units.filter(under(under_org.path))
    found = list(units.defer("stages", "facets").order_by("path"))
    return gaps_among(found, _serving(found, since, until), since=since, until=until)


def _serving(units: Sequence[Org], since: date, until: date) -> list[tuple[str, Served]]:
    """Appointments that may meet a need of these units: at a required post, or at an area."""
    schools = {unit.school_id for unit in units}
    posts = {
        code for unit in units if unit.tier == "school" for code in required_posts(unit.kind, net_of(unit.bureau_id))
    }
    rows = Appointment.objects.filter(bureau_id__in={unit.bureau_id for unit in units}, starts_on__lte=until)
    rows = rows.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=since)).filter(Q(post__in=posts) | Q(org__tier="area"))
    if len(schools) <= _FEW:
        rows = rows.filter(Q(school_id__in=schools) | Q(school_id__isnull=True))
    found = rows.values_list("org__tier", "org__path", "post", "starts_on", "ends_on")
    return [(tier, Served(path, post, starts_on, ends_on)) for tier, path, post, starts_on, ends_on in found]


def as_served(row: Appointment) -> tuple[str, Served]:
    """An appointment (with its unit at hand) as what it covers."""
    return row.org.tier, Served(row.org.path, row.post, row.starts_on, row.ends_on)


def gaps_among(units: Sequence[Org], serving: Iterable[tuple[str, Served]], *, since: date, until: date) -> list[Gap]:
    """The gaps of units that are at hand, given what may meet their needs (each with the tier of its unit)."""
    schools = {unit.school_id: unit for unit in units if unit.tier == "school"}
    needs, areas = _needs(units, schools)
    served = list(serving)
    at_posts = [row for tier, row in served if tier != "area"]
    at_areas = [row for tier, row in served if tier == "area"]
    found = gaps_between([need for need in needs if need.post], at_posts, since=since, until=until)
    found += gaps_between([need for need in needs if not need.post], at_areas, since=since, until=until)
    order = {unit.path: (unit.sort, unit.path) for unit in schools.values()}

    def key(gap: Gap) -> tuple[Any, ...]:
        school = next((order[step] for step in steps_to(gap.need.place.path) if step in order), (0, ""))
        return school, not gap.need.post, gap.need.place.path, gap.starts_on

    return sorted(merged_areas(found, areas), key=key)


def _needs(units: Sequence[Org], schools: dict[UUID, Org]) -> tuple[list[Need], list[Place]]:
    needs: list[Need] = []
    words: dict[str, str] = {}
    areas: list[Place] = []
    several = len(schools) > 1
    for unit in sorted(units, key=lambda unit: unit.path):
        if unit.tier == "school":
            posts = packs.entries(unit.bureau_id, "posts")
            place = Place(unit.path, "", "school", unit.name)
            wanted = required_posts(unit.kind, net_of(unit.bureau_id))
            needs += [Need(place, code, posts[code]["name"]) for code in wanted if code in posts]
        elif unit.tier in ("site", "area"):
            above = words.get(unit.path[: unit.path.rfind(".", 0, -1) + 1], "")
            words[unit.path] = f"{above} {unit.name}".strip()
            if unit.tier == "area":
                school = schools[unit.school_id].name if several and unit.school_id in schools else ""
                areas.append(Place(unit.path, words[unit.path], "area", school))
    return needs + [Need(place) for place in leaf_areas(areas)], areas
