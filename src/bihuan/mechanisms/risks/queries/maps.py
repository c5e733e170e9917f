"""The county list of schools by their shown colours, a school's map with its points, and where one point lies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, F, Sum, Value, When

from bihuan.engines.cases.queries import Spot
from bihuan.engines.responsibility import queries as net
from bihuan.foundation.actors import Actor
from bihuan.foundation.pages.keyset import Page, page
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.risks import rules
from bihuan.mechanisms.risks.models import Plan, RiskPoint
from bihuan.mechanisms.risks.pack import colours, risks_of

MOST_ON_MAP = 600
HURTS = ("-red", "-orange", "-yellow", "school_id")
"""What hurts first: the most red points, then orange, then yellow."""


@dataclass(frozen=True)
class SchoolLine:
    """A school of the county list: how many points show each colour, and what raised them."""

    id: UUID
    name: str
    kind: str
    counts: list[tuple[str, int]]
    raised: int
    open: int
    overdue: int
    missed: int


@dataclass(frozen=True)
class County:
    """One page of schools, and what the filter sentence offers."""

    rows: list[SchoolLine]
    page: Page
    kinds: list[tuple[str, str]]
    colours: list[tuple[str, str]]
    only: UUID | None
    filtered: bool


def county(viewer: Actor, given: Mapping[str, str]) -> County:
    """The schools of the viewer's net that have points in use, what hurts first.

    Counted from the index of (scope, school, shown colour) of the points in use, never from history. ``kind``: a kind
    of school; ``now``: only schools that show this colour somewhere; ``q``: words of the school's name.
    """
    schools = {one.pk: one for one in net.schools(viewer)}
    bureau_id = viewer.bureau_id or next((one.bureau_id for one in schools.values()), None)
    four = colours(risks_of(bureau_id))
    names = net.unit_kinds(bureau_id)
    kind, q = given.get("kind", ""), given.get("q", "").replace("\0", "").strip()[:60]
    now = given.get("now", "") if given.get("now") in four else ""
    wanted = [
        one.pk
        for one in schools.values()
        if (not kind or one.kind == kind) and (not q or q in one.name or q in one.short_name)
    ]
    points = RiskPoint.objects.visible_to(viewer).filter(is_active=True)
    if kind or q:
        points = points.filter(school_id__in=wanted)
    by_rank = {
        code: Count(Case(When(shown_rank=rank, then=Value(1)))) for rank, code in enumerate(rules.COLOURS, start=1)
    }
    rows = points.order_by().values("school_id").annotate(**by_rank)
    if now:
        rows = rows.filter(**{f"{now}__gt": 0})
    found = page(rows, order=HURTS, cursor=given.get("cursor", ""), size=25)
    ids = [row["school_id"] for row in found.rows]
    sums = RiskPoint.objects.filter(school_id__in=ids, is_active=True).order_by().values("school_id")
    troubles = {
        row["school_id"]: row
        for row in sums.annotate(
            raised=Count(Case(When(shown_rank__lt=F("colour_rank"), then=Value(1)))), open=Sum("open_hazards"),
            overdue=Sum("overdue_hazards"), missed=Sum("missed_rounds"),
        )
    }  # fmt: skip
    lines = [_line(row, schools, names, troubles) for row in found.rows]
    kinds = {one.kind: names[one.kind].name if one.kind in names else one.kind for one in schools.values()}
    return County(
        rows=lines,
        page=found,
        kinds=list(kinds.items()),
        colours=[(c.code, f"{c.name} · {c.word}") for c in four.values()],
        only=next(iter(schools)) if len(schools) == 1 else None,
        filtered=bool(kind or q or now),
    )


def _line(row: Mapping[str, Any], schools: Mapping[UUID, Any], kinds: Mapping[str, Any], troubles: Any) -> SchoolLine:
    school, trouble = schools.get(row["school_id"]), troubles.get(row["school_id"], {})
    kind = school.kind if school else ""
    return SchoolLine(
        id=row["school_id"],
        name=school.name if school else "已撤并的学校",
        kind=kinds[kind].name if kind in kinds else "",
        counts=[(code, row[code]) for code in rules.COLOURS],
        raised=trouble.get("raised") or 0,
        open=trouble.get("open") or 0,
        overdue=trouble.get("overdue") or 0,
        missed=trouble.get("missed") or 0,
    )


@dataclass(frozen=True)
class OnMap:
    """A point as the map and the list beside it show it; ``x`` and ``y`` are shares of the picture."""

    point: RiskPoint
    x: float | None
    y: float | None
    is_set: bool

    @property
    def left(self) -> float | None:
        """Hundredths of the width, for the number fields."""
        return None if self.x is None else round(self.x * 100, 1)

    @property
    def top(self) -> float | None:
        """Hundredths of the height."""
        return None if self.y is None else round(self.y * 100, 1)


@dataclass(frozen=True)
class SchoolMap:
    """A school's picture with its points, the worst shown colour first."""

    school: Any
    plan: Plan | None
    plans: list[Plan]
    picture: str
    width: float
    height: float
    points: list[OnMap]
    elsewhere: int
    counts: list[tuple[str, int]]
    may_manage: bool


