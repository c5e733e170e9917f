"""The duties in force, and what they cost each post."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, Sum
from django.utils import timezone

from bihuan.engines.duties import colours, rules
from bihuan.engines.duties.loads import Chapters, asked_twice, dearest_loads, loads, works_of
from bihuan.engines.duties.models import Duty, Minutes
from bihuan.engines.duties.queries.waiting import inside
from bihuan.engines.responsibility import queries as net
from bihuan.engines.sheets import queries as sheets
from bihuan.engines.sheets.rules import FACETS, STAGES, stages_of
from bihuan.foundation import clock, packs
from bihuan.foundation.actors import Actor
from bihuan.foundation.scoping import under


@dataclass(frozen=True, slots=True)
class DutyLine:
    """A duty as a list shows it: its rule, units and post in words."""

    duty: Duty
    rule: str
    windows: str
    whom: str
    post_name: str


def duties(viewer: Actor) -> list[DutyLine]:
    """The duties in force for the viewer's bureau and schools, without those that have ended: the bureau's first, one statement."""
    wide = [hold for hold in viewer.holds if hold.level in ("bureau", "city", "province")]
    places = Q()
    for hold in viewer.holds:
        if (here := inside(hold)) is not None:
            places |= here
    if not places and not viewer.is_system:
        return []
    bureaus = {viewer.bureau_id, *(hold.org_id for hold in wide)}
    today = timezone.localdate(clock.now())
    rows = Duty.objects.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=today), is_active=True).filter(
        places | Q(bureau_id__in=bureaus, school_id__isnull=True)
    )
    return [_duty_line(row) for row in rows.select_related("org").order_by("path", "code")[:300]]


def duties_coded(bureau_id: UUID, org_id: UUID, codes: Iterable[str]) -> list[DutyLine]:
    """The duties of these codes that are in force for a unit: its bureau's and its own; only for a unit that was found visible."""
    today = timezone.localdate(clock.now())
    rows = Duty.objects.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=today), is_active=True, code__in=list(codes))
    rows = rows.filter(bureau_id=bureau_id, org_id__in=(bureau_id, org_id))
    return [_duty_line(row) for row in rows.select_related("org").order_by("path", "code")]


def _duty_line(duty: Duty) -> DutyLine:
    posts, kinds = packs.entries(duty.bureau_id, "posts"), net.unit_kinds(duty.bureau_id)
    windows = rules.windows_of(duty.windows) if duty.windows else ()
    times = "、".join(f"{one.name}{one.since:%H:%M}–{one.until:%H:%M}" for one in windows)
    scope = rules.scope_of(duty.scope)
    whom = [STAGES.get(one, one) for one in scope.stages] + [kinds[one].name for one in scope.kinds if one in kinds]
    whom += [FACETS.get(one, one) for one in scope.facets]
    tags = packs.entries(duty.bureau_id, "tags")
    whom += [f"标签：{tags.get(one, {}).get('name', one)}" for one in scope.tags]
    if scope.colours:
        whom.append(f"有{'、'.join(colours.words().get(one, one) for one in scope.colours)}风险点")
    where = str(duty.org) if duty.org_id != duty.bureau_id else "、".join(whom) or "各校（园）"
    name = posts.get(duty.post, {}).get("name", duty.post)
    return DutyLine(duty, rules.in_words(rules.cadence_of(duty.cadence)), times, where, name)


# --- minutes ----------------------------------------------------------------------------------------------------------


ACTIONS: Mapping[str, str] = {
    "check": "看一个点",
    "patrol": "走一趟",
    "report": "报问题",
    "sheet": "填表",
    "shift": "交接班",
}
"""What phones measure, in words."""


@dataclass(frozen=True, slots=True)
class Burden:
    """What a post is asked in a usual week and what it measured in one: ``minutes`` in all of ``people``, by action.

    ``expected``, ``tasks`` and ``fields`` are of one person; ``budget`` is nothing where the pack states none.
    """

    post: str
    name: str
    count: int
    minutes: int
    actions: tuple[tuple[str, int, int], ...]
    people: int = 0
    tasks: float = 0
    fields: float = 0
    expected: float = 0
    budget: int | None = None
    dearest: tuple[tuple[str, float], ...] = ()

    @property
    def dearest_words(self) -> str:
        """The three dearest duties with their minutes, for a page; what costs less than half a minute is left out."""
        return "、".join(f"{title} {cost:.0f} 分" for title, cost in self.dearest[:3] if cost >= 0.5)

    @property
    def measured_words(self) -> str:
        """看一个点 40 次 12 分，走一趟 5 次: what took no time of its own is a count."""
        return "，".join(
            f"{ACTIONS.get(action, action)} {times} 次" + (f" {minutes} 分" if minutes else "")
            for action, times, minutes in self.actions
        )

    @property
    def each(self) -> float:
        """Measured minutes of one person, on average."""
        return self.minutes / max(1, self.people)

    @property
    def most(self) -> float:
        """The larger of what is expected and what was measured of one person."""
        return max(self.expected, self.each)

    @property
    def is_over(self) -> bool:
        """Whether it costs more than the budget."""
        return self.budget is not None and self.most > self.budget

    @property
    def verdict(self) -> str:
        """The budget in words: 预算内, 超出 4 分钟, 没有定预算."""
        if self.budget is None:
            return "没有定预算"
        return f"超出 {self.most - self.budget:.0f} 分钟" if self.is_over else "预算内"


