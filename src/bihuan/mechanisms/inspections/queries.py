"""Reading inspections: lists, one with its progress, one item, its papers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from bihuan.engines.cases import queries as case_queries
from bihuan.engines.responsibility import queries as net
from bihuan.engines.sheets import queries as sheet_queries
from bihuan.engines.sheets.queries import VersionInForce
from bihuan.engines.sheets.rules import STAGES, Item, Tally, is_wrong, open_items, tally
from bihuan.engines.sheets.rules.answers import RESULTS
from bihuan.foundation import clock, hot, packs, papers
from bihuan.foundation.actors import SYSTEM, Actor
from bihuan.foundation.pages.keyset import Page, page
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.inspections import rules
from bihuan.mechanisms.inspections.commands.judging import default_rectifier
from bihuan.mechanisms.inspections.commands.opening import post_tiers
from bihuan.mechanisms.inspections.models import Inspection, Inspector

SIZE = 25
STAGE_WORDS = list(STAGES.items())


@dataclass(frozen=True, slots=True)
class InspectionFilter:
    """Words of the list's filter as they stand in the address."""

    state: str = ""
    kind: str = ""
    school: str = ""
    mine: str = ""


def inspections(viewer: Actor, only: InspectionFilter | None = None, *, cursor: str = "", size: int = SIZE) -> Page:
    """The inspections inside the viewer's net (and those they carry out), newest first; one query."""
    only = only or InspectionFilter()
    rows = Inspection.objects.visible_to(viewer)
    if only.state in rules.STATES:
        rows = rows.filter(state=only.state)
    if only.kind in rules.KINDS:
        rows = rows.filter(kind=only.kind)
    if only.school:
        rows = rows.filter(org_id=_uuid(only.school))
    if only.mine:
        mine = Inspector.objects.filter(user_id=viewer.id).values("inspection_id")
        rows = rows.filter(lead_id=viewer.id) | rows.filter(pk__in=mine)
    rows = rows.select_related("submission").defer("submission__answers", "submission__asked")
    return page(rows, order=("-opened_at", "-id"), cursor=cursor, size=size)


_UNFINISHED = ("id", "title", "org_name", "opened_at")
_COLUMNS = hot.Columns(*((Inspection, name) for name in _UNFINISHED))


def unfinished(viewer: Actor, *, most: int = 5) -> list[dict[str, Any]]:
    """The open inspections that this person leads or shares, newest first: ``id``, ``title``, ``org_name``, ``opened_at``."""
    if viewer.id is None or not viewer.may_anywhere("inspect"):
        return []
    me = Inspection._meta.get_field("lead").get_db_prep_value(viewer.id, connection)
    rows = hot.fetch(
        f"SELECT {', '.join(_UNFINISHED)} FROM {Inspection._meta.db_table} WHERE state = 'open' AND (lead_id = %s OR id IN "  # noqa: S608 - our own names
        f"(SELECT inspection_id FROM {Inspector._meta.db_table} WHERE user_id = %s)) ORDER BY opened_at DESC, id DESC LIMIT %s",
        [me, me, most],
    )
    return [dict(zip(_UNFINISHED, row, strict=True)) for row in _COLUMNS.read(rows)]


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Refusal("foundation.not_found") from None


def inspection(viewer: Actor, pk: UUID) -> Inspection:
    """One inspection that the viewer sees, or ``foundation.not_found``."""
    return Inspection.objects.all().seen(viewer, pk)


@dataclass(frozen=True, slots=True)
class ItemView:
    """One item as a page shows it: what is asked, what was answered by whom, and the hazard it became."""

    item: Item
    answer: Mapping[str, Any]
    case_id: UUID | None
    case_number: str

    @property
    def code(self) -> str:
        """The item's code."""
        return self.item.code

    @property
    def result(self) -> str:
        """pass, fail, na, filled or nothing."""
        return str(self.answer.get("result") or ("filled" if self.answer else ""))

    @property
    def result_in_words(self) -> str:
        """符合, 有问题, 不适用, the value, or 未查."""
        if not self.answer:
            return "未查"
        return RESULTS.get(str(self.answer.get("result", "")), str(self.answer.get("value", "已填")))

    @property
    def is_wrong(self) -> bool:
        """Whether it is a finding."""
        return bool(self.answer) and is_wrong(self.item, self.answer)

    @property
    def said_at(self) -> datetime | None:
        """When it was answered."""
        return datetime.fromisoformat(self.answer["at"]) if self.answer.get("at") else None


@dataclass(frozen=True, slots=True)
class SectionView:
    """One category: how far it is, and its items in order."""

    code: str
    title: str
    tally: Tally
    items: tuple[ItemView, ...]


