"""Laying routes: by hand, out of use, or ready-made from the pack."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from pydantic import BaseModel, ConfigDict, Field

from bihuan.engines.duties import commands as duties
from bihuan.engines.responsibility import queries as net
from bihuan.foundation import packs
from bihuan.foundation.actors import Actor, Placed
from bihuan.foundation.commands import command
from bihuan.foundation.events import record, record_many
from bihuan.foundation.ids import uuid7
from bihuan.foundation.refusals import Refusal
from bihuan.foundation.scoping import placed
from bihuan.mechanisms.patrols import rules
from bihuan.mechanisms.patrols.models import Route, Stop
from bihuan.mechanisms.risks.standing import school_points, standing

Clock = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
MOST_STOPS = 200


class WindowIn(BaseModel):
    """A part of the day in which one round is due; one that ends before it begins runs past midnight."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    name: Annotated[str, Field(max_length=20)] = ""
    since: Clock
    until: Clock


@command("patrols.set_route")
def set_route(
    by: Actor,
    at: datetime,
    *,
    id: UUID,
    org_id: UUID,
    name: Annotated[str, Field(min_length=2, max_length=40)],
    points: Annotated[list[UUID], Field(max_length=MOST_STOPS)],
    order: Literal["ordered", "free"] = "free",
    post: Annotated[str, Field(max_length=60)] = "",
    assignee_id: UUID | None = None,
    cadence: dict[str, Any] | None = None,
    windows: Annotated[list[WindowIn], Field(max_length=24)] = [],  # noqa: B006 - never changed; pydantic copies it
    grace_minutes: Annotated[int, Field(ge=0, le=1440)] = 0,
    least_seconds: Annotated[int, Field(ge=0, le=86_400)] | None = None,
    revision: int | None = None,
) -> Route:
    """Make a route along a school's risk points, or change it (then with its ``revision``); its rounds fall due from now.

    ``cadence`` is a duty's calendar rule (``{"every": "school-day"}`` …), each of ``windows`` one round on such a day;
    without a cadence nobody must walk it at a set time. Rounds already walked keep what they were.

    Refusals: ``foundation.not_found``, ``patrols.may_not_set``, ``patrols.not_a_school``, ``patrols.no_points``,
    ``patrols.point_twice``, ``patrols.strange_point``, ``patrols.who_missing``, ``patrols.no_such_post``,
    ``patrols.wrong_assignee``, ``patrols.route_ended``, ``foundation.changed_meanwhile``, ``duties.bad_rule``.
    """
    school = _school(by, org_id)
    _check_points(school, points)
    _check_who(school, post, assignee_id, cadence is not None)
    known = Route.objects.visible_to(by).filter(pk=id).first()
    route = known or Route(id=id, org=school, **placed(school), changed_at=at)
    if known is not None and known.org_id != school.pk:
        raise Refusal("foundation.not_found")
    if known is not None and not known.is_active:
        raise Refusal("patrols.route_ended", name=known.name)
    route.school_name, route.name, route.order, route.post, route.assignee_id = (
        school.name,
        name,
        order,
        post,
        assignee_id,
    )
    route.cadence, route.windows = cadence or {}, [window.model_dump() for window in windows]
    route.grace_minutes, route.least_seconds = grace_minutes, least_seconds
    route.changed_by_name, route.changed_at = by.name, at
    had_duty, route.duty_id = route.duty_id, route.pk if cadence is not None else None
    moved = known is not None and points != _stops_of(route)
    if known is None:
        _insert([route])
    else:
        swap(route, revision)
        Stop.objects.filter(bureau_id=route.bureau_id, route=route).delete()
    Stop.objects.bulk_create(stops_along(route, points))
    if route.duty_id and known is None:
        duties.keep_new(by, at, org=school, duties=[_duty_of(route, at)])
    elif route.duty_id:
        keep_duty(by, at, route, school)
    elif had_duty:
        duties.end_duty(_clockmaker(by), at, duty_id=had_duty)
    record(route, "patrols.route_set", by=by, at=at, name=name, points=len(points), new=known is None, moved=moved)
    return route


