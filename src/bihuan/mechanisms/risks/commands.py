"""Every write of this room."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone
from pydantic import Field

from bihuan.engines.responsibility.queries import actor_of, areas, org, own_post
from bihuan.foundation import packs
from bihuan.foundation.actors import SYSTEM, Actor, Placed
from bihuan.foundation.commands import command
from bihuan.foundation.events import record, record_many
from bihuan.foundation.ids import uuid7
from bihuan.foundation.papers import next_serial
from bihuan.foundation.refusals import Refusal
from bihuan.foundation.scoping import placed, under
from bihuan.mechanisms.risks import events, rules  # noqa: F401 - events declares facts and refusals
from bihuan.mechanisms.risks.models import PointCode, RiskPoint
from bihuan.mechanisms.risks.pack import colours, kinds, risks_of
from bihuan.mechanisms.risks.scoring import Scoring, scored

Text = Annotated[str, Field(max_length=300)]
Cadence = Literal["", "shift", "daily", "weekly", "monthly", "quarterly", "termly", "each-use"]
Measures = dict[Literal["engineering", "management", "training", "protection", "emergency"], Text]
SERIES = "risk-point"


@command("risks.make_point")
def make_point(
    by: Actor,
    at: datetime,
    *,
    id: UUID,
    org_id: UUID,
    name: Annotated[str, Field(min_length=2, max_length=40)],
    kind: Annotated[str, Field(min_length=1, max_length=40)],
    scoring: Scoring,
    place: Annotated[str, Field(max_length=60)] = "",
    hazard_source: Annotated[str, Field(max_length=200)] = "",
    accident: Annotated[str, Field(max_length=120)] = "",
    measures: Measures = {},  # noqa: B006 - never changed; pydantic copies it
    owner_id: UUID | None = None,
    owner_post: Annotated[str, Field(max_length=60)] = "",
    cadence: Cadence = "",
) -> RiskPoint:
    """Register a risk point at a school or one of its places, scored, with a number and a wall code of its own.

    Refusals: ``foundation.not_found``, ``foundation.not_yours``, ``risks.wrong_place``, ``risks.no_such_kind``,
    ``risks.no_such_post``, ``risks.wrong_owner``, those of scoring, ``risks.id_taken``.
    """
    unit = org(by, org_id)
    _require(by, unit)
    if unit.tier not in ("school", "site", "area"):
        raise Refusal("risks.wrong_place", name=unit.name, fields={"org_id": "请选学校里的一处。"})
    data = risks_of(unit.bureau_id)
    found = scored(unit.bureau_id, scoring)
    point = RiskPoint(
        id=id, org=unit, **placed(unit), school_name=_school_of(by, unit).name, name=name, kind=kind, place=place or _place_of(unit),
        hazard_source=hazard_source, accident=accident, measures=_measures(measures), owner_id=owner_id,
        owner_post=owner_post, cadence=cadence or colours(data)[found.colour].cadence, made_at=at, changed_by_name=by.name,
    )  # fmt: skip
    _check_words(point, data)
    _colour(point, found, at)
    _insert([point], at)
    record(
        point, "risks.point_made", by=by, at=at, number=point.number, name=name, colour=point.colour, score=found.words
    )
    return point


@command("risks.change_point")
def change_point(
    by: Actor,
    at: datetime,
    *,
    point_id: UUID,
    revision: int,
    name: Annotated[str, Field(min_length=2, max_length=40)] | None = None,
    kind: Annotated[str, Field(min_length=1, max_length=40)] | None = None,
    place: Annotated[str, Field(max_length=60)] | None = None,
    hazard_source: Annotated[str, Field(max_length=200)] | None = None,
    accident: Annotated[str, Field(max_length=120)] | None = None,
    measures: Measures | None = None,
    owner_id: UUID | None = None,
    without_owner: bool = False,
    owner_post: Annotated[str, Field(max_length=60)] | None = None,
    cadence: Cadence | None = None,
    scoring: Scoring | None = None,
) -> RiskPoint:
    """Change what is known about a point; what is not given stays. The old score stays in the history.

    Refusals: ``foundation.not_found``, ``foundation.not_yours``, ``foundation.changed_meanwhile``, ``risks.voided``, and
    those of ``risks.make_point``.
    """
    point = _mine(by, point_id, "修改")
    before = {name: getattr(point, name) for name in _CHANGEABLE}
    given: dict[str, Any] = {
        "name": name, "kind": kind, "place": place, "hazard_source": hazard_source, "accident": accident,
        "measures": None if measures is None else _measures(measures), "owner_id": owner_id, "owner_post": owner_post,
        "cadence": cadence or None,
    }  # fmt: skip
    for field, value in given.items():
        if value is not None:
            setattr(point, field, value)
    if without_owner:
        point.owner_id = None
    facts: dict[str, Any] = {}
    if scoring is not None:
        found = scored(point.bureau_id, scoring)
        facts = {"score": found.words, "score_before": point.factors.get("words", "")}
        _colour(point, found, at)
    _check_words(point, risks_of(point.bureau_id), since=before)
    changed = {
        field: [before[field], getattr(point, field)] for field in _CHANGEABLE if before[field] != getattr(point, field)
    }
    point.changed_by_name = by.name
    _swap(
        by,
        point,
        revision,
        [*_CHANGEABLE, "colour_rank", "method", "factors", "scored_on", "review_on", "changed_by_name"],
    )
    record(point, "risks.point_changed", by=by, at=at, changed=changed, **facts)
    return point


_CHANGEABLE = (
    "name",
    "kind",
    "place",
    "colour",
    "hazard_source",
    "accident",
    "measures",
    "owner_id",
    "owner_post",
    "cadence",
)


@command("risks.void_point")
def void_point(
    by: Actor,
    at: datetime,
    *,
    point_id: UUID,
    revision: int,
    reason: Annotated[str, Field(min_length=4, max_length=200)],
) -> RiskPoint:
    """Take a point out of use with a reason (the place is gone, registered twice); its label and history are remembered.

    A risk that was brought under control is not voided but scored anew (domain.md, 十条 1). Refusals:
    ``foundation.not_found``, ``foundation.not_yours``, ``foundation.changed_meanwhile``, ``risks.voided``.
    """
    point = _mine(by, point_id, "停用")
    point.is_active, point.changed_by_name = False, by.name
    _swap(by, point, revision, ["is_active", "changed_by_name"])
    PointCode.objects.filter(bureau_id=point.bureau_id, point=point, voided_at__isnull=True).update(voided_at=at)
    record(point, "risks.point_voided", by=by, at=at, reason=reason, code=point.code)
    return point


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
    point = _mine(by, point_id, "换码")
    old, point.code, point.changed_by_name = point.code, _new_codes(1)[0], by.name
    _swap(by, point, revision, ["code", "changed_by_name"])
    PointCode.objects.filter(bureau_id=point.bureau_id, point=point, voided_at__isnull=True).update(voided_at=at)
    PointCode.objects.create(**placed(point), point=point, code=point.code, issued_at=at)
    record(point, "risks.code_renewed", by=by, at=at, old=old, new=point.code, reason=reason)
    return point


@command("risks.check_point")
def check_point(
    by: Actor, at: datetime, *, point_id: UUID, note: Annotated[str, Field(max_length=120)] = ""
) -> RiskPoint:
    """Say after looking that a point is in order. Anybody who may report hazards there may say so.

    Refusals: ``foundation.not_found``, ``foundation.not_yours``, ``risks.voided``.
    """
    point = RiskPoint.objects.seen(by, point_id)
    if not by.may("snap", point):
        raise Refusal("foundation.not_yours", act="登记巡查", who="本校安全负责人")
    _require_active(point, "登记巡查")
    RiskPoint.objects.filter(pk=point.pk).filter(Q(checked_at__isnull=True) | Q(checked_at__lt=at)).update(
        checked_at=at
    )
    point.checked_at = at
    record(point, "risks.point_checked", by=by, at=at, result="normal", note=note)
    return point


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
    _require(by, school)
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
    _insert(points, at, taken="risks.adopted_meanwhile")
    rows = [
        (point, {"number": point.number, "name": point.name, "colour": point.colour, "entry": point.catalogue})
        for point in points
    ]
    record_many(rows, "risks.point_adopted", by=by, at=at)
    return {"adopted": len(points), "kept": len(known)}


def hand_points_over(
    at: datetime, *, bureau_id: UUID, path: str, post: str, person_from: UUID, person_to: UUID, names: tuple[str, str]
) -> int:
    """After a hand-over: points kept by the leaving person at this post and place are the new person's; returns how many.

    Called by the reaction to the hand-over, in its transaction; each point says so in its history.
    """
    mine = RiskPoint.objects.filter(under(path), bureau_id=bureau_id, owner_id=person_from, is_active=True)
    points = list(mine.filter(Q(owner_post=post) | Q(owner_post="")))
    RiskPoint.objects.filter(pk__in=[point.pk for point in points], owner_id=person_from).update(
        owner_id=person_to, revision=F("revision") + 1
    )
    note = f"{names[0]} 交接给 {names[1]}"
    record_many(
        [(point, {"note": note, "person_from": person_from, "person_to": person_to}) for point in points],
        "risks.owner_moved",
        by=SYSTEM,
        at=at,
    )
    return len(points)


def take_school_name(school_id: UUID, name: str) -> None:
    """Copy a school's new name onto its points."""
    RiskPoint.objects.filter(school_id=school_id).exclude(school_name=name).update(school_name=name)


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
        measures=_measures({kind: entry.get(kind, "") for kind in rules.MEASURES}), owner_post=own_post(school, entry["post"]),
        cadence=entry["cadence"], catalogue=code, made_at=at, changed_by_name=by.name,
    )  # fmt: skip
    _colour(point, rules.chosen_colour(four, entry["colour"], "模型包目录"), at)
    return point


