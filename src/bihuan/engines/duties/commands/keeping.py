"""Duties: set, changed, ended; each change renews the open tasks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from pydantic import BaseModel, ConfigDict, Field

from bihuan.engines.duties import (
    colours,
    refusals,  # noqa: F401 - their sentences must be declared
    rules,
)
from bihuan.engines.duties.commands.generating import renew_duties
from bihuan.engines.duties.models import Duty
from bihuan.engines.duties.planning import AHEAD
from bihuan.engines.responsibility import queries as net
from bihuan.engines.sheets import queries as sheets
from bihuan.foundation import hot, packs
from bihuan.foundation.actors import Actor
from bihuan.foundation.commands import command
from bihuan.foundation.events import record
from bihuan.foundation.refusals import Refusal
from bihuan.foundation.scoping import placed


class WindowIn(BaseModel):
    """A part of the day: ``{"name": "早", "since": "07:00", "until": "07:40"}``."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    name: Annotated[str, Field(max_length=20)] = ""
    since: Annotated[str, Field(max_length=5)]
    until: Annotated[str, Field(max_length=5)]


Rule = Annotated[dict[str, Any], Field(max_length=8)]


@command("duties.set_duty")
def set_duty(
    by: Actor, at: datetime, *, id: UUID, org_id: UUID, code: Annotated[str, Field(pattern=r"^[a-z0-9-]{2,60}$")],
    title: Annotated[str, Field(min_length=2, max_length=120)], act: Literal["sheet", "act"],
    post: Annotated[str, Field(max_length=60)], cadence: Rule, starts_on: date, ends_on: date | None = None,
    sheet_id: UUID | None = None, windows: Annotated[list[WindowIn], Field(max_length=24)] = [],  # noqa: B006 - pydantic copies it
    grace_minutes: Annotated[int, Field(ge=0, le=43_200)] = 0, scope: Rule = {},  # noqa: B006
    satisfies: Annotated[list[str], Field(max_length=20)] = [], nil: bool = False,  # noqa: B006
    lock_days: Annotated[int, Field(ge=0, le=90)] = 7,
) -> Duty:  # fmt: skip
    """Make or change a duty of a bureau (over the units of its scope) or of one school, and renew its open tasks.

    Refusals: ``foundation.not_found`` · ``not_yours``, ``duties.bad_rule`` · ``no_such_post`` · ``code_taken`` · ``from_pack``.
    """
    org = net.org(by, org_id)
    _require(by, org)
    if act == "sheet":
        if sheet_id is None:
            raise Refusal("duties.bad_rule", sentence="要填表的职责须选一张表", fields={"sheet_id": "请选一张表"})
        sheets.sheet_of(by, sheet_id)
    duty = keep_duty(
        by, at, id=id, org=org, code=code, title=title, act=act, subject_id=sheet_id, post=post, cadence=cadence,
        windows=[window.model_dump() for window in windows], grace_minutes=grace_minutes, starts_on=starts_on, ends_on=ends_on,
        scope=scope, satisfies=satisfies, nil=nil, lock_days=lock_days,
    )  # fmt: skip
    record(duty, "duties.duty_set", by=by, at=at, title=title, code=code, cadence=cadence, post=post)
    return duty


def keep_duty(
    by: Actor, at: datetime, *, id: UUID, org: Any, code: str, title: str, act: str, subject_id: UUID | None, post: str,
    assignee_id: UUID | None = None, cadence: Mapping[str, Any], windows: Sequence[Mapping[str, Any]], grace_minutes: int = 0,
    evidence: Sequence[str] = (), starts_on: date, ends_on: date | None = None, scope: Mapping[str, Any] | None = None,
    satisfies: Sequence[str] = (), nil: bool = False, lock_days: int = 7,
) -> Duty:  # fmt: skip
    """Make or change a duty inside the caller's transaction, and renew its open tasks; the caller has checked the right.

    *org* is a unit (or a ``Place``): the bureau for a rule over many units, or the one school or area. Refusals:
    ``duties.bad_rule`` · ``no_such_post`` · ``code_taken`` · ``from_pack``, ``foundation.not_found`` (another place's duty).
    """
    _refuse_bad(org.bureau_id, act, post, cadence, windows, scope or {}, starts_on, ends_on)
    said: dict[str, Any] = {
        "code": code, "title": title, "act": act, "subject_id": subject_id, "post": post, "assignee_id": assignee_id,
        "cadence": dict(cadence), "windows": [dict(window) for window in windows], "grace_minutes": grace_minutes,
        "evidence": list(evidence), "scope": dict(scope or {}), "satisfies": list(satisfies), "nil": nil,
        "lock_days": lock_days, "starts_on": starts_on, "ends_on": ends_on, "is_active": True,
        "sown_to": timezone.localdate(at) + AHEAD,
    }  # fmt: skip
    duty = Duty(id=id, org_id=org.pk, **placed(org), **said)
    try:
        with transaction.atomic():
            own = Duty.objects.filter(pk=id, bureau_id=org.bureau_id, org_id=org.pk, pack="")
            is_new = not own.update(**said, revision=F("revision") + 1)
            if is_new and not hot.insert([duty], unless_there=True):
                _refuse_taken(id, org)
    except IntegrityError:
        raise Refusal("duties.code_taken", code=code) from None
    renew_duties(by, at, bureau_id=org.bureau_id, duties=[duty], school_id=org.school_id, are_new=is_new)
    return duty


