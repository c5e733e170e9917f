"""The one function that moves a case along its lifecycle."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.db.models import Case as Either
from django.db.models import F, Q, Value, When
from django.utils import timezone

from bihuan.engines.cases import refusals, timing  # noqa: F401 - declares this room's refusals
from bihuan.engines.cases.commands.issuing import Wanted, print_all
from bihuan.engines.cases.escalation import next_rung_at
from bihuan.engines.cases.events import WORDS
from bihuan.engines.cases.lifecycle import (
    FIVE,
    Lacking,
    Lifecycle,
    NotFromHere,
    NotTaken,
    NotYours,
    Person,
    SamePerson,
    Step,
    missing_of_five,
)
from bihuan.engines.cases.models import Case
from bihuan.engines.cases.pack import ladder_of, levels_of, lifecycle_of, rules_of
from bihuan.engines.responsibility.queries import actor_of, who_could
from bihuan.foundation import hot, packs
from bihuan.foundation.actors import Actor
from bihuan.foundation.events import Event, record_all, timeline
from bihuan.foundation.evidence.commands import Attached, attach_many, fingerprints
from bihuan.foundation.refusals import Refusal

_PARTS = {
    "rectify": "rectifier",
    "verify": "verifier",
    "return": "verifier",
    "close-review": "approver",
    "send-back": "approver",
}
_ACTS = {
    "assigner": "assign", "verifier": "verify", "planner": "plan-approve", "lister": "list-supervise",
    "reviewer": "close-review", "resumer": "resume-use",
}  # fmt: skip
PART_WORDS = {
    "reporter": "上报人", "rectifier": "整改人", "verifier": "复查人", "approver": "销号审核人",
    "approve-plan": "方案审批人", "list-supervision": "挂牌人", "assign": "交办人",
}  # fmt: skip
NEED_WORDS = {
    "photo": "没有照片", "note": "没有写说明", "basis": "没有写依据", "rectifier": "没有选整改人", "due": "没有选期限",
    "evidence": "没有整改后的照片", "target": "没有选要并入的隐患", "five": "五落实没有填全",
}  # fmt: skip
NEED_FIELDS = {"photo": "photos", "evidence": "photos", "five": "five", "target": "into"}
FIVE_WORDS = dict(zip(FIVE, ("责任", "措施", "资金", "时限", "预案"), strict=True))


def person_of(by: Actor, case: Case) -> Person:
    """The actor as the lifecycle sees them: acts and posts that cover the case, parts held now and parts ever played."""
    if by.id is None:
        return Person(None)
    mine = str(by.id)
    holds = [hold for hold in by.holds if hold.covers(case)]
    acts = {act for hold in holds for act in hold.acts if by.may(act, case)}
    has = {role for role in ("reporter", "rectifier", "verifier", "approver") if getattr(case, f"{role}_id") == by.id}
    if case.party_id and not case.rectifier_id and any(_of_party(hold, case) for hold in by.holds):
        has.add("rectifier")
    if by.scopes and "write" not in by.scopes:
        has = set()
    played = {action for action, ids in case.hands.items() if mine in ids}
    played |= {_PARTS[action] for action in played & _PARTS.keys()} | has
    return Person(by.id, frozenset(acts), frozenset(by.posts_at(case)), frozenset(played), frozenset(has))


def _of_party(hold: Any, case: Case) -> bool:
    return hold.level == "party" and hold.org_id == case.party_id and "rectify" in hold.acts


@dataclass(frozen=True)
class Taken:
    """A step that may be taken, done in memory: the case as it will be, how it was, and what its fact will say."""

    case: Case
    was: dict[str, Any]
    table: Lifecycle
    step: Step
    fact: str
    said: dict[str, Any]
    photos: tuple[UUID, ...] = ()
    prints: bool = True


def held(by: Actor, pk: UUID) -> Case:
    """The case with its unit, or ``foundation.not_found``."""
    found: Case = Case.objects.select_related("org").seen(by, pk)
    return found


def take_step(by: Actor, at: datetime, *, case: Case, **how: Any) -> Case:
    """Move a case one step along its lifecycle; nothing else in the system writes ``state``. See ``planned``."""
    lost = carry_out(by, at, [planned(by, at, case=case, **how)])
    if lost:
        raise moved(by, Case.objects.get(pk=case.pk), lost[0].table, lost[0].step.action)
    return case


def planned(
    by: Actor,
    at: datetime,
    *,
    case: Case,
    action: str,
    fact: str,
    note: str = "",
    photos: Iterable[UUID] = (),
    revision: int | None = None,
    given: Collection[str] = (),
    changes: Mapping[str, Any] | None = None,
    due_at: datetime | None = None,
    facts: Mapping[str, Any] | None = None,
    paper: bool = True,
    switch: bool = True,
    together: Sequence[UUID] = (),
) -> Taken:
    """Take a step in memory, for ``carry_out`` to write.

    ``revision`` is the one the person was looking at. ``changes`` are other columns of the same step, ``due_at`` a chosen
    deadline instead of the table's; without ``switch`` a step that leads into another table stays where it is.
    ``together``: others who have a hand in it.

    Refusals: ``cases.not_now``, ``cases.no_such_step``, ``cases.not_your_step``, ``cases.same_person``,
    ``cases.lacking``, ``cases.needs_slip``.
    """
    photos = tuple(dict.fromkeys(photos))
    changes = dict(changes or {})
    table = lifecycle_of(case.bureau_id, case.lifecycle)
    if revision is not None and revision != case.revision:
        raise moved(by, case, table, action)
    step = permitted(by, case, table, action, {*given, *_given(case, note, photos, changes)})
    if not switch:
        step = replace(step, to=case.state, switches="")
    if step.action in {"verify", "return"} and case.supervised and not by.may("issue-paper", case):
        raise Refusal("cases.needs_slip", who=who_words(case.bureau_id, ("issue-paper",)))
    was = {name: getattr(case, name) for name in COLUMNS}
    _apply(case, step, table, by, at, changes, due_at)
    if together:
        case.hands[step.action] = sorted({*case.hands[step.action], *map(str, together)})
    said: dict[str, Any] = {
        "action": action,
        "state": case.state,
        "note": note,
        "due_at": case.due_at,
        "waits_for": case.waits_for_id,
        **(facts or {}),
    }
    return Taken(case, was, table, step, fact, said, photos, paper)


def carry_out(
    by: Actor, at: datetime, taken: Sequence[Taken], told: Sequence[tuple[Any, str, Mapping[str, Any]]] = ()
) -> list[Taken]:
    """Write these steps with what they bring: photos, papers, the cases, their facts (and before them those of *told*).

    A fixed number of statements however many they are. Gives back the steps that lost against somebody faster; nothing
    of theirs is written, but a number that was printed for them is only given back by refusing the whole command.
    """
    photos = attach_many([Attached(one.case, one.photos, by.id) for one in taken])
    papers = print_papers(by, at, [one for one in taken if _prints(by, one)])
    won = swap_many(taken)
    facts = [
        (one.case, one.fact, one.said | {"photos": fingerprints(rows)} | papers.get(one.case.pk, {}))
        for one, rows in zip(taken, photos, strict=True)
        if one.case.pk in won
    ]
    record_all([*told, *facts], by=by, at=at)
    return [one for one in taken if one.case.pk not in won]


def _prints(by: Actor, one: Taken) -> bool:
    return bool(
        one.prints
        and one.step.prints
        and by.may("issue-paper", one.case)
        and one.step.prints in packs.entries(one.case.bureau_id, "papers")
    )


def permitted(by: Actor, case: Case, table: Lifecycle, action: str, given: Collection[str]) -> Step:
    """The step of the table, or the refusal that says why not."""
    try:
        return table.step(case.state, action, person=person_of(by, case), given=given, level=case.level)
    except NotTaken as no:
        raise refusal_of(by, case, table, action, no) from None


def refusal_of(by: Actor, case: Case, table: Lifecycle, action: str, no: NotTaken) -> Refusal:
    """A step that was not taken, as a sentence."""
    match no:
        case NotFromHere():
            return moved(by, case, table, action)
        case SamePerson(step=step, part=part):
            return Refusal(
                "cases.same_person",
                part=PART_WORDS.get(part, "经手人"),
                action=step.name,
                who=who_words(case.bureau_id, step.by),
            )
        case NotYours(step=step):
            return Refusal("cases.not_your_step", action=step.name, who=who_words(case.bureau_id, step.by, case))
        case Lacking(step=step, needs=needs):
            words = {need: NEED_WORDS[need] for need in needs}
            if "five" in words and (missing := missing_of_five(case.five)):
                words["five"] = f"五落实还缺{'、'.join(FIVE_WORDS[name] for name in missing)}"
            fields = {NEED_FIELDS.get(need, need): f"{word}。" for need, word in words.items()}
            return Refusal("cases.lacking", fields=fields, action=step.name, what="；".join(words.values()))
    raise no


def moved(by: Actor, case: Case, table: Lifecycle, action: str, last: Event | None = None) -> Refusal:
    """Somebody was faster, or the button was never there: who did what, when, and where the case is now."""
    name = next((s.name for s in table.steps if s.action == action), action)
    state = table.states[case.state].name
    if last is None:
        story = timeline(by, bureau_id=case.bureau_id, subject_id=case.pk)
        last = next((e for e in reversed(story) if "action" in e.facts), None)
    if last is None:
        return Refusal("cases.no_such_step", state=state)
    when = timezone.localtime(last.at).strftime("%m-%d %H:%M")
    return Refusal("cases.not_now", who=last.by_name, when=when, did=WORDS[last.name], state=state, action=name)


def who_words(bureau_id: UUID, by: Iterable[str], case: Case | None = None) -> str:
    """Who may do something, in a person's words: the role, or the posts of the pack that carry the act."""
    posts = packs.entries(bureau_id, "posts")
    words: list[str] = []
    for entry in by:
        if entry in PART_WORDS and entry not in {"assign"}:
            name = getattr(case, f"{entry}_name", "") if case is not None else ""
            words.append(f"{PART_WORDS[entry]}{name}")
        elif entry.startswith("post:"):
            words.append(posts.get(entry.removeprefix("post:"), {}).get("name", "有此职责的人"))
        else:
            names = [post["name"] for post in posts.values() if entry in post["acts"]]
            words.append("、".join(names[:3]) + ("等" if len(names) > 3 else "") or "有此职责的人")
    return "或".join(dict.fromkeys(words))