def _require(by: Actor, row: Placed) -> None:
    if not by.may("manage-risks", row):
        raise Refusal("foundation.not_yours", act="管理风险点", who="本校安全负责人")


def _require_active(point: RiskPoint, act: str) -> None:
    if not point.is_active:
        raise Refusal("risks.voided", name=point.name, act=act)


def _mine(by: Actor, point_id: UUID, act: str) -> RiskPoint:
    point = RiskPoint.objects.seen(by, point_id)
    _require(by, point)
    _require_active(point, act)
    return point


def _swap(by: Actor, point: RiskPoint, revision: int, fields: Iterable[str]) -> None:
    values = {name: getattr(point, name) for name in fields}
    won = RiskPoint.objects.filter(pk=point.pk, revision=revision, is_active=True).update(
        **values, revision=F("revision") + 1
    )
    if not won:
        who = RiskPoint.objects.filter(pk=point.pk).values_list("changed_by_name", flat=True).get()
        raise Refusal("foundation.changed_meanwhile", who=who or "别人")
    point.revision = revision + 1


def _colour(point: RiskPoint, found: rules.Score, at: datetime) -> None:
    four = colours(risks_of(point.bureau_id))
    point.colour, point.colour_rank = found.colour, list(four).index(found.colour) + 1
    point.method, point.factors = found.method, found.as_json()
    point.scored_on = timezone.localdate(at)
    point.review_on = rules.review_on(point.scored_on, four[found.colour].review_months)