@command("patrols.end_route")
def end_route(by: Actor, at: datetime, *, route_id: UUID, revision: int) -> Route:
    """Take a route out of use: no round of it falls due any more, what was walked stays.

    Refusals: ``foundation.not_found``, ``patrols.may_not_set``, ``patrols.route_ended``, ``foundation.changed_meanwhile``.
    """
    route: Route = Route.objects.seen(by, route_id)
    _require(by, route)
    if not route.is_active:
        raise Refusal("patrols.route_ended", name=route.name)
    route.is_active, route.changed_by_name, route.changed_at = False, by.name, at
    swap(route, revision)
    if route.duty_id:
        duties.end_duty(_clockmaker(by), at, duty_id=route.duty_id)
    record(route, "patrols.route_ended", by=by, at=at, name=route.name)
    return route


@command("patrols.adopt_routes")
def adopt_routes(
    by: Actor, at: datetime, *, org_id: UUID, codes: Annotated[list[str], Field(max_length=100)] | None = None
) -> dict[str, Any]:
    """Take the pack's ready-made routes over for a school: those for its kind, along the points it has, each once.

    Without *codes* all that fit and were never adopted here. Answers ``adopted``, ``kept`` and ``without_points`` (names
    of those that found no point at this school). Doing it again adopts nothing.

    Refusals: ``foundation.not_found``, ``patrols.may_not_set``, ``patrols.not_a_school``, ``patrols.no_route_pack``,
    ``patrols.nothing_fits``.
    """
    school = _school(by, org_id)
    known = packs.entries(school.bureau_id, "routes")
    if not known:
        raise Refusal("patrols.no_route_pack")
    fitting = {code: one for code, one in known.items() if fits(one, school) and (codes is None or code in codes)}
    rows = Route.objects.filter(school_id=school.pk, code__in=list(fitting))
    taken = set((rows if codes is None else rows.filter(is_active=True)).values_list("code", flat=True))
    points = school_points(school.pk)
    colours = {
        one["code"]: one for one in packs.entries(school.bureau_id, "risks").get("default", {}).get("colours", ())
    }
    areas = packs.entries(school.bureau_id, "areas")
    made, empty = [], []
    for code, one in fitting.items():
        if code in taken:
            continue
        along = chosen_points(one, points, areas)
        if not along:
            empty.append(one["name"])
            continue
        made.append((_adopted(code, one, school, colours, by, at), along))
    if not made and not taken:
        why = f"「{'」「'.join(empty[:3])}」等在这所学校都找不到点位" if empty else "没有适合这类学校的路线"
        raise Refusal("patrols.nothing_fits", why=why)
    _insert([route for route, _ in made])
    Stop.objects.bulk_create([stop for route, along in made for stop in stops_along(route, along)])
    due = [_duty_of(route, at) for route, _ in made if route.duty_id]
    duties.keep_new(by, at, org=school, duties=due)
    rows_made = [
        (route, {"name": route.name, "points": len(along), "entry": route.code, "new": True}) for route, along in made
    ]
    record_many(rows_made, "patrols.route_set", by=by, at=at)
    return {"adopted": len(made), "kept": len(taken), "without_points": empty}


def chosen_points(entry: Mapping[str, Any], points: Sequence[Any], areas: Mapping[str, Any]) -> list[UUID]:
    """The points along which a ready-made route goes at a school with these; none when they are too few for it."""
    asked = entry["points"]
    found = rules.chosen(
        points, catalogue=asked.get("catalogue", ()), kinds=asked.get("kinds", ()), colours=asked.get("colours", ()),
        places=[areas[code]["name"] for code in asked.get("areas", ()) if code in areas],
    )  # fmt: skip
    return found[:MOST_STOPS] if len(found) >= entry.get("least_points", 1) else []


def _adopted(
    code: str, one: Mapping[str, Any], school: Any, colours: Mapping[str, Any], by: Actor, at: datetime
) -> Route:
    cadence = one.get("cadence")
    if cadence and cadence.get("every") == "colour":
        cadence = rules.CADENCES.get(colours.get(one["points"]["colours"][0], {}).get("cadence", ""))
    id = uuid7()
    return Route(
        id=id, org=school, **placed(school), school_name=school.name, code=code, name=one["name"], order=one["order"],
        post=net.own_post(school, one["post"]), cadence=dict(cadence or {}), windows=list(one.get("windows", ())),
        grace_minutes=one.get("grace_minutes", 0), least_seconds=one.get("least_seconds"), duty_id=id if cadence else None,
        changed_by_name=by.name, changed_at=at,
    )  # fmt: skip