def _given(case: Case, note: str, photos: Collection[UUID], changes: Mapping[str, Any]) -> set[str]:
    given = set()
    if note.strip():
        given.add("note")
    if photos:
        given.add("photo")
    if case.after:
        given.add("evidence")
    if not missing_of_five(changes.get("five", case.five)):
        given.add("five")
    return given


def _apply(
    case: Case,
    step: Step,
    table: Lifecycle,
    by: Actor,
    at: datetime,
    changes: Mapping[str, Any],
    due_at: datetime | None,
) -> None:
    for name, value in changes.items():
        setattr(case, name, value)
    hands = {key: list(ids) for key, ids in case.hands.items()}
    hands[step.action] = sorted({*hands.get(step.action, ()), str(by.id)})
    case.hands = hands
    part = _PARTS.get(step.action)
    if part in {"verifier", "approver"}:
        setattr(case, f"{part}_id", by.id)
        setattr(case, f"{part}_name", by.name)
    if step.to == case.state and not step.switches:
        if due_at is not None:
            wait(case, due_at)
        return
    case.state, case.state_since = step.to, at
    if step.switches:
        case.lifecycle, case.kind, case.extension = step.switches, step.switches.partition("@")[0], None
        start(case, at)
        return
    case.is_open = table.is_open(case.state)
    if not case.is_open:
        case.closed_at, case.next_rung_at, case.waits_for_id, case.waits_for_name = at, None, None, ""
        return
    due = due_at or step_due(case, step, at)
    if due is not None:
        wait(case, due)
    turn_to(case, step.waits_for, at)


