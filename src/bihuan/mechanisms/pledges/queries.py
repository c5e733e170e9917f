"""Reading letters, record checks, and what hangs on doors and necks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Count, Q
from django.utils import timezone

from bihuan.engines.responsibility import queries as net
from bihuan.foundation import clock, packs
from bihuan.foundation.actors import SYSTEM, Actor
from bihuan.foundation.pages.keyset import Page, page
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.pledges.models import Pledge, RecordCheck
from bihuan.mechanisms.pledges.pack import letter_of
from bihuan.mechanisms.pledges.rules import CHECK_WORDS, CheckState, check_state


def year_on(bureau_id: UUID | None, day: date) -> str:
    """The year of letters that a day lies in, ``2026-2027``; it begins where the pack says."""
    begins = letter_of(bureau_id)["year_begins"]
    first = day.year if f"{day:%m-%d}" >= begins else day.year - 1
    return f"{first}-{first + 1}"


def mine(viewer: Actor) -> list[Pledge]:
    """My own letters, those that wait first."""
    rows = Pledge.objects.filter(user_id=viewer.id).exclude(state="void").order_by("-year", "post")[:50]
    return sorted(rows, key=lambda row: row.state != "waiting")


def pledge(viewer: Actor, pk: UUID) -> Pledge:
    """One letter: one's own, or of one's net; else ``foundation.not_found``."""
    row = Pledge.objects.all().seen(viewer, pk)
    if row.user_id != viewer.id and not may_keep(viewer, row):
        raise Refusal("foundation.not_found")
    return row


def may_keep(viewer: Actor, place: Any) -> bool:
    """Whether a person looks after the letters and checks of a place."""
    return viewer.may("sign-for-school", place) or viewer.may("manage-net", place) or viewer.may("see-net", place)


def pledges(viewer: Actor, org_id: UUID, *, year: str, state: str = "", cursor: str = "", size: int = 50) -> Page:
    """The letters of a school's year, those that wait first."""
    school = _kept(viewer, org_id)
    rows = Pledge.objects.filter(bureau_id=school.bureau_id, org_id=school.pk, year=year).exclude(state="void")
    if state in ("waiting", "signed"):
        rows = rows.filter(state=state)
    return page(rows.defer("content"), order=("-state", "user_name", "id"), cursor=cursor, size=size)


@dataclass(frozen=True, slots=True)
class Coverage:
    """How far a school's letters are signed."""

    org: Any
    signed: int
    waiting: int

    @property
    def total(self) -> int:
        """All letters of the year."""
        return self.signed + self.waiting

    @property
    def percent(self) -> int:
        """Signed, in whole per cent; 100 only when nobody is missing."""
        return 0 if not self.total else 100 if not self.waiting else self.signed * 100 // self.total


def coverage(viewer: Actor, *, year: str) -> list[Coverage]:
    """Every school of the viewer's net (two statements), the furthest behind first; a school without letters stands at 0."""
    net.require_net(viewer)
    rows = Pledge.objects.visible_to(viewer).filter(year=year).exclude(state="void").values("org_id")
    counted = {
        row["org_id"]: (row["signed"], row["waiting"])
        for row in rows.annotate(
            signed=Count("pk", filter=Q(state="signed")), waiting=Count("pk", filter=Q(state="waiting"))
        ).order_by()
    }
    found = [Coverage(school, *counted.get(school.pk, (0, 0))) for school in net.schools(viewer)]
    return sorted(found, key=lambda one: (one.percent, -one.waiting))


@dataclass(frozen=True, slots=True)
class Checked:
    """A person of a school with the last record check."""

    user_id: UUID
    name: str
    posts: str
    state: CheckState
    checked_on: date | None
    next_on: date | None

    @property
    def words(self) -> str:
        """The state in words."""
        return CHECK_WORDS[self.state]


_ORDER = ("found", "never", "due", "soon", "valid")