@dataclass(frozen=True, slots=True)
class Detail:
    """An inspection with everything that its pages need."""

    row: Inspection
    version: VersionInForce
    sections: tuple[SectionView, ...]
    tally: Tally
    left: tuple[str, ...]
    inspectors: tuple[Inspector, ...]
    hazards: tuple[Mapping[str, Any], ...]
    papers: tuple[Any, ...]
    draw_is_true: bool | None
    is_mine: bool
    may_join: bool
    may_sign: bool

    @property
    def kind_in_words(self) -> str:
        """学校自查, 包校巡查 …"""
        return rules.KINDS[self.row.kind]

    @property
    def state_in_words(self) -> str:
        """检查中, 已结束 …"""
        return rules.STATES[self.row.state]

    @property
    def is_open(self) -> bool:
        """Whether answers are still taken."""
        return self.row.state == "open"

    @property
    def team(self) -> list[str]:
        """The leader and those who share it, by name."""
        return [
            self.row.lead_name,
            *(f"{one.name}（{one.organisation}）" if one.organisation else one.name for one in self.inspectors),
        ]

    @property
    def next_here(self) -> tuple[str, str] | None:
        """Category and code of the first item still to be judged."""
        for section in self.sections:
            for view in section.items:
                if view.code in set(self.left):
                    return section.code, view.code
        return None

    @property
    def lessons(self) -> list[tuple[str, str]]:
        """四不放过 in words."""
        return [(label, self.row.lessons[name]) for name, label in rules.LESSONS.items() if self.row.lessons.get(name)]

    @property
    def wrong(self) -> list[ItemView]:
        """The items that are not normal, in order."""
        return [view for section in self.sections for view in section.items if view.is_wrong]

    @property
    def pending(self) -> list[ItemView]:
        """Problems that are not a hazard yet."""
        return [view for view in self.wrong if view.case_id is None]

    def find(self, code: str) -> tuple[SectionView, ItemView]:
        """An item with its category, or ``foundation.not_found``."""
        for section in self.sections:
            for view in section.items:
                if view.code == code:
                    return section, view
        raise Refusal("foundation.not_found")

    def beside(self, code: str) -> tuple[str, str]:
        """The codes before and after an item, over category borders; empty at the ends."""
        order = [view.code for section in self.sections for view in section.items]
        place = order.index(code)
        return order[place - 1] if place else "", order[place + 1] if place + 1 < len(order) else ""

    def next_open(self, after: str) -> str:
        """The next item still to be judged after this one (then from the start); empty when all are done."""
        order = [view.code for section in self.sections for view in section.items]
        place = order.index(after) + 1 if after in order else 0
        left = set(self.left)
        return next((code for code in [*order[place:], *order[:place]] if code in left), "")


def detail(viewer: Actor, pk: UUID) -> Detail:
    """An inspection with its progress, people, hazards and papers (at most eight queries)."""
    row = Inspection.objects.select_related("submission").seen(viewer, pk)
    submission = row.submission
    version = sheet_queries.version_for_filling(SYSTEM, submission.version_id)
    findings = {f.item: f for f in sheet_queries.findings_of(submission.pk)}
    asked = None if submission.asked is None else set(submission.asked)
    answers = submission.answers
    sections = []
    for section in version.content.sections:
        items = [item for item in version.content.in_section(section.code) if asked is None or item.code in asked]
        if items:
            views = tuple(_item_view(item, answers, findings) for item in items)
            sections.append(SectionView(section.code, section.title, tally(items, asked, answers), views))
    people = tuple(Inspector.objects.filter(inspection=row).order_by("joined_at", "id"))
    mine = viewer.id is not None and (row.lead_id == viewer.id or any(one.user_id == viewer.id for one in people))
    live = row.state in ("planned", "open")
    may_join = live and not mine and viewer.may("inspect", row) and rules.may_open(row.kind, post_tiers(viewer, row))
    return Detail(
        row=row, version=version, sections=tuple(sections), tally=tally(version.content.items, asked, answers),
        left=tuple(open_items(version.content, asked, answers)), inspectors=people,
        hazards=tuple(case_queries.by_source(viewer, row.bureau_id, row.pk)), papers=tuple(papers.of_subject(row.bureau_id, row.pk)),
        draw_is_true=_draw_check(row), is_mine=mine,
        may_join=may_join,
        may_sign=row.state == "closed" and row.signed_at is None and (mine or viewer.may("sign-for-school", row)),
    )  # fmt: skip


def _item_view(item: Item, answers: Mapping[str, Mapping[str, Any]], findings: Mapping[str, Any]) -> ItemView:
    finding = findings.get(item.code)
    return ItemView(
        item, answers.get(item.code, {}), finding.case_id if finding else None, finding.case_number if finding else ""
    )


