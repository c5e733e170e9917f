"""What the desk reads: it joins rooms, and owns only saved views."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

from django.db import connection
from django.utils import timezone

from bihuan.engines.cases import queries as cases
from bihuan.engines.duties.queries import open_tasks
from bihuan.engines.responsibility.queries import schools
from bihuan.foundation import hot
from bihuan.foundation.actors import Actor
from bihuan.foundation.messages import unread
from bihuan.mechanisms.inspections import queries as inspections
from bihuan.mechanisms.mandates import queries as mandates
from bihuan.mechanisms.risks import queries as risks
from bihuan.surfaces.workbench.models import SavedView

MOST_LINES = 30
MOST_TASKS = 10


def bureau_name(viewer: Actor) -> str:
    """The name over the menu: the bureau's, or that of the one unit where this person holds a post."""
    bureaus = {hold.org_name for hold in viewer.holds if hold.level == "bureau"}
    units = bureaus or {hold.org_name for hold in viewer.holds}
    return next(iter(units)) if len(units) == 1 else ""


# --- home -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Section:
    """One part of my todo: its words, and lines of the same kind."""

    code: str
    title: str
    lines: list[dict[str, Any]]


@dataclass(frozen=True)
class Home:
    """The home page: what hurts first, what others told me, what comes, and my places in four colours."""

    sections: list[Section]
    more: bool
    tasks: list[dict[str, Any]]
    more_tasks: bool
    mandates: list[dict[str, Any]]
    papers: list[Any]
    inspections: list[dict[str, Any]]
    notices: list[Any]
    unread: int
    coming: list[dict[str, Any]]
    colours: list[Any]
    counts: list[tuple[str, str, int]]
    simple: bool

    @property
    def is_empty(self) -> bool:
        """Nothing waits for this person."""
        return not (self.sections or self.tasks or self.mandates or self.papers or self.inspections)


def home(viewer: Actor, at: datetime) -> Home:
    """My todo at a moment. A guard gets no list, only the buttons."""
    lines = cases.todo(viewer, most=MOST_LINES + 1)
    sections = sorted_by_pain(lines[:MOST_LINES], at)
    simple = is_simple(viewer)
    tasks = open_tasks(viewer, at, days=0, most=MOST_TASKS + 1)
    coming = [] if sections or tasks or simple else cases.hazards(viewer, cases.Filters(time="week"), size=5).rows
    notices, waiting = unread(viewer, most=5)
    return Home(
        sections=sections,
        more=len(lines) > MOST_LINES,
        tasks=tasks[:MOST_TASKS],
        more_tasks=len(tasks) > MOST_TASKS,
        mandates=mandates.waiting(viewer),
        papers=[] if simple else cases.papers_waiting(viewer),
        inspections=[] if simple else inspections.unfinished(viewer),
        notices=notices,
        unread=waiting,
        coming=coming,
        colours=[] if simple else risks.colours_of(viewer),
        counts=[] if simple else _counts(viewer),
        simple=simple,
    )


_WATCHED = {"overdue": ("已逾期", "time=overdue"), "reported": ("待交办", "stage=reported"),
            "verifying": ("待复查", "stage=verifying"), "listed": ("挂牌督办", "listed=1")}  # fmt: skip


def _counts(viewer: Actor) -> list[tuple[str, str, int]]:
    """What is not closed in my whole net, each number with the list behind it: five minutes before a meeting."""
    counted = cases.tab_counts(viewer)
    return [(word, query, counted[code]) for code, (word, query) in _WATCHED.items() if code in counted]


def is_simple(viewer: Actor) -> bool:
    """Whether this person only looks and reports (a guard, a cook): big buttons instead of a desk."""
    acts = {act for hold in viewer.holds for act in hold.acts}
    return (
        bool(acts) and acts <= {"snap", "rectify", "inspect"} and "snap" in acts and not acts >= {"inspect", "rectify"}
    )


def sorted_by_pain(lines: list[dict[str, Any]], at: datetime) -> list[Section]:
    """Overdue first, then due today, then what waits for my verification, then the rest by deadline."""
    today = timezone.localdate(at)
    parts: dict[str, list[dict[str, Any]]] = {"late": [], "today": [], "verify": [], "later": []}
    for line in lines:
        due = line["due_at"]
        if due is not None and due < at:
            part = "late"
        elif due is not None and timezone.localdate(due) == today:
            part = "today"
        else:
            part = "verify" if line["state"] == "verifying" else "later"
        parts[part].append(line)
    titles = {"late": "已逾期", "today": "今天到期", "verify": "等我复查", "later": "接着要办"}
    return [Section(code, titles[code], found) for code, found in parts.items() if found]


# --- saved views ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class View:
    """A saved view as a tab; ``here`` when the list shows exactly this."""

    id: UUID | str
    name: str
    query: str
    here: bool


@dataclass(frozen=True)
class Views:
    """The tabs over a list: mine, whether the list is unfiltered, and whether this filter can be kept."""

    rows: list[View]
    bare: bool
    can_keep: bool


def saved_views(viewer: Actor, page: str, query: str) -> Views:
    """The viewer's own views of one list page, the oldest first."""
    shown = _parts(query)
    mine = SavedView._meta.get_field("id").get_db_prep_value(viewer.id, connection)
    asked = "SELECT id, name, query FROM workbench_savedview WHERE user_id = %s AND page = %s ORDER BY made_at"
    rows = [View(pk, name, kept, _parts(kept) == shown) for pk, name, kept in hot.fetch(asked, [mine, page])]
    return Views(rows, bare=not shown, can_keep=bool(shown) and not any(view.here for view in rows))


def _parts(query: str) -> list[tuple[str, str]]:
    return sorted((key, value) for key, value in parse_qsl(query) if key != "cursor")


# --- the box on top ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Found:
    """What a search found: cases by number, title, place or school, and schools by name."""

    cases: list[dict[str, Any]]
    schools: list[Any]


def search(viewer: Actor, words: str) -> Found:
    """The newest cases and the schools that these words name, inside the viewer's net; nothing for fewer than two signs."""
    if len(words) < 2:
        return Found([], [])
    rows = cases.hazards(viewer, cases.Filters(stage="all", q=words), size=20).rows
    return Found(rows, [school for school in schools(viewer) if words in school.name or words == school.code][:10])
