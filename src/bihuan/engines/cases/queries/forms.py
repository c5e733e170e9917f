"""What the forms ask and offer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from bihuan.engines.cases.commands.engine import moved
from bihuan.engines.cases.lifecycle import Step
from bihuan.engines.cases.models import Case
from bihuan.engines.cases.pack import levels_of, lifecycle_of, rules_of, verifiers_of
from bihuan.engines.cases.queries.lists import LINE, categories, shown
from bihuan.engines.cases.queries.story import buttons, five_of, seen
from bihuan.engines.cases.timing import deadline
from bihuan.engines.responsibility.queries import areas, departments, schools, who_could
from bihuan.foundation import clock, packs
from bihuan.foundation.actors import Actor
from bihuan.foundation.evidence.queries import seen as evidence_seen
from bihuan.foundation.refusals import Refusal


def rectifiers(viewer: Actor, case: Case) -> list[tuple[str, str]]:
    """The people who could put it right: (id, ``李安 · 安全负责人``), nearest first."""
    posts = packs.entries(case.bureau_id, "posts")
    rows = who_could("rectify", case.org, on=timezone.localdate(clock.now()))
    return [(str(row.user_id), f"{row.user.name} · {posts[row.post]['name']}") for row in rows]


def second_verifiers(viewer: Actor, case: Case) -> list[tuple[str, str]]:
    """Who could verify together with this person: the duty for this place, and no hand in the rectification."""
    posts = packs.entries(case.bureau_id, "posts")
    barred = {str(case.rectifier_id), str(viewer.id), *case.hands.get("rectify", ())}
    rows = who_could("verify", case.org, on=timezone.localdate(clock.now()))
    return [
        (str(row.user_id), f"{row.user.name} · {posts[row.post]['name']}")
        for row in rows
        if str(row.user_id) not in barred
    ]


def parties(viewer: Actor) -> list[tuple[str, str]]:
    """The partner departments that a case can be handed to."""
    return [(str(row.pk), row.short_name or row.name) for row in departments(viewer)]


def duplicates(viewer: Actor, case: Case) -> list[tuple[str, str]]:
    """Open cases of the same school that this one could be merged into."""
    rows = (
        Case.objects.visible_to(viewer)
        .filter(bureau_id=case.bureau_id, school_id=case.school_id, is_open=True)
        .exclude(pk=case.pk)
    )
    return [(str(row.pk), f"{row.number} {row.title}") for row in rows.order_by("-reported_at", "-id")[:50]]


@dataclass(frozen=True)
class StepForm:
    """One step as a form: what it asks, what can be chosen, and what the level's own deadline would be."""

    case: Case
    step: Step
    choices: dict[str, list[tuple[str, str]]]
    usual_due: datetime | None
    five: list[tuple[str, str, str]]
    reason: str
    due_help: str
    asked_until: str = ""
    short: int = 0
    """How many more people must verify together with this person."""

    conclusions = (("partly", "部分改"), ("not-done", "没有改"), ("relapsed", "改过又反弹"))
    grants = (("true", "同意"), ("false", "不同意"))

    @property
    def due_required(self) -> bool:
        return "due" in self.step.needs

    @property
    def photo_required(self) -> bool:
        return "photo" in self.step.needs

    @property
    def photo_label(self) -> str:
        return "整改后的照片" if self.step.action == "rectify" else "复查照片"

    @property
    def note_required(self) -> bool:
        return "note" in self.step.needs


