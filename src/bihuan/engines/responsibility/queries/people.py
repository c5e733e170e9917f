"""Finding people, and the people who could do a thing."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.utils import timezone

from bihuan.engines.responsibility.models import Appointment, Org
from bihuan.engines.responsibility.rules.tree import squeezed, steps_to
from bihuan.foundation import clock, packs
from bihuan.foundation.actors import Actor


@dataclass(frozen=True)
class Found:
    """A person with what they do, for a list to choose from."""

    id: UUID
    name: str
    phone: str
    posts: tuple[str, ...]
    place: str

    @property
    def words(self) -> str:
        """One line: ``李安 · 安全负责人 · 灞东区第一小学``."""
        return " · ".join([self.name, *self.posts[:2], self.place])


def who_could(act: str, place: Org, *, on: date) -> list[Appointment]:
    """The people whose post allows an act over a place on a day, nearest first; one row per person."""
    posts = packs.entries(place.bureau_id, "posts")
    codes = [code for code, post in posts.items() if act in post["acts"]]
    rows = (
        Appointment.objects.filter(post__in=codes, org__path__in=steps_to(place.path), user__is_active=True)
        .on(on)
        .select_related("user", "org")
    )
    nearest: dict[UUID, Appointment] = {}
    for row in sorted(rows, key=lambda row: (-len(row.org.path), posts[row.post]["sort"], row.rank, row.starts_on)):
        nearest.setdefault(row.user_id, row)
    return list(nearest.values())


@dataclass(frozen=True, slots=True)
class InOffice:
    """Somebody in office at a school or at one of its places."""

    user_id: UUID
    school_id: UUID
    post: str
    post_name: str
    name: str
    phone: str
    leads: bool
    """whether the post assigns work or keeps the risks there: whom one telephones when something is wrong"""


def in_office(viewer: Actor, school_ids: Collection[UUID], *, on: date, most: int = 3000) -> list[InOffice]:
    """Everybody in office at these schools on a day, by school and by the posts' own order; one statement.

    The caller found the schools visible.
    """
    posts = packs.entries(viewer.bureau_id, "posts")
    rows = (
        Appointment.objects.filter(school_id__in=list(school_ids), user__is_active=True)
        .on(on)
        .order_by("school_id", "rank", "starts_on", "id")
        .values_list("user_id", "school_id", "post", "user__name", "user__phone")[:most]
    )
    found = [
        InOffice(user, school, post, entry["name"], name, phone, bool({"assign", "manage-risks"} & set(entry["acts"])))
        for user, school, post, name, phone in dict.fromkeys(rows)
        if (entry := posts.get(post))
    ]
    return sorted(found, key=lambda one: (str(one.school_id), posts[one.post].get("sort", 0)))


def people(viewer: Actor, q: str = "", *, under_org: Org | None = None, most: int = 20) -> list[Found]:
    """People in office today inside the viewer's net, found by name, pinyin initials or telephone."""
    word = squeezed(q).lower()
    rows = Appointment.objects.visible_to(viewer).on(timezone.localdate(clock.now())).filter(user__is_active=True)
    if under_org is not None:
        rows = rows.filter(path__gte=under_org.path, path__lt=under_org.path[:-1] + "/")
    if word.isascii() and word.isdigit():
        rows = rows.filter(user__phone__startswith=word)
    elif word.isascii() and word.isalpha():
        rows = rows.filter(initials__gte=word, initials__lt=word + "~")
    elif word:
        rows = rows.filter(user__name__contains=word)
    found: dict[UUID, Found] = {}
    for row in rows.select_related("user", "org").order_by("user__name", "user_id", "starts_on")[: most * 4]:
        name = packs.entries(row.bureau_id, "posts").get(row.post, {}).get("name", row.post)
        known = found.get(row.user_id)
        held = (*known.posts, name) if known else (name,)
        found[row.user_id] = Found(
            row.user_id,
            row.user.name,
            row.user.phone,
            tuple(dict.fromkeys(held)),
            known.place if known else str(row.org),
        )
    return list(found.values())[:most]
