"""Registering, changing and taking out of use; what follows when people or names of the net change."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.db.models import F, Q
from pydantic import Field

from bihuan.engines.responsibility.queries import actor_of, org, standing_under
from bihuan.foundation import packs
from bihuan.foundation.actors import SYSTEM, Actor
from bihuan.foundation.commands import command
from bihuan.foundation.events import record, record_many
from bihuan.foundation.refusals import Refusal
from bihuan.foundation.scoping import placed
from bihuan.mechanisms.risks.commands.showing import recolour
from bihuan.mechanisms.risks.commands.writing import insert, mine, put_colour, require, swap
from bihuan.mechanisms.risks.commands.writing import measures as measures_of
from bihuan.mechanisms.risks.models import PointCode, RiskPoint
from bihuan.mechanisms.risks.pack import colours, kinds, risks_of
from bihuan.mechanisms.risks.scoring import Scoring, scored

Text = Annotated[str, Field(max_length=300)]
Cadence = Literal["", "shift", "daily", "weekly", "monthly", "quarterly", "termly", "each-use"]
Measures = dict[Literal["engineering", "management", "training", "protection", "emergency"], Text]


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
    require(by, unit)
    if unit.tier not in ("school", "site", "area"):
        raise Refusal("risks.wrong_place", name=unit.name, fields={"org_id": "请选学校里的一处。"})
    data = risks_of(unit.bureau_id)
    found = scored(unit.bureau_id, scoring)
    point = RiskPoint(
        id=id, org=unit, **placed(unit), school_name=_school_of(by, unit).name, name=name, kind=kind, place=place or _place_of(unit),
        hazard_source=hazard_source, accident=accident, measures=measures_of(measures), owner_id=owner_id,
        owner_post=owner_post, cadence=cadence or colours(data)[found.colour].cadence, made_at=at, changed_by_name=by.name,
    )  # fmt: skip
    _check_words(point, data)
    put_colour(point, found, at)
    insert([point], at)
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
    point = mine(by, point_id, "修改")
    before = {name: getattr(point, name) for name in _CHANGEABLE}
    given: dict[str, Any] = {
        "name": name, "kind": kind, "place": place, "hazard_source": hazard_source, "accident": accident,
        "measures": None if measures is None else measures_of(measures), "owner_id": owner_id, "owner_post": owner_post,
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
        put_colour(point, found, at)
    _check_words(point, risks_of(point.bureau_id), since=before)
    changed = {
        field: [before[field], getattr(point, field)] for field in _CHANGEABLE if before[field] != getattr(point, field)
    }
    point.changed_by_name = by.name
    swap(
        by,
        point,
        revision,
        [*_CHANGEABLE, "colour_rank", "method", "factors", "scored_on", "review_on", "changed_by_name"],
    )
    record(point, "risks.point_changed", by=by, at=at, changed=changed, **facts)
    if "colour" in changed:
        recolour(by, at, [point.pk])
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
    point = mine(by, point_id, "停用")
    point.is_active, point.changed_by_name, point.recolour_at = False, by.name, None
    swap(by, point, revision, ["is_active", "changed_by_name", "recolour_at"])
    PointCode.objects.filter(bureau_id=point.bureau_id, point=point, voided_at__isnull=True).update(voided_at=at)
    record(point, "risks.point_voided", by=by, at=at, reason=reason, code=point.code)
    return point


def hand_points_over(
    at: datetime, *, bureau_id: UUID, path: str, post: str, person_from: UUID, person_to: UUID, names: tuple[str, str]
) -> int:
    """After a hand-over: points kept by the leaving person at this post and place are the new person's; returns how many.

    Called by the reaction to the hand-over, in its transaction; each point says so in its history.
    """
    mine = RiskPoint.objects.filter(standing_under(path), bureau_id=bureau_id, owner_id=person_from, is_active=True)
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
            raise Refusal("risks.wrong_owner", fields={"owner_id": "请另选一位。"})


def _place_of(unit: Any) -> str:
    return "" if unit.tier == "school" else str(unit.name)


def _school_of(by: Actor, unit: Any) -> Any:
    return unit if unit.tier == "school" else org(by, unit.school_id)
