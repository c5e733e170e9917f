"""Reporting a hazard, judging how grave it is, and setting aside what is no case of its own."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from pydantic import Field

from bihuan.engines.cases.commands.engine import start, take_step
from bihuan.engines.cases.models import Case
from bihuan.engines.cases.pack import levels_of, lifecycle_of, rules_of
from bihuan.engines.responsibility.queries import org as org_seen
from bihuan.foundation.actors import Actor
from bihuan.foundation.commands import command
from bihuan.foundation.events import record
from bihuan.foundation.evidence.commands import attach_evidence, fingerprints
from bihuan.foundation.papers import next_serial
from bihuan.foundation.refusals import Refusal
from bihuan.foundation.scoping import placed

PLAIN = r"^[^\x00]*$"
"""Text that every database can hold."""
Title = Annotated[str, Field(min_length=2, max_length=120, pattern=PLAIN)]
Note = Annotated[str, Field(max_length=2000, pattern=PLAIN)]
Place = Annotated[str, Field(max_length=80, pattern=PLAIN)]
Basis = Annotated[str, Field(max_length=300, pattern=PLAIN)]
Code = Annotated[str, Field(max_length=40, pattern=PLAIN)]
Photos = Annotated[list[UUID], Field(max_length=20)]


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
    unit = org_seen(by, org)
    if not (by.may("snap", unit) or by.may("inspect", unit)) or unit.bureau_id is None:
        raise Refusal("cases.may_not_report")
    found = levels_of(unit.bureau_id).get(level)
    if found is None:
        raise Refusal("cases.bad_level", fields={"level": "请重新选择级别。"}, level=level)
    rules = rules_of(unit.bureau_id)
    if source not in rules["sources"]:
        raise Refusal("cases.bad_source", source=source)
    school = unit if unit.tier == "school" or unit.school_id is None else org_seen(by, unit.school_id)
    table = lifecycle_of(unit.bureau_id, found["lifecycle"])
    case = Case(
        id=id, **placed(unit), kind=table.code.partition("@")[0], lifecycle=table.code, state=table.initial, level=level,
        number=_number(unit.bureau_id, at, rules["number_format"]), title=title, description=description, org=unit,
        org_name=school.short_name or school.name, place=place or (unit.name if unit is not school else ""), point_id=point,
        category=category, item=item, item_title=item_title, basis=basis, source=source, source_id=source_id,
        reporter_id=by.id, reporter_name=by.name, reported_at=at, state_since=at,
    )  # fmt: skip
    start(case, at)
    case.recurrence_of = _earlier(case, at, rules["recurrence_days"])
    evidence = attach_evidence(case, photos or (), by)
    case.before = [str(row.pk) for row in evidence]
    try:
        with transaction.atomic():
            case.save(force_insert=True)
    except IntegrityError:  # another envelope already reported under this id
        raise Refusal("foundation.receipt_conflict") from None
    facts = {"recurrence_of": case.recurrence_of_id} if case.recurrence_of_id else {}
    record(
        case, "cases.reported", by=by, at=at, action="report", state=case.state, level=level, title=title, note=description,
        number=case.number, photos=fingerprints(evidence), due_at=case.due_at, waits_for=case.waits_for_id, **facts,
    )  # fmt: skip
    return case


def _number(bureau_id: UUID, at: datetime, form: str) -> str:
    year = timezone.localtime(at).year
    return form.format(year=year, n=next_serial(bureau_id, "hazard", year))


def _earlier(case: Case, at: datetime, days: int) -> Case | None:
    """The latest hazard of the same item at the same point or place within the bureau's window, put right or not."""
    if not case.item or not days or (case.point_id is None and not case.place):
        return None
    rows = Case.objects.filter(
        bureau_id=case.bureau_id, school_id=case.school_id, item=case.item, reported_at__gte=at - timedelta(days=days)
    )
    rows = rows.filter(point_id=case.point_id) if case.point_id else rows.filter(place=case.place)
    rows = rows.exclude(pk=case.pk).exclude(state__in=("merged", "withdrawn"))
    return rows.order_by("-reported_at", "-id").first()


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
    row = Case.objects.seen(by, case)
    levels = levels_of(row.bureau_id)
    if level not in levels:
        raise Refusal("cases.bad_level", fields={"level": "请重新选择级别。"}, level=level)
    if level == row.level:
        raise Refusal("cases.same_level", level=levels[level]["name"])
    crosses = levels[level]["lifecycle"].partition("@")[0] != row.lifecycle.partition("@")[0]
    changes = {"level": level, "basis": basis or row.basis}
    if crosses:
        changes |= {"rectifier_id": None, "rectifier_name": "", "party_id": None, "party_name": "", "five": {}}
    return take_step(
        by, at, case_id=case, action="grade", fact="cases.graded", note=note, revision=revision,
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
    target = Case.objects.seen(by, into)
    if into in cases:
        raise Refusal("cases.merge_itself")
    if not target.is_open:
        raise Refusal("cases.target_ended", number=target.number)
    merged = []
    for pk in dict.fromkeys(cases):
        row = Case.objects.seen(by, pk)
        if (row.bureau_id, row.school_id) != (target.bureau_id, target.school_id):
            raise Refusal("cases.not_together")
        merged.append(
            take_step(
                by,
                at,
                case_id=pk,
                action="merge",
                fact="cases.merged",
                note=note,
                given={"target"},
                changes={"merged_into_id": into},
                facts={"into": into, "into_number": target.number},
            )
        )
    return merged


@command("cases.withdraw_case")
def withdraw_case(by: Actor, at: datetime, *, case: UUID, note: Note, revision: int | None = None) -> Case:
    """Withdraw what was no hazard, with the reason: the reporter before it is assigned, or the safety office.

    Refusals: ``cases.carries_others``, and those of a step.
    """
    row = Case.objects.seen(by, case)
    if Case.objects.filter(merged_into_id=case, bureau_id=row.bureau_id).exists():
        raise Refusal("cases.carries_others", number=row.number)
    return take_step(by, at, case_id=case, action="withdraw", fact="cases.withdrawn", note=note, revision=revision)