def fits(entry: Mapping[str, Any], school: Any) -> bool:
    """Whether a ready-made route is for this kind of school: one of its stages, all of its facets."""
    stages = {"all", *school.stages, school.kind}
    return bool(stages & set(entry["stages"])) and set(entry.get("facets", ())) <= set(school.facets)


def keep_duty(by: Actor, at: datetime, route: Route, school: Any) -> None:
    """Let the duty of a route ask for what the route says; its open rounds follow."""
    duties.keep_duty(by, at, org=school, **_duty_of(route, at))


def _duty_of(route: Route, at: datetime) -> dict[str, Any]:
    return {
        "id": route.pk, "code": f"patrol-{route.pk.hex[-12:]}", "title": route.name, "act": "patrol",
        "subject_id": route.pk, "post": route.post, "assignee_id": route.assignee_id, "cadence": route.cadence,
        "windows": route.windows, "grace_minutes": route.grace_minutes, "starts_on": timezone.localdate(at),
    }  # fmt: skip


def _clockmaker(by: Actor) -> Actor:
    """The same person before the clockwork of duties: the right to the route was asked here, theirs is another one."""
    return Actor(id=by.id, name=by.name, channel=by.channel, bureau_id=by.bureau_id, is_system=True)


def _school(by: Actor, org_id: UUID) -> Any:
    school = net.org(by, org_id)
    _require(by, school)
    if school.tier != "school":
        raise Refusal("patrols.not_a_school", fields={"org_id": "请选一所学校。"})
    return school


def _require(by: Actor, row: Placed) -> None:
    if not by.may("manage-risks", row):
        raise Refusal("patrols.may_not_set")


def _check_points(school: Any, points: Sequence[UUID]) -> None:
    if not points:
        raise Refusal("patrols.no_points", fields={"points": "请至少选一个点位。"})
    if len(set(points)) != len(points):
        raise Refusal("patrols.point_twice", fields={"points": "同一个点位只留一个。"})
    known, _ = standing(points, ())
    strange = [pk for pk in points if pk not in known or known[pk].school_id != school.pk or not known[pk].is_active]
    if strange:
        raise Refusal("patrols.strange_point", count=len(strange), fields={"points": "请重新选择。"})


def _check_who(school: Any, post: str, assignee_id: UUID | None, due: bool) -> None:
    if due and not post:
        raise Refusal("patrols.who_missing", fields={"post": "请选一个岗位。"})
    if post and post not in packs.entries(school.bureau_id, "posts"):
        raise Refusal("patrols.no_such_post", post=post, fields={"post": "请从列表里选择。"})
    if assignee_id:
        person = net.actor_of(assignee_id)
        if person is None or not person.posts_at(school):
            raise Refusal("patrols.wrong_assignee", fields={"assignee_id": "请另选一位。"})


def _stops_of(route: Route) -> list[UUID]:
    rows = Stop.objects.filter(bureau_id=route.bureau_id, route=route).order_by("n")
    return list(rows.values_list("point_id", flat=True))


def stops_along(route: Route, points: Iterable[UUID]) -> list[Stop]:
    """The rows of a route's stops in this order."""
    return [Stop(**placed(route), route=route, point_id=pk, n=n) for n, pk in enumerate(points, start=1)]


def _insert(routes: list[Route]) -> None:
    try:
        with transaction.atomic():
            Route.objects.bulk_create(routes)
    except IntegrityError:  # somebody else made it (or adopted the same ready-made ones) at this very moment
        raise Refusal("foundation.changed_meanwhile", who="别人") from None


_KEPT = (
    "school_name", "name", "order", "post", "assignee_id", "cadence", "windows", "grace_minutes", "least_seconds", "duty_id",
    "is_active", "changed_by_name", "changed_at",
)  # fmt: skip


def swap(route: Route, revision: int | None) -> None:
    """Write a route over its *revision* and raise it; refusal ``foundation.changed_meanwhile``."""
    values = {name: getattr(route, name) for name in _KEPT}
    won = Route.objects.filter(pk=route.pk, revision=revision).update(**values, revision=F("revision") + 1)
    if not won:
        who = Route.objects.filter(pk=route.pk).values_list("changed_by_name", flat=True).get()
        raise Refusal("foundation.changed_meanwhile", who=who or "别人")
    route.revision = (revision or 0) + 1
