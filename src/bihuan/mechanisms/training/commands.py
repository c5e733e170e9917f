"""Every write of this room."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.db.models import F
from django.utils import timezone
from pydantic import BaseModel, ConfigDict, Field

from bihuan.engines.cases.commands import Found, Told, found_at
from bihuan.engines.duties.commands import AtOnce
from bihuan.engines.duties.queries import tasks_to_do
from bihuan.engines.responsibility import queries as net
from bihuan.engines.sheets.queries import VersionInForce, in_force_by_code
from bihuan.engines.sheets.rules import Answer, faults_of
from bihuan.foundation import packs
from bihuan.foundation.actors import SYSTEM, Actor
from bihuan.foundation.commands import command
from bihuan.foundation.events import record, record_all
from bihuan.foundation.evidence.commands import attach_evidence, fingerprints
from bihuan.foundation.ids import uuid7
from bihuan.foundation.refusals import Refusal
from bihuan.foundation.scoping import placed
from bihuan.mechanisms.training import rules
from bihuan.mechanisms.training.models import Drill, Lesson
from bihuan.mechanisms.training.pack import kinds_of

TRIES = 8
Name = Annotated[str, Field(min_length=1, max_length=60)]


class GroupIn(BaseModel):
    """A class or a group of staff that takes part, with how many people."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    name: Name
    due: Annotated[int, Field(ge=0, le=2000)]


class FindingIn(BaseModel):
    """What the drill showed: to be put right (``hazard``), or to be written into the plan (``revision``)."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    words: Annotated[str, Field(min_length=2, max_length=120)]
    becomes: Literal["hazard", "revision"]


@command("training.plan_drill")
def plan_drill(
    by: Actor, at: datetime, *, id: UUID, org_id: UUID, kind: Annotated[str, Field(max_length=40)], planned_at: datetime,
    groups: Annotated[list[GroupIn], Field(max_length=200)] = [],  # noqa: B006 - read only; pydantic copies it
    title: Annotated[str, Field(max_length=120)] = "", script: Annotated[str, Field(max_length=2000)] = "",
    roles: dict[Literal["commander", "alarm", "guide", "rescue", "guard", "record"], Name] = {},  # noqa: B006
    told: Annotated[str, Field(max_length=120)] = "",
) -> Drill:  # fmt: skip
    """Plan a drill at a school. Without ``groups`` the school's registered classes take part, with unknown numbers as 0.

    Refusals: ``foundation.not_found``, ``foundation.not_yours``, ``training.not_a_school``, ``training.unknown_kind``,
    ``training.no_groups``, ``foundation.receipt_conflict``.
    """
    school = net.org(by, org_id)
    if school.tier != "school":
        raise Refusal("training.not_a_school", fields={"org_id": "请选一所学校。"})
    _require(by, school)
    found = kinds_of(school.bureau_id).get(kind)
    if found is None:
        raise Refusal("training.unknown_kind", kind=kind, fields={"kind": "请从列表里选。"})
    given = groups or [GroupIn(name=area.name, due=area.students) for area in net.areas(school) if area.kind == "class"]
    if not given:
        raise Refusal("training.no_groups", fields={"groups": "请写明参加的班级和人数。"})
    drill = Drill(
        id=id, **placed(school), org_id=school.pk, org_name=school.short_name or school.name, kind=kind,
        title=title or f"{found['name']}演练", script=script or found["script"], roles=dict(roles), planned_at=planned_at,
        told=told, limit_seconds=found["limit_seconds"], by_id=by.id, by_name=by.name,
        results={f"{n:02d}": {"name": one.name, "due": one.due} for n, one in enumerate(given, start=1)},
    )  # fmt: skip
    drill.save(force_insert=True)
    record(drill, "training.drill_planned", by=by, at=at, kind=kind, planned_at=planned_at, groups=len(given))
    return drill


@command("training.begin_drill")
def begin_drill(by: Actor, at: datetime, *, drill_id: UUID) -> Drill:
    """Ring the alarm: the clock runs from the server's moment. Refusals: ``foundation.not_found``, ``training.not_planned``."""
    drill = _mine(by, drill_id)
    _swap(drill, "planned", state="running", alarm_at=at)
    record(drill, "training.drill_begun", by=by, at=at)
    return drill


