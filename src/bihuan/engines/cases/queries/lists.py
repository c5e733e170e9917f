"""Lists that stay flat at any size: the page, its tabs, my todo, a point's and an inspection's cases."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from time import monotonic
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.utils import timezone

from bihuan.engines.cases import hot
from bihuan.engines.cases.models import Case
from bihuan.engines.cases.pack import levels_of, lifecycle_of, rules_of
from bihuan.engines.cases.queries.filters import STAGES, TIMES, WHOSE, Filters, filters_from, scope_of, selection, where
from bihuan.engines.responsibility.queries import school_choices
from bihuan.engines.sheets.queries import sheet_lines, version_for_filling
from bihuan.foundation import clock, packs
from bihuan.foundation.actors import Actor
from bihuan.foundation.pages.keyset import MOST_COUNTED, Page
from bihuan.foundation.scoping import under

SIZE = 25
MOST_SCHOOLS = 200
"""Schools that a menu offers; whoever sees more finds one by its name."""
LINE = (
    "id", "number", "level", "title", "org_name", "place", "category", "item", "state", "lifecycle", "is_open", "rectifier_name",
    "party_name", "waits_for_id", "waits_for_name", "reporter_name", "reported_at", "due_at", "rung", "returns", "recurrence_of_id",
    "listed_at", "extension", "supervised", "closed_at", "bureau_id", "school_id", "org_id", "revision", "source",
)  # fmt: skip


def page_rows(
    viewer: Actor, filters: Filters, columns: tuple[str, ...], column: str, cursor: str, size: int
) -> list[tuple[Any, ...]]:
    """The rows of a page in the order of *column*: by the hot path, or by its twin where only that knows the words."""
    newest_first = filters.is_history
    if found := where(viewer, filters):
        return hot.page(*columns, where=found, order=column, newest_first=newest_first, cursor=cursor, size=size)
    rows = hot.keyset(selection(viewer, filters), column, newest_first=newest_first, cursor=cursor)
    return list(rows.values_list(*columns)[:size])


def hazards(viewer: Actor, filters: Filters, *, cursor: str = "", size: int = SIZE) -> Page:
    """One page of cases as plain mappings, with one statement: open ones by deadline, history newest first."""
    column = "reported_at" if filters.is_history else "due_at"
    found = page_rows(viewer, filters, LINE, column, cursor, size + 1)
    rows = shown([dict(zip(LINE, row, strict=True)) for row in found[:size]], viewer)
    return Page(rows, hot.cursor_after(rows[-1][column], rows[-1]["id"]) if len(found) > size else "")


def shown(rows: list[dict[str, Any]], viewer: Actor) -> list[dict[str, Any]]:
    """Rows with the words that a list shows."""
    packs.read_ahead({row["bureau_id"] for row in rows})
    tables = {key: lifecycle_of(*key).states for key in {(row["bureau_id"], row["lifecycle"]) for row in rows}}
    levels = {bureau: levels_of(bureau) for bureau, _ in tables}
    may_pick = viewer.may_anywhere("assign")
    for row in rows:
        row["state_name"] = tables[row["bureau_id"], row["lifecycle"]][row["state"]].name
        row["level_name"] = levels[row["bureau_id"]].get(row["level"], {}).get("name", row["level"])
        row["mine"] = viewer.id is not None and row["waits_for_id"] == viewer.id
        row["may_pick"] = may_pick
        row["who"] = row["waits_for_name"] or row["rectifier_name"] or row["party_name"]
    return rows


def counted(viewer: Actor, parts: Mapping[str, Filters], *, cap: int = MOST_COUNTED) -> dict[str, int]:
    """How many cases each of these filter sentences names, capped, in one statement."""
    now = clock.now()
    conditions = [where(viewer, part, now=now) for part in parts.values()]
    if all(conditions):
        return dict(zip(parts, hot.counted(conditions, cap=cap), strict=True))
    return hot.counts({name: selection(viewer, part, now=now) for name, part in parts.items()}, cap=cap)


def count(viewer: Actor, filters: Filters, *, cap: int = MOST_COUNTED) -> int:
    """How many cases, counted no further than one past *cap*."""
    return counted(viewer, {"": filters}, cap=cap)[""]


USUAL = {
    "turn": Filters(whose="turn"), "overdue": Filters(time="overdue"), "reported": Filters(stage="reported"),
    "verifying": Filters(stage="verifying"), "listed": Filters(listed=True),
}  # fmt: skip
"""The tabs: mine, overdue, to assign, to verify, listed."""
_WIDE = {"province_id", "city_id"}


def tab_counts(viewer: Actor) -> dict[str, int]:
    """The capped counts of the usual tabs in one statement.

    A rare state in a whole city or province would have to be looked for among all that is open there, so those tabs have
    no count above the bureau; what one index answers at any size (mine, overdue) is counted for everybody.
    """
    scope = scope_of(viewer, Filters())
    wide = scope is not None and scope[0] in _WIDE
    return counted(viewer, {name: part for name, part in USUAL.items() if not wide or name in {"turn", "overdue"}})


@dataclass(frozen=True)
class Tab:
    """One of the usual selections, with its capped count."""

    word: str
    address: str
    count: int | None
    here: bool


TABS = {"turn": "等我办", "overdue": "已逾期", "reported": "待交办", "verifying": "待复查", "listed": "挂牌督办"}


@dataclass(frozen=True)
class Listing:
    """The list page: the filters in force and one page of rows; tabs and sentence are read when the page asks for them."""

    viewer: Actor
    filters: Filters
    page: Page

    @property
    def tabs(self) -> list[Tab]:
        """The usual selections, with their capped counts."""
        counts = tab_counts(self.viewer)
        return [
            Tab(TABS[name], address, counts.get(name), self.filters == USUAL[name]) for name, address in _TAB_ADDRESSES
        ]

    @property
    def sentence(self) -> Sentence:
        """What the filter sentence offers."""
        return sentence(self.viewer)

    @property
    def address(self) -> str:
        """What stands after the ``?``."""
        return urlencode(self.filters.address())

    @property
    def may_assign(self) -> bool:
        """Whether this person chooses rows to assign."""
        return self.viewer.may_anywhere("assign")

    @property
    def may_export(self) -> bool:
        """Whether this person may take the list away as a file."""
        return self.viewer.may_anywhere("export")

    @property
    def may_report(self) -> bool:
        """Whether this person reports hazards."""
        return self.viewer.may_anywhere("snap") or self.viewer.may_anywhere("inspect")


def listing(viewer: Actor, given: Mapping[str, str]) -> Listing:
    """Everything of the list page: the rows now, in one statement, the rest when it is shown."""
    filters = filters_from(given)
    return Listing(viewer, filters, hazards(viewer, filters, cursor=given.get("cursor", "")))


_TAB_ADDRESSES = [(name, "?" + urlencode(part.address())) for name, part in USUAL.items()]


Choices = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Sentence:
    """What the filter sentence offers: the choices of each part, compared by what they say, so that a page is kept by it."""

    where: str
    schools: Choices
    levels: Choices
    categories: Choices
    sources: Choices
    stages: Choices = tuple(STAGES.items())
    times: Choices = tuple(TIMES.items())
    whose: Choices = tuple(WHOSE.items())
    listed: Choices = (("1", "挂牌督办"),)
    recurring: Choices = (("1", "只看回潮"),)


def sentence(viewer: Actor) -> Sentence:
    """The choices of every part of the filter sentence for this person."""
    found = school_choices(viewer, most=MOST_SCHOOLS)
    bureau = viewer.bureau_id
    place = next((hold.org_name for hold in viewer.holds), "")
    return Sentence(
        where="全区"
        if any(hold.level == "bureau" for hold in viewer.holds)
        else place
        if len(found) < 2
        else f"{len(found)} 所学校"
        if len(found) <= MOST_SCHOOLS
        else "全部学校",
        schools=tuple(found) if 1 < len(found) <= MOST_SCHOOLS else (),
        levels=tuple((code, level["name"]) for code, level in levels_of(bureau).items()) if bureau else (),
        categories=tuple((name, name) for name in categories(viewer)),
        sources=tuple(rules_of(bureau)["sources"].items()) if bureau else (),
    )


_categories: dict[UUID, tuple[float, list[str]]] = {}


def categories(viewer: Actor) -> list[str]:
    """The categories that hazards are filed under: the sections of the bureau's checklists in force; a minute old at most."""
    if viewer.bureau_id is None:
        return []
    kept = _categories.get(viewer.bureau_id)
    if kept and monotonic() - kept[0] < 60:
        return kept[1]
    found: dict[str, None] = {}
    for sheet in sheet_lines(viewer, on=timezone.localdate(clock.now())):
        if sheet.current is not None and sheet.sheet.use == "checklist":
            found |= dict.fromkeys(
                section.title for section in version_for_filling(viewer, sheet.current.pk).content.sections
            )
    _categories[viewer.bureau_id] = (monotonic(), list(found))
    return list(found)


