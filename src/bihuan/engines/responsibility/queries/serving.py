"""Who serves where on a day: one post, the five-level chain, the tree, one unit's page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Q

from bihuan.engines.responsibility.models import Appointment, Org
from bihuan.engines.responsibility.queries.gaps import LOOK_AHEAD, as_served, gaps_among
from bihuan.engines.responsibility.queries.places import net_of, org, parents_for, posts, require_net
from bihuan.engines.responsibility.rules.posts import filled_from_above, post_for, required_posts, sponsor_posts
from bihuan.engines.responsibility.rules.spans import Gap
from bihuan.engines.responsibility.rules.tree import Kind, plain, steps_to
from bihuan.foundation import packs
from bihuan.foundation.actors import Actor
from bihuan.foundation.refusals import Refusal
from bihuan.foundation.scoping import under

MOST_UNITS = 300
_LARGE = ("province", "city", "bureau", "office", "town", "school", "department")


def who(place: Org, post: str, *, on: date) -> list[Appointment]:
    """Who holds a post for a place on a day: the nearest unit at or above it that has somebody; stand-ins first."""
    rows = (
        Appointment.objects.filter(post=post, org__path__in=steps_to(place.path)).on(on).select_related("user", "org")
    )
    return _nearest(list(rows))


def holders(place: Org, posts: Iterable[str], *, on: date) -> dict[str, list[Appointment]]:
    """``who`` for several posts in one statement; a post that nobody holds has an empty list."""
    return holders_at([place], posts, on=on)[place.path]


def holders_at(places: Iterable[Org], posts: Iterable[str], *, on: date) -> dict[str, dict[str, list[Appointment]]]:
    """``holders`` for several places (by their path) in one statement."""
    steps = {place.path: steps_to(place.path) for place in places}
    wanted = list(dict.fromkeys(posts))
    rows = list(
        Appointment.objects.filter(post__in=wanted, org__path__in={step for path in steps.values() for step in path})
        .on(on)
        .select_related("user", "org")
    )
    return {
        path: {post: _nearest([row for row in rows if row.post == post and row.org.path in above]) for post in wanted}
        for path, above in steps.items()
    }


def _nearest(rows: Sequence[Appointment]) -> list[Appointment]:
    if not rows:
        return []
    depth = max(len(row.org.path) for row in rows)
    here = [row for row in rows if len(row.org.path) == depth]
    return sorted(here, key=lambda row: (row.kind != "stand_in", row.rank, row.starts_on))


@dataclass(frozen=True)
class Link:
    """One level of the grid over a place: what it is for, the post, and who holds it (nobody: a gap)."""

    n: int
    name: str
    text: str
    post: str
    post_name: str
    people: tuple[Appointment, ...]


def chain(school: Org, *, on: date) -> list[Link]:
    """The levels of the net over a place on a day, the highest first; one statement."""
    wanted = _chain_posts(school)
    rows = Appointment.objects.filter(post__in=wanted, org__path__in=steps_to(school.path)).on(on)
    return _links(school, list(rows.select_related("user", "org")))


def _chain_posts(place: Org) -> list[str]:
    return [
        post_for(place.kind, level["post"], net_of(place.bureau_id))
        for level in net_of(place.bureau_id).get("levels", ())
    ]


def _links(place: Org, rows: Iterable[Appointment]) -> list[Link]:
    net, names = net_of(place.bureau_id), packs.entries(place.bureau_id, "posts")
    sponsoring = sponsor_posts(net)
    by_post: dict[str, list[Appointment]] = defaultdict(list)
    for row in rows:
        # somebody of the bureau with a sponsor's post sponsors only the schools that were given to them
        if row.post not in sponsoring or row.org_id in (place.pk, place.school_id):
            by_post[row.post].append(row)
    links = []
    for level in net.get("levels", ()):
        post = post_for(place.kind, level["post"], net)
        name = names[post]["name"] if post in names else post
        links.append(Link(level["n"], level["name"], level["text"], post, name, tuple(_nearest(by_post[post]))))
    return links


@dataclass
class Row:
    """One unit in the tree: how deep, who serves there on the day, and what is missing, in words."""

    org: Org
    depth: int
    people: list[Appointment] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class NetPage:
    """The tree as of a day; ``cut`` says that there are more units than shown."""

    rows: list[Row]
    cut: bool
    on: date


def net_as_of(viewer: Actor, *, on: date, q: str = "", tier: str = "") -> NetPage:
    """The net inside the viewer's scope as it stood on a day, as indented rows.

    A bureau sees its units and schools with the posts of the net; a school sees every area and every person.
    """
    require_net(viewer)
    units = _active(Org.objects.visible_to(viewer), on)
    schools_only = {hold.org_id for hold in viewer.holds if hold.level == "school"}
    wide = (
        viewer.is_system
        or any(hold.level in ("province", "city", "bureau") for hold in viewer.holds)
        or len(schools_only) > 1
    )
    if wide:
        units = units.filter(tier__in=_LARGE)
    if tier:
        units = units.filter(tier=tier)
    if q := plain(q):
        units = units.filter(Q(name__contains=q) | Q(short_name__contains=q))
    found = list(units.order_by("path")[: MOST_UNITS + 1])
    cut, found = len(found) > MOST_UNITS, found[:MOST_UNITS]
    serving = Appointment.objects.filter(org__in=[row.pk for row in found]).on(on).select_related("user")
    if wide:  # of a school only the posts of the net: a district has thousands of others
        schools = [row for row in found if row.tier == "school"]
        shown = {post for row in schools for post in _brief_posts(row)}
        serving = serving.filter(Q(school_id__isnull=True) | Q(post__in=shown))
    people: dict[UUID, list[Appointment]] = defaultdict(list)
    for row in serving:
        people[row.org_id].append(row)
    rows = indented(found)
    for row in rows:
        row.people = _in_order(row.org, people[row.org.pk], brief=wide)
        row.missing = _missing(row)
    return NetPage(rows, cut, on)


def _active(units: Any, on: date) -> Any:
    return units.filter(
        Q(active_from__isnull=True) | Q(active_from__lte=on), Q(active_to__isnull=True) | Q(active_to__gte=on)
    )


def indented(units: Iterable[Org]) -> list[Row]:
    """Units in tree order with their depth below the nearest shown unit above; siblings by ``sort``."""
    by_path = {unit.path: unit for unit in units}

    def key(unit: Org) -> list[tuple[int, str]]:
        return [(by_path[step].sort if step in by_path else 0, step) for step in steps_to(unit.path)]

    rows = []
    for unit in sorted(by_path.values(), key=key):
        depth = sum(step in by_path for step in steps_to(unit.path)) - 1
        rows.append(Row(unit, depth))
    return rows


def _in_order(place: Org, people: list[Appointment], *, brief: bool) -> list[Appointment]:
    names = packs.entries(place.bureau_id, "posts")
    if brief and place.tier == "school":
        people = [row for row in people if row.post in _brief_posts(place)]
    return sorted(
        people,
        key=lambda row: (names.get(row.post, {}).get("sort", 0), row.kind != "stand_in", row.rank, row.starts_on),
    )


def _brief_posts(school: Org) -> set[str]:
    net = net_of(school.bureau_id)
    return {*required_posts(school.kind, net), *sponsor_posts(net)}


def _missing(row: Row) -> list[str]:
    """The required posts that nobody at the school itself holds on the day (the gaps page looks higher up too)."""
    if row.org.tier != "school":
        return []
    names, held = packs.entries(row.org.bureau_id, "posts"), {one.post for one in row.people}
    wanted = required_posts(row.org.kind, net_of(row.org.bureau_id))
    return [names[post]["name"] for post in wanted if post in names and post not in held]


@dataclass(frozen=True)
class Charter:
    """A post's duty list with who has it here on the day."""

    post: dict[str, Any]
    people: tuple[Appointment, ...]


