"""Floor plans of a school, and where on them its points stand."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from pydantic import Field

from bihuan.engines.responsibility.queries import org
from bihuan.foundation.actors import Actor
from bihuan.foundation.commands import command
from bihuan.foundation.events import record
from bihuan.foundation.evidence.commands import attach_evidence, fingerprints
from bihuan.foundation.refusals import Refusal
from bihuan.foundation.scoping import placed
from bihuan.mechanisms.risks.commands.writing import mine, require
from bihuan.mechanisms.risks.models import Plan, RiskPoint

Share = Annotated[float, Field(ge=0, le=1)]


@command("risks.keep_plan")
def keep_plan(
    by: Actor,
    at: datetime,
    *,
    id: UUID,
    org_id: UUID,
    name: Annotated[str, Field(min_length=1, max_length=40)],
    picture: UUID,
) -> Plan:
    """Keep a picture as a floor plan of a school, one of its sites or buildings; ``picture`` is evidence uploaded before.

    Refusals: ``foundation.not_found``, ``foundation.not_yours``, ``risks.wrong_place``, ``risks.no_picture``,
    ``risks.id_taken``.
    """
    unit = org(by, org_id)
    require(by, unit)
    if unit.tier not in ("school", "site", "area"):
        raise Refusal("risks.wrong_place", name=unit.name, fields={"org_id": "请选学校里的一处。"})
    plan = Plan(
        id=id, org=unit, **placed(unit), name=name, picture=picture, width=1, height=1, made_at=at, made_by_name=by.name
    )
    evidence = attach_evidence(plan, [picture], by)
    shape = [(row.width, row.height) for row in evidence if row.kind == "image" and row.width and row.height]
    if not shape:
        raise Refusal("risks.no_picture", fields={"picture": "请选一张图片。"})
    plan.width, plan.height = shape[0]
    try:
        with transaction.atomic():
            plan.save(force_insert=True)
    except IntegrityError:
        raise Refusal("risks.id_taken") from None
    record(plan, "risks.plan_kept", by=by, at=at, name=name, photos=fingerprints(evidence))
    return plan


@command("risks.drop_plan")
def drop_plan(by: Actor, at: datetime, *, plan_id: UUID, revision: int) -> Plan:
    """Take a plan out of use; the points on it go back to the drawn sketch.

    Refusals: ``foundation.not_found``, ``foundation.not_yours``, ``foundation.changed_meanwhile``.
    """
    plan = Plan.objects.seen(by, plan_id)
    require(by, plan)
    won = Plan.objects.filter(pk=plan.pk, revision=revision, is_active=True).update(
        is_active=False, revision=F("revision") + 1
    )
    if not won:
        raise Refusal("foundation.changed_meanwhile", who="别人")
    freed = RiskPoint.objects.filter(school_id=plan.school_id, plan=plan).update(plan=None, x=None, y=None)
    record(plan, "risks.plan_dropped", by=by, at=at, name=plan.name, freed=freed)
    plan.is_active, plan.revision = False, revision + 1
    return plan


@command("risks.place_point")
def place_point(
    by: Actor,
    at: datetime,
    *,
    point_id: UUID,
    plan_id: UUID | None = None,
    x: Share | None = None,
    y: Share | None = None,
) -> RiskPoint:
    """Put a point at a place of a plan (shares of width and height from the upper left corner), or of the drawn sketch.

    Without ``x`` and ``y`` it leaves the plan and stands on the sketch where its area is. The last hand wins; both are in
    the history. Refusals: ``foundation.not_found``, ``foundation.not_yours``, ``risks.voided``, ``risks.half_a_spot``,
    ``risks.other_plan``.
    """
    point = mine(by, point_id, "移动")
    if (x is None) != (y is None):
        raise Refusal("risks.half_a_spot", fields={"x": "横、纵两个位置要一起填。"})
    plan = Plan.objects.seen(by, plan_id) if plan_id else None
    if plan is not None and (not plan.is_active or plan.school_id != point.school_id):
        raise Refusal("risks.other_plan", name=plan.name)
    point.plan, point.x, point.y = (plan, x, y) if x is not None else (None, None, None)
    RiskPoint.objects.filter(pk=point.pk).update(plan=point.plan, x=point.x, y=point.y)
    record(point, "risks.point_placed", by=by, at=at, plan=plan_id, x=x, y=y, name=plan.name if plan else "示意图")
    return point
