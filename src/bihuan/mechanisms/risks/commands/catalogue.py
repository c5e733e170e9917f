"""Taking ready-made points of the pack's catalogue over for a school."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from bihuan.engines.responsibility.queries import areas, org, own_post
from bihuan.foundation import packs
from bihuan.foundation.actors import Actor
from bihuan.foundation.commands import command
from bihuan.foundation.events import record_many
from bihuan.foundation.ids import uuid7
from bihuan.foundation.refusals import Refusal
from bihuan.foundation.scoping import placed
from bihuan.mechanisms.risks import rules
from bihuan.mechanisms.risks.commands.writing import insert, measures, put_colour, require
from bihuan.mechanisms.risks.models import RiskPoint
from bihuan.mechanisms.risks.pack import colours, risks_of


@command("risks.adopt_points")
def adopt_points(
    by: Actor, at: datetime, *, school_id: UUID, codes: Annotated[list[str], Field(max_length=400)] | None = None
) -> dict[str, int]:
    """Take ready-made points of the pack's catalogue over for a school: those that fit it, each at most once.

    Without *codes* all that fit and were never adopted here (one that the school voided stays voided). Doing it again
    adopts nothing. Refusals: ``foundation.not_found``, ``foundation.not_yours``, ``risks.wrong_place``,
    ``risks.no_such_entry``.
    """
    school = org(by, school_id)
    require(by, school)
    if school.tier != "school":
        raise Refusal("risks.wrong_place", name=school.name)
    fitting = {
        code: entry for code, entry in packs.entries(school.bureau_id, "risk-points").items() if fits(entry, school)
    }
    for code in codes or ():
        if code not in fitting:
            raise Refusal("risks.no_such_entry", code=code)
    taken = RiskPoint.objects.filter(school_id=school.pk, catalogue__in=list(fitting))
    if codes is not None:
        taken = taken.filter(is_active=True)
    known = set(taken.values_list("catalogue", flat=True))
    wanted = [code for code in (fitting if codes is None else dict.fromkeys(codes)) if code not in known]
    places = {area.name: area for area in reversed(areas(school))}
    four = colours(risks_of(school.bureau_id))
    points = [
        _adopted(code, fitting[code], school, places.get(fitting[code]["place"], school), four, by, at)
        for code in wanted
    ]
    insert(points, at, taken="risks.adopted_meanwhile")
    rows = [
        (point, {"number": point.number, "name": point.name, "colour": point.colour, "entry": point.catalogue})
        for point in points
    ]
    record_many(rows, "risks.point_adopted", by=by, at=at)
    return {"adopted": len(points), "kept": len(known)}


def fits(entry: Mapping[str, Any], school: Any) -> bool:
    """Whether a catalogue entry is for this kind of school: one of its stages, all of its facets."""
    stages = {*school.stages, school.kind}
    return bool({"all", *stages} & set(entry["stages"])) and set(entry.get("facets", ())) <= set(school.facets)


def _adopted(
    code: str,
    entry: Mapping[str, Any],
    school: Any,
    unit: Any,
    four: Mapping[str, rules.Colour],
    by: Actor,
    at: datetime,
) -> RiskPoint:
    point = RiskPoint(
        id=uuid7(), org=unit, **placed(unit), school_name=school.name, name=entry["name"], kind=entry["kind"], place=entry["place"],
        hazard_source=entry["hazard_source"], accident=entry["accident"],
        measures=measures({kind: entry.get(kind, "") for kind in rules.MEASURES}), owner_post=own_post(school, entry["post"]),
        cadence=entry["cadence"], catalogue=code, made_at=at, changed_by_name=by.name,
    )  # fmt: skip
    put_colour(point, rules.chosen_colour(four, entry["colour"], "模型包目录"), at)
    return point
