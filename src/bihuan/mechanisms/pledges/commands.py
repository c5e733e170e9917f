"""Every write of this room."""

from __future__ import annotations

import hashlib
import json
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.utils import timezone
from pydantic import Field

from bihuan.engines.responsibility import queries as net
from bihuan.foundation import packs
from bihuan.foundation.actors import SYSTEM, Actor
from bihuan.foundation.commands import command
from bihuan.foundation.events import record, record_many
from bihuan.foundation.evidence.commands import attach_evidence, fingerprints
from bihuan.foundation.messages import tell
from bihuan.foundation.refusals import Refusal
from bihuan.foundation.scoping import placed
from bihuan.mechanisms.pledges.models import Pledge, RecordCheck
from bihuan.mechanisms.pledges.pack import letter_of
from bihuan.mechanisms.pledges.rules import Serving, missing, next_check

STATES = {"waiting": "等你签", "signed": "已经签过", "void": "已作废"}
Year = Annotated[str, Field(pattern=r"^\d{4}-\d{4}$")]


@command("pledges.issue_year")
def issue_year(by: Actor, at: datetime, *, org_id: UUID, year: Year) -> dict[str, Any]:
    """Make the year's letters of everybody who serves at a school, outsourced staff included; those that exist stay.

    Refusals: ``foundation.not_found``, ``foundation.not_yours``, ``pledges.not_a_school``, ``pledges.no_text``.
    """
    school = _school(by, org_id)
    made = make_missing(at, school, year)
    if made:
        event = record(school, "pledges.year_issued", by=by, at=at, year=year, count=len(made))
        tell({one.user_id for one in made}, about=event, kind="pledges.waiting", title="有一份安全责任书等你签",
             body=f"{school.name} {year} 学年。读完职责再签，签的是你自己的岗位。", link="/pledges/")  # fmt: skip
    return {"made": len(made)}


def make_missing(at: datetime, school: Any, year: str) -> list[Pledge]:
    """The letters of a year that people of a school do not have yet (four statements); for commands and reactions."""
    text, posts = letter_of(school.bureau_id), packs.entries(school.bureau_id, "posts")
    serving = [
        Serving(row.user_id, row.user.name, row.post)
        for row in net.appointments(SYSTEM, on=timezone.localdate(at), org_id=school.pk)
        if row.post in posts
        and posts[row.post]["tier"] in ("school", "kindergarten", "outsourced")
        and posts[row.post]["acts"]
    ]
    there = Pledge.objects.filter(bureau_id=school.bureau_id, org_id=school.pk, year=year).exclude(state="void")
    rows = [
        _letter(at, school, year, one, text, posts[one.post])
        for one in missing(serving, there.values_list("user_id", "post"))
    ]
    Pledge.objects.bulk_create(rows, ignore_conflicts=True)
    return rows


@command("pledges.sign")
def sign(by: Actor, at: datetime, *, pledge_id: UUID, signature: UUID) -> Pledge:
    """Sign one's own letter with a drawn signature (evidence of kind ``signature``).

    Refusals: ``foundation.not_found``, ``pledges.not_yours``, ``pledges.not_waiting``, those of attaching.
    """
    row = Pledge.objects.all().seen(by, pledge_id)
    if row.user_id != by.id:
        raise Refusal("pledges.not_yours", who=row.user_name)
    won = Pledge.objects.filter(pk=row.pk, state="waiting").update(state="signed", signed_at=at, signature_id=signature)
    if not won:
        raise Refusal("pledges.not_waiting", state=STATES[row.state])
    row.state, row.signed_at, row.signature_id = "signed", at, signature
    drawn = attach_evidence(row, [signature], by)
    record(
        row,
        "pledges.signed",
        by=by,
        at=at,
        year=row.year,
        post=row.post,
        letter=row.digest,
        signature=fingerprints(drawn),
    )
    return row


