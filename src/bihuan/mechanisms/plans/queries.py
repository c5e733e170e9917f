"""Reading plans: a school's shelf, one plan with its versions, what waits at the bureau, what warns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Subquery
from django.utils import timezone

from bihuan.engines.responsibility import queries as net
from bihuan.foundation import clock
from bihuan.foundation.actors import SYSTEM, Actor
from bihuan.foundation.pages.keyset import Page, page
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.plans import rules
from bihuan.mechanisms.plans.models import Knowing, Plan, PlanVersion
from bihuan.mechanisms.plans.pack import ACTIVITY, kinds_of
from bihuan.mechanisms.plans.workings import Working, workings


@dataclass(frozen=True, slots=True)
class Line:
    """A kind of plan on a school's shelf with the plan that it has."""

    kind: str
    group: str
    name: str
    required: bool
    plan: Plan | None
    version: PlanVersion | None
    warning: str

    @property
    def filing_words(self) -> str:
        """How its filing stands."""
        return rules.FILINGS[self.version.filing] if self.version else ""


def _newest() -> Any:
    published = PlanVersion.objects.filter(plan=OuterRef("pk"), published_at__isnull=False).order_by("-n")
    return Subquery(published.values("pk")[:1])


@dataclass(frozen=True, slots=True)
class Shelf:
    """A school's plans: the required kinds with what is missing, and its activities, the latest first."""

    org: Any
    lines: tuple[Line, ...]
    activities: tuple[Line, ...]
    may_write: bool

    @property
    def missing(self) -> int:
        """How many required kinds have no published plan."""
        return sum(line.required and line.version is None for line in self.lines)


def shelf(viewer: Actor, org_id: UUID) -> Shelf:
    """A school's plans (three statements)."""
    school = net.org(viewer, org_id)
    if school.tier != "school":
        raise Refusal("plans.not_a_school")
    kinds = kinds_of(school.bureau_id)
    plans = list(
        Plan.objects.filter(bureau_id=school.bureau_id, org_id=school.pk).exclude(state="retired").annotate(newest=_newest())
        .order_by("made_at")[:400]
    )  # fmt: skip
    versions = PlanVersion.objects.filter(pk__in=[plan.newest for plan in plans if plan.newest]).defer("content")
    by_id = {version.pk: version for version in versions}
    today = timezone.localdate(clock.now())
    lines, activities = [], []
    for code, kind in kinds.items():
        for plan in [one for one in plans if one.kind == code] or ([None] if code != ACTIVITY else []):
            version = by_id.get(plan.newest) if plan else None
            warns = rules.warning(
                plan.activity_on if plan else None, version.filing if version else "", today, kind["warn_days"]
            )
            line = Line(
                code,
                kind.get("group", "专项预案"),
                plan.title if plan else kind["name"],
                kind["required"],
                plan,
                version,
                warns,
            )
            (activities if code == ACTIVITY else lines).append(line)
    activities.sort(key=lambda line: line.plan.activity_on if line.plan else date.min, reverse=True)
    return Shelf(school, tuple(lines), tuple(activities), viewer.may("sign-for-school", school))


@dataclass(frozen=True, slots=True)
class Filed:
    """A version as paper shows it: who knows it, and who does not yet."""

    plan: Plan
    version: PlanVersion
    known: tuple[Knowing, ...]
    left: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlanPage:
    """One plan: the version that is shown, all versions, who knows it and who does not yet.

    ``parts``: each section with what is to be written there and what carries it out today.
    """

    plan: Plan
    version: PlanVersion
    versions: tuple[PlanVersion, ...]
    known: tuple[Knowing, ...]
    left: tuple[str, ...]
    parts: tuple[tuple[Mapping[str, str], str, tuple[Working, ...]], ...]
    people: tuple[tuple[str, str], ...]
    may_write: bool
    may_answer: bool
    is_named: bool
    knows: bool
    warning: str

    @property
    def is_draft(self) -> bool:
        """Whether the shown version may still be written."""
        return self.version.published_at is None

    @property
    def filing_words(self) -> str:
        """How its filing stands."""
        return rules.FILINGS[self.version.filing]


def plan_page(viewer: Actor, pk: UUID, *, n: int | None = None) -> PlanPage:
    """One plan inside the viewer's net; without *n* the draft for those who write it, else the version in force."""
    plan: Plan = Plan.objects.all().seen(viewer, pk)
    may_write = viewer.may("sign-for-school", plan)
    versions = list(PlanVersion.objects.filter(bureau_id=plan.bureau_id, plan=plan).order_by("-n"))
    seen = [one for one in versions if may_write or one.published_at is not None]
    shown = next((one for one in seen if n is None or one.n == n), None)
    if shown is None:
        raise Refusal("foundation.not_found")
    shown.plan = plan
    known = list(Knowing.objects.filter(bureau_id=plan.bureau_id, version=shown).order_by("known_at"))
    names = {role["person"]: role["name"] for role in shown.content["roles"] if role.get("person")}
    left = left_of(shown.content, known)
    kind = kinds_of(plan.bureau_id).get(plan.kind, {"sections": [], "warn_days": 7})
    today = timezone.localdate(clock.now())
    hints = {part["title"]: part["hint"] for part in kind["sections"]}
    runs = workings(viewer, plan, kind["sections"], at=clock.now())
    people: list[tuple[str, str]] = []
    if may_write and shown.published_at is None:
        for row in net.appointments(SYSTEM, on=today, org_id=plan.org_id).order_by("user__name"):
            people.append((str(row.user_id), row.user.name))
    return PlanPage(
        plan, shown, tuple(seen), tuple(known), left,
        tuple((part, hints.get(part["title"], ""), runs.get(part["title"], ())) for part in shown.content["sections"]), tuple(dict.fromkeys(people)), may_write,
        viewer.may("issue-paper", plan) and not may_write, str(viewer.id) in names,
        any(one.user_id == viewer.id for one in known),
        rules.warning(plan.activity_on, shown.filing, today, kind["warn_days"]),
    )  # fmt: skip


def left_of(content: Mapping[str, Any], known: Iterable[Knowing]) -> tuple[str, ...]:
    """The names of those who are named in a version and have not said that they know it."""
    names = {role["person"]: role["name"] for role in content["roles"] if role.get("person")}
    return tuple(names[one] for one in rules.left_to_know(rules.named(content), [str(row.user_id) for row in known]))


def filings(viewer: Actor, *, cursor: str = "", size: int = 25) -> Page:
    """What was filed and waits for an answer inside the viewer's net, the oldest first."""
    rows = PlanVersion.objects.visible_to(viewer).filter(filing="filed").select_related("plan").defer("content")
    return page(rows, order=("filed_at", "id"), cursor=cursor, size=size)


def unfiled_activities(viewer: Actor, *, days: int = 7, most: int = 50) -> list[Plan]:
    """Activities of the next days (and of yesterday) whose newest published version is not received: they warn."""
    today = timezone.localdate(clock.now())
    received = PlanVersion.objects.filter(plan=OuterRef("pk"), filing="received").values("pk")[:1]
    rows = Plan.objects.visible_to(viewer).filter(
        activity_on__range=(today - timedelta(days=1), today + timedelta(days=days)), kind=ACTIVITY
    )
    return list(
        rows.exclude(state="retired")
        .annotate(ok=Subquery(received))
        .filter(ok__isnull=True)
        .order_by("activity_on", "id")[:most]
    )


def plans_in_force(viewer: Actor) -> Any:
    """The plans that are in force inside the viewer's net, to be counted."""
    return Plan.objects.visible_to(viewer).filter(state="in_force")
