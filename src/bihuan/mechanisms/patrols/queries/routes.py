"""Routes: the list, one with its stops, what the editor offers, what the phone carries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count

from bihuan.engines.duties import rules as duty_rules
from bihuan.engines.responsibility import queries as net
from bihuan.foundation import packs
from bihuan.foundation.actors import Actor
from bihuan.foundation.pages.keyset import Page, page
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.patrols import rules
from bihuan.mechanisms.patrols.commands.routes import fits
from bihuan.mechanisms.patrols.models import Route, Stop
from bihuan.mechanisms.patrols.queries.today import school_among
from bihuan.mechanisms.risks.standing import SchoolPoint, school_points

MOST_PEOPLE = 200
PLAIN_CADENCES = ("school-day", "school-night", "day", "week", "month", "quarter", "term")
"""What the editor offers; a finer calendar rule that a pack or the API set stays as it is."""


def routes(viewer: Actor, *, school_id: UUID | None = None, cursor: str = "", size: int = 50) -> Page:
    """One page of the routes in use inside the viewer's net, by name."""
    rows = Route.objects.visible_to(viewer).filter(is_active=True)
    if school_id:
        rows = rows.filter(school_id=school_id)
    return page(rows.select_related("assignee"), order=("name", "id"), cursor=cursor, size=size)


@dataclass(frozen=True)
class Listing:
    """The list's page."""

    page: Page
    school_id: UUID | None
    schools: list[tuple[str, str]]
    may_set: bool
    has_ready: bool


def route_listing(viewer: Actor, given: Mapping[str, str]) -> Listing:
    """Routes with how many points each has, and when it is due, in words."""
    school_id, schools = school_among(viewer, given.get("school", ""))
    found = routes(viewer, school_id=school_id, cursor=given.get("cursor", ""))
    counted = dict(
        Stop.objects.filter(route_id__in=[row.pk for row in found.rows])
        .order_by()
        .values_list("route_id")
        .annotate(Count("id"))
    )
    for row in found.rows:
        row.stops_count, row.due_words = counted.get(row.pk, 0), due_words(row)
    ready = bool(packs.entries(viewer.bureau_id, "routes"))
    return Listing(found, school_id, schools, viewer.may_anywhere("manage-risks"), ready)


def due_words(route: Route) -> str:
    """When a route is due: ``每个上课日：早 07:00–08:00、午 12:00–13:00``."""
    if not route.cadence:
        return "不定时"
    every = duty_rules.in_words(duty_rules.cadence_of(route.cadence))
    windows = rules.with_windows(route.windows)
    return f"{every}：{'、'.join(windows)}" if windows else every


def route(viewer: Actor, pk: UUID) -> tuple[Route, list[Any]]:
    """One route inside the viewer's net with its points in order, or ``foundation.not_found``."""
    row: Route = Route.objects.select_related("org", "assignee").seen(viewer, pk)
    stops = (
        Stop.objects.filter(route=row)
        .order_by("n")
        .values(
            "n", "point_id", "point__name", "point__number", "point__place", "point__shown_colour", "point__is_active"
        )
    )
    return row, list(stops)


@dataclass(frozen=True)
class Editor:
    """What the form of a route offers; ``points`` begins with those on the route, in its order, each with its number."""

    school: Any
    schools: list[tuple[str, str]]
    route: Route | None
    points: Sequence[tuple[SchoolPoint, int | None]]
    posts: list[tuple[str, str]]
    people: list[tuple[str, str]]
    cadences: list[tuple[str, str]]
    cadence: str
    windows: Sequence[Mapping[str, str]]


