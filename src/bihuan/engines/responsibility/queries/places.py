"""Units, kinds of units and posts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from time import monotonic
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q

from bihuan.engines.responsibility.models import Org
from bihuan.engines.responsibility.rules.posts import fits, post_for
from bihuan.engines.responsibility.rules.tree import BUREAU_TIERS, Kind, kinds_of, plain
from bihuan.foundation import hot, packs
from bihuan.foundation.actors import Actor
from bihuan.foundation.refusals import Refusal
from bihuan.foundation.scoping import under


def org(viewer: Actor, pk: UUID) -> Org:
    """One unit inside the viewer's net, or ``foundation.not_found``."""
    return Org.objects.visible_to(viewer).seen(viewer, pk)


def names_of(pks: Iterable[UUID]) -> dict[UUID, str]:
    """The full names of these units, for official papers."""
    wanted = list(pks)
    return dict(Org.objects.filter(pk__in=wanted).values_list("pk", "name")) if wanted else {}


def bureau_named(name: str) -> Org:
    """The bureau (or a city's or a province's own office) with this name, short name or id, or ``foundation.not_found``.

    For the command line, which acts for the whole installation and has no viewer.
    """
    rows = Org.objects.filter(tier__in=BUREAU_TIERS)
    try:
        found = rows.filter(pk=UUID(name)).first()
    except ValueError:
        found = rows.filter(Q(name=name) | Q(short_name=name) & ~Q(short_name="")).order_by("path").first()
    if found is None:
        raise Refusal("foundation.not_found")
    return found


@dataclass(slots=True)
class Place:
    """Where a unit stands: its id and scope columns, for a write that needs nothing else of it."""

    pk: UUID
    bureau_id: UUID | None
    province_id: UUID | None
    city_id: UUID | None
    school_id: UUID | None
    path: str


_PLACE = ("id", "bureau_id", "province_id", "city_id", "school_id", "path")


def place_of(viewer: Actor, pk: UUID) -> Place:
    """What ``org`` answers, without the price of a model row: for the hot path of submitting (a test holds them equal)."""
    asked = f"SELECT {', '.join(_PLACE)} FROM responsibility_org WHERE id = %s"  # noqa: S608 - fixed names
    rows = hot.fetch(asked, [Org._meta.get_field("id").get_db_prep_value(pk, connection)])
    ids = [UUID(value) if isinstance(value, str) else value for value in rows[0][:-1]] if rows else []
    found = Place(*ids, rows[0][-1]) if rows else None
    if found is None or not (viewer.is_system or any(hold.covers(found) for hold in viewer.holds)):
        raise Refusal("foundation.not_found")
    return found


def schools(viewer: Actor) -> list[Org]:
    """The schools inside the viewer's net, in the bureau's order."""
    return list(Org.objects.visible_to(viewer).filter(tier="school", active_to__isnull=True).order_by("sort", "name"))


_FRESH_SECONDS = 30.0
_choices: dict[tuple[Any, ...], tuple[float, list[tuple[str, str]]]] = {}


def school_choices(viewer: Actor, *, most: int = 200) -> list[tuple[str, str]]:
    """The schools inside the viewer's net as (id, name) for a menu, at most half a minute old and one more than *most*."""
    key = (viewer.is_system, viewer.holds, most)
    kept = _choices.get(key)
    if kept and monotonic() - kept[0] < _FRESH_SECONDS:
        return kept[1]
    rows = Org.objects.visible_to(viewer).filter(tier="school", active_to__isnull=True).order_by("sort", "name")
    found = [(str(pk), short or name) for pk, short, name in rows.values_list("pk", "short_name", "name")[: most + 1]]
    if len(_choices) > 1000:
        _choices.clear()
    _choices[key] = (monotonic(), found)
    return found


def forget_choices() -> None:
    """Drop what menus remember (after the net changed in this process, and between tests)."""
    _choices.clear()


def areas(school: Org) -> list[Org]:
    """The sites, areas and rooms of a school in tree order."""
    return list(
        Org.objects.filter(under(school.path), bureau_id=school.bureau_id, tier__in=("site", "area")).order_by("path")
    )


