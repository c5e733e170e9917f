"""Every write of this room."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from pydantic import BaseModel, ConfigDict, Field

from bihuan.engines.responsibility import queries as net
from bihuan.foundation import hot as lean
from bihuan.foundation import packs
from bihuan.foundation.actors import SYSTEM, Actor
from bihuan.foundation.commands import command
from bihuan.foundation.events import record, record_many
from bihuan.foundation.evidence.commands import attach_evidence, fingerprints
from bihuan.foundation.evidence.queries import of_subjects
from bihuan.foundation.ids import uuid7
from bihuan.foundation.messages import tell
from bihuan.foundation.refusals import Refusal
from bihuan.foundation.scoping import placed
from bihuan.mechanisms.mandates import events, hot, rules  # noqa: F401 - declares facts and refusals
from bihuan.mechanisms.mandates.models import Assignment, Directive, Share

CHASED = 500
Words = Annotated[str, Field(max_length=4000)]
Number = Annotated[Decimal, Field(max_digits=14, decimal_places=2, ge=0)] | None
Pictures = Annotated[list[UUID], Field(max_length=20)]


class ShareIn(BaseModel):
    """What one person of a unit does of its assignment, until when (without a moment: until the assignment's)."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    person: UUID
    task: Annotated[str, Field(min_length=2, max_length=200)]
    until: datetime | None = None


@command("mandates.issue")
def issue(
    by: Actor, at: datetime, *, id: UUID, org_id: UUID, title: Annotated[str, Field(min_length=2, max_length=120)],
    text: Annotated[str, Field(min_length=2, max_length=8000)], wants: rules.Wants, due_at: datetime,
    audience: Literal["schools", "kinds", "units"], office: Annotated[str, Field(max_length=60)] = "",
    kinds: Annotated[list[str], Field(max_length=20)] = [], units: Annotated[list[UUID], Field(max_length=3000)] = [],  # noqa: B006 - read only
    unit: Annotated[str, Field(max_length=10)] = "", above: UUID | None = None, files: Pictures = [],  # noqa: B006 - read only
) -> Directive:  # fmt: skip
    """Ask something of units of a bureau: all its schools, those of some kinds, or chosen ones (schools or the bureau itself).

    ``above`` is the assignment that is passed on. Every addressee gets its row in one statement; who signs for them is told.
    Refusals: ``foundation.not_found`` · ``not_yours``, ``mandates.not_a_bureau`` · ``past`` · ``nobody`` · ``unknown_unit`` ·
    ``wrong_state``, those of attaching.
    """
    org = net.org(by, org_id)
    if org.tier != "bureau":
        raise Refusal("mandates.not_a_bureau", fields={"org_id": "请从教育局下达。"})
    if not rules.speaks_for(by, org):
        raise Refusal("foundation.not_yours", act="下达任务", who="局领导或科室负责人、安全科")
    if due_at <= at:
        raise Refusal("mandates.past", fields={"due_at": "请选以后的时间。"})
    source = _mine(by, above, "转下达", rules.OPEN) if above else None
    directive = Directive(
        id=id, **placed(org), org_id=org.pk, office=office or org.name, title=title, text=text, wants=wants, unit=unit,
        audience=_audience_words(org.bureau_id, audience, kinds, units), due_at=due_at, above=source, issued_at=at,
        by_id=by.id, by_name=by.name,
    )  # fmt: skip
    directive.save(force_insert=True)
    count = hot.address(directive, _addressees(org, audience, kinds, units))
    if not count:
        raise Refusal("mandates.nobody", fields={audience: "请至少选一个。"})
    if audience == "units" and count != len(set(units)):
        raise Refusal("mandates.unknown_unit", fields={"units": "请从名单里重新选。"})
    Directive.objects.filter(pk=directive.pk).update(addressed=count)
    directive.addressed = count
    kept = attach_evidence(directive, files, by)
    record(
        directive, "mandates.issued", by=by, at=at, title=title, wants=wants, due_at=due_at, addressed=count,
        above=above, files=fingerprints(kept),
    )  # fmt: skip
    return directive


@command("mandates.sign")
def sign(by: Actor, at: datetime, *, assignment_id: UUID) -> Assignment:
    """Sign for a unit that its part has arrived; where only a receipt is wanted that is the end of it.

    Refusals: ``foundation.not_found`` · ``not_yours`` · ``changed_meanwhile``, ``mandates.wrong_state``.
    """
    row = _mine(by, assignment_id, "签收", ("sent",))
    fresh: dict[str, Any] = {"state": "signed", "signed_at": at, "signed_by_name": by.name}
    if row.directive.wants == "receipt":
        fresh |= {"state": "accepted", "chase_at": None}
    _swap(row, **fresh)
    record(row, "mandates.signed", by=by, at=at, title=row.directive.title, state=row.state)
    return row


@command("mandates.split")
def split(
    by: Actor, at: datetime, *, assignment_id: UUID, shares: Annotated[list[ShareIn], Field(min_length=1, max_length=60)]
) -> Assignment:  # fmt: skip
    """Divide a signed assignment among people of its unit, who are told.

    Refusals: ``foundation.not_found`` · ``not_yours``, ``mandates.wrong_state`` · ``not_serving`` · ``has_share`` · ``past``.
    """
    row = _mine(by, assignment_id, "分解", ("signed", "returned"))
    people = [one.person for one in shares]
    serving = net.appointments(SYSTEM, on=timezone.localdate(at), org_id=row.org_id).filter(user_id__in=people)
    names = dict(serving.values_list("user_id", "user__name"))
    if set(people) - set(names):
        raise Refusal("mandates.not_serving", fields={"person": "请从名单里选。"})
    there = Share.objects.filter(bureau_id=row.bureau_id, assignment=row, user_id__in=people).exclude(state="dropped")
    taken = list(there.values_list("user_name", flat=True))
    doubled = [names[one] for one in people if people.count(one) > 1]
    if taken or doubled:
        raise Refusal("mandates.has_share", who="、".join(dict.fromkeys([*taken, *doubled])))
    if any(one.until and one.until <= at for one in shares):
        raise Refusal("mandates.past", fields={"until": "请选以后的时间。"})
    made = [
        Share(
            id=uuid7(), **placed(row), assignment=row, user_id=one.person, user_name=names[one.person], task=one.task,
            due_at=one.until or row.due_at, made_at=at,
        )
        for one in shares
    ]  # fmt: skip
    Share.objects.bulk_create(
        made, update_conflicts=True, unique_fields=["bureau_id", "assignment", "user"],
        update_fields=["task", "due_at", "state", "made_at"],
    )  # fmt: skip
    said = [{"person": one.person, "task": one.task} for one in shares]
    event = record(row, "mandates.split", by=by, at=at, shares=said)
    tell(set(people), about=event, kind="mandates.share", title=f"分给你的任务：{row.directive.title}"[:120],
         body="读完要求，办完在这里反馈。", link=f"/mandates/got/{row.pk}/")  # fmt: skip
    return row


@command("mandates.finish_share")
def finish_share(
    by: Actor, at: datetime, *, share_id: UUID, words: Words = "", amount: Number = None, photos: Pictures = [],  # noqa: B006
) -> Share:  # fmt: skip
    """Say that one's own share is done, with words, a number or photos.

    Refusals: ``foundation.not_found``, ``mandates.not_your_share`` · ``wrong_state`` · ``answer_lacks``.
    """
    share = (
        (Share.objects.visible_to(by) | Share.objects.filter(user_id=by.id))
        .select_related("assignment__directive")
        .filter(pk=share_id)
        .first()
    )
    if share is None:
        raise Refusal("foundation.not_found")
    if share.user_id != by.id:
        raise Refusal("mandates.not_your_share", who=share.user_name)
    row = share.assignment
    if share.state != "open" or row.state not in rules.OPEN:
        state = (
            "已经办完" if share.state == "done" else "已收回" if share.state == "dropped" else rules.STATES[row.state]
        )
        raise Refusal("mandates.wrong_state", title=share.task, state=state, act="反馈")
    _refuse_lacking(row.directive.wants, words, amount, len(photos))
    won = Share.objects.filter(pk=share.pk, state="open").update(state="done", words=words, amount=amount, done_at=at)
    if not won:
        raise Refusal("foundation.changed_meanwhile", who=share.user_name)
    share.state, share.words, share.amount, share.done_at = "done", words, amount, at
    kept = attach_evidence(share, photos, by)
    record(row, "mandates.share_done", by=by, at=at, share=share.pk, words=words, amount=amount,
           photos=fingerprints(kept))  # fmt: skip
    return share


@command("mandates.drop_share")
def drop_share(
    by: Actor, at: datetime, *, share_id: UUID, reason: Annotated[str, Field(min_length=2, max_length=200)]
) -> Share:
    """Take a share back from a person, with the reason; what is done stays.

    Refusals: ``foundation.not_found`` · ``not_yours``, ``mandates.wrong_state``.
    """
    share = Share.objects.select_related("assignment__directive").seen(by, share_id)
    if not rules.speaks_for(by, share):
        raise _not_yours(share, "收回分工")
    if not Share.objects.filter(pk=share.pk, state="open").update(state="dropped"):
        raise Refusal("mandates.wrong_state", title=share.task, state="已经办完或收回", act="收回")
    share.state = "dropped"
    event = record(share.assignment, "mandates.share_dropped", by=by, at=at, share=share.pk, reason=reason)
    tell([share.user_id], about=event, kind="mandates.share", title=f"分给你的任务已收回：{share.task}"[:120], body=reason,
         link=f"/mandates/got/{share.assignment_id}/")  # fmt: skip
    return share


@command("mandates.feed_back")
def feed_back(
    by: Actor, at: datetime, *, assignment_id: UUID, words: Words = "", amount: Number = None, photos: Pictures = [],  # noqa: B006
) -> Assignment:  # fmt: skip
    """Answer for the whole unit; photos of the people who had shares count as the unit's.

    Refusals: ``foundation.not_found`` · ``not_yours`` · ``changed_meanwhile``, ``mandates.wrong_state`` · ``shares_open`` ·
    ``answer_lacks``, those of attaching.
    """
    row = _mine(by, assignment_id, "反馈", ("signed", "returned"))
    shares = list(Share.objects.filter(bureau_id=row.bureau_id, assignment=row).exclude(state="dropped"))
    if left := [one.user_name for one in shares if one.state == "open"]:
        raise Refusal("mandates.shares_open", count=len(left), names="、".join(left[:5]))
    pictures = len(photos)
    if row.directive.wants == "photo" and not photos and shares:
        pictures = sum(map(len, of_subjects(row.bureau_id, [one.pk for one in shares]).values()))
    _refuse_lacking(row.directive.wants, words, amount, pictures)
    _swap(
        row, state="answered", words=words, amount=amount, answered_at=at, answered_by_id=by.id,
        answered_by_name=by.name, chase_at=None, late=row.late or at > row.due_at,
    )  # fmt: skip
    kept = attach_evidence(row, photos, by)
    event = record(row, "mandates.fed_back", by=by, at=at, words=words, amount=amount, photos=fingerprints(kept))
    if row.directive.by_id:
        tell([row.directive.by_id], about=event, kind="mandates.answered", gathered=True,
             title=f"有单位反馈：{row.directive.title}"[:120], link=f"/mandates/{row.directive_id}/?state=answered")  # fmt: skip
    return row


@command("mandates.accept")
def accept(
    by: Actor, at: datetime, *, directive_id: UUID, assignments: Annotated[list[UUID], Field(min_length=1, max_length=500)]
) -> dict[str, Any]:  # fmt: skip
    """Accept the answers of these units; one's own answer needs another person.

    Refusals: ``foundation.not_found`` · ``not_yours``, ``mandates.own_answer`` · ``wrong_state``.
    """
    directive = _issued(by, directive_id, "验收")
    rows = list(Assignment.objects.filter(bureau_id=directive.bureau_id, directive=directive, pk__in=assignments))
    if len(rows) != len(set(assignments)):
        raise Refusal("foundation.not_found")
    if any(row.answered_by_id == by.id for row in rows):
        raise Refusal("mandates.own_answer")
    fresh = {"state": "accepted", "judged_at": at, "judged_by_name": by.name}
    won = Assignment.objects.filter(pk__in=[row.pk for row in rows], state="answered").update(
        **fresh, revision=F("revision") + 1
    )
    if won != len(rows):  # the whole act is undone: what was shown is no longer true
        other = next((row for row in rows if row.state != "answered"), rows[0])
        raise Refusal("mandates.wrong_state", title=other.org_name, state=rules.STATES[other.state], act="验收")
    record_many([(row, {"title": directive.title}) for row in rows], "mandates.accepted", by=by, at=at)
    return {"accepted": len(rows)}


@command("mandates.send_back")
def send_back(
    by: Actor, at: datetime, *, assignment_id: UUID, reason: Annotated[str, Field(min_length=2, max_length=400)],
    until: datetime,
) -> Assignment:  # fmt: skip
    """Send an answer back to its unit with what is missing, and a new moment.

    Refusals: ``foundation.not_found`` · ``not_yours`` · ``changed_meanwhile``, ``mandates.wrong_state`` · ``past``.
    """
    row: Assignment = Assignment.objects.select_related("directive").seen(by, assignment_id)
    if not rules.speaks_for(by, row.directive):
        raise _not_yours(row.directive, "退回反馈")
    _require_state(row, "退回", ("answered",))
    if until <= at:
        raise Refusal("mandates.past", fields={"until": "请选以后的时间。"})
    _swap(
        row, state="returned", reason=reason, judged_at=at, judged_by_name=by.name, due_at=until, chase_at=until,
        returns=row.returns + 1,
    )  # fmt: skip
    event = record(row, "mandates.sent_back", by=by, at=at, reason=reason, until=until)
    tell({one for one in (row.answered_by_id,) if one}, about=event, kind="mandates.sent_back",
         title=f"反馈被退回：{row.directive.title}"[:120], body=reason, link=f"/mandates/got/{row.pk}/")  # fmt: skip
    return row


@command("mandates.remind")
def remind(by: Actor, at: datetime, *, directive_id: UUID) -> dict[str, Any]:
    """Remind every unit that owes a signature or an answer, at most once a day.

    Refusals: ``foundation.not_found`` · ``not_yours``, ``mandates.wrong_state`` · ``nobody_waits`` · ``told_today``.
    """
    directive = _issued(by, directive_id, "催办")
    last = directive.reminded_at
    if last and timezone.localdate(last) == timezone.localdate(at):
        raise Refusal("mandates.told_today", at=f"{timezone.localtime(last):%H:%M}")
    owing = Assignment.objects.filter(bureau_id=directive.bureau_id, directive=directive, state__in=rules.OPEN)
    rows = list(owing)
    if not rows:
        raise Refusal("mandates.nobody_waits")
    if not Directive.objects.filter(pk=directive.pk, reminded_at=last).update(reminded_at=at):
        raise Refusal("mandates.told_today", at=f"{timezone.localtime(at):%H:%M}")
    directive.reminded_at = at
    event = record(directive, "mandates.reminded", by=by, at=at, units=len(rows))
    tell_units(event, rows, kind="mandates.reminded", title=f"催办：{directive.title}",
               body=f"{timezone.localtime(directive.due_at):%m-%d %H:%M} 以前办完并反馈。")  # fmt: skip
    return {"reminded": len(rows)}


@command("mandates.withdraw")
def withdraw(
    by: Actor, at: datetime, *, directive_id: UUID, reason: Annotated[str, Field(min_length=2, max_length=200)]
) -> Directive:
    """Withdraw a directive with its reason: what is not accepted ends everywhere, what is accepted stays.

    Refusals: ``foundation.not_found`` · ``not_yours`` · ``changed_meanwhile``, ``mandates.wrong_state``.
    """
    directive = _issued(by, directive_id, "撤回")
    won = Directive.objects.filter(pk=directive.pk, state="issued", revision=directive.revision).update(
        state="withdrawn", withdrawn_for=reason, revision=F("revision") + 1
    )
    if not won:
        raise Refusal("foundation.changed_meanwhile", who="同时操作的人")
    directive.state, directive.withdrawn_for, directive.revision = "withdrawn", reason, directive.revision + 1
    Assignment.objects.filter(bureau_id=directive.bureau_id, directive=directive, state__in=rules.LIVE).update(
        state="withdrawn", chase_at=None, reason=reason, revision=F("revision") + 1
    )
    record(directive, "mandates.withdrawn", by=by, at=at, title=directive.title, reason=reason)
    return directive


def chase(at: datetime, *, most: int = CHASED) -> int:
    """State every assignment that is past its moment as overdue, once, and tell its unit and who asked; how many were."""
    chased = 0
    while True:
        with transaction.atomic():
            due = Assignment.objects.filter(chase_at__lte=at).order_by("chase_at").values_list("pk", flat=True)[:most]
            rows = lean.changed(Assignment.objects.filter(pk__in=list(due), chase_at__lte=at), chase_at=None, late=True)
            asked = Directive.objects.in_bulk({row.directive_id for row in rows})
            facts = [(row, {"title": asked[row.directive_id].title, "due_at": row.due_at}) for row in rows]
            events = record_many(facts, "mandates.overdue", by=SYSTEM, at=at)
            told: dict[UUID, list[Assignment]] = {}
            for row in rows:
                told.setdefault(row.directive_id, []).append(row)
            about = dict(zip((row.pk for row in rows), events, strict=True))
            for pk, late in told.items():
                tell_units(about[late[0].pk], late, kind="mandates.overdue", title=f"任务逾期：{asked[pk].title}",
                           body="已经过了完成时间，请今天办完并反馈。", also=asked[pk].by_id)  # fmt: skip
        chased += len(rows)
        if len(rows) < most:
            return chased


def tell_units(
    event: Any, rows: Collection[Assignment], *, kind: str, title: str, body: str, also: UUID | None = None
) -> None:
    """Tell whoever answers for these units; for commands and reactions (one statement finds them, one tells them)."""
    posts = packs.entries(event.bureau_id, "posts")
    signs = [code for code, post in posts.items() if "sign-for-school" in post["acts"]]
    leads = [code for code, post in posts.items() if set(rules.ISSUE) & set(post["acts"])]
    serving = net.appointments(SYSTEM, on=timezone.localdate(event.at)).filter(bureau_id=event.bureau_id)
    people = serving.filter(org_id__in={row.org_id for row in rows if row.school_id}, post__in=signs)
    people |= serving.filter(org_id__in={row.org_id for row in rows if not row.school_id}, post__in=leads)
    everybody = {*people.values_list("user_id", flat=True), *filter(None, [also])}
    link = f"/mandates/got/{next(iter(rows)).pk}/" if len(rows) == 1 else "/mandates/"
    tell(everybody, about=event, kind=kind, title=title[:120], body=body, link=link)


# --- inside ----------------------------------------------------------------------------------------------------------


def _addressees(org: Any, audience: str, kinds: list[str], units: list[UUID]) -> Any:
    rows = net.units(SYSTEM).filter(bureau_id=org.bureau_id, active_to__isnull=True)
    if audience == "units":
        return rows.filter(pk__in=units, tier__in=("school", "bureau"))
    rows = rows.filter(tier="school")
    return rows.filter(kind__in=kinds) if audience == "kinds" else rows


def _audience_words(bureau_id: UUID | None, audience: str, kinds: list[str], units: list[UUID]) -> str:
    if audience == "schools":
        return "全部学校和幼儿园"
    if audience == "units":
        return f"选定的 {len(set(units))} 个单位"
    names = net.unit_kinds(bureau_id)
    return "、".join(names[code].name for code in kinds if code in names)[:120]


def _issued(by: Actor, directive_id: UUID, act: str) -> Directive:
    directive: Directive = Directive.objects.all().seen(by, directive_id)
    if not rules.speaks_for(by, directive):
        raise _not_yours(directive, act)
    if directive.state != "issued":
        raise Refusal("mandates.wrong_state", title=directive.title, state="已撤回", act=act)
    return directive


def _mine(by: Actor, assignment_id: UUID, act: str, states: Collection[str]) -> Assignment:
    """The assignment, if this person answers for its unit and it stands where the act begins."""
    row: Assignment = Assignment.objects.select_related("directive").seen(by, assignment_id)
    if not rules.speaks_for(by, row):
        raise _not_yours(row, act)
    _require_state(row, act, states)
    return row


def _not_yours(place: Any, act: str) -> Refusal:
    who = "校（园）长、分管副校长或安全负责人" if place.school_id else "局领导或科室负责人、安全科"
    return Refusal("foundation.not_yours", act=f"{act}任务", who=who)


def _require_state(row: Assignment, act: str, states: Collection[str]) -> None:
    if row.state not in states:
        raise Refusal("mandates.wrong_state", title=row.directive.title, state=rules.STATES[row.state], act=act)


def _refuse_lacking(wants: str, words: str, amount: Any, pictures: int) -> None:
    if lacks := rules.lacking(wants, words, amount, pictures):
        raise Refusal("mandates.answer_lacks", what=next(iter(lacks.values())), fields=lacks)


def _swap(row: Assignment, **fresh: Any) -> None:
    """Change an assignment that nobody changed since it was read."""
    won = Assignment.objects.filter(pk=row.pk, state=row.state, revision=row.revision).update(
        **fresh, revision=F("revision") + 1
    )
    if not won:
        raise Refusal("foundation.changed_meanwhile", who="同单位的人")
    for name, value in fresh.items():
        setattr(row, name, value)
    row.revision += 1
