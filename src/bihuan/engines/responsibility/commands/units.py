"""Units: made, changed, closed. Never deleted: old papers name them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from pydantic import Field

from bihuan.engines.responsibility import refusals  # noqa: F401 - declares the sentences
from bihuan.engines.responsibility.models import Appointment, Move, Org
from bihuan.engines.responsibility.queries.acting import forget_actors
from bihuan.engines.responsibility.queries.places import unit_kinds
from bihuan.engines.responsibility.rules.tree import (
    BUREAU_TIERS,
    COLUMN_TIERS,
    LABEL_LENGTH,
    Kind,
    TreeFull,
    next_path,
    parent_fault,
    plain,
    school_code_fault,
    squeezed,
)
from bihuan.foundation import packs
from bihuan.foundation.actors import SYSTEM, Actor
from bihuan.foundation.commands import command
from bihuan.foundation.events import recent, record
from bihuan.foundation.refusals import Refusal
from bihuan.foundation.scoping import under

_TRIES = 8
Name = Annotated[str, Field(min_length=2, max_length=80)]
Day = Annotated[date, Field(ge=date(1950, 1, 1), le=date(2100, 12, 31))]
Count = Annotated[int, Field(ge=0, le=1_000_000)]
Stage = Literal["kindergarten", "primary", "junior", "senior", "vocational", "special"]
Codes = Annotated[list[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]], Field(max_length=40)]


@command("responsibility.create_org")
def create_org(
    by: Actor,
    at: datetime,
    *,
    id: UUID,
    parent_id: UUID | None,
    kind: str,
    name: Name,
    short_name: Annotated[str, Field(max_length=40)] = "",
    code: Annotated[str, Field(max_length=40)] = "",
    stages: list[Stage] | None = None,
    facets: Codes | None = None,
    students: Count = 0,
    boarders: Count = 0,
    staff_count: Count = 0,
    address: Annotated[str, Field(max_length=160)] = "",
    phone: Annotated[str, Field(max_length=20)] = "",
    sort: Annotated[int, Field(ge=0, le=1_000_000)] = 0,
    active_from: Day | None = None,
) -> Org:
    """Add a unit below another (a school, a site, an area, a department …).

    Refusals: ``foundation.not_found`` (parent), ``foundation.not_yours``, ``responsibility.no_such_kind`` ·
    ``wrong_parent`` · ``bad_code`` · ``code_taken`` · ``name_taken`` · ``closed`` · ``id_taken`` · ``tree_full``.
    """
    above = Org.objects.visible_to(by).seen(by, parent_id) if parent_id else None
    kinds = unit_kinds(above.bureau_id if above else None)
    if kind not in kinds:
        raise Refusal("responsibility.no_such_kind", kind=kind)
    if not (by.may("manage-net", above) if above else by.is_system):
        raise Refusal("foundation.not_yours", act="新建单位", who="局系统管理员")
    if fault := parent_fault(kinds[kind], above.kind if above else None, kinds):
        raise Refusal("responsibility.wrong_parent", sentence=fault)
    if above and above.active_to and above.active_to < at.date():
        raise Refusal("responsibility.closed", name=above.name, on=above.active_to)
    unit = Org(
        id=id, parent=above, kind=kind, tier=kinds[kind].tier, name=plain(name), short_name=plain(short_name),
        code=_checked_code(code, kinds[kind]), stages=list(stages or []), facets=sorted(set(facets or [])),
        students=students, boarders=boarders, staff_count=staff_count, address=plain(address), phone=squeezed(phone),
        sort=sort, active_from=active_from, **ancestors_below(id, kinds[kind].tier, above),
    )  # fmt: skip
    _insert(unit, above)
    record(
        unit, "responsibility.org_created", by=by, at=at, name=unit.name, kind=kind, parent=parent_id, code=unit.code
    )
    return unit


def ancestors_below(id: UUID, tier: str, above: Org | None) -> dict[str, Any]:
    """The ancestor columns of a unit of this tier below another."""
    columns = {f"{name}_id": getattr(above, f"{name}_id") if above else None for name in COLUMN_TIERS}
    if tier in COLUMN_TIERS:
        columns[f"{tier}_id"] = id
    if tier in BUREAU_TIERS:
        columns["bureau_id"] = id
    return columns


def _checked_code(code: str, kind: Kind) -> str:
    code = squeezed(code)
    if code and kind.tier == "school" and (fault := school_code_fault(code, kind.code)):
        raise Refusal("responsibility.bad_code", sentence=fault, fields={"code": fault})
    if len(code) > 20:
        raise Refusal("responsibility.bad_code", sentence="编号最多20个字", fields={"code": "编号最多20个字"})
    return code


def _insert(unit: Org, above: Org | None) -> None:
    """Insert at the next free address; a rival who took it first makes us look again."""
    for _ in range(_TRIES):
        if Org.objects.filter(pk=unit.pk).exists():
            raise Refusal("responsibility.id_taken")
        _refuse_taken(unit)
        siblings = Org.objects.filter(parent=above).order_by("-path").values_list("path", flat=True)
        try:
            unit.path = next_path(above.path if above else "", greatest_address(above, siblings.first()))
        except TreeFull:
            raise Refusal("responsibility.tree_full", above=above.name if above else "最顶层") from None
        try:
            with transaction.atomic():
                unit.save(force_insert=True)
        except IntegrityError:
            continue
        return
    raise Refusal("foundation.too_slow")


def greatest_address(above: Org | None, present: str | None) -> str | None:
    """The greatest address below a unit among its children and those that moved away: rows may still stand there."""
    if above is None:
        return present
    left = Move.objects.filter(old_parent_id=above.pk).values_list("old_path", flat=True)
    return max((above.path + path[-LABEL_LENGTH - 1 :] for path in [*left, *filter(None, [present])]), default=None)


def _refuse_taken(unit: Org) -> None:
    others = Org.objects.filter(bureau_id=unit.bureau_id).exclude(pk=unit.pk)
    if unit.code and (other := others.filter(code=unit.code).first()):
        raise Refusal(
            "responsibility.code_taken", code=unit.code, name=other.name, fields={"code": f"已经是{other.name}的"}
        )
    if others.filter(parent=unit.parent, name=unit.name).exists():
        above = unit.parent.name if unit.parent else "最顶层"
        raise Refusal("responsibility.name_taken", above=above, name=unit.name, fields={"name": "已有同名单位"})


@command("responsibility.change_org")
def change_org(
    by: Actor,
    at: datetime,
    *,
    org_id: UUID,
    revision: int,
    kind: str | None = None,
    name: Name | None = None,
    short_name: Annotated[str, Field(max_length=40)] | None = None,
    code: Annotated[str, Field(max_length=40)] | None = None,
    stages: list[Stage] | None = None,
    facets: Codes | None = None,
    tags: Codes | None = None,
    students: Count | None = None,
    boarders: Count | None = None,
    staff_count: Count | None = None,
    address: Annotated[str, Field(max_length=160)] | None = None,
    phone: Annotated[str, Field(max_length=20)] | None = None,
    sort: Annotated[int, Field(ge=0, le=1_000_000)] | None = None,
) -> Org:
    """Rename a unit or change what is known about it; what is not given stays.

    A renamed school keeps its code; another kind of school needs another code. Refusals: ``foundation.not_found`` ·
    ``not_yours`` · ``changed_meanwhile``, ``responsibility.bad_code`` · ``code_taken`` · ``name_taken`` · ``no_such_kind`` ·
    ``no_such_tag``.
    """
    unit = Org.objects.visible_to(by).seen(by, org_id)
    require_manager(by, unit, "修改单位")
    kinds = unit_kinds(unit.bureau_id)
    if kind is not None and (kind not in kinds or kinds[kind].tier != unit.tier):
        raise Refusal("responsibility.no_such_kind", kind=kind)
    if strange := sorted(set(tags or ()) - packs.entries(unit.bureau_id, "tags").keys() - set(unit.tags)):
        raise Refusal("responsibility.no_such_tag", tag=strange[0])
    given = {
        "tags": sorted(set(tags)) if tags is not None else None,
        "kind": kind, "name": plain(name) if name else None, "short_name": plain(short_name) if short_name is not None else None, "stages": stages,
        "facets": sorted(set(facets)) if facets is not None else None, "students": students, "boarders": boarders,
        "staff_count": staff_count, "address": plain(address) if address is not None else None, "phone": squeezed(phone) if phone is not None else None, "sort": sort,
    }  # fmt: skip
    changed = {field: value for field, value in given.items() if value is not None and value != getattr(unit, field)}
    for field, value in changed.items():
        setattr(unit, field, value)
    if code is not None or "kind" in changed:
        fresh = _checked_code(
            unit.code if code is None else code, kinds.get(unit.kind) or Kind(unit.kind, "", unit.tier)
        )
        if fresh != unit.code:
            unit.code = changed["code"] = fresh
    _refuse_taken(unit)
    _write(by, unit, revision, changed)
    record(unit, "responsibility.org_changed", by=by, at=at, **changed)
    return unit


def require_manager(by: Actor, unit: Org, act: str) -> None:
    """Refuse whoever may not change the net here."""
    if not by.may("manage-net", unit):
        raise Refusal("foundation.not_yours", act=act, who="本单位的安全负责人或局系统管理员")


def _write(by: Actor, unit: Org, revision: int, changed: dict[str, Any]) -> None:
    """The one compare-and-swap of a unit's row."""
    try:
        with transaction.atomic():
            done = Org.objects.filter(pk=unit.pk, revision=revision).update(**changed, revision=F("revision") + 1)
    except IntegrityError:
        done = 0
    if not done:
        raise Refusal("foundation.changed_meanwhile", who=last_hand(unit))
    unit.revision = revision + 1