@dataclass(frozen=True, slots=True)
class Asking:
    """A sheet that asks."""

    id: UUID
    title: str


@dataclass(frozen=True, slots=True)
class Doubled:
    """A question that several sheets put to one post."""

    post: str
    name: str
    question: str
    sheets: tuple[Asking, ...]


@dataclass(frozen=True, slots=True)
class BurdenPage:
    """A week: every post with its load, the dearest against its budget first, and the questions that are asked twice."""

    posts: list[Burden]
    twice: list[Doubled]
    school: Any = None


def burden(viewer: Actor, *, week: date, org_id: UUID | None = None) -> BurdenPage:
    """What the duties cost each post inside the viewer's net, in a usual week and measured in *week* (its Monday).

    Refusals: ``foundation.not_yours`` (for those who see the net), ``foundation.not_found``.
    """
    net.require_net(viewer)
    org_id = org_id or _only_school(viewer)
    place = net.org(viewer, org_id) if org_id else None
    bureau_id = place.bureau_id if place else viewer.bureau_id
    names, budgets = packs.entries(bureau_id, "posts"), packs.entries(bureau_id, "budgets")
    measured, (works, ids) = _measured(viewer, week, place), _works(viewer, bureau_id, place)
    seconds = {code: row["seconds"] for code, row in packs.entries(bureau_id, "field-seconds").items()}
    asked = works_of(works, **_asked_at(place, works))
    found = loads(asked, seconds) if place else dearest_loads(works, seconds)
    if place:
        found = {net.own_post(place, post): load for post, load in found.items()}
    serving = (
        net.appointments(viewer, on=week, org_id=org_id)
        .order_by()
        .values("post")
        .annotate(n=Count("user_id", distinct=True))
    )
    people = dict(serving.values_list("post", "n"))
    rows = []
    for post in {*found, *measured}:
        actions, load = measured.get(post, ()), found.get(post)
        rows.append(Burden(
            post, names.get(post, {}).get("name", post), sum(times for _, times, _ in actions),
            round(sum(spent for *_, spent in actions) / 60), tuple((word, times, round(spent / 60)) for word, times, spent in actions),
            people.get(post, 0), *((load.tasks, load.fields, load.minutes) if load else (0, 0, 0)),
            budgets.get(post, {}).get("minutes"), tuple((work.title, cost) for work, cost in load.dearest) if load else (),
        ))  # fmt: skip
    twice = [
        Doubled(one.post, names.get(one.post, {}).get("name", one.post), one.question,
                tuple(Asking(ids[code], title) for code, title in one.sheets.items()))
        for one in asked_twice(asked)
    ]  # fmt: skip
    return BurdenPage(sorted(rows, key=lambda row: (-row.most / (row.budget or 1000), row.post)), twice, place)


def _only_school(viewer: Actor) -> UUID | None:
    """The school of somebody who looks after that one school and nothing else."""
    places = {hold.org_id for hold in viewer.holds if "see-net" in hold.acts}
    wide = any(hold.level != "school" for hold in viewer.holds)
    return next(iter(places)) if len(places) == 1 and not wide else None


def _measured(viewer: Actor, week: date, place: Any) -> dict[str, list[tuple[str, int, int]]]:
    """Post → (action, times, seconds) that were told for a week."""
    rows = Minutes.objects.visible_to(viewer).filter(week=week)
    if place:
        rows = rows.filter(under(place.path))
    found: dict[str, list[tuple[str, int, int]]] = {}
    for row in (
        rows.values("post", "action").annotate(times=Sum("count"), spent=Sum("seconds")).order_by("post", "action")
    ):
        found.setdefault(row["post"], []).append((row["action"], row["times"], row["spent"]))
    return found


def _works(viewer: Actor, bureau_id: UUID | None, place: Any) -> tuple[Chapters, dict[str, UUID]]:
    """The duties in force with their sheets and ledgers, as chapters; and each sheet's id."""
    today = timezone.localdate(clock.now())
    owners = [bureau_id, *([place.school_id] if place and place.school_id else [])]
    rows = Duty.objects.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=today), is_active=True, starts_on__lte=today)
    rows = list(rows.filter(bureau_id=bureau_id, org_id__in=owners).order_by("code")) if bureau_id else []
    books = packs.entries(bureau_id, "ledgers")
    contents = sheets.contents_coded(
        viewer, ids={row.subject_id for row in rows if row.act == "sheet" and row.subject_id},
        codes={book["sheet"] for book in books.values()}, on=today,
    )  # fmt: skip
    ids = {code: pk for code, (pk, _) in contents.items()}
    coded = {pk: code for code, pk in ids.items()}
    said = ("code", "title", "act", "post", "cadence", "windows", "scope", "satisfies", "nil")
    duties = {
        row.code: {**{name: getattr(row, name) for name in said}, "sheet": coded.get(row.subject_id, "")}
        for row in rows
    }
    told = {code: {"content": content.as_json()} for code, (_, content) in contents.items()}
    return {"duties": duties, "ledgers": books, "sheets": told}, ids


def _asked_at(place: Any, works: Chapters) -> dict[str, Any]:
    if place is None or not place.school_id:
        return {}
    coloured = any((duty.get("scope") or {}).get("colours") for duty in works.get("duties", {}).values())
    borne = colours.by_path(place.bureau_id, place.school_id).get(place.path, set()) if coloured else None
    return {
        "stages": stages_of([*place.stages, place.kind]), "facets": set(place.facets), "tags": set(place.tags), "colours": borne,
    }  # fmt: skip