@dataclass(frozen=True)
class UnitPage:
    """Everything that one unit's page shows for a day."""

    org: Org
    on: date
    above: list[Org]
    below: list[Row]
    now: list[Appointment]
    before: list[Appointment]
    coming: list[Appointment]
    chain: list[Link]
    sponsors: list[Charter]
    charters: list[Charter]
    gaps: list[Gap]
    posts: list[dict[str, Any]]
    kinds: list[Kind]
    may_manage: bool
    may_sponsor: bool


def unit_page(viewer: Actor, pk: UUID, *, on: date) -> UnitPage:
    """One unit on a day, or ``foundation.not_found``: three statements besides the packs."""
    require_net(viewer)
    place = org(viewer, pk)
    steps = steps_to(place.path)
    whole = place.tier in ("school", "site", "area")
    around = Q(path__in=steps[:-1]) | (under(place.path) if whole else Q(parent=place))
    units = list(_active(Org.objects.filter(around), on).exclude(pk=place.pk).order_by("path"))
    here = under(place.path, "org__path") if whole else Q(org=place)
    net, names = net_of(place.bureau_id), packs.entries(place.bureau_id, "posts")
    chained = Q(
        org__path__in=steps, post__in=[*_chain_posts(place), *sponsor_posts(net), *required_posts(place.kind, net)]
    )
    rows = list(
        Appointment.objects.filter(bureau_id__in=[unit.bureau_id for unit in [place, *units]])
        .filter(here | chained).select_related("user", "org", "stands_for__user").order_by("starts_on", "id")
    )  # fmt: skip
    inside = [row for row in rows if row.org.path.startswith(place.path)]
    in_force = [row for row in rows if row.starts_on <= on and (row.ends_on is None or row.ends_on >= on)]
    now = _in_order(place, [row for row in in_force if row in inside], brief=False)
    below = indented([place, *(unit for unit in units if unit.path.startswith(place.path))])[1:]
    for row in below:
        row.people = [one for one in now if one.org_id == row.org.pk]
    return UnitPage(
        org=place,
        on=on,
        above=[unit for unit in units if place.path.startswith(unit.path)],
        below=below,
        now=now,
        before=sorted(
            (row for row in inside if row.ends_on and row.ends_on < on), key=lambda row: row.ends_on, reverse=True
        )[:50],
        coming=[row for row in inside if row.starts_on > on],
        chain=_links(place, in_force) if place.tier == "school" else [],
        sponsors=_sponsors(place, in_force) if place.tier == "school" else [],
        charters=_charters(place, now, names),
        gaps=gaps_among([place, *units], map(as_served, rows), since=on, until=on + LOOK_AHEAD) if whole else [],
        posts=_fillable(viewer, place),
        kinds=parents_for(place),
        may_manage=viewer.may("manage-net", place),
        may_sponsor=manages_from_above(viewer, place),
    )