def last_hand(row: Any) -> str:
    """Who stated the latest fact about a row: the name for "somebody was quicker"."""
    latest = recent(SYSTEM, bureau_id=row.bureau_id, subject_id=row.pk, most=1)
    return latest[0].by_name if latest else "别人"


@command("responsibility.close_org")
def close_org(by: Actor, at: datetime, *, org_id: UUID, revision: int, on: Day) -> Org:
    """Close a unit and everything below it; ``on`` is its last day. Nothing is deleted.

    Refusals: ``foundation.not_found`` · ``not_yours`` · ``changed_meanwhile``, ``responsibility.still_served`` (somebody
    serves there after that day: hand over first) · ``closed`` · ``close_too_early``.
    """
    unit = Org.objects.visible_to(by).seen(by, org_id)
    above = unit.parent
    if not by.may("manage-net", above if above is not None else unit):
        raise Refusal("foundation.not_yours", act="撤销单位", who="上级单位的管理人员")
    if unit.active_to:
        raise Refusal("responsibility.closed", name=unit.name, on=unit.active_to)
    if unit.active_from and on < unit.active_from:
        raise Refusal("responsibility.close_too_early", from_on=unit.active_from)
    serving = Appointment.objects.filter(under(unit.path, "org__path")).filter(
        Q(ends_on__isnull=True) | Q(ends_on__gt=on)
    )
    names = list(dict.fromkeys(serving.values_list("user__name", flat=True)[:200]))
    if names:
        raise Refusal(
            "responsibility.still_served",
            name=unit.name,
            count=len(names),
            names="、".join(names[:3]) + ("等" if len(names) > 3 else ""),
        )
    _write(by, unit, revision, {"active_to": on})
    Org.objects.filter(under(unit.path), active_to__isnull=True).update(active_to=on)
    unit.active_to = on
    record(unit, "responsibility.org_closed", by=by, at=at, name=unit.name, on=on)
    transaction.on_commit(forget_actors)
    return unit