@command("pledges.remind")
def remind(by: Actor, at: datetime, *, org_id: UUID, year: Year) -> dict[str, Any]:
    """Remind everybody of a school who has not signed, at most once a day.

    Refusals: ``foundation.not_found``, ``foundation.not_yours``, ``pledges.nobody_waits``, ``pledges.told_today``.
    """
    school = _school(by, org_id)
    waiting = Pledge.objects.filter(bureau_id=school.bureau_id, org_id=school.pk, year=year, state="waiting")
    rows = list(waiting.values_list("user_id", "reminded_at"))
    if not rows:
        raise Refusal("pledges.nobody_waits")
    last = max((told for _, told in rows if told), default=None)
    if last and timezone.localdate(last) == timezone.localdate(at):
        raise Refusal("pledges.told_today", at=f"{timezone.localtime(last):%H:%M}")
    waiting.update(reminded_at=at)
    event = record(school, "pledges.reminded", by=by, at=at, year=year, count=len(rows))
    tell({user for user, _ in rows}, about=event, kind="pledges.waiting", title="安全责任书还没有签",
         body=f"{school.name} {year} 学年，请今天签完。", link="/pledges/")  # fmt: skip
    return {"reminded": len(rows)}


@command("pledges.record_check")
def record_check(
    by: Actor, at: datetime, *, id: UUID, org_id: UUID, user_id: UUID, checked_on: date,
    result: Literal["clear", "found"], reference: Annotated[str, Field(max_length=80)] = "",
) -> RecordCheck:  # fmt: skip
    """Keep that a person's record was looked up, and with what result; ``reference`` is the answer's number.

    Refusals: ``foundation.not_found``, ``foundation.not_yours``, ``pledges.in_future``, ``pledges.not_serving``.
    """
    school = _school(by, org_id)
    today = timezone.localdate(at)
    if checked_on > today:
        raise Refusal("pledges.in_future", day=checked_on.isoformat(), fields={"checked_on": "这一天还没有到。"})
    serves = net.appointments(SYSTEM, on=today, org_id=school.pk, user_id=user_id).first()
    if serves is None:
        raise Refusal("pledges.not_serving")
    months = letter_of(school.bureau_id)["check_months"]
    row = RecordCheck.objects.create(
        id=id, **placed(school), org_id=school.pk, user_id=user_id, user_name=serves.user.name, checked_on=checked_on,
        next_on=next_check(net.sensible_day(checked_on), months), result=result, reference=reference, by_id=by.id,
        by_name=by.name, at=at,
    )  # fmt: skip
    record(row, "pledges.record_checked", by=by, at=at, result=result, next_on=row.next_on)
    return row


def void_waiting(at: datetime, event: Any, *, user_id: UUID, school: Any, post: str) -> int:
    """A post was left: its unsigned letters are void, signed ones stay as they are."""
    rows = list(
        Pledge.objects.filter(bureau_id=school.bureau_id, org_id=school.pk, user_id=user_id, post=post, state="waiting")
    )
    Pledge.objects.filter(pk__in=[row.pk for row in rows], state="waiting").update(state="void", void_for="离岗或换岗")
    said = {"reason": "离岗或换岗", "because": event.pk}
    record_many([(row, said) for row in rows], "pledges.voided", by=SYSTEM, at=at)
    return len(rows)


def years_open(school: Any) -> list[str]:
    """The years for which letters were made at a school, the newest first."""
    rows = Pledge.objects.filter(bureau_id=school.bureau_id, org_id=school.pk).order_by("-year")
    return list(rows.values_list("year", flat=True).distinct()[:1])


def _school(by: Actor, org_id: UUID) -> Any:
    school = net.org(by, org_id)
    if school.tier != "school":
        raise Refusal("pledges.not_a_school")
    if not (by.may("sign-for-school", school) or by.may("manage-net", school)):
        raise Refusal("foundation.not_yours", act="办理责任书和从业查询", who="校（园）长、分管副校长或安全负责人")
    return school


def _letter(at: datetime, school: Any, year: str, one: Serving, text: dict[str, Any], post: dict[str, Any]) -> Pledge:
    content = {
        "title": text["title"], "opening": text["opening"], "duties": [duty["text"] for duty in post["duties"]],
        "goals": list(text["goals"]), "consequences": list(text["consequences"]), "closing": text["closing"],
        "school": school.name, "year": year, "name": one.name, "post": post["name"],
    }  # fmt: skip
    digest = hashlib.sha256(json.dumps(content, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
    return Pledge(
        **placed(school), org_id=school.pk, org_name=school.name, user_id=one.user_id, user_name=one.name, post=one.post,
        post_name=post["name"], year=year, content=content, digest=digest, made_at=at,
    )  # fmt: skip