def todo(viewer: Actor, *, most: int = 30) -> list[dict[str, Any]]:
    """What waits for me, what hurts first: overdue, due today, then by deadline; one statement."""
    if viewer.id is None:
        return []
    mine = ("waits_for_id = %s AND is_open", [viewer.id])
    found = hot.page(*LINE, where=mine, order="due_at", newest_first=False, cursor="", size=most)
    return [
        row | {"next": _next_of(row)} for row in shown([dict(zip(LINE, row, strict=True)) for row in found], viewer)
    ]


def _next_of(row: dict[str, Any]) -> str:
    """The words of the one next step of a case for the person it waits for."""
    table = lifecycle_of(row["bureau_id"], row["lifecycle"])
    return next((step.name for step in table.steps if step.state == row["state"]), "")


def todo_counts(viewer: Actor) -> dict[str, int]:
    """How many of my cases are overdue, due today and waiting for my verification."""
    mine = Filters(whose="turn")
    parts = {
        "overdue": replace(mine, time="overdue"),
        "today": replace(mine, time="today"),
        "verifying": replace(mine, stage="verifying"),
        "all": mine,
    }
    return counted(viewer, parts)


def by_point(viewer: Actor, bureau_id: UUID, point_id: UUID, *, most: int = 20) -> list[dict[str, Any]]:
    """The latest cases at a risk point, for its page."""
    rows = (
        Case.objects.visible_to(viewer).filter(bureau_id=bureau_id, point_id=point_id).order_by("-reported_at", "-id")
    )
    return shown(list(rows.values(*LINE)[:most]), viewer)


