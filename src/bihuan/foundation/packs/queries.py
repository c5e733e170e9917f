"""Reading what is installed, for the pages and the API."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import OuterRef, Subquery

from bihuan.foundation.actors import Actor
from bihuan.foundation.models import InstalledPack, PackEntry
from bihuan.foundation.packs.catalogue import PLATFORM
from bihuan.foundation.packs.coverage import Covered, covered, exercised
from bihuan.foundation.packs.measures import Measured, gathering, measured
from bihuan.foundation.refusals import Refusal


@dataclass(frozen=True)
class Clause:
    """A clause with today's number."""

    covered: Covered
    today: Measured | None
    pages: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class PackPage:
    """One installed pack, clause by clause."""

    pack: InstalledPack
    groups: list[tuple[str, list[Clause]]]
    sections: list[tuple[str, int]]

    def count(self, state: str) -> int:
        """How many clauses are in a state."""
        return sum(clause.covered.state == state for _, clauses in self.groups for clause in clauses)

    @property
    def running(self) -> int:
        """Clauses that run, proven by a test."""
        return self.count("running")

    @property
    def partly(self) -> int:
        """Clauses of which a part runs."""
        return self.count("partly")

    @property
    def missing(self) -> int:
        """Clauses that nothing runs yet."""
        return self.count("not-yet")


WORDS = {
    "unit-kinds": "单位类型", "tags": "标签", "posts": "岗位", "terms": "用语", "calendar": "校历", "net": "责任网", "papers": "公文", "risks": "风险口径",
    "areas": "区域目录", "risk-points": "风险点目录", "lifecycles": "办理流程", "ladders": "升级阶梯", "levels": "隐患级别", "clauses": "条款",
}  # fmt: skip
PAGES = {"/hazards/": "隐患", "/inspections/": "检查", "/net/": "责任网", "/points/": "风险点", "/sheets/": "清单"}


def installed(viewer: Actor) -> list[InstalledPack]:
    """The packs in force for this person's bureau, the platform's first."""
    rows = InstalledPack.objects.filter(is_current=True, bureau_id__in={PLATFORM, viewer.bureau_id or PLATFORM})
    return sorted(rows, key=lambda row: (row.bureau_id != PLATFORM, row.code))


def pack_page(viewer: Actor, code: str, *, numbers: bool = True) -> PackPage:
    """One pack with its clauses and, with *numbers*, today's; or ``foundation.not_found``."""
    pack = next((row for row in installed(viewer) if row.code == code), None)
    if pack is None:
        raise Refusal("foundation.not_found")
    rows = PackEntry.objects.filter(bureau_id=pack.bureau_id, pack=code).order_by("section", "sort", "code")
    tests = exercised(settings.BIHUAN_PACKS)
    with gathering():
        clauses = [_clause(viewer, row.data, tests, numbers) for row in rows if row.section == "clauses"]
    sections = [
        (WORDS.get(name, name), sum(1 for _ in found)) for name, found in groupby(rows, key=lambda row: row.section)
    ]
    return PackPage(pack, _grouped(clauses), sections)


def _clause(viewer: Actor, data: dict[str, Any], tests: dict[str, list[str]], numbers: bool) -> Clause:
    found = covered(data, tests)
    pages = tuple((path, word) for path, word in PAGES.items() if f"page:{path}" in found.runs)
    return Clause(found, measured(viewer, found.measure) if numbers else None, pages)


def _grouped(clauses: Iterable[Clause]) -> list[tuple[str, list[Clause]]]:
    return [(group, list(found)) for group, found in groupby(clauses, key=lambda c: c.covered.group)]


@dataclass(frozen=True)
class Policy:
    """A policy: the pack's name and its clauses in its own order."""

    name: str
    clauses: list[dict[str, Any]]


def policies(bureau_id: UUID | None) -> dict[str, Policy]:
    """The packs in force for a bureau that bring clauses, by code, the one installed last first (one statement)."""
    owners = {PLATFORM, bureau_id or PLATFORM}
    named = InstalledPack.objects.filter(bureau_id=OuterRef("bureau_id"), code=OuterRef("pack"), is_current=True)
    rows = PackEntry.objects.filter(bureau_id__in=owners, section="clauses").order_by("sort", "code")
    rows = rows.annotate(name=Subquery(named.values("name")[:1]), since=Subquery(named.values("installed_at")[:1]))
    found: dict[str, Policy] = {}
    order: dict[str, tuple[str, str]] = {}
    for pack, data, name, since in rows.values_list("pack", "data", "name", "since"):
        found.setdefault(pack, Policy(name or pack, [])).clauses.append(data)
        order[pack] = (f"{since or ''}", pack)
    return {code: found[code] for code in sorted(found, key=order.__getitem__, reverse=True)}