def areas_of(bureau_id: UUID | None, school_id: UUID | None) -> list[Org]:
    """``areas`` of a school of which only the id is at hand."""
    rows = Org.objects.filter(bureau_id=bureau_id, school_id=school_id, tier__in=("site", "area"))
    return list(rows.order_by("path"))


def departments(viewer: Actor) -> list[Org]:
    """The partner departments of the viewer's bureau (police, fire, market supervision …)."""
    rows = Org.objects.filter(bureau_id=viewer.bureau_id, tier="department", active_to__isnull=True)
    return list(rows.order_by("sort", "name")) if viewer.bureau_id else []


def units(viewer: Actor, *, tier: str = "", q: str = "", under_id: UUID | None = None) -> Any:
    """Units inside the viewer's net as a queryset to page: of a tier, named so, below another."""
    require_net(viewer)
    rows = Org.objects.visible_to(viewer)
    q = plain(q)
    if tier:
        rows = rows.filter(tier=plain(tier))
    if q:
        rows = rows.filter(Q(name__contains=q) | Q(short_name__contains=q) | Q(code__startswith=q))
    if under_id:
        rows = rows.filter(under(org(viewer, under_id).path))
    return rows


def unit_kinds(bureau_id: UUID | None) -> dict[str, Kind]:
    """The kinds of units that the bureau knows."""
    return kinds_of(packs.entries(bureau_id, "unit-kinds"))


def parents_for(place: Org) -> list[Kind]:
    """The kinds of units that may stand below a unit."""
    return [kind for kind in unit_kinds(place.bureau_id).values() if place.kind in kind.parents]


def possible_parents(viewer: Actor, place: Org) -> list[Org]:
    """The units inside the viewer's net under which a unit may be put, itself and what is below it left out."""
    kind = unit_kinds(place.bureau_id).get(place.kind)
    rows = Org.objects.visible_to(viewer).filter(bureau_id=place.bureau_id, kind__in=kind.parents if kind else ())
    if place.tier in ("site", "area"):
        rows = rows.filter(school_id=place.school_id)
    return list(rows.filter(active_to__isnull=True).exclude(under(place.path)).order_by("path")[:300])


def roster_homes(viewer: Actor) -> list[Org]:
    """The units for which the viewer may bring a roster: those they look after themselves."""
    ids = {hold.org_id for hold in viewer.holds if "manage-net" in hold.acts}
    rows = Org.objects.visible_to(viewer).filter(pk__in=ids, active_to__isnull=True).exclude(tier__in=("site", "area"))
    return list(rows.order_by("path")) if ids else []


def net_of(bureau_id: UUID | None) -> dict[str, Any]:
    """The five-level net as the bureau's pack defines it; empty when none is installed."""
    return packs.entries(bureau_id, "net").get("default", {})


def posts(bureau_id: UUID | None, *, place: Org | None = None) -> list[dict[str, Any]]:
    """The posts in the pack's order; with a place, those that can be held there."""
    found: Iterable[dict[str, Any]] = packs.entries(bureau_id, "posts").values()
    net = net_of(bureau_id)
    return [post for post in found if place is None or fits(post, place.tier, net)]


def post(viewer: Actor, code: str) -> dict[str, Any]:
    """One post with its duties, or ``foundation.not_found``; everybody of the net may read what they have to do."""
    found = packs.entries(viewer.bureau_id, "posts").get(code)
    if found is None or not viewer.holds:
        raise Refusal("foundation.not_found")
    return found


def sensible_day(day: date) -> date:
    """A day that a net can have had, or ``responsibility.bad_day``: date arithmetic has edges, lives have not."""
    if not 1950 <= day.year <= 2100:
        raise Refusal("responsibility.bad_day", day=day.isoformat())
    return day


def require_net(viewer: Actor) -> None:
    """Names and telephones of a whole unit are for posts that look after the net."""
    if not viewer.may_anywhere("see-net"):
        raise Refusal("foundation.not_yours", act="查看责任网", who="本单位的安全负责人")


def own_post(place: Org, code: str) -> str:
    """The post that stands for *code* at a school of this kind: a kindergarten's safety lead, not a school's."""
    return post_for(place.kind, code, net_of(place.bureau_id))