@command("training.group_out")
def group_out(
    by: Actor, at: datetime, *, drill_id: UUID, group: Annotated[str, Field(max_length=4)],
    came: Annotated[int, Field(ge=0, le=2000)], note: Annotated[str, Field(max_length=200)] = "",
) -> dict[str, Any]:  # fmt: skip
    """Say that a class is at the meeting place with so many people; said again, the number changes and the time stays.

    Anybody of the school may say it. Refusals: ``foundation.not_found``, ``training.not_running``,
    ``training.unknown_group``, ``training.too_many``, ``foundation.changed_meanwhile``.
    """
    for _ in range(TRIES):
        drill = Drill.objects.all().seen(by, drill_id)
        if not (by.may("snap", drill) or by.may("inspect", drill)):
            raise Refusal("foundation.not_yours", act="在演练里报到", who="本校教职工")
        if drill.state != "running":
            raise Refusal("training.not_running", state=rules.STATES[drill.state])
        row = drill.results.get(group)
        if row is None:
            raise Refusal("training.unknown_group")
        if came > row["due"] > 0:
            raise Refusal("training.too_many", name=row["name"], due=row["due"], came=came)
        told = {**row, "came": came, "note": note, "by": by.name, "out_at": row.get("out_at") or at.isoformat()}
        told["due"] = row["due"] or came
        results = {**drill.results, group: told}
        won = Drill.objects.filter(pk=drill.pk, revision=drill.revision, state="running").update(
            results=results, revision=F("revision") + 1
        )
        if won:
            record(drill, "training.group_out", by=by, at=at, group=row["name"], came=came, due=told["due"])
            counted = rules.outcome(rules.groups_of(results), drill.alarm_at, drill.limit_seconds)
            return {"reported": counted.reported, "groups": counted.groups, "missing": counted.missing}
    raise Refusal("foundation.changed_meanwhile", who="同时报到的人")


@command("training.end_drill")
def end_drill(
    by: Actor, at: datetime, *, drill_id: UUID, verdict: Annotated[str, Field(min_length=4, max_length=1000)],
    hurt: Annotated[int, Field(ge=0, le=500)] = 0, missing_words: Annotated[str, Field(max_length=400)] = "",
    findings: Annotated[list[FindingIn], Field(max_length=20)] = [],  # noqa: B006
    photos: Annotated[list[UUID], Field(max_length=9)] = [],  # noqa: B006
    check: dict[str, Annotated[str, Field(max_length=200)]] = {},  # noqa: B006
) -> Drill:  # fmt: skip
    """End a drill: everybody accounted for or explained, findings turned into hazards, and its duties done.

    ``check`` answers each item of the sheet that the bureau asks of such a drill (小学方案「演练七有」; item → value), in the
    version in force on the day of the alarm. Refusals: ``foundation.not_found``, ``training.not_running``,
    ``training.groups_left``, ``training.people_left``, ``training.check_left``, ``training.check_faulty``, those of reporting
    a hazard.
    """
    drill = _mine(by, drill_id)
    if drill.state != "running":
        raise Refusal("training.not_running", state=rules.STATES[drill.state])
    groups = rules.groups_of(drill.results)
    if silent := [row.name for row in groups if row.out_at is None]:
        raise Refusal("training.groups_left", count=len(silent), names="、".join(silent[:5]))
    counted = rules.outcome(groups, drill.alarm_at, drill.limit_seconds)
    lost = [row.name for row in groups if row.missing and not row.note]
    if lost and not missing_words.strip():
        raise Refusal(
            "training.people_left", count=counted.missing, names="、".join(lost[:5]),
            fields={"missing_words": "写明没有到的人在哪里。"},
        )  # fmt: skip
    version = check_of(by, drill)
    checked = {code: text.strip() for code, text in check.items() if text.strip()}
    _require_checked(version, checked)
    kept, told = _kept(by, at, drill, findings)
    pictures = attach_evidence(drill, photos, by)
    tasks = _fulfilled(by, at, drill)
    _swap(
        drill, "running", state="done", ended_at=at, verdict=verdict, hurt=hurt, findings=kept, fulfilled=tasks,
        photos=[str(one.pk) for one in pictures], check_version_id=version.id if version else None, checked=checked,
    )  # fmt: skip
    said = {
        "seconds": counted.seconds, "within": counted.within, "due": counted.due, "came": counted.came,
        "missing": missing_words, "findings": len(kept), "fulfilled": [one["task"] for one in tasks],
        "photos": fingerprints(pictures), "check": version.version if version else "", "checked": checked,
    }  # fmt: skip
    record_all([*told, (drill, "training.drill_ended", said)], by=by, at=at)
    return drill


