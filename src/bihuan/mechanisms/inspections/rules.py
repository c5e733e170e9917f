"""The pure law of inspections: kinds, who is a school's own person, what is asked, and a draw that can be checked later."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["self_check", "sponsor_round", "spot_check", "unannounced", "joint"]
KINDS: Mapping[str, str] = {
    "self_check": "学校自查",
    "sponsor_round": "包校巡查",
    "spot_check": "专家抽查",
    "unannounced": "四不两直",
    "joint": "部门联合检查",
}
STATES: Mapping[str, str] = {"planned": "待到校", "open": "检查中", "closed": "已结束", "cancelled": "已取消"}
SCHOOL_TIERS = frozenset({"school", "kindergarten", "outsourced"})
"""Tiers of posts (packs/*/posts.yaml) whose holders belong to the school that is inspected."""

LESSONS: Mapping[str, str] = {
    "cause": "原因查清了吗",
    "person": "责任人怎样处理",
    "measure": "整改措施怎样落实",
    "taught": "有关人员怎样受教育",
}
"""四不放过 (seed S1; the wording is the common one, not verified against a text): each needs its words."""
FIVE: Mapping[str, str] = {"duty": "责任", "measures": "措施", "funds": "资金", "deadline": "时限", "plan": "预案"}
"""五落实 (domain §2.3)."""


def source_of(kind: str) -> str:
    """The source of a hazard that this kind of inspection finds, as the cases room calls it."""
    return kind.replace("_", "-")


def is_own_person(tiers: Iterable[str]) -> bool:
    """Whether somebody whose posts over the school have these tiers inspects their own school."""
    found = set(tiers)
    return bool(found) and found <= SCHOOL_TIERS


def may_open(kind: str, tiers: Iterable[str]) -> bool:
    """A school checks itself; every other kind comes from outside it."""
    return is_own_person(tiers) == (kind == "self_check")


def empty_words(given: Mapping[str, str], names: Mapping[str, str]) -> list[str]:
    """Which of the required words are missing, by their labels."""
    return [label for name, label in names.items() if len(given.get(name, "").strip()) < 2]


@dataclass(frozen=True, slots=True)
class Scope:
    """Which items an inspection asks: some categories or all, every item or only those for this kind of school."""

    categories: tuple[str, ...] = ()
    applicable_only: bool = True

    def asked(self, sections_of: Mapping[str, str], applicable: Collection[str]) -> list[str]:
        """Item codes in the sheet's order, from item → section and the applicable items."""
        wanted = set(self.categories)
        return [
            code
            for code, section in sections_of.items()
            if (not wanted or section in wanted) and (not self.applicable_only or code in applicable)
        ]


def draw(pool: Sequence[str], *, seed: str, count: int) -> list[str]:
    """Pick *count* of *pool* at random by *seed*: anybody who has pool and seed gets the same picks again."""
    ranked = sorted(set(pool), key=lambda name: hashlib.sha256(f"{seed}\n{name}".encode()).digest())
    return ranked[:count]


def draw_is_true(pool: Sequence[str], *, seed: str, commitment: str, picked: Sequence[str]) -> bool:
    """Whether a recorded draw gives these picks and its seed is the one that was committed to beforehand."""
    return commit(seed) == commitment and draw(pool, seed=seed, count=len(picked)) == list(picked)


def commit(seed: str) -> str:
    """What may be shown before the draw without giving the seed away."""
    return hashlib.sha256(seed.encode()).hexdigest()
