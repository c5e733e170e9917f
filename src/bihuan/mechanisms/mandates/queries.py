"""Reading what was asked: what came to me, what I asked, one of each, and what waits for me."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, Sum
from django.utils import timezone

from bihuan.engines.responsibility import queries as net
from bihuan.foundation import clock
from bihuan.foundation.actors import SYSTEM, Actor
from bihuan.foundation.events import Event, declared, timeline, timelines
from bihuan.foundation.evidence.queries import of_subject, of_subjects
from bihuan.foundation.pages.keyset import Page, page
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.mandates import hot, rules
from bihuan.mechanisms.mandates.models import Assignment, Directive, Share

FILTERS = {
    "unsigned": "没有签收的", "unanswered": "没有反馈的", "answered": "待验收的", "late": "逾期过的", "accepted": "已办结的",
}  # fmt: skip
MINE = {"live": "在办的", "accepted": "已办结", "withdrawn": "已撤回"}
MOST_PEOPLE = 400


def homes(viewer: Actor) -> list[tuple[str, str]]:
    """The bureaus for which this person may ask something."""
    found = [
        (str(hold.org_id), hold.org_name)
        for hold in viewer.holds
        if hold.level == "bureau" and hold.acts & set(rules.ISSUE)
    ]
    return list(dict.fromkeys(found))


# --- what came ---------------------------------------------------------------------------------------------------------


def received(viewer: Actor, *, state: str = "live", cursor: str = "", size: int = 25) -> Page:
    """What was asked of the viewer's units, and shares of the viewer's own, the latest due first (two statements)."""
    own = Assignment.objects.filter(pk__in=Share.objects.filter(user_id=viewer.id).values("assignment_id"))
    rows = (_asked_of(viewer) | own).select_related("directive").filter(state__in=_states(state))
    found = page(rows, order=("-due_at", "-id"), cursor=cursor, size=size)
    mine = Share.objects.filter(user_id=viewer.id, state="open", assignment__in=[row.pk for row in found.rows])
    tasks = dict(mine.values_list("assignment_id", "task")) if found.rows else {}
    for row in found.rows:
        row.my_share = tasks.get(row.pk, "") if row.is_open else ""
        row.waits_for_me = bool(row.my_share) or (row.is_open and rules.speaks_for(viewer, row))
    return found


def _asked_of(viewer: Actor) -> Any:
    """The assignments that these people's units have to answer: a bureau's people see their schools' in the directive."""
    rows = Assignment.objects.visible_to(viewer)
    wide = any(hold.level in ("bureau", "city", "province") for hold in viewer.holds)
    return rows.filter(school_id__isnull=True) if wide else rows


def _states(state: str) -> tuple[str, ...]:
    return rules.LIVE if state == "live" else (state,) if state in rules.STATES else tuple(rules.STATES)


def under_way(viewer: Actor) -> Any:
    """The assignments inside the viewer's net that are neither accepted nor withdrawn, to be counted."""
    return Assignment.objects.visible_to(viewer).filter(state__in=rules.LIVE)


def waiting(viewer: Actor, *, most: int = 6) -> list[dict[str, Any]]:
    """What waits for this very person, soonest due first: shares of their own, and their unit's turn (one statement).

    Rows as dicts: ``id`` (of the assignment), ``title``, ``org_name``, ``due_at``, ``state``.
    """
    if viewer.id is None:
        return []
    schools = [hold.org_id for hold in viewer.holds if hold.level == "school" and "sign-for-school" in hold.acts]
    bureaus = [hold.org_id for hold in viewer.holds if hold.level == "bureau" and hold.acts & set(rules.ISSUE)]
    return hot.waiting(
        schools=schools, bureaus=bureaus, user_id=viewer.id, since=clock.now() - timedelta(days=180), most=most
    )


@dataclass(frozen=True, slots=True)
class Got:
    """One assignment with what was asked, who does what, what came back, and what this person may do now."""

    row: Assignment
    directive: Directive
    files: list[Any]
    pictures: list[Any]
    shares: list[tuple[Share, list[Any]]]
    photos: list[Any]
    passed_on: list[tuple[Directive, int, int]]
    people: list[tuple[str, str]]
    story: list[tuple[datetime, str, str, str]]
    mine: Share | None
    speaks: bool
    judges: bool
    own_answer: bool

    @property
    def wants_words(self) -> str:
        """What has to come back, in words."""
        return rules.WANTS[self.directive.wants]

    @property
    def working(self) -> bool:
        """Whether it may be split and answered."""
        return self.row.state in ("signed", "returned")

    @property
    def share_sum(self) -> Any:
        """What the people's numbers come to: proposed as the unit's."""
        found = [share.amount for share, _ in self.shares if share.state == "done" and share.amount is not None]
        return sum(found) if found else ""