def step_form(viewer: Actor, pk: UUID, action: str) -> StepForm:
    """The form of one step; refused like the step itself would be (``cases.not_now`` …) when it cannot be taken now."""
    case = seen(viewer, pk)
    table = lifecycle_of(case.bureau_id, case.lifecycle)
    step = table.find(case.state, action, case.level)
    if step is None:
        raise moved(viewer, case, table, action)
    button = next((b for b in buttons(viewer, case, table) if b.action == action), None)
    choices: dict[str, list[tuple[str, str]]] = {}
    if "rectifier" in step.needs:
        choices = {"rectifier": rectifiers(viewer, case), "party": parties(viewer)}
    if "target" in step.needs:
        choices["into"] = duplicates(viewer, case)
    if action == "grade":
        choices["level"] = [
            (code, level["name"]) for code, level in levels_of(case.bureau_id).items() if code != case.level
        ]
    short = 0
    if action in {"verify", "return"}:
        choices["second"] = second_verifiers(viewer, case)
        short = verifiers_of(case.bureau_id, case.level, supervised=case.supervised) - 1
    level = levels_of(case.bureau_id).get(case.level)
    due = (
        deadline(case.bureau_id, clock.now(), level["within"], level["clock"])
        if level and step.within == "level"
        else None
    )
    asked = (
        timezone.localtime(datetime.fromisoformat(case.extension["until"])).strftime("%Y-%m-%d %H:%M")
        if case.extension
        else ""
    )
    choices = {
        name: [("", "请选择"), *options] if name not in {"level", "second"} else options
        for name, options in choices.items()
    }
    return StepForm(
        case, step, choices, due, five_of(case), button.reason if button else "", _due_help(case, action), asked, short
    )


def _due_help(case: Case, action: str) -> str:
    if action == "assign":
        clocks = {"working": "按工作日算，节假日顺延", "hours": "按钟点算，夜间和节假日不停"}
        level = levels_of(case.bureau_id)[case.level]
        return f"不改就用“{level['name']}”隐患的期限，{clocks[level['clock']]}。"
    if action == "request-extension":
        limit = rules_of(case.bureau_id)["extension"]
        return f"现在的期限是 {timezone.localtime(case.due_at):%Y-%m-%d %H:%M}；最多延 {limit['most']} 次，已延 {case.extensions} 次。说明里写清原因和临时防护措施。"
    return "不填就按规定的期限。"


@dataclass(frozen=True)
class ReportForm:
    """What a person may choose when reporting: where, how grave, under which category."""

    places: list[tuple[str, str]]
    levels: list[tuple[str, str]]
    sources: list[tuple[str, str]]
    categories: list[tuple[str, str]]

    @property
    def categories_or_none(self) -> list[tuple[str, str]]:
        return [("", "不确定"), *self.categories]


def report_form(viewer: Actor, org: UUID | None = None) -> ReportForm:
    """The choices of the report form for this person: the schools of their net, and the areas of the one that is chosen."""
    found = schools(viewer)
    chosen = next((school for school in found if school.pk == org), found[0] if len(found) == 1 else None)
    places = [(str(school.pk), school.short_name or school.name) for school in found]
    if chosen is not None:
        places += [(str(area.pk), f"{chosen.short_name or chosen.name} · {area.name}") for area in areas(chosen)]
    bureau = viewer.bureau_id
    return ReportForm(
        places=places,
        levels=[
            (code, f"{level['name']}：{level['help']}" if level.get("help") else level["name"])
            for code, level in levels_of(bureau).items()
        ],
        sources=list(rules_of(bureau)["sources"].items()) if bureau else [],
        categories=[(name, name) for name in categories(viewer)],
    )


def my_photos(viewer: Actor, ids: Iterable[str]) -> list[Any]:
    """Photos that this person uploaded with a form that was then refused, so that they need not be taken again."""
    found = []
    for text in list(ids)[:20]:
        try:
            photo = evidence_seen(viewer, UUID(text))
        except (ValueError, Refusal):
            continue
        if photo.made_by_id == viewer.id and photo.subject_id is None:
            found.append(photo)
    return found


def bulk_rows(viewer: Actor, pks: list[UUID]) -> list[dict[str, Any]]:
    """The chosen cases that this person sees, as lines."""
    chosen = Case.objects.visible_to(viewer).filter(pk__in=pks).order_by("due_at", "id")
    rows = shown(list(chosen.values(*LINE)[:100]), viewer)
    if not rows:
        raise Refusal("foundation.not_found")
    return rows


def bulk_form(viewer: Actor, pks: list[UUID]) -> tuple[list[dict[str, Any]], list[tuple[str, str]]]:
    """The chosen cases and the people who could rectify the first of them."""
    rows = bulk_rows(viewer, pks)
    return rows, rectifiers(viewer, seen(viewer, rows[0]["id"]))