def record_checks(viewer: Actor, org_id: UUID, *, on: date) -> tuple[Any, list[Checked]]:
    """Everybody who serves at a school, outsourced staff included, with their last check; what is urgent first."""
    school = _kept(viewer, org_id)
    posts = packs.entries(school.bureau_id, "posts")
    people: dict[UUID, tuple[str, list[str]]] = {}
    for row in net.appointments(SYSTEM, on=on, org_id=school.pk):
        names = people.setdefault(row.user_id, (row.user.name, []))[1]
        word = posts.get(row.post, {}).get("name", row.post)
        if word not in names:
            names.append(word)
    last: dict[UUID, RecordCheck] = {}
    for check in RecordCheck.objects.filter(bureau_id=school.bureau_id, org_id=school.pk).order_by("checked_on", "at"):
        last[check.user_id] = check
    found = [
        Checked(
            user, name, "、".join(held), check_state(check.result if check else "", check.next_on if check else None, on),
            check.checked_on if check else None, check.next_on if check else None,
        )
        for user, (name, held) in people.items()
        for check in [last.get(user)]
    ]  # fmt: skip
    return school, sorted(found, key=lambda one: (_ORDER.index(one.state), one.next_on or date.min, one.name))


@dataclass(frozen=True, slots=True)
class Plate:
    """What an area's plate (包干牌) says; without a first keeper it is an area that nobody keeps."""

    area: Any
    place: str
    keepers: tuple[tuple[str, str, str], ...]
    duties: tuple[str, ...]


def plates(viewer: Actor, org_id: UUID, *, on: date) -> tuple[Any, list[Plate]]:
    """The areas of a school with who keeps them: post, name and telephone of the first two (three statements)."""
    school = _kept(viewer, org_id)
    posts = packs.entries(school.bureau_id, "posts")
    by_area: dict[UUID, list[Any]] = {}
    for row in net.appointments(SYSTEM, on=on, org_id=school.pk):
        by_area.setdefault(row.org_id, []).append(row)
    areas = [area for area in net.areas(school) if area.tier == "area" and area.active_to is None]
    names = {area.path: area.name for area in net.areas(school)}
    found = []
    for area in areas:
        keepers = sorted(by_area.get(area.pk, []), key=lambda row: (row.kind != "stand_in", row.rank, row.starts_on))[
            :2
        ]
        said = tuple((posts.get(row.post, {}).get("name", row.post), row.user.name, row.user.phone) for row in keepers)
        duties = posts.get(keepers[0].post, {}).get("duties", []) if keepers else []
        above = [name for path, name in names.items() if area.path.startswith(path) and path != area.path]
        found.append(Plate(area, " ".join(above), said, tuple(duty["text"] for duty in duties[:3])))
    return school, found


def badges(viewer: Actor, org_id: UUID, *, on: date) -> tuple[Any, list[tuple[str, str]]]:
    """Name and post of everybody who serves at a school, for their badges."""
    school, people = record_checks(viewer, org_id, on=on)
    return school, sorted((one.name, one.posts) for one in people)


def waiting_count(viewer: Actor) -> int:
    """How many of my own letters wait for me."""
    return Pledge.objects.filter(user_id=viewer.id, state="waiting").count() if viewer.id else 0


def signed_share(viewer: Actor) -> tuple[int, int]:
    """Signed letters and all letters of this year inside the viewer's net."""
    year = year_on(viewer.bureau_id, timezone.localdate(clock.now()))
    rows = Pledge.objects.visible_to(viewer).filter(year=year).exclude(state="void")
    counted = rows.aggregate(signed=Count("pk", filter=Q(state="signed")), all=Count("pk"))
    return counted["signed"], counted["all"]


def _kept(viewer: Actor, org_id: UUID) -> Any:
    school = net.org(viewer, org_id)
    if school.tier != "school" or not may_keep(viewer, school):
        raise Refusal("foundation.not_found")
    return school
