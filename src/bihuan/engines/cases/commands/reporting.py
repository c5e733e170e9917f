"""Reporting a hazard, judging how grave it is, and setting aside what is no case of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone
from pydantic import Field

from bihuan.engines.cases.commands.arguments import PLAIN, Basis, Code, Note, Photos, Place, Title
from bihuan.engines.cases.commands.assigning import HandOut, checked_due, handing
from bihuan.engines.cases.commands.engine import carry_out, held, moved, planned, start, take_step, turn_to
from bihuan.engines.cases.models import Case
from bihuan.engines.cases.pack import levels_of, lifecycle_of, rules_of
from bihuan.engines.responsibility.queries import org as org_seen
from bihuan.engines.responsibility.queries import who_could
from bihuan.foundation import hot, packs
from bihuan.foundation.actors import SYSTEM, Actor
from bihuan.foundation.commands import command
from bihuan.foundation.events import record_all
from bihuan.foundation.evidence.commands import Attached, attach_many, fingerprints
from bihuan.foundation.papers import next_serial
from bihuan.foundation.refusals import Refusal
from bihuan.foundation.scoping import placed


@command("cases.report_hazard")
def report_hazard(
    by: Actor,
    at: datetime,
    *,
    id: UUID,
    org: UUID,
    title: Title,
    description: Note = "",
    place: Place = "",
    point: UUID | None = None,
    category: Code = "",
    item: Annotated[str, Field(max_length=20, pattern=PLAIN)] = "",
    item_title: Annotated[str, Field(max_length=120, pattern=PLAIN)] = "",
    basis: Basis = "",
    level: Code = "general",
    photos: Photos | None = None,
    source: Code = "snap",
    source_id: UUID | None = None,
) -> Case:
    """Report a hazard at a unit; it waits for somebody to assign it, and a recurrence is marked and linked.

    ``id`` is made by whoever reports. Refusals: ``foundation.not_found`` (the unit), ``cases.may_not_report``,
    ``cases.bad_level``, ``cases.bad_source``.
    """
    one = Found(
        id, title, description, place, point, category, item, item_title, basis, level, tuple(photos or ()), by.id
    )
    cases, told = found_at(by, at, unit=org_seen(by, org), found=[one], source=source, source_id=source_id)
    record_all(told, by=by, at=at)
    return cases[0]


@dataclass(frozen=True)
class Found:
    """One thing that is not in order: what an act of reporting knows of it."""

    id: UUID
    title: str
    description: str = ""
    place: str = ""
    point: UUID | None = None
    category: str = ""
    item: str = ""
    item_title: str = ""
    basis: str = ""
    level: str = "general"
    photos: tuple[UUID, ...] = ()
    photographer: UUID | None = None
    """Whoever took the photos: only they may tie them to something."""
    photos_of: UUID | None = None
    """The subject that gives its photos up for the case; only where the command found it visible."""
    hand_out: HandOut | None = None
    """Given to somebody in the same act, without going round by a notice."""


Told = list[tuple[Case, str, dict[str, Any]]]


def found_at(
    by: Actor, at: datetime, *, unit: Any, found: Sequence[Found], source: str, source_id: UUID | None = None,
    able: Sequence[Any] | None = None,
) -> tuple[list[Case], Told]:  # fmt: skip
    """Report any number of hazards at one unit, and hand out those that say so; the facts are the caller's to record.

    For commands that find many things at once (an inspection, a round): the same number of statements for one as for a
    hundred. *able* are the people who could rectify there, when the caller knows. Refusals: those of ``report_hazard`` and, when handing out, of ``assign_case``.
    """
    if not (by.may("snap", unit) or by.may("inspect", unit)) or unit.bureau_id is None:
        raise Refusal("cases.may_not_report")
    rules = rules_of(unit.bureau_id)
    if source not in rules["sources"]:
        raise Refusal("cases.bad_source", source=source)
    levels = levels_of(unit.bureau_id)
    if bad := next((one.level for one in found if one.level not in levels), ""):
        raise Refusal("cases.bad_level", fields={"level": "请重新选择级别。"}, level=bad)
    school = unit if unit.tier == "school" or unit.school_id is None else org_seen(SYSTEM, unit.school_id)
    numbers = _numbers(unit.bureau_id, at, rules["number_format"], len(found))
    cases = []
    for one, number in zip(found, numbers, strict=True):
        table = lifecycle_of(unit.bureau_id, levels[one.level]["lifecycle"])
        case = Case(
            id=one.id, **placed(unit), kind=table.code.partition("@")[0], lifecycle=table.code, state=table.initial,
            level=one.level, number=number, title=one.title, description=one.description, org=unit,
            org_name=school.short_name or school.name, place=one.place or (unit.name if unit is not school else ""),
            point_id=one.point, category=one.category, item=one.item, item_title=one.item_title, basis=one.basis,
            source=source, source_id=source_id, reporter_id=by.id, reporter_name=by.name, reported_at=at, state_since=at,
        )  # fmt: skip
        start(case, at, turn=False)
        cases.append(case)
    _mark_recurrence(cases, at, rules["recurrence_days"])
    evidence = attach_many(
        [
            Attached(case, one.photos, one.photographer, fresh=True, voices=True, taken_from=one.photos_of)
            for case, one in zip(cases, found, strict=True)
        ]
    )
    for case, rows in zip(cases, evidence, strict=True):
        case.before = [str(row.pk) for row in rows if row.kind != "audio"]
    _first_turns([case for case, one in zip(cases, found, strict=True) if one.hand_out is None], at)
    told: Told = [(case, "cases.reported", _said(case, rows)) for case, rows in zip(cases, evidence, strict=True)]
    told += _handed_out(by, at, cases, found, able)
    if hot.insert(cases, unless_there=True) < len(cases):  # another envelope already reported under this id
        raise Refusal("foundation.receipt_conflict")
    return cases, told


def _said(case: Case, photos: Sequence[Any]) -> dict[str, Any]:
    facts = {"recurrence_of": case.recurrence_of_id} if case.recurrence_of_id else {}
    return {
        "action": "report", "state": case.state, "level": case.level, "title": case.title, "note": case.description,
        "number": case.number, "photos": fingerprints(photos), "due_at": case.due_at, "waits_for": case.waits_for_id, **facts,
    }  # fmt: skip


def _numbers(bureau_id: UUID, at: datetime, form: str, count: int) -> list[str]:
    year = timezone.localtime(at).year
    last = next_serial(bureau_id, "hazard", year, count=count) if count else 0
    return [form.format(year=year, n=n) for n in range(last - count + 1, last + 1)]


def _first_turns(cases: Sequence[Case], at: datetime) -> None:
    """The first person of each case; cases of one unit and table wait for the same one."""
    known: dict[str, tuple[UUID | None, str]] = {}
    for case in cases:
        if case.lifecycle not in known:
            turn_to(case, packs.entry(case.bureau_id, "lifecycles", case.lifecycle)["starts"]["waits_for"], at)
            known[case.lifecycle] = case.waits_for_id, case.waits_for_name
        case.waits_for_id, case.waits_for_name = known[case.lifecycle]


def _handed_out(
    by: Actor, at: datetime, cases: Sequence[Case], found: Sequence[Found], able: Sequence[Any] | None
) -> Told:
    given = [(case, one.hand_out) for case, one in zip(cases, found, strict=True) if one.hand_out is not None]
    if not given:
        return []
    if able is None:
        able = who_could("rectify", given[0][0].org, on=timezone.localdate(at))
    steps = [handing(by, at, case, to=replace(out, due=checked_due(at, out.due)), able=able) for case, out in given]
    return [(step.case, step.fact, step.said | {"photos": []}) for step in steps]


def _mark_recurrence(cases: Sequence[Case], at: datetime, days: int) -> None:
    """Link each to the latest hazard of the same thing within the bureau's window, put right or not; one statement.

    The same thing: the same item at the same point or, without a point, at the same place; without an item, the same
    point, again without an item and of the same category.
    """
    alike = {case.pk: mark for case in cases if (mark := _mark(case))}
    if not alike or not days:
        return
    points = {point for _, point, _, _ in alike.values() if point}
    items = {item for item, _, _, _ in alike.values() if item}
    first = cases[0]
    rows = Case.objects.filter(
        bureau_id=first.bureau_id, school_id=first.school_id, reported_at__gte=at - timedelta(days=days)
    )
    rows = rows.filter(Q(item__in=items, item__gt="") | Q(point_id__in=points, item="")).exclude(pk__in=alike)
    rows = rows.exclude(state__in=("merged", "withdrawn")).order_by("reported_at", "id")
    latest: dict[Any, UUID] = {}
    for pk, item, point, place, category in rows.values_list("pk", "item", "point_id", "place", "category"):
        latest[item, point, "", "" if item else category] = pk
        if item:
            latest[item, None, place, ""] = pk
    for case in cases:
        case.recurrence_of_id = latest.get(alike.get(case.pk))


def _mark(case: Case) -> tuple[str, UUID | None, str, str] | None:
    """What makes a hazard the same as an earlier one."""
    if case.point_id:
        return case.item, case.point_id, "", "" if case.item else case.category
    return (case.item, None, case.place, "") if case.item and case.place else None


@command("cases.grade_hazard")
def grade_hazard(
    by: Actor,
    at: datetime,
    *,
    case: UUID,
    level: Code,
    basis: Basis = "",
    note: Note = "",
    revision: int | None = None,
) -> Case:
    """Change a hazard's level with the rule that decides it; between tables it starts again as 待交办.

    Whether a hazard is major is decided by the determination rules, never by a risk score. Refusals: ``cases.bad_level``,
    ``cases.same_level``, and those of a step.
    """
    row = held(by, case)
    levels = levels_of(row.bureau_id)
    if level not in levels:
        raise Refusal("cases.bad_level", fields={"level": "请重新选择级别。"}, level=level)
    if level == row.level:
        raise Refusal("cases.same_level", level=levels[level]["name"])
    crosses = levels[level]["lifecycle"].partition("@")[0] != row.lifecycle.partition("@")[0]
    changes: dict[str, Any] = {"level": level, "basis": basis or row.basis}
    if crosses:
        changes |= {"rectifier_id": None, "rectifier_name": "", "party_id": None, "party_name": "", "five": {}}
    return take_step(
        by, at, case=row, action="grade", fact="cases.graded", note=note, revision=revision,
        given={"basis"} if basis.strip() else (), changes=changes, switch=crosses,
        facts={"level": level, "was": row.level, "basis": basis},
    )  # fmt: skip


@command("cases.merge_cases")
def merge_cases(
    by: Actor, at: datetime, *, into: UUID, cases: Annotated[list[UUID], Field(min_length=1, max_length=50)], note: Note
) -> list[Case]:
    """Merge duplicates of one school into one case, which carries on; one fact for each.

    Refusals: ``cases.merge_itself``, ``cases.not_together``, ``cases.target_ended``, and those of a step.
    """
    if into in cases:
        raise Refusal("cases.merge_itself")
    rows = {row.pk: row for row in Case.objects.visible_to(by).filter(pk__in=[into, *cases]).select_related("org")}
    if rows.keys() != {into, *cases}:
        raise Refusal("foundation.not_found")
    target = rows.pop(into)
    if not target.is_open:
        raise Refusal("cases.target_ended", number=target.number)
    merged = [rows[pk] for pk in dict.fromkeys(cases)]
    if any((row.bureau_id, row.school_id) != (target.bureau_id, target.school_id) for row in merged):
        raise Refusal("cases.not_together")
    steps = [
        planned(
            by, at, case=row, action="merge", fact="cases.merged", note=note, given={"target"},
            changes={"merged_into_id": into}, facts={"into": into, "into_number": target.number},
        )
        for row in merged
    ]  # fmt: skip
    if lost := carry_out(by, at, steps):
        raise moved(by, Case.objects.get(pk=lost[0].case.pk), lost[0].table, "merge")
    return merged


@command("cases.withdraw_case")
def withdraw_case(by: Actor, at: datetime, *, case: UUID, note: Note, revision: int | None = None) -> Case:
    """Withdraw what was no hazard, with the reason: the reporter before it is assigned, or the safety office.

    Refusals: ``cases.carries_others``, and those of a step.
    """
    row = held(by, case)
    if Case.objects.filter(merged_into_id=case, bureau_id=row.bureau_id).exists():
        raise Refusal("cases.carries_others", number=row.number)
    return take_step(by, at, case=row, action="withdraw", fact="cases.withdrawn", note=note, revision=revision)
