"""Every write of this room."""

from __future__ import annotations

import hashlib
import json
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from pydantic import BaseModel, ConfigDict, Field

from bihuan.engines.responsibility import queries as net
from bihuan.foundation.actors import SYSTEM, Actor
from bihuan.foundation.commands import command
from bihuan.foundation.events import record
from bihuan.foundation.ids import uuid7
from bihuan.foundation.messages import tell
from bihuan.foundation.papers import next_serial
from bihuan.foundation.refusals import Refusal
from bihuan.foundation.scoping import placed
from bihuan.mechanisms.plans import rules
from bihuan.mechanisms.plans.models import Knowing, Plan, PlanVersion
from bihuan.mechanisms.plans.pack import ACTIVITY, kinds_of

SERIES = "plan-filing"


class PartIn(BaseModel):
    """A section as it is written."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    title: Annotated[str, Field(min_length=1, max_length=40)]
    text: Annotated[str, Field(max_length=4000)] = ""


class RoleIn(BaseModel):
    """Who does what: a role, a person of the school, and what they do."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    role: Annotated[str, Field(min_length=1, max_length=40)]
    person: UUID | None = None
    duty: Annotated[str, Field(max_length=200)] = ""


@command("plans.draft_plan")
def draft_plan(
    by: Actor, at: datetime, *, id: UUID, org_id: UUID, kind: Annotated[str, Field(max_length=40)],
    title: Annotated[str, Field(max_length=120)] = "", activity_on: date | None = None,
    place: Annotated[str, Field(max_length=120)] = "", people: Annotated[int, Field(ge=0, le=100_000)] = 0,
) -> Plan:  # fmt: skip
    """Begin a plan with the sections and roles of its kind; its first version is a draft.

    Refusals: ``foundation.not_found`` · ``not_yours``, ``plans.not_a_school`` · ``unknown_kind`` · ``no_activity_day``.
    """
    school = net.org(by, org_id)
    if school.tier != "school":
        raise Refusal("plans.not_a_school", fields={"org_id": "请选一所学校。"})
    _require(by, school)
    found = kinds_of(school.bureau_id).get(kind)
    if found is None:
        raise Refusal("plans.unknown_kind", kind=kind, fields={"kind": "请从列表里选。"})
    if kind == ACTIVITY and activity_on is None:
        raise Refusal("plans.no_activity_day", fields={"activity_on": "请写明活动日期。"})
    plan = Plan(
        id=id, **placed(school), org_id=school.pk, org_name=school.short_name or school.name, kind=kind,
        title=title or found["name"], activity_on=activity_on if kind == ACTIVITY else None, place=place, people=people,
        made_at=at,
    )  # fmt: skip
    plan.save(force_insert=True)
    content = {
        "sections": [{"title": part["title"], "text": ""} for part in found["sections"]],
        "roles": [{"role": role, "person": None, "name": "", "duty": ""} for role in found["roles"]],
    }
    _version(by, at, plan, 1, content).save(force_insert=True)
    record(plan, "plans.drafted", by=by, at=at, kind=kind, n=1)
    return plan


@command("plans.edit_version")
def edit_version(
    by: Actor, at: datetime, *, version_id: UUID, revision: int,
    sections: Annotated[list[PartIn], Field(min_length=1, max_length=20)],
    roles: Annotated[list[RoleIn], Field(max_length=40)], note: Annotated[str, Field(max_length=200)] = "",
) -> PlanVersion:  # fmt: skip
    """Write a draft. Refusals: ``plans.not_a_draft``, ``plans.unknown_person``, ``foundation.changed_meanwhile``."""
    version = _mine(by, version_id)
    if version.published_at is not None:
        raise Refusal("plans.not_a_draft", n=version.n)
    names = _names(version, timezone.localdate(at), [role.person for role in roles if role.person])
    content = {
        "sections": [part.model_dump() for part in sections],
        "roles": [
            {"role": one.role, "person": str(one.person) if one.person else None, "name": names.get(one.person, ""), "duty": one.duty}
            for one in roles
        ],
    }  # fmt: skip
    won = PlanVersion.objects.filter(pk=version.pk, revision=revision, published_at__isnull=True).update(
        content=content, note=note, revision=F("revision") + 1
    )
    if not won:
        raise Refusal("foundation.changed_meanwhile", who=version.made_by_name)
    version.content, version.note, version.revision = content, note, revision + 1
    record(version, "plans.edited", by=by, at=at, n=version.n, note=note)
    return version


