"""How far a person reaches into a school's ledgers: the whole school, or the class or area of their own appointment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from bihuan.engines.responsibility import queries as net
from bihuan.engines.responsibility.rules.tree import squeezed
from bihuan.foundation.actors import SYSTEM, Actor
from bihuan.foundation.refusals import Refusal
from bihuan.foundation.scoping import under
from bihuan.mechanisms.ledgers.pack import ledgers_of
from bihuan.mechanisms.ledgers.rules import Ledger

CLASS = "class"
"""The column that makes a sheet one of classes, and the kind of unit that is one."""


@dataclass(frozen=True, slots=True)
class Reach:
    """A school and what a person holds there: ``posts`` over the whole of it (when ``is_whole``), ``part_posts`` in ``parts``."""

    org: Any
    posts: frozenset[str] = frozenset()
    parts: tuple[Any, ...] = ()
    part_posts: frozenset[str] = frozenset()
    is_whole: bool = True

    def readable(self, rows: Any) -> Any:
        """Of a school's rows those that this person reads."""
        return rows if self.is_whole else inside(rows, self.parts)

    def parts_for(self, by: Actor, ledger: Ledger) -> tuple[Any, ...]:
        """The own parts where only a post inside the school keeps this ledger; nothing for who writes for the whole school."""
        whole = self.is_whole and (bool(self.posts & _own(ledger, self.org)) or _signs(by, ledger, self.org))
        return () if whole else self.parts


def inside(rows: Any, parts: Sequence[Any]) -> Any:
    """The rows that stand in these parts of a school; without parts all of them."""
    return rows.filter(reduce(or_, (under(part.path) for part in parts))) if parts else rows


def classes(parts: Sequence[Any]) -> tuple[Any, ...]:
    """Those of the parts that are classes: whoever has a building may write about any class in it."""
    return tuple(part for part in parts if part.kind == CLASS)


def class_named(parts: Sequence[Any], words: str) -> Any | None:
    """The class of that name, the only one where none is named; nothing for another class."""
    asked, own = squeezed(words), classes(parts)
    if not asked:
        return own[0] if len(own) == 1 else None
    return next((one for one in own if asked in {squeezed(one.name), squeezed(one.short_name)} - {""}), None)


def reach(viewer: Actor, org_id: UUID) -> Reach:
    """Whatever of a school's ledgers a person reaches; *org_id* is the school, or an own part of it. One statement.

    A whole school: by an appointment over it. A part: by an appointment inside the school to a post that keeps one of its
    ledgers. Refusal: ``foundation.not_found``, the same for another school and for a post without ledgers.
    """
    held = {hold.org_id for hold in viewer.holds if hold.level == "path"}
    if not held or viewer.is_system:
        org = net.org(viewer, org_id)
        return Reach(org, frozenset(viewer.posts_at(org)))
    units = {one.pk: one for one in net.units(SYSTEM).filter(pk__in={org_id, *held})}
    org = units.get(org_id)
    if org is None or org.school_id is None:
        org = net.org(viewer, org_id)
        return Reach(org, frozenset(viewer.posts_at(org)))
    parts = [units[pk] for pk in held & units.keys() if units[pk].tier in ("site", "area")]
    parts = sorted((part for part in parts if part.school_id == org.school_id), key=lambda part: part.path)
    ids = {part.pk for part in parts}
    posts = frozenset(hold.post for hold in viewer.holds if hold.org_id in ids)
    if any(hold.level != "path" and hold.covers(org) for hold in viewer.holds):
        home = net.org(SYSTEM, org.school_id) if org_id in ids else org
        return Reach(home, frozenset(viewer.posts_at(home)), tuple(parts), posts)
    kept = {post for ledger in ledgers_of(org.bureau_id).values() for post in ledger.posts}
    if not posts & kept or org_id not in {org.school_id, *ids}:
        raise Refusal("foundation.not_found")
    school = org if org.pk == org.school_id else net.org(SYSTEM, org.school_id)
    return Reach(school, frozenset(), tuple(parts), posts, is_whole=False)


def own_schools(viewer: Actor) -> list[tuple[str, str]]:
    """The schools inside which a person is appointed, as choices of a menu; one statement, none without such an appointment."""
    held = {hold.org_id for hold in viewer.holds if hold.level == "path"}
    if not held:
        return []
    schools = net.units(SYSTEM).filter(pk__in=held, tier__in=("site", "area")).values("school_id")
    rows = net.units(SYSTEM).filter(pk__in=schools).order_by("sort", "name")
    return [(str(pk), short or name) for pk, short, name in rows.values_list("pk", "short_name", "name")]


def is_mine(by: Actor, ledger: Ledger, place: Any) -> bool:
    """Whether a person holds one of the ledger's own posts there (*place*: a unit, a row, or a ``Reach``)."""
    if isinstance(place, Reach):
        return bool((place.posts | place.part_posts) & _own(ledger, place.org))
    return bool(set(by.posts_at(place)) & _own(ledger, place))


def may_write(by: Actor, ledger: Ledger, place: Any) -> bool:
    """Whether a person may write a ledger there: the ledger's own posts, and whoever signs for the school."""
    return is_mine(by, ledger, place) or _signs(by, ledger, place.org if isinstance(place, Reach) else place)


def _own(ledger: Ledger, place: Any) -> set[str]:
    """The ledger's posts as that kind of school calls them."""
    return {net.own_post(place, post) for post in ledger.posts} if hasattr(place, "kind") else set(ledger.posts)


def _signs(by: Actor, ledger: Ledger, place: Any) -> bool:
    return not ledger.restricted and by.may("sign-for-school", place)
