"""The list of points in use, the four-colour strip, one point with everything its page shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from bihuan.engines.responsibility import queries as net
from bihuan.foundation import packs
from bihuan.foundation.actors import SYSTEM, Actor
from bihuan.foundation.events import recent
from bihuan.foundation.evidence.queries import seen as seen_photo
from bihuan.foundation.pages.keyset import Page, page
from bihuan.mechanisms.risks import rules
from bihuan.mechanisms.risks.events import WORDS
from bihuan.mechanisms.risks.models import PointCode, RiskPoint
from bihuan.mechanisms.risks.pack import colours, kinds, risks_of

ORDER = ("colour_rank", "number", "id")
COLUMNS = (
    "id", "bureau_id", "number", "code", "name", "kind", "place", "colour", "colour_rank", "org_id", "org__name", "school_id",
    "school_name", "owner_id", "owner__name", "owner_post", "cadence", "checked_at", "made_at", "review_on", "revision",
    "shown_colour", "shown_rank", "shown_reasons", "open_hazards", "overdue_hazards", "worst_open", "missed_rounds",
)  # fmt: skip
TIER_WORDS = {"bureau": "校（园）级主控，教育局督办", "school": "分管领导", "department": "处室、级部", "post": "岗位"}


def points(
    viewer: Actor, *, school_id: UUID | None = None, colour: str = "", now: str = "", kind: str = "", q: str = "", late: bool = False,
    cursor: str = "", size: int = 25, at: datetime | None = None,
) -> Page:  # fmt: skip
    """One page of the points in use inside the viewer's net as mappings, the reddest first."""
    rows = chosen(viewer, school_id=school_id, colour=colour, now=now, kind=kind, q=q)
    if late and at:
        rows = rows.filter(_late(at))
    return page(rows.values(*COLUMNS), order=ORDER, cursor=cursor, size=size)


def chosen(
    viewer: Actor, *, school_id: UUID | None = None, colour: str = "", now: str = "", kind: str = "", q: str = ""
) -> QuerySet[RiskPoint]:
    """Points in use inside the viewer's net; ``colour`` is the inherent one, ``now`` the one shown today."""
    rows = RiskPoint.objects.visible_to(viewer).filter(is_active=True)
    kind, q = kind.replace("\0", ""), q.replace("\0", "")
    if school_id:
        rows = rows.filter(school_id=school_id)
    if colour:
        rows = rows.filter(colour_rank=rules.COLOURS.index(colour) + 1 if colour in rules.COLOURS else 0)
    if now:
        rows = rows.filter(shown_rank=rules.COLOURS.index(now) + 1 if now in rules.COLOURS else 0)
    if kind:
        rows = rows.filter(kind=kind)
    if q:
        rows = rows.filter(
            Q(name__contains=q) | Q(place__contains=q) | Q(number=q.upper()) | Q(school_name__contains=q)
        )
    return rows


def _late(at: datetime) -> Q:
    """Points nobody looked at within their cadence (those never looked at count from the day they were registered)."""
    late = Q(pk__in=[])
    for cadence, (_, days) in rules.CADENCES.items():
        if days:
            since = at - timedelta(days=days + 1)
            late |= Q(cadence=cadence) & (Q(checked_at__lt=since) | Q(checked_at__isnull=True, made_at__lt=since))
    return late


@dataclass(frozen=True)
class Count4:
    """How many points of one colour."""

    code: str
    count: int


def colours_of(viewer: Actor, *, school_id: UUID | None = None, inherent: bool = False) -> list[Count4]:
    """The four-colour strip: how many points in use inside the viewer's net show each colour (or have it by nature)."""
    rank = "colour_rank" if inherent else "shown_rank"
    rows = chosen(viewer, school_id=school_id).values(rank).annotate(count=Count("*")).order_by(rank)
    counted = {row[rank]: row["count"] for row in rows}
    return [Count4(code, counted.get(rank, 0)) for rank, code in enumerate(rules.COLOURS, start=1)]


def four(viewer: Actor) -> list[tuple[str, str]]:
    """The four colours in the viewer's bureau's words, for a menu."""
    return [(c.code, f"{c.name} · {c.word}") for c in colours(risks_of(viewer.bureau_id)).values()]


@dataclass(frozen=True)
class Listing:
    """The list's page: rows, the four-colour strip, and what the filter sentence offers."""

    page: Page
    strip: list[Count4]
    school: Any
    schools: list[tuple[str, str]]
    colours: list[tuple[str, str]]
    kinds: list[tuple[str, str]]
    one_school: bool
    may_manage: bool
    filtered: bool


MOST_SCHOOLS = 400


def listing(viewer: Actor, given: Mapping[str, str], *, at: datetime) -> Listing:
    """The list as the address asks for it; what the address says wrongly is not asked for."""
    schools = net.schools(viewer)
    school = next((s for s in schools if str(s.pk) == given.get("school")), None)
    bureau_id = viewer.bureau_id or (schools[0].bureau_id if schools else None)
    data = risks_of(bureau_id)
    wanted = {name: given.get(name, "").strip()[:60] for name in ("colour", "now", "kind", "q")}
    found = points(
        viewer,
        school_id=school.pk if school else None,
        **wanted,
        late=given.get("late") == "1",
        cursor=given.get("cursor", ""),
        at=at,
    )
    words = kinds(data)
    for row in found.rows:
        row["kind_word"] = words.get(row["kind"], row["kind"])
        row["cadence_word"] = rules.CADENCES.get(row["cadence"], ("", 0))[0]
        late_on = rules.late_on(row["cadence"], timezone.localdate(row["checked_at"] or row["made_at"]))
        row["is_late"] = bool(late_on and late_on <= timezone.localdate(at))
    return Listing(
        page=found,
        strip=colours_of(viewer, school_id=school.pk if school else None),
        school=school,
        schools=[(str(s.pk), s.short_name or s.name) for s in schools[:MOST_SCHOOLS]],
        colours=[(c.code, f"{c.name} · {c.word}") for c in colours(data).values()],
        kinds=list(words.items()),
        one_school=len(schools) <= 1,
        may_manage=viewer.may_anywhere("manage-risks"),
        filtered=any(wanted.values()) or school is not None or given.get("late") == "1",
    )


