"""Who is rated, and what each of them did: a few statements for a whole school, as it stood at any moment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q

from bihuan.engines.responsibility import queries as net
from bihuan.foundation import clock, packs
from bihuan.foundation.actors import SYSTEM
from bihuan.foundation.packs.deeds import Asked, Deed, gathered
from bihuan.mechanisms.ratings import rules
from bihuan.mechanisms.ratings.models import Rating, Score
from bihuan.mechanisms.ratings.rules import Serving


@dataclass(frozen=True, slots=True)
class Subject:
    """A person at a post, or a department; ``user_id`` is who is told."""

    subject: str
    name: str
    post_name: str
    user_id: UUID | None


@dataclass(frozen=True, slots=True)
class Rated:
    """Whom a scheme rates at a school, and everybody who served there in that time."""

    people: tuple[Subject, ...]
    serving: tuple[Serving, ...]


@dataclass(slots=True)
class Tallied:
    """What one subject did: item → good and due, kind → its deeds."""

    deeds: dict[str, list[Deed]] = field(default_factory=dict)
    counted: dict[str, dict[str, int]] = field(default_factory=dict)


def subjects(scheme: dict[str, Any], school: Any, *, since: date, until: date) -> Rated:
    """Who holds the scheme's posts on the last day of the period, or its departments (one statement)."""
    rows = net.appointments(SYSTEM).filter(Q(ends_on__isnull=True) | Q(ends_on__gte=since))
    held = list(rows.filter(school_id=school.pk, starts_on__lte=until).order_by("user__name", "rank", "pk"))
    serving = tuple(Serving(row.user_id, row.post, row.org.path, row.starts_on, row.ends_on) for row in held)
    words = {code: post["name"] for code, post in packs.entries(school.bureau_id, "posts").items()}
    last = [row for row in held if row.ends_on is None or row.ends_on >= until]
    if scheme["subject"] == "department":
        heads = {post: row for row in reversed(last) for post in (row.post,)}
        found = [
            Subject(one["code"], one["name"], "、".join(words.get(post, post) for post in one["posts"]),
                    heads[one["posts"][0]].user_id if one["posts"][0] in heads else None)
            for one in scheme["departments"] if any(post in heads for post in one["posts"])
        ]  # fmt: skip
        return Rated(tuple(found), serving)
    people: dict[UUID, tuple[str, list[str]]] = {}
    for row in last:
        if row.post in scheme["posts"]:
            named = people.setdefault(row.user_id, (row.user.name, []))[1]
            if words.get(row.post, row.post) not in named:
                named.append(words.get(row.post, row.post))
    listed = (Subject(str(user), name, "、".join(posts), user) for user, (name, posts) in people.items())
    return Rated(tuple(listed), serving)


def count(rating: Any, rated: Rated, *, as_of: datetime) -> dict[str, Tallied]:
    """What each subject did in the rating's span, as it stood at a moment (one statement for each room that knows)."""
    scheme = rating.scheme
    kinds = frozenset(item["measure"] for item in scheme["items"] if item.get("measure"))
    asked = Asked(
        rating.bureau_id,
        rating.org_id,
        clock.midnight(rating.since),
        clock.midnight(rating.until + timedelta(days=1)),
        as_of,
        kinds,
    )
    found = {one.subject: Tallied(deeds={kind: [] for kind in kinds}) for one in rated.people}
    for deed in gathered(asked) if kinds else ():
        for subject in _whose(scheme, deed, rated):
            if subject in found:
                found[subject].deeds[deed.kind].append(deed)
    for one in found.values():
        for item in scheme["items"]:
            if kind := item.get("measure"):
                there = one.deeds[kind]
                one.counted[item["code"]] = {"good": sum(deed.good for deed in there), "due": len(there)}
    return found


def rows_of(one: Tallied) -> dict[str, list[dict[str, Any]]]:
    """The rows behind the numbers as they are kept."""
    return {
        kind: [{"on": deed.on.isoformat(), "words": deed.words, "link": deed.link, "good": deed.good} for deed in deeds]
        for kind, deeds in one.deeds.items()
    }


@dataclass(frozen=True, slots=True)
class Anew:
    """A rating counted once more: the results that count otherwise now, and whose names its list lacks or has too many."""

    found: tuple[tuple[Score, Tallied, rules.Change], ...]
    lacks: tuple[str, ...]
    extra: tuple[str, ...]

    @property
    def changes(self) -> list[dict[str, Any]]:
        """What changed, as pages show it and as it is kept."""
        return [change.kept() for _, _, change in self.found]


def counted_anew(rating: Rating, scores: Iterable[Score], *, as_of: datetime) -> Anew:
    """What each listed subject did, as it stands at a moment; the list itself stays as it was frozen."""
    items, listed = rating.scheme["items"], {one.subject: one for one in scores}
    rated = subjects(rating.scheme, rating.org, since=rating.since, until=rating.until)
    there = {one.subject: one.name for one in rated.people}
    frozen = tuple(Subject(one.subject, one.name, one.post_name, one.user_id) for one in listed.values())
    found = []
    for subject, now in count(rating, Rated(frozen, rated.serving), as_of=as_of).items():
        score = listed[subject]
        if (now.counted, rows_of(now)) != (score.counted, score.rows):
            differs = rules.differing(items, score.counted, now.counted)
            total = rules.result(items, now.counted, score.marks)
            found.append((score, now, rules.Change(score.name, score.post_name, score.total, total, differs)))
    return Anew(
        tuple(found), tuple(name for subject, name in there.items() if subject not in listed),
        tuple(one.name for subject, one in listed.items() if subject not in there),
    )  # fmt: skip


def _whose(scheme: dict[str, Any], deed: Deed, rated: Rated) -> list[str]:
    if scheme["subject"] == "department":
        return [
            one["code"] for one in scheme["departments"]
            if rules.of_department(deed.user_id, deed.post, deed.on, one["posts"], rated.serving)
        ]  # fmt: skip
    if deed.post and deed.post not in scheme["posts"]:
        return []
    user = rules.owner(deed.user_id, deed.post, deed.path, deed.on, rated.serving)
    return [str(user)] if user else []