def start(case: Case, at: datetime, *, turn: bool = True) -> None:
    """The first clock of the case's table and, unless somebody has it in hand already, the first person."""
    starts = packs.entry(case.bureau_id, "lifecycles", case.lifecycle)["starts"]
    wait(case, timing.deadline(case.bureau_id, at, starts["within"], starts["clock"]))
    if turn:
        turn_to(case, starts["waits_for"], at)


def wait(case: Case, due_at: datetime) -> None:
    """Set the clock of the present state and start the ladder anew."""
    case.due_at, case.rung = due_at, 0
    case.next_rung_at = next_rung_at(due_at, 0, ladder_of(case.bureau_id))


def step_due(case: Case, step: Step, at: datetime) -> datetime | None:
    """The deadline that the table gives the next person, or ``None`` when the step leaves the clock alone."""
    if step.within == "level":
        level = levels_of(case.bureau_id)[case.level]
        return timing.deadline(case.bureau_id, at, level["within"], level["clock"])
    if not step.within or step.clock == "none":
        return None
    return timing.deadline(case.bureau_id, at, step.within, step.clock)


def turn_to(case: Case, turn: str, at: datetime) -> None:
    """Write down whose turn it is: the person of the case, or the first holder of the pack's posts who is not excluded."""
    person: tuple[UUID | None, str] = (None, "")
    if turn == "rectifier":
        person = (case.rectifier_id, case.rectifier_name or case.party_name)
    elif turn == "verifier" and case.verifier_id and case.verifier_id != case.rectifier_id:
        person = (case.verifier_id, case.verifier_name)
    elif turn:
        person = first_holder(case, turn, at)
    case.waits_for_id, case.waits_for_name = person
    if turn == "verifier" and person[0]:
        case.verifier_id, case.verifier_name = person


