"""The filter sentence as data, and the cases that it names inside the viewer's net."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from bihuan.engines.cases.hot import Where, net_of
from bihuan.engines.cases.models import Case
from bihuan.foundation import clock
from bihuan.foundation.actors import LEVELS, Actor
from bihuan.foundation.refusals import Refusal

STAGES = {
    "open": "未销号", "reported": "待交办", "working": "整改中", "verifying": "待复查", "approving": "待审批",
    "closed": "已销号", "dropped": "已撤并", "all": "全部",
}  # fmt: skip
"""What people filter by: families of states, the same for every table."""
STATES = {
    "reported": ("reported",),
    "working": ("planning", "rectifying"),
    "verifying": ("verifying",),
    "approving": ("approving", "listing", "reviewing", "resuming"),
    "closed": ("closed",),
    "dropped": ("merged", "withdrawn"),
}
ENDED = ("closed", "dropped")


EARLIEST, LATEST = date(2000, 1, 1), date(2200, 1, 1)
"""Days outside are typing errors, and not every database can hold them."""


@dataclass(frozen=True)
class Filters:
    """The filter sentence as data; every part is one parameter of the address."""

    stage: str = "open"
    school: UUID | None = None
    level: str = ""
    category: str = ""
    source: str = ""
    time: str = ""
    whose: str = ""
    q: str = ""
    since: date | None = None
    until: date | None = None
    listed: bool = False
    recurring: bool = False
    state: str = ""

    def __post_init__(self) -> None:
        for part in fields(self):
            value = getattr(self, part.name)
            if (isinstance(value, str) and "\x00" in value) or (
                isinstance(value, date) and not EARLIEST <= value <= LATEST
            ):
                raise Refusal("cases.bad_filter", name=part.name, value=str(value).replace("\x00", "")[:40])

    @property
    def is_history(self) -> bool:
        """Whether ended cases are asked for: then the newest come first; otherwise what is due first."""
        return self.stage in {*ENDED, "all"}

    def address(self) -> dict[str, str]:
        """The parameters that differ from the usual list."""
        plain = {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) != f.default}
        return {
            name: "1" if value is True else value.isoformat() if isinstance(value, date) else str(value)
            for name, value in plain.items()
        }


TIMES = {"overdue": "已逾期", "today": "今天到期", "week": "七天内到期"}
WHOSE = {"turn": "等我办", "rectify": "我整改的", "verify": "我复查的", "report": "我上报的"}


def filters_from(given: Mapping[str, str]) -> Filters:
    """Filters from an address; unknown values are refused by name (``cases.bad_filter``), unknown parameters ignored."""
    values: dict[str, Any] = {}
    closed = {"stage": STAGES, "time": TIMES, "whose": WHOSE}
    for name in (f.name for f in fields(Filters)):
        text = str(given.get(name, "") or "").strip()
        if not text:
            continue
        try:
            values[name] = _read(name, text, closed)
        except ValueError:
            raise Refusal("cases.bad_filter", name=name, value=text[:40]) from None
    return Filters(**values)


def _read(name: str, text: str, closed: Mapping[str, Mapping[str, str]]) -> Any:
    if name in closed and text not in closed[name]:
        raise ValueError(text)
    if name == "school":
        return UUID(text)
    if name in {"since", "until"}:
        return date.fromisoformat(text)
    if name in {"listed", "recurring"}:
        return text in {"1", "true", "True"}
    return text[:80]


def sees(viewer: Actor, case_id: UUID) -> bool:
    """Whether this person may see a case (and so its evidence)."""
    return Case.objects.visible_to(viewer).filter(pk=case_id).exists()


Scope = tuple[str, list[UUID]]
"""An ancestor column and the units that it must equal."""


def scope_of(viewer: Actor, filters: Filters) -> Scope | None:
    """The one equality that the viewer's net and the filters give, so that one index serves filter and order.

    ``None`` when the net is not one equality (several kinds of units side by side, a partner department): then
    ``visible_to`` decides. What a person reported outside their net is found by ``whose=report``.
    """
    if filters.whose or viewer.is_system or not viewer.holds:
        return None
    if filters.school:
        mine = any(hold.level == "school" and hold.org_id == filters.school for hold in viewer.holds)
        return ("school_id", [filters.school]) if mine else None
    widest = min((LEVELS.index(hold.level) for hold in viewer.holds if hold.level in LEVELS), default=None)
    if widest is None:
        return None
    level = LEVELS[widest]
    wide = {hold.org_id: hold.path for hold in viewer.holds if hold.level == level}
    apart = [hold for hold in viewer.holds if hold.level != level]
    if any(hold.spans for hold in viewer.holds) or not all(
        any(hold.path.startswith(path) for path in wide.values()) for hold in apart
    ):
        return None
    return f"{level}_id", sorted(wide)


def where(viewer: Actor, filters: Filters, *, now: datetime | None = None) -> Where | None:
    """What ``selection`` filters by, as a condition for the hot path; ``None`` with words, which only the twin looks for."""
    if filters.q:
        return None
    values: list[Any] = []

    def has(sql: str, *given: Any) -> str:
        values.extend(given)
        return sql

    if scope := scope_of(viewer, filters):
        column, ids = scope
        parts = [has(f"{column} = %s" if len(ids) == 1 else f"{column} IN ({', '.join(['%s'] * len(ids))})", *ids)]
    else:
        net, given = net_of(viewer)
        parts = [has(net, *given)]
        parts += [has("school_id = %s", filters.school)] if filters.school else []
        if filters.whose:
            parts.append(has(f"{_WHOSE[filters.whose]} = %s", viewer.id) if viewer.id else "1 = 0")
    if filters.time or not filters.is_history:
        parts.append("is_open")
    if states := STATES.get(filters.stage):
        parts.append(has(f"state IN ({', '.join(['%s'] * len(states))})", *states))
    parts += [has(f"{name} = %s", value) for name in _EQUAL if (value := getattr(filters, name))]
    since, until = span(filters, now or clock.now())
    bounds = {
        "due_at >= %s": since,
        "due_at < %s": until,
        "reported_at >= %s": clock.midnight(filters.since) if filters.since else None,
        "reported_at < %s": clock.midnight(filters.until + timedelta(days=1)) if filters.until else None,
    }
    parts += [has(sql, moment) for sql, moment in bounds.items() if moment]
    parts += ["listed_at IS NOT NULL"] * filters.listed + ["recurrence_of_id IS NOT NULL"] * filters.recurring
    return " AND ".join(parts), values


_EQUAL = ("level", "category", "source", "state")
_WHOSE = {"turn": "waits_for_id", "rectify": "rectifier_id", "verify": "verifier_id", "report": "reporter_id"}


def _scoped(viewer: Actor, filters: Filters) -> Any:
    rows = Case.objects.all()
    if scope := scope_of(viewer, filters):
        column, ids = scope
        return rows.filter(**{column: ids[0]} if len(ids) == 1 else {f"{column}__in": ids})
    rows = rows.visible_to(viewer)
    if filters.school:
        rows = rows.filter(school_id=filters.school)
    if filters.whose:
        rows = rows.filter(**{_WHOSE[filters.whose]: viewer.id}) if viewer.id else rows.none()
    return rows


def selection(viewer: Actor, filters: Filters, *, now: datetime | None = None) -> Any:
    """The cases that a filter sentence names, inside the viewer's net, without an order."""
    now = now or clock.now()
    rows = _scoped(viewer, filters)
    if not filters.is_history:
        rows = rows.filter(is_open=True)
    if states := STATES.get(filters.stage):
        rows = rows.filter(state=states[0]) if len(states) == 1 else rows.filter(state__in=states)
    equal = {name: value for name in _EQUAL if (value := getattr(filters, name))}
    if equal:
        rows = rows.filter(**equal)
    rows = _timed(rows, filters, now)
    if filters.listed:
        rows = rows.filter(listed_at__isnull=False)
    if filters.recurring:
        rows = rows.filter(recurrence_of__isnull=False)
    if filters.q:
        words = (
            Q(title__contains=filters.q)
            | Q(number=filters.q)
            | Q(place__contains=filters.q)
            | Q(org_name__contains=filters.q)
        )
        rows = rows.filter(words | Q(item=filters.q) | Q(notice_number=filters.q))
    return rows


def span(filters: Filters, now: datetime) -> tuple[datetime | None, datetime | None]:
    """From when (with) until when (without) the deadline must lie."""
    if filters.time in _DAYS:
        return now, clock.midnight(timezone.localdate(now) + timedelta(days=_DAYS[filters.time]))
    return None, now if filters.time == "overdue" else None


_DAYS = {"today": 1, "week": 8}


def _timed(rows: Any, filters: Filters, now: datetime) -> Any:
    since, until = span(filters, now)
    if filters.time:
        rows = rows.filter(is_open=True)
    if since:
        rows = rows.filter(due_at__gte=since)
    if until:
        rows = rows.filter(due_at__lt=until)
    if filters.since:
        rows = rows.filter(reported_at__gte=clock.midnight(filters.since))
    if filters.until:
        rows = rows.filter(reported_at__lt=clock.midnight(filters.until + timedelta(days=1)))
    return rows