@command("plans.start_version")
def start_version(by: Actor, at: datetime, *, id: UUID, plan_id: UUID) -> PlanVersion:
    """Begin the next version from the one in force. Refusals: ``plans.has_draft``, ``plans.retired``."""
    plan = _plan(by, plan_id)
    last = PlanVersion.objects.filter(bureau_id=plan.bureau_id, plan=plan).latest("n")
    version = _version(by, at, plan, last.n + 1, last.content, id=id)
    try:
        with transaction.atomic():
            version.save(force_insert=True)
    except IntegrityError:
        raise Refusal("plans.has_draft") from None
    record(plan, "plans.drafted", by=by, at=at, kind=plan.kind, n=version.n)
    return version


@command("plans.publish_version")
def publish_version(by: Actor, at: datetime, *, version_id: UUID, revision: int) -> PlanVersion:
    """Publish a draft: it is frozen, and everybody whom it names is asked to know it.

    Refusals: ``plans.not_a_draft``, ``plans.not_whole``, ``plans.retired``, ``foundation.changed_meanwhile``.
    """
    version = _mine(by, version_id)
    if version.published_at is not None:
        raise Refusal("plans.not_a_draft", n=version.n)
    if faults := rules.faults(version.content):
        raise Refusal("plans.not_whole", faults="；".join(faults[:4]))
    digest = hashlib.sha256(json.dumps(version.content, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
    won = PlanVersion.objects.filter(pk=version.pk, revision=revision, published_at__isnull=True).update(
        published_at=at, digest=digest, revision=F("revision") + 1
    )
    if not won:
        raise Refusal("foundation.changed_meanwhile", who=version.made_by_name)
    Plan.objects.filter(pk=version.plan_id).update(state="in_force")
    version.published_at, version.digest, version.revision = at, digest, revision + 1
    event = record(version, "plans.published", by=by, at=at, n=version.n, digest=digest)
    tell({UUID(one) for one in rules.named(version.content)}, about=event, kind="plans.to_know",
         title=f"《{version.plan.title}》第 {version.n} 版已发布，请看清你的分工", link=f"/plans/{version.plan_id}/")  # fmt: skip
    return version


@command("plans.know_version")
def know_version(by: Actor, at: datetime, *, version_id: UUID) -> Knowing:
    """Say that I know a version that names me; said again, the first time stays.

    Refusals: ``foundation.not_found``, ``plans.not_published``, ``plans.not_named``.
    """
    version = PlanVersion.objects.select_related("plan").seen(by, version_id)
    if version.published_at is None:
        raise Refusal("plans.not_published", act="签知悉")
    if str(by.id) not in rules.named(version.content):
        raise Refusal("plans.not_named")
    row = Knowing(**placed(version), version=version, user_id=by.id, user_name=by.name, known_at=at)
    Knowing.objects.bulk_create([row], ignore_conflicts=True)
    kept = Knowing.objects.get(bureau_id=version.bureau_id, version=version, user_id=by.id)
    if kept.pk == row.pk:
        record(version, "plans.known", by=by, at=at, n=version.n)
    return kept


@command("plans.file_version")
def file_version(by: Actor, at: datetime, *, version_id: UUID) -> PlanVersion:
    """Send a published version to the bureau. Refusals: ``plans.not_published``, ``plans.filing_stands``."""
    version = _mine(by, version_id)
    if version.published_at is None:
        raise Refusal("plans.not_published", act="报送备案")
    _file(
        version, ("", "returned"), "报送", filing="filed", filed_at=at, answer="", answered_at=None, answered_by_name=""
    )
    record(version, "plans.filed", by=by, at=at, n=version.n)
    return version


@command("plans.receive_version")
def receive_version(by: Actor, at: datetime, *, version_id: UUID) -> PlanVersion:
    """Give the receipt with its number (the bureau). Refusals: ``foundation.not_yours``, ``plans.filing_stands``."""
    version = _answered(by, version_id)
    year = timezone.localtime(at).year
    receipt = f"备案〔{year}〕{next_serial(version.bureau_id, SERIES, year)}号"
    _file(version, ("filed",), "出回执", filing="received", answered_at=at, answered_by_name=by.name, receipt=receipt)
    record(version, "plans.received", by=by, at=at, n=version.n, receipt=receipt)
    return version


@command("plans.return_version")
def return_version(
    by: Actor, at: datetime, *, version_id: UUID, words: Annotated[str, Field(min_length=4, max_length=400)]
) -> PlanVersion:
    """Send a filing back with words (the bureau). Refusals: ``foundation.not_yours``, ``plans.filing_stands``."""
    version = _answered(by, version_id)
    _file(version, ("filed",), "退回", filing="returned", answered_at=at, answered_by_name=by.name, answer=words)
    record(version, "plans.returned", by=by, at=at, n=version.n, words=words)
    return version


@command("plans.retire_plan")
def retire_plan(
    by: Actor, at: datetime, *, plan_id: UUID, reason: Annotated[str, Field(min_length=2, max_length=120)]
) -> Plan:
    """Take a plan out of use; its versions stay readable. Refusals: ``plans.retired``."""
    plan = _plan(by, plan_id)
    if not Plan.objects.filter(pk=plan.pk).exclude(state="retired").update(state="retired", retired_for=reason):
        raise Refusal("plans.retired", why=plan.retired_for)
    plan.state, plan.retired_for = "retired", reason
    record(plan, "plans.retired", by=by, at=at, reason=reason)
    return plan


# --- inside ----------------------------------------------------------------------------------------------------------


def _require(by: Actor, place: Any) -> None:
    if not by.may("sign-for-school", place):
        raise Refusal("foundation.not_yours", act="编写和报送预案", who="校（园）长、分管副校长或安全负责人")


def _plan(by: Actor, plan_id: UUID) -> Plan:
    plan: Plan = Plan.objects.all().seen(by, plan_id)
    _require(by, plan)
    if plan.state == "retired":
        raise Refusal("plans.retired", why=plan.retired_for)
    return plan


def _mine(by: Actor, version_id: UUID) -> PlanVersion:
    version: PlanVersion = PlanVersion.objects.select_related("plan").seen(by, version_id)
    _require(by, version)
    if version.plan.state == "retired":
        raise Refusal("plans.retired", why=version.plan.retired_for)
    return version


def _answered(by: Actor, version_id: UUID) -> PlanVersion:
    """A filed version, for somebody of the bureau who issues papers; nobody answers their own school's filing."""
    version: PlanVersion = PlanVersion.objects.select_related("plan").seen(by, version_id)
    if not by.may("issue-paper", version) or by.may("sign-for-school", version):
        raise Refusal("foundation.not_yours", act="办理备案", who="区局安全科")
    return version


def _file(version: PlanVersion, stands: tuple[str, ...], act: str, **fresh: Any) -> None:
    """Change how a filing stands, by compare-and-swap."""
    if not PlanVersion.objects.filter(pk=version.pk, filing__in=stands).update(**fresh, revision=F("revision") + 1):
        version.refresh_from_db(fields=["filing"])
        raise Refusal("plans.filing_stands", state=rules.FILINGS[version.filing], act=act)
    for name, value in fresh.items():
        setattr(version, name, value)


def _names(version: PlanVersion, on: date, people: list[UUID]) -> dict[UUID | None, str]:
    """Names of people who serve at the plan's school today; refusal ``plans.unknown_person`` for anybody else."""
    serving = net.appointments(SYSTEM, on=on, org_id=version.plan.org_id).filter(user_id__in=people)
    found: dict[UUID | None, str] = dict(serving.values_list("user_id", "user__name"))
    if set(people) - set(found):
        raise Refusal("plans.unknown_person", fields={"roles": "请从名单里选人。"})
    return found


def _version(
    by: Actor, at: datetime, plan: Plan, n: int, content: dict[str, Any], *, id: UUID | None = None
) -> PlanVersion:
    return PlanVersion(
        id=id or uuid7(), **placed(plan), plan=plan, n=n, content=content, made_at=at, made_by_name=by.name
    )
