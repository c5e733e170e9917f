"""What the commands of this room share: who may, what is unchanged, how a point is inserted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from bihuan.foundation import hot
from bihuan.foundation.actors import Actor, Placed
from bihuan.foundation.ids import uuid7
from bihuan.foundation.papers import next_serial
from bihuan.foundation.refusals import Refusal
from bihuan.foundation.scoping import placed
from bihuan.mechanisms.risks import events, rules, wall_codes  # noqa: F401 - events declares facts and refusals
from bihuan.mechanisms.risks.models import PointCode, RiskPoint
from bihuan.mechanisms.risks.pack import colours, risks_of

SERIES = "risk-point"


def require(by: Actor, row: Placed) -> None:
    """Refuse who may not manage risk points there."""
    if not by.may("manage-risks", row):
        raise Refusal("foundation.not_yours", act="管理风险点", who="本校安全负责人")


def require_active(point: RiskPoint, act: str) -> None:
    """Refuse to act on a point that was taken out of use."""
    if not point.is_active:
        raise Refusal("risks.voided", name=point.name, act=act)


def mine(by: Actor, point_id: UUID, act: str) -> RiskPoint:
    """A point in use that the actor may manage."""
    point = RiskPoint.objects.seen(by, point_id)
    require(by, point)
    require_active(point, act)
    return point


def swap(by: Actor, point: RiskPoint, revision: int, fields: Iterable[str]) -> None:
    """Write these columns if nobody wrote in between."""
    values = {name: getattr(point, name) for name in fields}
    won = RiskPoint.objects.filter(pk=point.pk, revision=revision, is_active=True).update(
        **values, revision=F("revision") + 1
    )
    if not won:
        who = RiskPoint.objects.filter(pk=point.pk).values_list("changed_by_name", flat=True).get()
        raise Refusal("foundation.changed_meanwhile", who=who or "别人")
    point.revision = revision + 1


def put_colour(point: RiskPoint, found: rules.Score, at: datetime) -> None:
    """Freeze a score into the point: its inherent colour and when it must be looked at again."""
    four = colours(risks_of(point.bureau_id))
    point.colour, point.colour_rank = found.colour, list(four).index(found.colour) + 1
    point.method, point.factors = found.method, found.as_json()
    point.scored_on = timezone.localdate(at)
    point.review_on = rules.review_on(point.scored_on, four[found.colour].review_months)


def measures(given: Mapping[Any, str]) -> dict[str, str]:
    """The control measures that say something, in their order."""
    return {kind: given[kind].strip() for kind in rules.MEASURES if given.get(kind, "").strip()}


def insert(points: list[RiskPoint], at: datetime, *, taken: str = "risks.id_taken") -> None:
    """Number the points, give each a wall code, and insert both."""
    if not points:
        return
    first = next_serial(points[0].bureau_id, SERIES, 0, count=len(points)) - len(points) + 1
    for serial, (point, code) in enumerate(zip(points, new_codes(len(points)), strict=True), start=first):
        point.number, point.code = f"FX{serial:05d}", code
        point.shown_colour, point.shown_rank = point.colour, point.colour_rank
    try:
        with transaction.atomic():
            hot.insert(points)
    except IntegrityError:
        raise Refusal(taken) from None
    hot.insert([PointCode(id=uuid7(), **placed(point), point=point, code=point.code, issued_at=at) for point in points])


def new_codes(count: int) -> list[str]:
    """Wall codes that nobody ever had, in any bureau: a label is found by its code alone."""
    while True:
        fresh = {wall_codes.fresh() for _ in range(count)}
        if len(fresh) == count and not PointCode.objects.filter(code__in=fresh).exists():
            return list(fresh)