@command("training.cancel_drill")
def cancel_drill(
    by: Actor, at: datetime, *, drill_id: UUID, reason: Annotated[str, Field(min_length=2, max_length=120)]
) -> Drill:
    """Cancel a drill that has not begun. Refusals: ``foundation.not_found``, ``training.not_planned``."""
    drill = _mine(by, drill_id)
    _swap(drill, "planned", state="cancelled", cancelled_for=reason)
    record(drill, "training.drill_cancelled", by=by, at=at, reason=reason)
    return drill


class AbsentIn(BaseModel):
    """Somebody of the staff who was not there, and why."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    person: UUID
    reason: Annotated[str, Field(min_length=1, max_length=60)]


@command("training.hold_lesson")
def hold_lesson(
    by: Actor, at: datetime, *, id: UUID, org_id: UUID, title: Annotated[str, Field(min_length=2, max_length=80)], on: date,
    minutes: Annotated[int, Field(ge=5, le=600)],
    posts: Annotated[list[Annotated[str, Field(max_length=60)]], Field(max_length=100)] = [],  # noqa: B006
    absent: Annotated[list[AbsentIn], Field(max_length=500)] = [],  # noqa: B006
) -> Lesson:  # fmt: skip
    """Record a lesson that the staff of a school had: whoever serves there on that day was there, but for the absent.

    *posts* narrows whom it was for. Refusals: ``foundation.not_found`` · ``not_yours``, ``training.not_a_school`` ·
    ``lesson_ahead`` · ``nobody_asked`` · ``not_of_school``.
    """
    school = net.org(by, org_id)
    if school.tier != "school":
        raise Refusal("training.not_a_school", fields={"org_id": "请选一所学校。"})
    _require(by, school)
    if on > timezone.localdate(at):
        raise Refusal("training.lesson_ahead", on=on, fields={"on": "请核对日期。"})
    asked = staff_of(school, on, posts)
    if not asked:
        raise Refusal("training.nobody_asked")
    why = {str(one.person): one.reason for one in absent}
    if why.keys() - asked.keys():
        raise Refusal("training.not_of_school")
    people = {pk: {**one, "absent": why.get(pk, ""), "made_up_on": ""} for pk, one in asked.items()}
    lesson = Lesson(
        id=id, **placed(school), org_id=school.pk, org_name=school.short_name or school.name, title=title, on=on,
        minutes=minutes, people=people, by_id=by.id, by_name=by.name,
    )  # fmt: skip
    lesson.save(force_insert=True)
    record(lesson, "training.lesson_held", by=by, at=at, title=title, on=on, asked=len(people), absent=len(why))
    return lesson


@command("training.make_up")
def make_up(by: Actor, at: datetime, *, lesson_id: UUID, user_id: UUID, on: date) -> Lesson:
    """Somebody who was absent has made the lesson up on a later day.

    Refusals: ``foundation.not_found`` · ``not_yours`` · ``changed_meanwhile``, ``training.not_absent`` · ``made_up_early``.
    """
    lesson: Lesson = Lesson.objects.all().seen(by, lesson_id)
    _require(by, lesson)
    row = lesson.people.get(str(user_id))
    if row is None or not row["absent"] or row["made_up_on"]:
        raise Refusal("training.not_absent", name=row["name"] if row else "这个人")
    today = timezone.localdate(at)
    if not lesson.on <= on <= today:
        fields = {"on": "请核对日期。"}
        raise Refusal("training.made_up_early", first=lesson.on, last=today, fields=fields)
    people = {**lesson.people, str(user_id): {**row, "made_up_on": on.isoformat()}}
    won = Lesson.objects.filter(pk=lesson.pk, revision=lesson.revision).update(
        people=people, revision=F("revision") + 1
    )
    if not won:
        raise Refusal("foundation.changed_meanwhile", who="同时登记的人")
    lesson.people, lesson.revision = people, lesson.revision + 1
    record(lesson, "training.lesson_made_up", by=by, at=at, person=user_id, name=row["name"], on=on)
    return lesson


def staff_of(school: Any, on: date, posts: Collection[str] = ()) -> dict[str, dict[str, str]]:
    """Who serves at a school (its classes and areas too) on a day, by id, with name and post; bureau and partner posts are no
    staff. One statement."""
    known = packs.entries(school.bureau_id, "posts")
    own = {code for code, post in known.items() if post.get("tier") not in ("bureau", "partner")}
    rows = net.appointments(SYSTEM, on=on).filter(school_id=school.pk, post__in=own & set(posts) if posts else own)
    found: dict[str, dict[str, str]] = {}
    for user_id, name, post in rows.order_by("user__name", "user_id", "rank", "id").values_list(
        "user_id", "user__name", "post"
    ):
        found.setdefault(str(user_id), {"name": name, "post": known[post].get("name", post)})
    return found


# --- inside ----------------------------------------------------------------------------------------------------------


def _require(by: Actor, place: Any) -> None:
    if not (by.may("sign-for-school", place) or by.may("assign", place)):
        raise Refusal("foundation.not_yours", act="安排和结束演练", who="校（园）长、分管副校长或安全负责人")


def _mine(by: Actor, drill_id: UUID) -> Drill:
    drill: Drill = Drill.objects.select_related("org").seen(by, drill_id)
    _require(by, drill)
    return drill


def _swap(drill: Drill, stands: str, /, **fresh: Any) -> None:
    """Change a drill that stands in a state, by compare-and-swap."""
    won = Drill.objects.filter(pk=drill.pk, state=stands, revision=drill.revision).update(
        **fresh, revision=F("revision") + 1
    )
    if not won:
        drill.refresh_from_db(fields=["state"])
        if drill.state == stands:
            raise Refusal("foundation.changed_meanwhile", who="同时操作的人")
        code = "training.not_planned" if stands == "planned" else "training.not_running"
        raise Refusal(code, state=rules.STATES[drill.state])
    for name, value in fresh.items():
        setattr(drill, name, value)
    drill.revision += 1


def check_of(by: Actor, drill: Drill) -> VersionInForce | None:
    """The version that a running drill has to answer: the one in force on the day of the alarm; none where none is asked."""
    code = kinds_of(drill.bureau_id).get(drill.kind, {}).get("check")
    if not code or drill.alarm_at is None:
        return None
    try:
        return in_force_by_code(by, code, on=timezone.localdate(drill.alarm_at))
    except Refusal as refusal:
        if refusal.code == "sheets.nothing_in_force":  # the first version begins after this drill
            return None
        raise


def _require_checked(version: VersionInForce | None, checked: dict[str, str]) -> None:
    items = version.content.items if version else ()
    if left := [item for item in items if item.required and item.code not in checked]:
        raise Refusal(
            "training.check_left", count=len(left), names="、".join(item.title for item in left),
            fields={f"check.{item.code}": "这一项还没有答。" for item in left},
        )  # fmt: skip
    wrong = (
        faults_of(version.content, None, {code: Answer(value=text) for code, text in checked.items()})
        if version
        else {}
    )
    if not version and checked:
        wrong = dict.fromkeys(checked, "这次演练不用逐项核对，请刷新页面")
    if wrong:
        fields = {f"check.{code}": words for code, words in wrong.items()}
        raise Refusal("training.check_faulty", count=len(wrong), summary="；".join(wrong.values()), fields=fields)


def _kept(by: Actor, at: datetime, drill: Drill, findings: list[FindingIn]) -> tuple[list[dict[str, str]], Told]:
    """The findings as the drill keeps them, hazards reported all at once, and the facts about those."""
    kept = [one.model_dump() for one in findings]
    wrong = [one for one in kept if one["becomes"] == "hazard"]
    told: Told = []
    if wrong:
        found = [Found(uuid7(), one["words"], f"{drill.title}中发现") for one in wrong]
        cases, told = found_at(by, at, unit=drill.org, found=found, source="drill", source_id=drill.pk)
        for one, case in zip(wrong, cases, strict=True):
            one["case_id"] = str(case.pk)
    return kept, told


def _fulfilled(by: Actor, at: datetime, drill: Drill) -> list[dict[str, str]]:
    """Do the running tasks of the duties that a drill of this kind does; which ones, by id and title."""
    codes = kinds_of(drill.bureau_id)[drill.kind]["duties"]
    done = []
    moment = drill.alarm_at or at
    for task in tasks_to_do(SYSTEM, org_id=drill.org_id, codes=codes, at=moment):
        if AtOnce().do(by, at, task=task, ref_id=drill.pk, done_at=moment).state != "double":
            done.append({"task": str(task.pk), "title": task.title})
    return done
