"""Beginning an inspection: at once, planned and hidden, or drawn at random; and who takes part."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef
from django.utils import timezone
from pydantic import Field

from bihuan.engines.responsibility import queries as net
from bihuan.engines.sheets import commands as sheets
from bihuan.engines.sheets import queries as sheet_queries
from bihuan.engines.sheets.queries import VersionInForce
from bihuan.engines.sheets.rules import applicable
from bihuan.foundation import hot, packs
from bihuan.foundation.actors import SYSTEM, Actor, Hold
from bihuan.foundation.commands import command
from bihuan.foundation.events import record, record_many
from bihuan.foundation.ids import uuid7
from bihuan.foundation.refusals import Refusal
from bihuan.foundation.scoping import placed
from bihuan.mechanisms.inspections import refusals, rules  # noqa: F401 - their sentences must be declared
from bihuan.mechanisms.inspections.models import Inspection, Inspector

Kind = Literal["self_check", "sponsor_round", "spot_check", "unannounced", "joint"]
Reason = Annotated[str, Field(min_length=2, max_length=200)]
CHECKLIST = "campus-checklist"
HOLDER = "inspections"
LONGEST_PLAN = timedelta(days=183)


@command("inspections.open_inspection")
def open_inspection(
    by: Actor,
    at: datetime,
    *,
    id: UUID,
    school: UUID,
    kind: Kind,
    sheet: UUID | None = None,
    categories: Annotated[list[str], Field(max_length=60)] = [],  # noqa: B006 - read only; pydantic copies it
    applicable_only: bool = True,
    inspectors: Annotated[list[UUID], Field(max_length=30)] = [],  # noqa: B006
    hidden_until: datetime | None = None,
    focus: Annotated[str, Field(max_length=200)] = "",
    title: Annotated[str, Field(max_length=120)] = "",
) -> Inspection:
    """Begin an inspection at a school with the checklist version in force, which it keeps to its end.

    Without ``categories`` the whole checklist; with ``applicable_only`` only the items for this kind of school.
    ``hidden_until`` (unannounced only) plans it: the school sees nothing of it until somebody begins it there.
    Refusals: ``inspections.may_not_open``, ``inspections.wrong_kind``, ``inspections.not_a_school``,
    ``inspections.no_checklist``, ``sheets.nothing_asked``, ``inspections.hidden_only_unannounced``,
    ``inspections.hidden_in_past``, ``inspections.unknown_person``, ``foundation.receipt_conflict``.
    """
    org = _school(by, school, kind)
    if hidden_until is not None:
        if kind != "unannounced":
            raise Refusal(
                "inspections.hidden_only_unannounced", fields={"hidden_until": "只有四不两直检查可以事先保密"}
            )
        hidden_until = _later(at, hidden_until)
    version = _version(by, sheet, at)
    scope = rules.Scope(tuple(categories), applicable_only)
    place = net.org(SYSTEM, org.bureau_id) if hidden_until else org
    row = _made(
        by, at, id=id, org=org, place=place, kind=kind, version=version, scope=scope, hidden_until=hidden_until,
        focus=focus, title=title,
    )  # fmt: skip
    _keep(by, at, [(row, org, inspectors)])
    name = "inspections.planned" if row.state == "planned" else "inspections.opened"
    record(
        row, name, by=by, at=at, kind=kind, org_id=org.pk, version=version.version, scope=row.scope_words,
        hidden_until=hidden_until,
    )  # fmt: skip
    return row


@command("inspections.draw_inspections")
def draw_inspections(
    by: Actor,
    at: datetime,
    *,
    id: UUID,
    count: Annotated[int, Field(ge=1, le=20)],
    hidden_until: datetime,
    experts: Annotated[list[UUID], Field(max_length=60)] = [],  # noqa: B006
    experts_each: Annotated[int, Field(ge=0, le=5)] = 0,
    stages: list[str] = [],  # noqa: B006
    categories: list[str] = [],  # noqa: B006
) -> list[Inspection]:
    """Draw schools (and experts for each) at random for unannounced inspections; the draw can be recomputed afterwards.

    ``id`` names the draw. The seed is made here, and its hash is recorded with the plan at the bureau, so that nobody
    can choose it. Refusals: ``inspections.may_not_open``, ``inspections.pool_too_small``, ``inspections.hidden_in_past``.
    """
    hidden_until = _later(at, hidden_until)
    schools = {
        str(o.pk): o for o in net.schools(by) if by.may("inspect", o) and (not stages or set(stages) & set(o.stages))
    }
    if not any(hold.level == "bureau" and "inspect" in hold.acts for hold in by.holds):
        raise Refusal("inspections.may_not_open")
    if len(schools) < count or (experts_each and len(set(experts)) < experts_each):
        raise Refusal("inspections.pool_too_small", count=len(schools), wanted=count)
    seed = secrets.token_hex(16)
    picked = rules.draw(list(schools), seed=seed, count=count)
    version = _version(by, None, at)
    proof = {
        "draw": str(id),
        "seed": seed,
        "commitment": rules.commit(seed),
        "pool": sorted(schools),
        "experts": sorted(map(str, set(experts))),
    }
    place = net.org(SYSTEM, next(hold.org_id for hold in by.holds if hold.level == "bureau" and "inspect" in hold.acts))
    made, teams = [], []
    for pk in picked:
        org, team = schools[pk], rules.draw(proof["experts"], seed=f"{seed}\n{pk}", count=experts_each)
        _refuse_kind(by, org, "unannounced")
        row = _made(
            by, at, id=uuid7(), org=org, place=place, kind="unannounced", version=version,
            scope=rules.Scope(tuple(categories), True), hidden_until=hidden_until, focus="", title="",
            draw={**proof, "picked": picked, "team": team},
        )  # fmt: skip
        made.append(row)
        teams.append((row, org, [UUID(one) for one in team]))
    _keep(by, at, teams)
    facts = {
        "draw": id, "commitment": proof["commitment"], "pool": len(schools), "hidden_until": hidden_until,
    }  # fmt: skip
    record_many(((row, facts) for row in made), "inspections.drawn", by=by, at=at)
    return made


@command("inspections.begin_inspection")
def begin_inspection(by: Actor, at: datetime, *, inspection_id: UUID) -> Inspection:
    """Arrive: from here the school sees a planned inspection. Refusals: ``inspections.not_planned``, ``inspections.not_inspector``."""
    row = _mine(by, inspection_id)
    if row.state != "planned":
        raise Refusal("inspections.not_planned", state=rules.STATES[row.state])
    org = net.org(SYSTEM, row.org_id)
    place = placed(org)
    won = Inspection.objects.filter(pk=row.pk, state="planned", revision=row.revision).update(
        state="open", began_at=at, **place, revision=F("revision") + 1
    )
    if not won:
        raise Refusal("foundation.changed_meanwhile", who="检查组的人")
    sheets.replace_place(row.submission_id, org)
    row.refresh_from_db()
    record(row, "inspections.began", by=by, at=at, kind=row.kind, planned_for=row.hidden_until)
    return row


@command("inspections.cancel_inspection")
def cancel_inspection(by: Actor, at: datetime, *, inspection_id: UUID, reason: Reason) -> Inspection:
    """Give up an inspection in which nothing was judged yet, with the reason.

    Refusals: ``inspections.has_answers``, ``inspections.not_open``, ``inspections.not_inspector``.
    """
    row = _mine(by, inspection_id)
    if row.state not in ("planned", "open"):
        raise Refusal("inspections.not_open", state=rules.STATES[row.state])
    answered = len(row.submission.answers)
    if answered:
        raise Refusal("inspections.has_answers", count=answered)
    won = Inspection.objects.filter(pk=row.pk, state=row.state, revision=row.revision).update(
        state="cancelled", closed_at=at, summary=reason, revision=F("revision") + 1
    )
    if not won:
        raise Refusal("foundation.changed_meanwhile", who="检查组的人")
    record(row, "inspections.cancelled", by=by, at=at, reason=reason)
    return row


@command("inspections.join_inspection")
def join_inspection(by: Actor, at: datetime, *, inspection_id: UUID) -> Inspection:
    """Take part in an inspection that I see: a school's own people only in its own checks.

    Refusals: ``inspections.may_not_open``, ``inspections.own_school``, ``inspections.not_open``.
    """
    row = Inspection.objects.all().seen(by, inspection_id)
    _refuse_ended(row)
    if by.id is None or not by.may("inspect", row):
        raise Refusal("inspections.may_not_open")
    if not rules.may_open(row.kind, post_tiers(by, row)):
        raise Refusal("inspections.own_school")
    if _seat(row, by.id, by.name, by.holds[0].org_name if by.holds else "", at):
        record(row, "inspections.joined", by=by, at=at, who=by.name)
    return row


@command("inspections.add_inspector")
def add_inspector(by: Actor, at: datetime, *, inspection_id: UUID, user_id: UUID) -> Inspection:
    """Bring somebody in (an expert, a partner department, a colleague); from then on they see this inspection."""
    row = _mine(by, inspection_id)
    _refuse_ended(row)
    if _add(row, user_id, at):
        record(row, "inspections.joined", by=by, at=at, who_id=user_id)
    return row


# --- inside ----------------------------------------------------------------------------------------------------------


def post_tiers(by: Actor, row: Any) -> set[str]:
    """The tiers of the posts with which this person may inspect here."""
    posts = packs.entries(row.bureau_id, "posts")
    holds: list[Hold] = [hold for hold in by.holds if "inspect" in hold.acts and hold.covers(row)]
    return {posts.get(hold.post, {}).get("tier", "") for hold in holds}


def seated(by: Actor) -> Exists:
    """For a selection of inspections: whether this person has a seat in the team."""
    return Exists(Inspector.objects.filter(inspection=OuterRef("pk"), user_id=by.id))


def _mine(by: Actor, inspection_id: UUID, *, items: Sequence[str] | None = ()) -> Any:
    """An inspection that this person carries out, with its submission and school, in one statement.

    ``taken``: whether one of these *items* (``None``: any) is a hazard already.
    """
    rows = Inspection.objects.select_related("submission", "org")
    row = rows.annotate(seated=seated(by), taken=sheet_queries.taken_up(items, of="submission_id")).seen(
        by, inspection_id
    )
    if by.id is None or not (row.lead_id == by.id or row.seated):
        raise Refusal("inspections.not_inspector", lead=row.lead_name)
    return row


def _refuse_ended(row: Inspection) -> None:
    if row.state not in ("planned", "open"):
        raise Refusal("inspections.not_open", state=rules.STATES[row.state])


def _later(at: datetime, moment: datetime) -> datetime:
    """A planned moment, aware, ahead and within ``LONGEST_PLAN``."""
    moment = moment if moment.tzinfo else moment.replace(tzinfo=timezone.get_current_timezone())
    if not at < moment < at + LONGEST_PLAN:
        raise Refusal("inspections.hidden_in_past", fields={"hidden_until": "请选以后的时间，最远半年"})
    return moment


def _school(by: Actor, school: UUID, kind: str) -> Any:
    org = net.org(by, school)
    if org.tier != "school":
        raise Refusal("inspections.not_a_school", fields={"school": "请选学校或幼儿园"})
    if by.id is None or not by.may("inspect", org):
        raise Refusal("inspections.may_not_open")
    _refuse_kind(by, org, kind)
    return org


def _refuse_kind(by: Actor, org: Any, kind: str) -> None:
    if not rules.may_open(kind, post_tiers(by, org)):
        who = "学校自己的人" if kind == "self_check" else "教育局、包校干部或协作部门的人"
        raise Refusal("inspections.wrong_kind", kind=rules.KINDS[kind], who=who, fields={"kind": "请换一个类型"})


def _version(by: Actor, sheet: UUID | None, at: datetime) -> VersionInForce:
    today = timezone.localdate(at)
    if sheet is not None:
        return sheet_queries.in_force(by, sheet, on=today)
    try:
        return sheet_queries.in_force_by_code(by, CHECKLIST, on=today)
    except Refusal:  # a bureau whose pack calls its checklist otherwise
        lines = (line for line in sheet_queries.sheet_lines(by, on=today) if line.sheet.use == "checklist")
    chosen = next((line for line in lines if line.current), None)
    if chosen is None:
        raise Refusal("inspections.no_checklist")
    return sheet_queries.in_force(by, chosen.sheet.pk, on=today)


def _made(
    by: Actor, at: datetime, *, id: UUID, org: Any, place: Any, kind: str, version: VersionInForce, scope: rules.Scope,
    hidden_until: datetime | None, focus: str, title: str, draw: dict[str, Any] | None = None,
) -> Inspection:  # fmt: skip
    """An inspection with its submission, for ``_keep``; *place* is the bureau while the school may not know."""
    content = version.content
    fitting = set(applicable(content, org.stages, org.facets))
    asked = scope.asked({item.code: item.section for item in content.items}, fitting)
    planned = hidden_until is not None
    submission = sheets.drafted(
        by, at, id=uuid7(), place=org, version=version, asked=asked, holder=HOLDER, at_place=place
    )
    day = timezone.localtime(hidden_until or at)
    return Inspection(
        id=id, **placed(place), org_id=org.pk, org_name=org.short_name or org.name, kind=kind, state="planned" if planned else "open",
        title=title or f"{org.short_name or org.name}{rules.KINDS[kind]} {day:%m-%d}", submission=submission, lead_id=by.id,
        lead_name=by.name, focus=focus, scope_words=_scope_words(scope, version, len(asked)), draw=draw,
        hidden_until=hidden_until, opened_at=at, began_at=None if planned else at,
    )  # fmt: skip


def _keep(by: Actor, at: datetime, teams: Sequence[tuple[Inspection, Any, Sequence[UUID]]]) -> None:
    """Write inspections at these schools with these people invited: a statement for each table, whatever their number."""
    invited = {person for _, _, people in teams for person in people if person != by.id}
    known = net.actors_of(invited) if invited else {}
    seats = [
        _invited(row, org, person, known.get(person), at)
        for row, org, people in teams
        for person in dict.fromkeys(people)
        if person != by.id
    ]
    sheets.begin([row.submission for row, _, _ in teams])
    try:
        with transaction.atomic():
            hot.insert([row for row, _, _ in teams])
            hot.insert(seats)
    except IntegrityError:
        raise Refusal("foundation.receipt_conflict") from None


def _scope_words(scope: rules.Scope, version: VersionInForce, count: int) -> str:
    titles = version.content.section_titles
    what = "、".join(titles[code] for code in scope.categories if code in titles) or "整份清单"
    return f"{what[:120]}，{'适用本校的' if scope.applicable_only else '全部'} {count} 项"


def _add(row: Inspection, user_id: UUID, at: datetime) -> bool:
    seat = _invited(row, net.org(SYSTEM, row.org_id), user_id, net.actors_of([user_id]).get(user_id), at)
    return _seat(row, seat.user_id, seat.name, seat.organisation, at)


def _invited(row: Inspection, org: Any, user_id: UUID, actor: Actor | None, at: datetime) -> Inspector:
    """The seat of somebody who is brought in: known, in office, and not of the school that is looked at."""
    if actor is None or actor.bureau_id is None:
        raise Refusal("inspections.unknown_person", fields={"user_id": "请重新选择"})
    if row.kind != "self_check" and rules.is_own_person(post_tiers(actor, org)):
        raise Refusal("inspections.own_school")
    return Inspector(
        bureau_id=row.bureau_id, inspection=row, user_id=user_id, name=actor.name, joined_at=at,
        organisation=actor.holds[0].org_name if actor.holds else "",
    )  # fmt: skip


def _seat(row: Inspection, user_id: UUID, name: str, organisation: str, at: datetime) -> bool:
    if row.lead_id == user_id:
        return False
    seat = Inspector(
        bureau_id=row.bureau_id, inspection=row, user_id=user_id, name=name, organisation=organisation, joined_at=at
    )
    if Inspector.objects.filter(inspection=row, user_id=user_id).exists():
        return False
    Inspector.objects.bulk_create([seat], ignore_conflicts=True)
    return True