def _sponsors(place: Org, in_force: list[Appointment]) -> list[Charter]:
    names = packs.entries(place.bureau_id, "posts")
    return [
        Charter(names[code], tuple(_nearest([row for row in in_force if row.post == code and row.org_id == place.pk])))
        for code in sponsor_posts(net_of(place.bureau_id)) if code in names
    ]  # fmt: skip


def _charters(place: Org, now: list[Appointment], names: dict[str, Any]) -> list[Charter]:
    held: dict[str, list[Appointment]] = defaultdict(list)
    for row in now:
        held[row.post].append(row)
    return [Charter(names[code], tuple(people)) for code, people in held.items() if code in names]


def manages_from_above(viewer: Actor, place: Org) -> bool:
    """Whether the viewer looks after the net of the whole bureau (or higher) in which the place lies."""
    if viewer.is_system:
        return True
    return any(
        "manage-net" in hold.acts and hold.level in ("province", "city", "bureau") and hold.covers(place)
        for hold in viewer.holds
    )


def _fillable(viewer: Actor, place: Org) -> list[dict[str, Any]]:
    net, above = net_of(place.bureau_id), manages_from_above(viewer, place)
    return [post for post in posts(place.bureau_id, place=place) if above or not filled_from_above(post, net)]


def sponsors(viewer: Actor, *, on: date) -> tuple[list[tuple[Org, list[list[Appointment]]]], list[dict[str, Any]]]:
    """Every visible school with who sponsors it on a day, one list per post of the sponsor chain; and those posts."""
    require_net(viewer)
    names, codes = packs.entries(viewer.bureau_id, "posts"), sponsor_posts(net_of(viewer.bureau_id))
    places = list(_active(Org.objects.visible_to(viewer), on).filter(tier="school").order_by("sort", "name")[:500])
    held: dict[tuple[UUID, str], list[Appointment]] = defaultdict(list)
    rows = Appointment.objects.filter(org__in=[place.pk for place in places], post__in=codes).on(on)
    for row in rows.select_related("user").order_by("rank", "starts_on"):
        held[row.org_id, row.post].append(row)
    posts = [names[code] for code in codes if code in names]
    return [(place, [held[place.pk, post["code"]] for post in posts]) for place in places], posts