def _check_words(point: RiskPoint, data: Mapping[str, Any], *, since: Mapping[str, Any] | None = None) -> None:
    """Kind, post and owner are known here; what did not change is not judged again."""
    fresh = {
        name for name in ("kind", "owner_post", "owner_id") if since is None or since[name] != getattr(point, name)
    }
    if "kind" in fresh and point.kind not in kinds(data):
        raise Refusal("risks.no_such_kind", kind=point.kind, fields={"kind": "请从列表里选择。"})
    if "owner_post" in fresh and point.owner_post and point.owner_post not in packs.entries(point.bureau_id, "posts"):
        raise Refusal("risks.no_such_post", post=point.owner_post, fields={"owner_post": "请从列表里选择。"})
    if "owner_id" in fresh and point.owner_id:
        owner = actor_of(point.owner_id)
        if owner is None or not owner.posts_at(point):
            raise Refusal(
                "risks.wrong_owner", name=owner.name if owner else "所选的人", fields={"owner_id": "请另选一位。"}
            )


def _measures(given: Mapping[Any, str]) -> dict[str, str]:
    return {kind: given[kind].strip() for kind in rules.MEASURES if given.get(kind, "").strip()}


def _place_of(unit: Any) -> str:
    return "" if unit.tier == "school" else str(unit.name)


def _school_of(by: Actor, unit: Any) -> Any:
    return unit if unit.tier == "school" else org(by, unit.school_id)


def _insert(points: list[RiskPoint], at: datetime, *, taken: str = "risks.id_taken") -> None:
    """Number the points, give each a wall code, and insert both."""
    if not points:
        return
    first = next_serial(points[0].bureau_id, SERIES, 0, count=len(points)) - len(points) + 1
    for serial, (point, code) in enumerate(zip(points, _new_codes(len(points)), strict=True), start=first):
        point.number, point.code = f"FX{serial:05d}", code
    try:
        with transaction.atomic():
            RiskPoint.objects.bulk_create(points)
    except IntegrityError:
        raise Refusal(taken) from None
    PointCode.objects.bulk_create(
        PointCode(id=uuid7(), **placed(point), point=point, code=point.code, issued_at=at) for point in points
    )


def _new_codes(count: int) -> list[str]:
    """Wall codes that nobody ever had, in any bureau: a label is found by its code alone."""
    while True:
        fresh = {"".join(secrets.choice(rules.CODE_ALPHABET) for _ in range(rules.CODE_LENGTH)) for _ in range(count)}
        if len(fresh) == count and not PointCode.objects.filter(code__in=fresh).exists():
            return sorted(fresh, key=lambda _: secrets.randbits(32))