def first_holder(case: Case, turn: str, at: datetime) -> tuple[UUID | None, str]:
    """The first person in office, in the order of the pack's posts, who has had no hand in what they must judge."""
    barred = {str(case.rectifier_id), *case.hands.get("rectify", ())}
    if turn == "reviewer":
        barred |= {str(case.verifier_id)}
    if turn == "resumer":
        barred |= {str(case.verifier_id), str(case.approver_id)}
    order = {post: n for n, post in enumerate(rules_of(case.bureau_id)["waits"].get(turn, ()))}
    posts = packs.entries(case.bureau_id, "posts")
    able = [row for row in who_could(_ACTS[turn], case.org, on=timezone.localdate(at)) if row.post in order]
    if turn == "verifier" and case.supervised:
        able = [row for row in able if "issue-paper" in posts[row.post]["acts"]]
    for row in sorted(able, key=lambda row: order[row.post]):
        if turn == "assigner" or str(row.user_id) not in barred:
            return row.user_id, row.user.name
    return None, ""


COLUMNS = tuple(
    field.attname for field in Case._meta.concrete_fields if field.attname not in {"id", "bureau_id", "revision"}
)


def swap_many(taken: Sequence[Taken]) -> set[UUID]:
    """Write what differs, in one statement, of the cases that nobody wrote in between; their ids."""
    if not taken:
        return set()
    values: dict[str, Any] = {}
    for name in COLUMNS:
        if any(getattr(one.case, name) != one.was[name] for one in taken):
            values[name] = each([(one.case.pk, getattr(one.case, name)) for one in taken], name)
    same = reduce(or_, (Q(pk=one.case.pk, revision=one.case.revision) for one in taken))
    rows = Case.objects.filter(same, bureau_id__in={one.case.bureau_id for one in taken})
    won = {row.pk for row in hot.changed(rows, **values, revision=F("revision") + 1)}
    for one in taken:
        if one.case.pk in won:
            one.case.revision += 1
    return won


def each(values: Sequence[tuple[UUID, Any]], name: str) -> Any:
    """For an update of several cases: one value of a column for all, or each row's own."""
    first = values[0][1]
    if all(value == first for _, value in values):
        return first
    field: Any = Case._meta.get_field(name.removesuffix("_id") if name not in _FIELDS else name)
    while field.remote_field:
        field = field.target_field
    return Either(*(When(pk=pk, then=Value(value, output_field=field)) for pk, value in values), output_field=field)


_FIELDS = {field.name for field in Case._meta.concrete_fields}


def chosen_rectifier(case: Case, user_id: UUID, party_id: UUID | None, able: Iterable[Any] = ()) -> tuple[UUID, str]:
    """The person asked to rectify, if they have that duty for this place (*able* knows some) or in that department."""
    if party_id is None and (known := next((row for row in able if row.user_id == user_id), None)):
        return user_id, known.user.name
    actor = actor_of(user_id)
    fits = actor is not None and (
        any(h.level == "party" and h.org_id == party_id and "rectify" in h.acts for h in actor.holds)
        if party_id
        else actor.may("rectify", case)
    )
    if actor is None or not fits:  # an id that somebody tries is answered with no name
        raise Refusal("cases.wrong_rectifier", fields={"rectifier": "请另选整改人。"})
    return user_id, actor.name


def print_papers(by: Actor, at: datetime, taken: Sequence[Taken]) -> dict[UUID, dict[str, Any]]:
    """The paper that each of these steps brings; what its fact says about it, by case."""
    wanted = [
        Wanted(
            one.step.prints,
            [one.case],
            one.step,
            one.said["note"],
            str(one.said.get("conclusion", "")),
            str(one.said.get("second_names", "")),
        )
        for one in taken
    ]
    made = print_all(by, at, wanted)
    return {one.case.pk: {"paper": paper} for one, paper in zip(taken, made, strict=True)}