def got(viewer: Actor, pk: UUID) -> Got:
    """One assignment of one's net, or of which one has a share, else ``foundation.not_found``."""
    own = Assignment.objects.filter(pk__in=Share.objects.filter(user_id=viewer.id).values("assignment_id"))
    rows = (Assignment.objects.visible_to(viewer) | own).select_related("directive")
    row: Assignment | None = rows.filter(pk=pk).first()
    if row is None:
        raise Refusal("foundation.not_found")
    shares = list(Share.objects.filter(bureau_id=row.bureau_id, assignment=row).order_by("made_at", "id"))
    evidence = of_subjects(row.bureau_id, [row.directive_id, row.pk, *(share.pk for share in shares)])
    speaks = rules.speaks_for(viewer, row)
    people: dict[str, str] = {}
    if speaks and row.state in ("signed", "returned"):
        taken = {str(share.user_id) for share in shares if share.state != "dropped"}
        serving = net.appointments(SYSTEM, on=timezone.localdate(clock.now()), org_id=row.org_id)
        if not row.school_id:
            serving = serving.filter(school_id__isnull=True)
        for user, name in serving.order_by("user__name").values_list("user_id", "user__name")[:MOST_PEOPLE]:
            if str(user) not in taken:
                people[str(user)] = name
    return Got(
        row, row.directive, *_apart(evidence.get(row.directive_id, [])),
        [(share, evidence.get(share.pk, [])) for share in shares], evidence.get(row.pk, []), _passed_on(row),
        list(people.items()), _story(timeline(viewer, bureau_id=row.bureau_id, subject_id=row.pk)),
        next((share for share in shares if share.user_id == viewer.id and share.state == "open"), None), speaks,
        rules.speaks_for(viewer, row.directive), row.answered_by_id == viewer.id,
    )  # fmt: skip


def _apart(rows: list[Any]) -> tuple[list[Any], list[Any]]:
    """Documents, and pictures."""
    return [row for row in rows if row.kind == "document"], [row for row in rows if row.kind != "document"]


def _story(facts: list[Event]) -> list[tuple[datetime, str, str, str]]:
    """When, who, what, and the reason that was given."""
    return [(fact.at, fact.by_name, declared()[fact.name], fact.facts.get("reason", "")) for fact in facts]


def _passed_on(row: Assignment) -> list[tuple[Directive, int, int]]:
    """The directives by which this assignment was handed further down: how many units, how many are done."""
    if row.school_id:
        return []
    handed = Directive.objects.filter(bureau_id=row.bureau_id, above=row).order_by("issued_at")
    counts = _counts([one.pk for one in handed])
    return [(one, one.addressed, counts.get(one.pk, {}).get("accepted", 0)) for one in handed]


@dataclass(frozen=True, slots=True)
class Filed:
    """One assignment to be printed: its shares, what was sent with it, what came back as proof, and its story."""

    row: Assignment
    shares: list[Share]
    files: list[Any]
    proof: list[Any]
    story: list[tuple[datetime, str, str, str]]

    @property
    def pictures(self) -> int:
        """How many files came back."""
        return len(self.proof)


def filed(viewer: Actor, rows: Sequence[Assignment]) -> list[Filed]:
    """Assignments of one bureau (with their directives at hand) that were found visible: three statements for all of them."""
    if not rows:
        return []
    bureau_id, shares, facts = rows[0].bureau_id, dict[UUID, list[Share]](), dict[UUID, list[Event]]()
    for share in Share.objects.filter(bureau_id=bureau_id, assignment__in=[row.pk for row in rows]).order_by(
        "made_at", "id"
    ):
        shares.setdefault(share.assignment_id, []).append(share)
    for fact in timelines([bureau_id], [row.pk for row in rows]):
        facts.setdefault(fact.subject_id, []).append(fact)
    everything = [pk for row in rows for pk in (row.pk, row.directive_id)] + [
        one.pk for some in shares.values() for one in some
    ]
    kept = of_subjects(bureau_id, everything)
    return [
        Filed(
            row, mine, kept.get(row.directive_id, []), [file for pk in (row.pk, *(one.pk for one in mine)) for file in kept.get(pk, [])],
            _story(facts.get(row.pk, [])),
        )
        for row in rows for mine in [shares.get(row.pk, [])]
    ]  # fmt: skip


# --- what was asked ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """A directive in the list with how far its units are."""

    directive: Directive
    unsigned: int
    signed: int
    to_judge: int
    answered: int
    accepted: int
    owing: int
    late: int


def directives(viewer: Actor, *, cursor: str = "", size: int = 25) -> Page:
    """What the viewer's bureau asked, the latest first, each with its numbers (two statements)."""
    found = page(
        Directive.objects.visible_to(viewer).defer("text"), order=("-issued_at", "-id"), cursor=cursor, size=size
    )
    counts = _counts([row.pk for row in found.rows])
    return Page([_line(row, counts.get(row.pk, {})) for row in found.rows], found.next)


