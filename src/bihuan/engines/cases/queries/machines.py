"""What the API answers: plain mappings, no serializer per field."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta
from typing import Any
from uuid import UUID

from bihuan.engines.cases import hot
from bihuan.engines.cases.pack import lifecycle_of
from bihuan.engines.cases.queries.filters import STATES, Filters, scope_of, selection, span, start_of
from bihuan.engines.cases.queries.story import detail, paper, seen
from bihuan.foundation import clock, packs
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
    found = page_rows(viewer, filters, column, ask.cursor, ask.limit + 1)
    more = len(found) > ask.limit
    packs.read_ahead(row[-2] for row in found)
    items = [_item(row) for row in found[: ask.limit]]
    return {"items": items, "next": hot.cursor_after(items[-1][column], items[-1]["id"]) if more else ""}


def page_rows(viewer: Actor, filters: Filters, column: str, cursor: str, size: int) -> list[tuple[Any, ...]]:
    """The rows of a page: for the usual filters by the hot path, otherwise by its twin."""
    scope = scope_of(viewer, filters)
    if scope is not None and not filters.q:
        return hot.page(
            *READ,
            scope=scope,
            conditions=conditions(filters),
            order=column,
            newest_first=filters.is_history,
            cursor=cursor,
            size=size,
        )
    rows = hot.keyset(selection(viewer, filters), column, newest_first=filters.is_history, cursor=cursor)
    return list(rows.values_list(*READ)[:size])


def conditions(filters: Filters) -> list[tuple[str, tuple[Any, ...]]]:
    """What ``selection`` filters by, as SQL; without words and persons, which only the twin knows."""
    found: list[tuple[str, tuple[Any, ...]]] = [] if filters.is_history else [("is_open", ())]
    if states := STATES.get(filters.stage):
        found.append((f"state IN ({', '.join(['%s'] * len(states))})", states))
    found += [
        (f"{name} = %s", (value,))
        for name in ("level", "category", "source", "state")
        if (value := getattr(filters, name))
    ]
    since, until = span(filters, clock.now())
    if filters.time:
        found.append(("is_open", ()))
    found += [("due_at >= %s", (since,))] * bool(since) + [("due_at < %s", (until,))] * bool(until)
    if filters.since:
        found.append(("reported_at >= %s", (start_of(filters.since),)))
    if filters.until:
        found.append(("reported_at < %s", (start_of(filters.until + timedelta(days=1)),)))
    found += [("listed_at IS NOT NULL", ())] * filters.listed + [
        ("recurrence_of_id IS NOT NULL", ())
    ] * filters.recurring
    return found


def _item(row: tuple[Any, ...]) -> dict[str, Any]:
    item = dict(zip(COLUMNS, row, strict=False))
    item["state_name"] = lifecycle_of(row[-2], row[-1]).states[item["state"]].name
    return item


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
        "papers": [_paper(line) for line in found.papers],
    }


def _paper(line: dict[str, Any]) -> dict[str, Any]:
    return {**line, "pdf": f"/hazards/papers/{line['id']}.pdf", "docx": f"/hazards/papers/{line['id']}.docx"}


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
    found = paper(viewer, pk)
    return _paper({"id": str(found.pk), "code": found.code, "number": found.number, "title": found.title})
