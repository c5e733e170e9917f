"""The life of a label on the wall: printed, posted, replaced, void. Issuing is part of registering a point."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from django.db.models import F
from pydantic import Field

from bihuan.foundation.actors import Actor
from bihuan.foundation.commands import command
from bihuan.foundation.events import record, record_many
from bihuan.foundation.evidence.commands import attach_evidence, fingerprints
from bihuan.foundation.refusals import Refusal
from bihuan.foundation.scoping import placed
from bihuan.mechanisms.risks import rules, wall_codes
from bihuan.mechanisms.risks.commands.writing import mine, new_codes, require, require_active, swap
from bihuan.mechanisms.risks.models import PointCode, RiskPoint

MOST_LABELS = 240
Latitude = Annotated[float, Field(ge=-90, le=90)]
Longitude = Annotated[float, Field(ge=-180, le=180)]


@command("risks.print_labels")
def print_labels(
    by: Actor,
    at: datetime,
    *,
    points: Annotated[list[UUID], Field(min_length=1, max_length=MOST_LABELS)],
    replace: bool = False,
) -> dict[str, int]:
    """Count a print of these points' labels: each gets the next serial, which stands in the address on the label.

    With ``replace`` the earlier prints of each label are void from now on (they were lost, or copied); without it they
    stay good beside the new one. Refusals: ``foundation.not_found``, ``foundation.not_yours``, ``risks.voided``.
    """
    wanted = list(dict.fromkeys(points))
    rows = list(RiskPoint.objects.visible_to(by).filter(pk__in=wanted).defer("measures", "factors"))
    if len(rows) != len(wanted):
        raise Refusal("foundation.not_found")
    for row in rows:
        require(by, row)
        require_active(row, "打印标签")
    codes = PointCode.objects.filter(point__in=wanted, voided_at__isnull=True)
    codes.update(n=F("n") + 1, printed_at=at, **({"least_n": F("n") + 1, "posted_at": None} if replace else {}))
    serials = dict(codes.values_list("point_id", "n"))
    if gone := next((row for row in rows if row.pk not in serials), None):  # taken out of use this very moment
        raise Refusal("risks.voided", name=gone.name, act="打印标签")
    facts = [(row, {"n": serials[row.pk], "code": row.code, "replace": replace}) for row in rows]
    record_many(facts, "risks.label_printed", by=by, at=at)
    return {"printed": len(rows)}


@command("risks.post_label")
def post_label(
    by: Actor,
    at: datetime,
    *,
    code: Annotated[str, Field(min_length=1, max_length=300)],
    photo: UUID | None = None,
    lat: Latitude | None = None,
    lon: Longitude | None = None,
    accuracy: Annotated[float, Field(ge=0, le=100_000)] | None = None,
) -> RiskPoint:
    """Say that a label hangs where it belongs, with a photo and, from a phone, the place (WGS 84, metres of accuracy).

    ``code`` is what was typed or the whole address that was scanned. Whoever may report there may post a label once;
    moving one that has its place needs the right to manage risk points, for rounds are measured against it. Refusals:
    ``foundation.not_found``, ``foundation.not_yours``, ``risks.voided_label``, ``risks.half_a_place``.
    """
    typed, n = rules.scanned(code)
    labels = PointCode.objects.filter(code__in=wall_codes.readings(typed)).select_related("point")
    label = next((one for one in labels if any(hold.covers(one.point) for hold in by.holds) or by.is_system), None)
    if label is None:
        raise Refusal("foundation.not_found")
    point = label.point
    if label.voided_at or not point.is_active or (n is not None and n < label.least_n):
        raise Refusal("risks.voided_label")
    if not by.may("snap", point):
        raise Refusal("foundation.not_yours", act="登记张贴", who="本校安全负责人")
    if lat is not None and label.lat is not None and not by.may("manage-risks", point):
        raise _moved()
    if (lat is None) != (lon is None):
        raise Refusal("risks.half_a_place", fields={"lat": "经度和纬度要一起填，或者都不填。"})
    evidence = attach_evidence(point, [photo] if photo else [], by)
    changes: dict[str, object] = {"posted_at": at, "posted_by_id": by.id, "posted_by_name": by.name}
    changes |= {"posted_photo": photo} if photo else {}
    changes |= {"lat": lat, "lon": lon, "accuracy": accuracy} if lat is not None else {}
    in_force = PointCode.objects.filter(pk=label.pk, voided_at__isnull=True, least_n__lte=n or label.n)
    here = in_force if lat is None or by.may("manage-risks", point) else in_force.filter(lat__isnull=True)
    if not here.update(**changes):  # somebody was quicker
        raise _moved() if in_force.exists() else Refusal("risks.voided_label")
    place = {"lat": lat, "lon": lon, "accuracy": accuracy} if lat is not None else {}
    record(
        point,
        "risks.label_posted",
        by=by,
        at=at,
        code=label.code,
        n=n or label.n,
        photos=fingerprints(evidence),
        **place,
    )
    return point


def _moved() -> Refusal:
    return Refusal("foundation.not_yours", act="改动标签位置", who="本校安全负责人")


@command("risks.renew_code")
def renew_code(
    by: Actor,
    at: datetime,
    *,
    point_id: UUID,
    revision: int,
    reason: Annotated[str, Field(min_length=2, max_length=120)] = "标签损坏或丢失",
) -> RiskPoint:
    """Give a point a new wall code; the old label from now on says that it is void.

    Refusals: ``foundation.not_found``, ``foundation.not_yours``, ``foundation.changed_meanwhile``, ``risks.voided``.
    """
    point = mine(by, point_id, "换码")
    old, point.code, point.changed_by_name = point.code, new_codes(1)[0], by.name
    swap(by, point, revision, ["code", "changed_by_name"])
    before = PointCode.objects.filter(bureau_id=point.bureau_id, point=point, voided_at__isnull=True)
    n = before.values_list("n", flat=True).first() or 0
    before.update(voided_at=at)
    fresh = PointCode.objects.create(
        **placed(point), point=point, code=point.code, issued_at=at, n=n, least_n=n + 1 if n else 0
    )
    PointCode.objects.filter(point=point, code=old).update(replaced_by=fresh)
    record(point, "risks.code_renewed", by=by, at=at, old=old, new=point.code, reason=reason)
    return point