def open_at_points(schools: Iterable[UUID | None], points: Iterable[UUID]) -> list[tuple[UUID, str, datetime]]:
    """(point, level, deadline) of every open hazard at these points of these schools, for the rule that colours points.

    Not for a person's eyes, so without a viewer; read from the index of a school's open cases.
    """
    rows = Case.objects.filter(school_id__in=list(schools), point_id__in=list(points), is_open=True)
    return list(rows.order_by().values_list("point_id", "level", "due_at"))


def point_of(pk: UUID) -> UUID | None:
    """The risk point that a case is about, if it names one."""
    return Case.objects.filter(pk=pk).values_list("point_id", flat=True).first()


def outcome_of(pk: UUID) -> tuple[bool, datetime | None] | None:
    """Whether a case was put right, and when it ended (``None``: still open): for somebody outside who asked for it."""
    row = Case.objects.filter(pk=pk).values_list("state", "is_open", "closed_at").first()
    return (row[0] == "closed", None if row[1] else row[2]) if row else None


def by_source(viewer: Actor, bureau_id: UUID, source_id: UUID, *, most: int = 400) -> list[dict[str, Any]]:
    """The cases that came out of one inspection."""
    rows = Case.objects.visible_to(viewer).filter(bureau_id=bureau_id, source_id=source_id).order_by("number")
    return shown(list(rows.values(*LINE)[:most]), viewer)


def of_source(bureau_id: UUID, source_id: UUID) -> list[Case]:
    """The cases that came out of something, for the mechanism that has itself decided who may act on it."""
    rows = Case.objects.filter(bureau_id=bureau_id, source_id=source_id).select_related("org")
    return list(rows.order_by("number"))


def under_area(viewer: Actor, path: str, *, most: int = 20) -> list[dict[str, Any]]:
    """Open cases at or below a unit, for its page."""
    rows = Case.objects.visible_to(viewer).filter(under(path), is_open=True).order_by("due_at", "id")
    return shown(list(rows.values(*LINE)[:most]), viewer)
