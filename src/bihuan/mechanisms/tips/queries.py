"""Reading tips: what the teller sees behind the slip, what the desk sees."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from bihuan.engines.cases.pack import levels_of
from bihuan.engines.cases.queries import outcome_of
from bihuan.foundation.actors import Actor
from bihuan.foundation.evidence.queries import of_subject
from bihuan.foundation.pages.keyset import Page, page
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.tips import limits, rules
from bihuan.mechanisms.tips.models import OPEN, Tip

STATES = {"new": "等待处理", "taken": "正在核实", "answered": "已答复", "case": "已转为隐患"}
DESK = "assign"
"""The act of those who deal with tips: whoever assigns hazards."""


def for_desk(viewer: Actor) -> Any:
    """The tips that this person deals with: of the schools where they assign hazards; from above only unanswered ones."""
    if viewer.is_system:
        return Tip.objects.all()
    able = [hold for hold in viewer.holds if DESK in hold.acts]
    near = tuple(hold for hold in able if hold.level in ("school", "path"))
    above = tuple(hold for hold in able if hold.level in ("bureau", "city", "province"))
    at_school = Tip.objects.visible_to(Actor(viewer.id, viewer.name, holds=near))
    from_above = Tip.objects.visible_to(Actor(viewer.id, viewer.name, holds=above))
    return at_school | from_above.filter(late_at__isnull=False)


def sees(viewer: Actor, pk: UUID) -> bool:
    """Whether this person deals with a tip, and so sees its photo."""
    return bool(for_desk(viewer).filter(pk=pk).exists())


@dataclass(frozen=True)
class Desk:
    """One page of the desk's list."""

    page: Page
    state: str
    states: list[tuple[str, str]]
    several: bool


TABS = {"open": "待处理", "late": "逾期没答复", "answered": "已答复", "case": "已转为隐患"}


def desk(viewer: Actor, *, state: str = "open", cursor: str = "", size: int = 25) -> Desk:
    """The list of those who deal with tips, the newest first; refusal ``foundation.not_yours`` for others."""
    if not viewer.may_anywhere(DESK):
        raise Refusal("foundation.not_yours", act="处理扫码反映", who="本校安全负责人")
    state = state if state in TABS else "open"
    rows = for_desk(viewer)
    if state in ("open", "late"):
        rows = rows.filter(OPEN)
    if state == "late":
        rows = rows.filter(late_at__isnull=False)
    if state in ("answered", "case"):
        rows = rows.filter(state=state)
    places = {hold.org_id for hold in viewer.holds if DESK in hold.acts}
    several = len(places) > 1 or any(hold.level != "school" for hold in viewer.holds if DESK in hold.acts)
    found = page(rows, order=("-told_at", "-id"), cursor=cursor, size=size)
    return Desk(found, state, list(TABS.items()), several)


@dataclass(frozen=True)
class TipPage:
    """One tip as the desk sees it."""

    tip: Tip
    photos: list[Any]
    state: str
    is_open: bool
    levels: list[tuple[str, str]]


def tip(viewer: Actor, pk: UUID) -> TipPage:
    """One tip that this person deals with, or ``foundation.not_found``."""
    row = for_desk(viewer).select_related("org").filter(pk=pk).first()
    if row is None:
        raise Refusal("foundation.not_found")
    levels = [(code, level["name"]) for code, level in levels_of(row.bureau_id).items()]
    photos = [one for one in of_subject(row.bureau_id, row.case_id or row.pk) if one.pk == row.photo]
    return TipPage(row, photos, STATES[row.state], row.state in ("new", "taken"), levels)


@dataclass(frozen=True)
class Became:
    """What the teller learns: where and when it was told, what became of it. No name, no telephone, no words of others."""

    point: str
    school: str
    told_at: datetime
    state: str
    words: str
    answer: str
    due_at: datetime | None


def became(slip: str) -> Became | None:
    """What became of a tip; ``None`` for a slip that nobody was given."""
    typed = rules.typed_slip(slip)
    row = Tip.objects.filter(slip_hash=rules.slip_hash(limits.secret(), typed)).first()
    ended = outcome_of(row.case_id) if row and row.case_id else None
    if row is None:
        return None
    words = {
        "new": "学校已经收到，还没有开始处理。",
        "taken": "学校正在核实。",
        "answered": "学校已经答复。",
        "case": "已经列为安全隐患，正在整改。",
    }[row.state]
    if ended is not None:
        done, when = ended
        words = "已经整改，复查合格。" if done else "核实后没有作为隐患办理。" if when else words
    return Became(
        row.point_name, row.school_name, row.told_at, STATES[row.state], words, row.answer,
        row.due_at if row.state in ("new", "taken") else None,
    )  # fmt: skip