def school_map(viewer: Actor, school_id: UUID, *, plan_id: UUID | None = None) -> SchoolMap:
    """A school's map inside the viewer's net: the chosen plan, or the drawn sketch; four statements besides the packs.

    Refusal ``foundation.not_found`` for a school or a plan that is not there or not theirs.
    """
    school = net.org(viewer, school_id)
    if school.tier != "school":
        raise Refusal("foundation.not_found")
    plans = list(Plan.objects.visible_to(viewer).filter(school_id=school.pk, is_active=True).order_by("name", "id"))
    plan = next((one for one in plans if one.pk == plan_id), None)
    if plan_id is not None and plan is None:
        raise Refusal("foundation.not_found")
    rows = RiskPoint.objects.visible_to(viewer).filter(school_id=school.pk, is_active=True)
    points = list(rows.defer("measures", "factors").order_by("shown_rank", "colour_rank", "number")[:MOST_ON_MAP])
    if plan is None:
        sketch = _sketch(school, net.areas(school))
        shown = [OnMap(point, *spot) for point, spot in _spots(sketch, points)]
        picture, width, height = f"/points/map/{school.pk}/sketch.svg", sketch.width, sketch.height
    else:
        shown = [OnMap(p, p.x, p.y, True) if p.plan_id == plan.pk else OnMap(p, None, None, False) for p in points]
        picture, width, height = f"/evidence/{plan.picture}.webp", float(plan.width), float(plan.height)
    counted = [point.shown_colour for point in points]
    return SchoolMap(
        school=school,
        plan=plan,
        plans=plans,
        picture=picture,
        width=width,
        height=height,
        points=shown,
        elsewhere=sum(one.x is None for one in shown),
        counts=[(code, counted.count(code)) for code in rules.COLOURS],
        may_manage=viewer.may("manage-risks", school),
    )


def school_sketch(viewer: Actor, school_id: UUID) -> str:
    """The drawn sketch of a school inside the viewer's net, as SVG."""
    school = net.org(viewer, school_id)
    if school.tier != "school":
        raise Refusal("foundation.not_found")
    return rules.svg(_sketch(school, net.areas(school)), f"{school.name}示意图")


def spot_of(viewer: Actor, point_id: UUID) -> Spot | None:
    """Where a point lies, for the page of a case; ``None`` when it is not the viewer's. At most two statements."""
    here = RiskPoint.objects.filter(pk=point_id).values("org_id")
    near = RiskPoint.objects.visible_to(viewer).filter(org__in=here).select_related("plan", "org").order_by("number")
    rows = list(near[:MOST_ON_MAP])
    point = next((row for row in rows if row.pk == point_id), None)
    if point is None:
        return None
    words = f"{point.name}（{point.number}）"
    link = f"/points/map/{point.school_id}/#point-{point.pk}" if point.is_active else f"/points/{point.pk}/"
    if not point.is_active or point.school_id is None:
        return Spot(words, link)
    if point.plan is not None:
        plan, link = point.plan, f"/points/map/{point.school_id}/?plan={point.plan_id}#point-{point.pk}"
        return Spot(words, link, f"/evidence/{plan.picture}.webp", plan.width, plan.height, point.x, point.y)
    areas = net.areas_of(point.bureau_id, point.school_id)
    sketch = rules.draw(rules.Area(str(point.school_id), "", point.school_name, "school"), _as_areas(areas))
    active = [row for row in rows if row.is_active]
    x, y, _ = next(spot for one, spot in _spots(sketch, active) if one.pk == point_id)
    return Spot(words, link, f"/points/map/{point.school_id}/sketch.svg", sketch.width, sketch.height, x, y)


def _sketch(school: Any, areas: Iterable[Any]) -> rules.Sketch:
    return rules.draw(rules.Area(str(school.pk), school.path, school.name, "school"), _as_areas(areas))


def _as_areas(areas: Iterable[Any]) -> list[rules.Area]:
    return [rules.Area(str(one.pk), one.path, one.name, one.kind) for one in areas if one.active_to is None]


def _spots(sketch: rules.Sketch, points: Iterable[RiskPoint]) -> list[tuple[RiskPoint, tuple[float, float, bool]]]:
    """Each point with its place on the sketch: where somebody put it, else in the box of its area in order of number."""
    rows = list(points)
    of_area: dict[UUID, list[UUID]] = {}
    for row in sorted(rows, key=lambda row: row.number):
        of_area.setdefault(row.org_id, []).append(row.pk)
    found = []
    for row in rows:
        if row.plan_id is None and row.x is not None and row.y is not None:
            found.append((row, (row.x, row.y, True)))
        else:
            mates = of_area[row.org_id]
            found.append((row, (*sketch.place(str(row.org_id), mates.index(row.pk), len(mates)), False)))
    return found
