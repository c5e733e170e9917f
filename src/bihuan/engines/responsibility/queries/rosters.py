"""Rosters on their way in: what their rows say, checked against the net, before anything is written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from bihuan.engines.responsibility.models import Appointment, Org, RosterImport
from bihuan.engines.responsibility.queries.places import net_of
from bihuan.engines.responsibility.queries.serving import manages_from_above
from bihuan.engines.responsibility.rules.posts import filled_from_above, fits
from bihuan.engines.responsibility.rules.roster import (
    REQUIRED,
    WORDS,
    Known,
    KnownPost,
    Report,
    Unit,
    check,
    post_names,
    read_rows,
)
from bihuan.engines.responsibility.rules.tree import BUREAU_TIERS, TIERS, squeezed
from bihuan.foundation import clock, packs
from bihuan.foundation.actors import Actor
from bihuan.foundation.bulk import without_collecting
from bihuan.foundation.refusals import Refusal
from bihuan.foundation.scoping import under


def rosters(viewer: Actor, *, most: int = 20) -> list[RosterImport]:
    """The latest rosters that were sent inside the viewer's net."""
    rows = RosterImport.objects.visible_to(viewer).defer("table", "made", "report")
    return list(rows.select_related("org").order_by("-at", "-id")[:most]) if viewer.may_anywhere("manage-net") else []


def roster(viewer: Actor, pk: UUID, *, alone: bool = False) -> RosterImport:
    """One roster, or ``foundation.not_found``; only people who may change the net see it.

    *alone*: as it is once nobody else is about to install it or take it back, and until the transaction ends nobody will be.
    """
    if not viewer.may_anywhere("manage-net"):
        raise Refusal("foundation.not_found")
    rows = RosterImport.objects.visible_to(viewer).select_related("org")
    return (rows.select_for_update(of=("self",)) if alone else rows).seen(viewer, pk)


def roster_check(
    viewer: Actor, row: RosterImport, *, header_row: int, columns: Mapping[str, int], on: date | None = None
) -> Report:
    """The dry run: one verdict per row and what would be made. Nothing is written.

    Refusal: ``responsibility.bad_columns`` when 姓名 or 岗位 has no column, or a column means two things.
    """
    _check_columns(row, header_row, columns)
    known_now = known(viewer, row.org, on=on or timezone.localdate(clock.now()), units_named="unit" in columns)
    with without_collecting():
        return check(read_rows(row.table, header_row, columns), known_now)


def _check_columns(row: RosterImport, header_row: int, columns: Mapping[str, int]) -> None:
    width = max((len(cells) for cells in row.table), default=0)
    missing = [WORDS[name] for name in REQUIRED if name not in columns]
    if missing:
        raise Refusal("responsibility.bad_columns", sentence=f"还没有指定哪一列是{'、'.join(missing)}")
    if (
        set(columns) - set(WORDS)
        or not 0 <= header_row < len(row.table)
        or any(not 0 <= c < width for c in columns.values())
    ):
        raise Refusal("responsibility.bad_columns", sentence="指定的行或列不在这张表里")
    if len(set(columns.values())) < len(columns):
        raise Refusal("responsibility.bad_columns", sentence="同一列不能有两种含义")


def known(viewer: Actor, home: Org, *, on: date, units_named: bool) -> Known:
    """What the rows of a roster for *home* are checked against: two statements and the packs.

    A blank unit means *home*, except where a bureau's roster has a column for it: there it is a slip.
    """
    places = list(
        Org.objects.filter(under(home.path)).filter(Q(active_to__isnull=True) | Q(active_to__gte=on))
        .order_by("path").only("path", "tier", "name", "short_name", "code", "school_id", "bureau_id")
    )  # fmt: skip
    people, held = _people(home, on)
    net, above = net_of(home.bureau_id), manages_from_above(viewer, home)
    entries = packs.entries(home.bureau_id, "posts")
    labels = packs.entries(home.bureau_id, "terms")
    names = {code: post["name"] for code, post in entries.items()}
    by_code = {
        code: KnownPost(code, post["name"], frozenset(tier for tier in TIERS if fits(post, tier, net)), filled_from_above(post, net) and not above)
        for code, post in entries.items()
    }  # fmt: skip
    words = {squeezed(labels[code]["label"]): code for code in entries if code in labels} | post_names(names)
    units, at_home = _units(places, home)
    return Known(
        units=units,
        posts={word: by_code[code] for word, code in words.items()},
        people=people,
        held=held,
        home=None if units_named and home.tier in BUREAU_TIERS else at_home,
        today=on,
        oneself=str(viewer.id or ""),
    )


def _units(places: list[Org], home: Org) -> tuple[dict[str, tuple[Unit, ...]], Unit | None]:
    areas: dict[Any, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    tails: dict[str, list[str]] = {}
    for place in places:
        if place.tier in ("site", "area") and place.school_id:
            name = squeezed(place.name)
            above = tails.get(place.path[: place.path.rfind(".", 0, -1) + 1], [])
            # 东校区实验楼三层 may be written with or without what stands in front
            tails[place.path] = [tail + name for tail in above] + [name]
            for word in dict.fromkeys(tails[place.path]):
                areas[place.school_id][word].append(str(place.pk))
    named: dict[str, list[Unit]] = defaultdict(list)
    at_home = None
    for place in places:
        if place.tier in ("site", "area") and place.pk != home.pk:
            continue
        found = (
            {word: tuple(ids) for word, ids in areas.get(place.school_id, {}).items()} if place.tier == "school" else {}
        )
        unit = Unit(str(place.pk), place.name, place.tier, found)
        if place.pk == home.pk:
            at_home = unit
        for word in {squeezed(place.name), squeezed(place.short_name), place.code} - {""}:
            named[word].append(unit)
    return {word: tuple(units) for word, units in named.items()}, at_home


def _people(home: Org, on: date) -> tuple[dict[tuple[str, ...], str], frozenset[tuple[str, str, str]]]:
    """Everybody of the bureau by what a person is recognised by, and who holds what today or later."""
    rows = Appointment.objects.filter(bureau_id=home.bureau_id).values_list(
        "user_id", "user__name", "user__phone", "user__staff_no", "org_id", "post", "ends_on", "school_id"
    )
    people: dict[tuple[str, ...], str] = {}
    held: set[tuple[str, str, str]] = set()
    for user_id, name, phone, staff_no, org_id, post, ends_on, school_id in rows:
        person = str(user_id)
        people[("unit", name, str(school_id or org_id))] = person
        if phone:
            people[("phone", name, phone)] = person
        if staff_no:
            people[("no", name, staff_no)] = person
        if ends_on is None or ends_on >= on:
            held.add((person, str(org_id), post))
    return people, frozenset(held)