@dataclass(frozen=True)
class PostRoster:
    """Who holds a post at which school; ``crowded`` are people who hold it at more schools than the pack allows."""

    post: dict[str, Any]
    lines: list[tuple[Org, list[Appointment]]]
    crowded: dict[UUID, int]

    @property
    def filled(self) -> int:
        """How many schools have somebody."""
        return sum(bool(people) for _, people in self.lines)


def serving_at_schools(viewer: Actor, code: str, *, on: date) -> Any:
    """The appointments to a post at schools of the viewer's net that are in force on a day."""
    return Appointment.objects.visible_to(viewer).filter(post=code, school_id__isnull=False).on(on)


def post_roster(viewer: Actor, code: str, *, on: date) -> PostRoster:
    """Every visible school with who holds a post there on a day, schools without anybody first; two statements.

    Refusals: ``foundation.not_found`` (no such post) · ``not_yours``.
    """
    require_net(viewer)
    post = packs.entries(viewer.bureau_id, "posts").get(plain(code))
    if post is None:
        raise Refusal("foundation.not_found")
    places = list(_active(Org.objects.visible_to(viewer), on).filter(tier="school").order_by("sort", "name")[:2000])
    held: dict[UUID, list[Appointment]] = defaultdict(list)
    schools: dict[UUID, set[UUID]] = defaultdict(set)
    rows = serving_at_schools(viewer, post["code"], on=on)
    for row in rows.select_related("user").order_by("rank", "starts_on"):
        held[row.school_id].append(row)
        schools[row.user_id].add(row.school_id)
    most = post.get("most_schools") or len(places)
    crowded = {user: len(found) for user, found in schools.items() if len(found) > most}
    return PostRoster(
        post, sorted(((place, held[place.pk]) for place in places), key=lambda one: bool(one[1])), crowded
    )


def appointments(
    viewer: Actor, *, on: date | None = None, org_id: UUID | None = None, user_id: UUID | None = None, post: str = ""
) -> Any:
    """Appointments inside the viewer's net as a queryset to page (with ``user`` and ``org`` at hand)."""
    require_net(viewer)
    rows = Appointment.objects.visible_to(viewer).select_related("user", "org")
    if on:
        rows = rows.on(on)
    if org_id:
        rows = rows.filter(under(org(viewer, org_id).path, "org__path"))
    if user_id:
        rows = rows.filter(user_id=user_id)
    if post:
        rows = rows.filter(post=plain(post))
    return rows


def appointment(viewer: Actor, pk: UUID) -> Appointment:
    """One appointment inside the viewer's net, or ``foundation.not_found``."""
    return Appointment.objects.visible_to(viewer).select_related("user", "org").seen(viewer, pk)


def tag_choices(place: Org) -> list[tuple[str, str]]:
    """The tags that a unit may bear, and those that it bears though no pack names them any more."""
    known = {code: tag["name"] for code, tag in packs.entries(place.bureau_id, "tags").items()}
    return list((known | {code: code for code in place.tags if code not in known}).items())


def tag_words(place: Org) -> list[str]:
    """The tags of a unit in words."""
    known = packs.entries(place.bureau_id, "tags")
    return [known.get(code, {}).get("name", code) for code in place.tags]
