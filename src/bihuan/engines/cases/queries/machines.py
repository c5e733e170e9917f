"""What the API answers: plain mappings, no serializer per field."""

from __future__ import annotations

from dataclasses import fields
from typing import Any
from uuid import UUID

from bihuan.engines.cases import hot
from bihuan.engines.cases.pack import lifecycle_of
from bihuan.engines.cases.queries.filters import Filters
from bihuan.engines.cases.queries.lists import page_rows
from bihuan.engines.cases.queries.story import detail, paper, seen
from bihuan.foundation import packs
from bihuan.foundation.actors import Actor
from bihuan.foundation.events import declared, timeline

COLUMNS = (
    "id", "number", "level", "title", "org_id", "org_name", "place", "category", "item", "source", "state", "is_open",
    "rectifier_name", "party_name", "waits_for_id", "waits_for_name", "reporter_name", "reported_at", "due_at", "rung", "returns",
    "recurrence_of_id", "listed_at", "closed_at", "revision",
)  # fmt: skip
READ = (*COLUMNS, "bureau_id", "lifecycle")
_FILTERS = tuple(f.name for f in fields(Filters))


def api_page(viewer: Actor, ask: Any) -> dict[str, Any]:
    """One page of hazards as mappings, with one statement."""
    filters = Filters(**{name: getattr(ask, name) for name in _FILTERS})
    column = "reported_at" if filters.is_history else "due_at"
    found = page_rows(viewer, filters, READ, column, ask.cursor, ask.limit + 1)
    more = len(found) > ask.limit
    items = _items(found[: ask.limit])
    return {"items": items, "next": hot.cursor_after(items[-1][column], items[-1]["id"]) if more else ""}


def _items(rows: list[tuple[Any, ...]]) -> list[dict[str, Any]]:
    tables = {(row[-2].int, row[-1]): row[-2:] for row in rows}  # numbers: a UUID is hashed by Python, not by C
    packs.read_ahead([bureau_id for bureau_id, _ in tables.values()])
    states = {key: lifecycle_of(*table).states for key, table in tables.items()}
    items = [dict(zip(COLUMNS, row, strict=False)) for row in rows]
    for item, row in zip(items, rows, strict=True):
        item["state_name"] = states[row[-2].int, row[-1]][item["state"]].name
    return items


def api_detail(viewer: Actor, pk: UUID) -> dict[str, Any]:
    """One hazard with what the caller may do."""
    found = detail(viewer, pk)
    more = (
        "description", "item_title", "basis", "five", "before", "after", "extension", "notice_number", "verifier_name",
        "approver_name", "rectify_due_at", "extensions", "merged_into_id",
    )  # fmt: skip
    return {
        **{name: getattr(found.case, name) for name in (*COLUMNS, *more)},
        "state_name": found.state_name,
        "actions": [
            {"action": b.action, "name": b.name, "enabled": b.enabled, "reason": b.reason} for b in found.buttons
        ],
        "papers": [_paper(line.paper) for line in found.papers],
    }


def _paper(row: Any) -> dict[str, Any]:
    names = ("code", "number", "title", "state", "signed_by_name", "signed_at", "received_by_name", "received_at")
    address = f"/hazards/papers/{row.pk}"
    return {name: getattr(row, name) for name in names} | {
        "id": row.pk, "pdf": f"{address}.pdf", "docx": f"{address}.docx",
    }  # fmt: skip


def api_story(viewer: Actor, pk: UUID) -> dict[str, Any]:
    """The facts about a hazard in time order."""
    case = seen(viewer, pk)
    words = declared()
    names = ("name", "by_name", "by_post", "channel", "at", "sent_at", "facts")
    events = timeline(viewer, bureau_id=case.bureau_id, subject_id=case.pk)
    items = [
        {"id": e.pk, "words": words.get(e.name, e.name)} | {name: getattr(e, name) for name in names} for e in events
    ]
    return {"items": items, "next": ""}


def api_paper(viewer: Actor, pk: UUID) -> dict[str, Any]:
    """One paper."""
    return _paper(paper(viewer, pk))