def _line(directive: Directive, counts: dict[str, int]) -> Line:
    accepted, answered = counts.get("accepted", 0), counts.get("answered", 0)
    unsigned, withdrawn = counts.get("sent", 0), counts.get("withdrawn", 0)
    signed = directive.addressed - unsigned - withdrawn
    owing = sum(counts.get(state, 0) for state in rules.OPEN)
    return Line(directive, unsigned, signed, answered, answered + accepted, accepted, owing, counts.get("late", 0))


def _counts(pks: list[UUID]) -> dict[UUID, dict[str, int]]:
    """By directive: how many assignments stand in each state, and how many were late."""
    rows = Assignment.objects.filter(directive_id__in=pks).order_by().values("directive_id", "state")
    found: dict[UUID, dict[str, int]] = {}
    for row in rows.annotate(n=Count("pk"), late=Count("pk", filter=Q(late=True))) if pks else ():
        mine = found.setdefault(row["directive_id"], {"late": 0})
        mine[row["state"]] = row["n"]
        mine["late"] += row["late"]
    return found


@dataclass(frozen=True, slots=True)
class DirectivePage:
    """One directive with the units that it went to."""

    directive: Directive
    line: Line
    files: list[Any]
    pictures: list[Any]
    total: Any
    page: Page
    may_judge: bool

    @property
    def wants_words(self) -> str:
        """What has to come back, in words."""
        return rules.WANTS[self.directive.wants]


def directive_page(viewer: Actor, pk: UUID, *, state: str = "", cursor: str = "", size: int = 50) -> DirectivePage:
    """One directive of the viewer's bureau, and its units: all, or those of one of ``FILTERS``."""
    directive: Directive = Directive.objects.select_related("above__directive").seen(viewer, pk)
    rows = Assignment.objects.filter(bureau_id=directive.bureau_id, directive=directive)
    shown = {
        "unsigned": rows.filter(state="sent"), "unanswered": rows.filter(state__in=rules.OPEN),
        "answered": rows.filter(state="answered"), "late": rows.filter(late=True), "accepted": rows.filter(state="accepted"),
    }.get(state, rows)  # fmt: skip
    found = page(shown, order=("org_name", "id"), cursor=cursor, size=size)
    total = None
    if directive.wants == "number":
        total = rows.filter(state__in=("answered", "accepted")).aggregate(total=Sum("amount"))["total"]
    return DirectivePage(
        directive, _line(directive, _counts([directive.pk]).get(directive.pk, {})),
        *_apart(of_subject(directive.bureau_id, directive.pk)), total, found, rules.speaks_for(viewer, directive),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Choices:
    """What can be chosen when something is asked: kinds of units and units of a bureau, and a sensible moment."""

    org: Any
    kinds: list[tuple[str, str]]
    units: list[tuple[str, str]]
    usual_at: datetime
    above: Assignment | None


def choices(viewer: Actor, org_id: UUID, *, above: UUID | None = None) -> Choices:
    """The kinds of schools of a bureau, its schools and itself."""
    org = net.org(viewer, org_id)
    kinds = [(code, kind.name) for code, kind in net.unit_kinds(org.bureau_id).items() if kind.tier == "school"]
    units = [(str(org.pk), f"{org.name}（本局）"), *net.school_choices(viewer, most=3000)]
    now = timezone.localtime(clock.now())
    usual = now.replace(hour=17, minute=30, second=0, microsecond=0) + timedelta(days=7)
    source = Assignment.objects.select_related("directive").seen(viewer, above) if above else None
    return Choices(org, kinds, units, usual, source)


# --- evidence ----------------------------------------------------------------------------------------------------------


def sees_directive(viewer: Actor, pk: UUID) -> bool:
    """Whoever sees the directive or one of its assignments."""
    own = Q(pk__in=Share.objects.filter(user_id=viewer.id).values("assignment_id"))
    seen = Assignment.objects.visible_to(viewer) | Assignment.objects.filter(own)
    return Directive.objects.visible_to(viewer).filter(pk=pk).exists() or seen.filter(directive_id=pk).exists()


def sees_assignment(viewer: Actor, pk: UUID) -> bool:
    """Whoever sees the assignment or has a share of it."""
    shared = Share.objects.filter(user_id=viewer.id, assignment_id=pk)
    return Assignment.objects.visible_to(viewer).filter(pk=pk).exists() or shared.exists()


def sees_share(viewer: Actor, pk: UUID) -> bool:
    """Its person, and whoever sees the assignment."""
    return (Share.objects.visible_to(viewer) | Share.objects.filter(user_id=viewer.id)).filter(pk=pk).exists()