def editor(viewer: Actor, *, school_id: UUID | None = None, route_id: UUID | None = None) -> Editor:
    """For the form of a route, new or known. Refusals: ``foundation.not_found``, ``patrols.may_not_set``."""
    known, chosen = None, []
    if route_id:
        known, stops = route(viewer, route_id)
        school_id, chosen = known.school_id, [stop["point_id"] for stop in stops]
    if not viewer.may_anywhere("manage-risks"):
        raise Refusal("patrols.may_not_set")
    schools = [(pk, name) for pk, name in net.school_choices(viewer)]
    if school_id is None and len(schools) == 1:
        school_id = UUID(schools[0][0])
    school = net.org(viewer, school_id) if school_id else None
    if school is None:
        return Editor(None, schools, None, (), [], [], [], "", ())
    if not viewer.may("manage-risks", school):
        raise Refusal("patrols.may_not_set")
    return Editor(
        school=school,
        schools=schools,
        route=known,
        points=_in_order(school_points(school.pk), chosen),
        posts=[("", "请选择"), *((post["code"], post["name"]) for post in net.posts(school.bureau_id, place=school))],
        people=[("", "岗位上的人都可以走"), *_people(viewer, school)],
        cadences=_cadences(known),
        cadence=_plain(known.cadence) if known else "school-day",
        windows=[*(known.windows if known else ()), *({},) * (2 if known and known.windows else 3)][:24],
    )


def _in_order(points: Sequence[SchoolPoint], chosen: Sequence[UUID]) -> list[tuple[SchoolPoint, int | None]]:
    place = {pk: n for n, pk in enumerate(chosen, start=1)}
    return sorted(((one, place.get(one.id)) for one in points), key=lambda one: (one[1] is None, one[1] or 0))


def _people(viewer: Actor, school: Any) -> list[tuple[str, str]]:
    found = net.people(viewer, under_org=school, most=MOST_PEOPLE)
    return [(str(one.id), " · ".join([one.name, *one.posts[:2]])) for one in found]


def _cadences(known: Route | None) -> list[tuple[str, str]]:
    plain = [(code, duty_rules.EVERY[code]) for code in PLAIN_CADENCES]
    if known and known.cadence and _plain(known.cadence) == "keep":
        plain.insert(0, ("keep", duty_rules.in_words(duty_rules.cadence_of(known.cadence))))
    return [*plain, ("", "不定时，想走就走")]


def _plain(cadence: Mapping[str, Any]) -> str:
    if not cadence:
        return ""
    return str(cadence["every"]) if set(cadence) == {"every"} and cadence["every"] in PLAIN_CADENCES else "keep"


@dataclass(frozen=True)
class Ready:
    """A ready-made route of the pack that fits a school; ``taken``: adopted before."""

    code: str
    name: str
    text: str
    post: str
    due: str
    taken: bool
    proof: str


def ready_routes(viewer: Actor, school_id: UUID) -> tuple[Any, list[Ready]]:
    """The school and the pack's routes for its kind. Refusals: ``foundation.not_found``, ``patrols.may_not_set``."""
    school = net.org(viewer, school_id)
    if not viewer.may("manage-risks", school):
        raise Refusal("patrols.may_not_set")
    if school.tier != "school":
        raise Refusal("patrols.not_a_school")
    taken = set(
        Route.objects.filter(school_id=school.pk, is_active=True).exclude(code="").values_list("code", flat=True)
    )
    found = []
    for code, one in packs.entries(school.bureau_id, "routes").items():
        if not fits(one, school):
            continue
        cadence = one.get("cadence")
        every = "按颜色定" if (cadence or {}).get("every") == "colour" else _words(cadence)
        windows = rules.with_windows(one.get("windows", ()))
        due = f"{every}：{'、'.join(windows)}" if windows else every
        found.append(
            Ready(
                code,
                one["name"],
                one.get("text", ""),
                net.own_post(school, one["post"]),
                due,
                code in taken,
                one["proof"],
            )
        )
    return school, found


def _words(cadence: Mapping[str, Any] | None) -> str:
    return duty_rules.in_words(duty_rules.cadence_of(cadence)) if cadence else "不定时"