def paper(viewer: Actor, pk: UUID) -> Any:
    """A 检查清单 of an inspection that this person sees, or ``foundation.not_found``."""
    found = papers.find(pk)
    if found is None or found.subject_kind != "inspections.inspection":
        raise Refusal("foundation.not_found")
    Inspection.objects.all().seen(viewer, found.subject_id)
    return found


@dataclass(frozen=True, slots=True)
class Prefill:
    """What a hazard form starts with: from the item, the level's own deadline, and the net."""

    people: Sequence[tuple[str, str]]
    rectifier: str
    may_assign: bool


def prefill(viewer: Actor, row: Inspection, at: datetime) -> Prefill:
    """Who could put things right at this school, and who is proposed."""
    org = net.org(SYSTEM, row.org_id)
    posts = packs.entries(row.bureau_id, "posts")
    found = [one for one in net.who_could("rectify", org, on=timezone.localdate(at)) if one.school_id == org.school_id]
    people = [
        (str(one.user_id), f"{one.user.name}（{posts.get(one.post, {}).get('name', one.post)}）") for one in found
    ]
    proposed = default_rectifier(row, at, found)
    return Prefill(people, str(proposed or ""), viewer.may("assign", org))


@dataclass(frozen=True, slots=True)
class Start:
    """What the form that begins an inspection offers."""

    schools: Sequence[Any]
    mine: frozenset[UUID]
    kinds: Sequence[tuple[str, str]]
    sheet: Any
    sections: Sequence[tuple[str, str]]


def start_choices(viewer: Actor, *, at: datetime) -> Start:
    """My schools first, the kinds that my posts allow, and the categories of the checklist in force."""
    mine = frozenset(hold.org_id for hold in viewer.holds if hold.level == "school" and "inspect" in hold.acts)
    schools = [org for org in net.schools(viewer) if viewer.may("inspect", org)]
    if not schools:
        raise Refusal("inspections.may_not_open")
    schools.sort(key=lambda org: org.pk not in mine)
    kinds = _kinds(viewer, schools[0])
    today = timezone.localdate(at)
    lines = [line for line in sheet_queries.sheet_lines(viewer, on=today) if line.current]
    line = next((one for one in lines if one.sheet.code == "campus-checklist"), lines[0] if lines else None)
    if line is None or line.current is None:
        raise Refusal("inspections.no_checklist")
    version = sheet_queries.version_for_filling(viewer, line.current.pk)
    return Start(schools, mine, kinds, line, [(s.code, s.title) for s in version.content.sections])


def _kinds(viewer: Actor, school: Any) -> list[tuple[str, str]]:
    tiers = post_tiers(viewer, school)
    allowed = [(code, word) for code, word in rules.KINDS.items() if rules.may_open(code, tiers)]
    sponsor = any(hold.level == "school" and hold.org_id == school.pk for hold in viewer.holds)
    return sorted(allowed, key=lambda one: one[0] != "sponsor_round") if sponsor else allowed


def open_here(viewer: Actor, *, school_id: UUID) -> list[Inspection]:
    """Inspections under way at a school that the viewer sees, so that they join instead of beginning a second one."""
    return list(
        Inspection.objects.visible_to(viewer).filter(school_id=school_id, state="open").order_by("-opened_at")[:10]
    )


def _draw_check(row: Inspection) -> bool | None:
    """Whether the recorded draw can be recomputed; ``None`` when it was not drawn."""
    if not row.draw:
        return None
    proof = row.draw
    return rules.draw_is_true(proof["pool"], seed=proof["seed"], commitment=proof["commitment"], picked=proof["picked"])


@dataclass(frozen=True, slots=True)
class Pool:
    """What a draw may be made from."""

    schools: int
    experts: Sequence[tuple[str, str]]


def may_draw(viewer: Actor) -> bool:
    """Whether this person inspects for the whole bureau."""
    return any(hold.level == "bureau" and "inspect" in hold.acts for hold in viewer.holds)


def draw_pool(viewer: Actor) -> Pool:
    """How many schools this person may draw from, and the people of the bureau who may be drawn as experts."""
    schools = [org for org in net.schools(viewer) if viewer.may("inspect", org)]
    if viewer.bureau_id is None or not may_draw(viewer):
        raise Refusal("inspections.may_not_open")
    bureau = net.org(viewer, viewer.bureau_id)
    found = [
        one for one in net.who_could("inspect", bureau, on=timezone.localdate(clock.now())) if one.user_id != viewer.id
    ]
    return Pool(len(schools), [(str(one.user_id), one.user.name) for one in found])


__all__ = [
    "STAGE_WORDS",
    "Detail",
    "InspectionFilter",
    "ItemView",
    "Pool",
    "Start",
    "detail",
    "draw_pool",
    "inspection",
    "inspections",
    "may_draw",
    "open_here",
    "paper",
    "prefill",
    "start_choices",
]