def _refuse_taken(id: UUID, org: Any) -> None:
    """The id of a pack's duty, or of another place's."""
    there = Duty.objects.only("org_id", "title").get(pk=id)
    if there.org_id == org.pk:
        raise Refusal("duties.from_pack", title=there.title)
    raise Refusal("foundation.not_found")


def keep_new(by: Actor, at: datetime, *, org: Any, duties: Sequence[Mapping[str, Any]]) -> list[Duty]:
    """``keep_duty`` for several duties of one place that do not exist yet (rows of its arguments): one insert, one renewal.

    Refusals: those of ``keep_duty``.
    """
    rows = []
    for said in duties:
        _refuse_bad(
            org.bureau_id, said["act"], said["post"], said["cadence"], said["windows"], {}, said["starts_on"], said.get("ends_on")
        )  # fmt: skip
        rows.append(Duty(org_id=org.pk, **placed(org), **{**said, "sown_to": timezone.localdate(at) + AHEAD}))
    try:
        with transaction.atomic():
            Duty.objects.bulk_create(rows)
    except IntegrityError:
        raise Refusal("duties.code_taken", code="、".join(row.code for row in rows)) from None
    if rows:
        renew_duties(by, at, bureau_id=org.bureau_id, duties=rows, school_id=org.school_id, are_new=True)
    return rows


def move_end(by: Actor, at: datetime, *, bureau_id: UUID, duty_ids: Sequence[UUID], ends_on: date) -> int:
    """Let duties end on another day inside the caller's transaction, and renew their open tasks; how many duties there are.

    Earlier: what has not begun after it goes, what has begun is excused, what is done stays. Later: the rest is made.
    """
    own = Duty.objects.filter(bureau_id=bureau_id, pk__in=duty_ids)
    own.update(ends_on=ends_on, revision=F("revision") + 1)
    duties = list(own.order_by("id"))
    if duties:
        renew_duties(by, at, bureau_id=bureau_id, duties=duties)
    return len(duties)


@command("duties.end_duty")
def end_duty(by: Actor, at: datetime, *, duty_id: UUID) -> Duty:
    """Stop a duty: what has not begun goes, what has begun is excused, what is done stays.

    Refusals: ``foundation.not_found`` · ``not_yours``, ``duties.already_ended`` · ``from_pack``.
    """
    duty = Duty.objects.all().seen(by, duty_id)
    _require(by, duty)
    if duty.pack:
        raise Refusal("duties.from_pack", title=duty.title)
    if not Duty.objects.filter(pk=duty.pk, is_active=True).update(is_active=False, revision=F("revision") + 1):
        raise Refusal("duties.already_ended", title=duty.title)
    duty.is_active = False
    record(duty, "duties.duty_ended", by=by, at=at, title=duty.title, code=duty.code)
    renew_duties(by, at, bureau_id=duty.bureau_id, duties=[duty])
    return duty


def _require(by: Actor, place: Any) -> None:
    """A bureau's duties are set by who keeps its sheets, a school's also by who assigns work there."""
    if not (by.may("manage-sheets", place) or (place.school_id and by.may("assign", place))):
        raise Refusal("foundation.not_yours", act="设定职责", who="局里管理清单的人或学校的安全负责人")


def _refuse_bad(
    bureau_id: UUID, act: str, post: str, cadence: Mapping[str, Any], windows: Sequence[Mapping[str, Any]],
    scope: Mapping[str, Any], starts_on: date, ends_on: date | None,
) -> None:  # fmt: skip
    if sentence := rules.fault_of(act, cadence, windows, scope):
        raise Refusal("duties.bad_rule", sentence=sentence)
    asked = rules.scope_of(scope)
    if strange := sorted(set(asked.tags) - packs.entries(bureau_id, "tags").keys()) or sorted(
        set(asked.colours) - colours.words().keys()
    ):
        raise Refusal("duties.bad_rule", sentence=f"适用范围里没有叫「{strange[0]}」的标签或颜色")
    if ends_on and ends_on < starts_on:
        raise Refusal("duties.bad_rule", sentence="结束日期早于开始日期", fields={"ends_on": "不能早于开始日期"})
    if post not in packs.entries(bureau_id, "posts"):
        raise Refusal("duties.no_such_post", post=post)