@dataclass(frozen=True)
class Keeper:
    """Somebody who must act on a point: which tier, which post, who (nobody: a gap) and how to reach them."""

    tier: str
    post: str
    name: str
    phone: str
    main: bool


@dataclass(frozen=True)
class Told:
    """One fact of a point's history in words."""

    words: str
    by: str
    at: datetime
    detail: str


@dataclass(frozen=True)
class PointPage:
    """One point with everything its page shows."""

    point: RiskPoint
    colour: rules.Colour
    kind: str
    cadence: str
    measures: list[tuple[str, str]]
    keepers: list[Keeper]
    history: list[Told]
    score: str
    direct: list[str]
    late_on: date | None
    phone: str
    may_manage: bool
    may_check: bool
    label: PointCode | None
    photo: Any


def point(viewer: Actor, pk: UUID, *, on: date) -> PointPage:
    """One point inside the viewer's net (voided ones too), or ``foundation.not_found``."""
    row = RiskPoint.objects.select_related("org", "owner").seen(viewer, pk)
    data = risks_of(row.bureau_id)
    colour = colours(data)[row.colour]
    facts = recent(viewer, bureau_id=row.bureau_id, subject_id=row.pk, most=50)
    label = PointCode.objects.filter(point=row, voided_at__isnull=True).first()
    photo = seen_photo(viewer, label.posted_photo) if label and label.posted_photo else None
    return PointPage(
        point=row,
        colour=colour,
        kind=kinds(data).get(row.kind, row.kind),
        cadence=rules.CADENCES.get(row.cadence, (row.cadence, 0))[0],
        measures=measures_of(row),
        keepers=keepers(row, on=on),
        history=[told(fact) for fact in facts],
        score=row.factors.get("words", ""),
        direct=list(row.factors.get("direct", ())),
        late_on=_late_on(row),
        phone=school_of(row).phone,
        may_manage=row.is_active and viewer.may("manage-risks", row),
        may_check=row.is_active and viewer.may("snap", row),
        label=label,
        photo=photo,
    )


def _late_on(row: RiskPoint) -> date | None:
    return rules.late_on(row.cadence, timezone.localdate(row.checked_at or row.made_at))


def school_of(row: RiskPoint) -> Any:
    """The school of a point whose unit is at hand."""
    return row.org if row.school_id in (None, row.org_id) else net.org(SYSTEM, row.school_id)


def measures_of(row: RiskPoint) -> list[tuple[str, str]]:
    """(word, text) of the control measures that say something."""
    return [(word, row.measures[kind]) for kind, word in rules.MEASURES.items() if row.measures.get(kind)]


def keepers(row: RiskPoint, *, on: date) -> list[Keeper]:
    """Everybody who must act on a point, the main one first: who is above acts, and those below act too."""
    four, posts = colours(risks_of(row.bureau_id)), packs.entries(row.bureau_id, "posts")
    chain = rules.keepers(four[row.colour], four, row.owner_post)
    held = net.holders(row.org, (post for _, post in chain), on=on)
    found: list[Keeper] = []
    for n, (tier, post) in enumerate(chain):
        people = [one.user for one in held[post][:2]]
        if tier == "post" and row.owner is not None:
            people = [row.owner]
        name = posts.get(post, {}).get("name", post)
        found += [
            Keeper(TIER_WORDS[tier], name, who, phone, n == 0)
            for who, phone in [(p.name, p.phone) for p in people] or [("", "")]
        ]
    return found


COLOUR_WORDS = {"red": "红", "orange": "橙", "yellow": "黄", "blue": "蓝"}
_FIELD_WORDS = {
    "name": "名称", "kind": "类型", "place": "位置", "colour": "颜色", "hazard_source": "危险因素", "accident": "可能的事故",
    "measures": "管控措施", "owner_id": "责任人", "owner_post": "责任岗位", "cadence": "巡查频次",
}  # fmt: skip


def told(fact: Any) -> Told:
    """A fact in words."""
    facts = fact.facts
    detail = facts.get("reason") or facts.get("note") or facts.get("score") or ""
    if fact.name == "risks.shown_colour_changed":
        detail = f"{COLOUR_WORDS[facts['was']]} → {COLOUR_WORDS[facts['now']]}；" + "；".join(
            facts["reasons"] or ["情况已经解除"]
        )
    if fact.name == "risks.label_printed":
        detail = f"第 {facts['n']} 次" + ("，以前印的同时作废" if facts["replace"] else "")
    if fact.name == "risks.label_posted":
        detail = "、".join(
            w for w in ("有照片" if facts["photos"] else "没有照片", "有定位" if "lat" in facts else "") if w
        )
    if fact.name == "risks.point_changed":
        changed = "、".join(_FIELD_WORDS.get(name, name) for name in facts.get("changed", {}))
        detail = "；".join(part for part in (f"改了{changed}" if changed else "", facts.get("score", "")) if part)
    return Told(WORDS.get(fact.name, fact.name), fact.by_name, fact.at, detail)
