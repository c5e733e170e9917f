"""Visitors' passes: one, those inside, the form that gives one, one over time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from bihuan.engines.responsibility import queries as net
from bihuan.foundation.actors import SYSTEM, Actor
from bihuan.foundation.pages.keyset import Page, page
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.ledgers import rules
from bihuan.mechanisms.ledgers.models import Entry, Pass
from bihuan.mechanisms.ledgers.pack import ledgers_of
from bihuan.mechanisms.ledgers.reach import may_write


@dataclass(frozen=True, slots=True)
class PassView:
    """A visitor's pass with the row that it belongs to; ``who`` is masked for those who may not write the ledger."""

    taken: Pass
    number: str
    who: str
    host: str
    why: str
    state: str
    may_write: bool
    ended: str
    came: str

    @property
    def words(self) -> str:
        """The state in words."""
        return rules.PASS_STATES[self.state]

    @property
    def is_open(self) -> bool:
        """Whether its visit may still be closed, or the pass voided."""
        return self.state in ("inside", "late")


def _pass_view(viewer: Actor, row: Pass, at: datetime) -> PassView | None:
    ledger = ledgers_of(row.bureau_id).get(row.entry.ledger)
    if ledger is None or ledger.gate_pass is None or ledger.clock is None:
        return None
    mine = may_write(viewer, ledger, row) or (viewer.id is not None and viewer.id == row.host_id)
    said, columns = row.entry.answers, ledger.gate_pass

    def cell(column: str) -> str:
        text = said.get(column, "")
        return text if mine or not rules.is_private(ledger, column) else rules.masked(text)

    state = rules.pass_state(
        void=row.void_at is not None, left=row.entry.clock_ended_at is not None, due_at=row.due_at, now=at
    )
    return PassView(
        row, rules.pass_number(row.on, row.n), cell(columns.who), cell(columns.host), cell(columns.why), state,
        may_write(viewer, ledger, row), ledger.clock.ended,
        said.get(ledger.clock.starts) or f"{timezone.localtime(row.entry.made_at):%H:%M}",
    )  # fmt: skip


def pass_view(viewer: Actor, pk: UUID, *, at: datetime) -> PassView:
    """One pass, for the net in which it was given and for the person visited; ``foundation.not_found`` for anybody else."""
    found = _pass_view(viewer, Pass.objects.select_related("entry", "org").seen(viewer, pk), at)
    if found is None:
        raise Refusal("foundation.not_found")
    return found


def passes_inside(viewer: Actor, *, at: datetime, cursor: str = "", size: int = 25) -> tuple[Page, list[PassView]]:
    """The passes whose visitors are inside, those over time first."""
    rows = Pass.objects.visible_to(viewer).filter(left_at__isnull=True, void_at__isnull=True)
    found = page(rows.select_related("entry", "org"), order=("due_at", "id"), cursor=cursor, size=size)
    return found, [view for row in found.rows if (view := _pass_view(viewer, row, at))]


@dataclass(frozen=True, slots=True)
class PassForm:
    """A row that may be given a pass: who comes, the school's people, and which of them bears the name that was written."""

    entry: Entry
    who: str
    host: str
    host_id: str
    people: tuple[tuple[str, str], ...]
    has: UUID | None


def pass_form(viewer: Actor, entry_id: UUID, *, at: datetime) -> PassForm:
    """What is asked before a pass is given; only for those who may give it."""
    row = Entry.objects.all().seen(viewer, entry_id)
    ledger = ledgers_of(row.bureau_id).get(row.ledger)
    if ledger is None or ledger.gate_pass is None or not may_write(viewer, ledger, row):
        raise Refusal("foundation.not_found")
    serving = net.appointments(SYSTEM, on=timezone.localdate(at), org_id=row.org_id).order_by("user__name", "id")
    people = tuple(dict.fromkeys((str(one.user_id), one.user.name) for one in serving[:400]))
    host = row.answers.get(ledger.gate_pass.host, "")
    named = [pk for pk, name in people if name == host]
    has = Pass.objects.filter(bureau_id=row.bureau_id, entry=row, void_at__isnull=True).first()
    return PassForm(
        row, row.answers.get(ledger.gate_pass.who, ""), host, named[0] if len(named) == 1 else "", people, has.pk if has else None
    )  # fmt: skip


def passes_of(rows: Iterable[Entry]) -> dict[UUID, tuple[UUID, str]]:
    """The pass in use of each of these rows that were found visible: its id and number."""
    found = Pass.objects.filter(entry_id__in=[row.pk for row in rows], void_at__isnull=True)
    return {row.entry_id: (row.pk, rules.pass_number(row.on, row.n)) for row in found}


@dataclass(frozen=True, slots=True)
class OverTime:
    """A pass over time, for those who tell of it."""

    org_id: UUID
    number: str
    host: str
    host_id: UUID | None
    issuer_id: UUID | None
    due_at: datetime
    posts: tuple[str, ...]


def over_time(pk: UUID) -> OverTime | None:
    """A pass whose visitor is still inside; nothing when they left, or the pass was voided, or the book is kept no more."""
    row = Pass.objects.select_related("entry").filter(pk=pk, left_at__isnull=True, void_at__isnull=True).first()
    ledger = ledgers_of(row.bureau_id).get(row.entry.ledger) if row else None
    if row is None or ledger is None or ledger.gate_pass is None:
        return None
    host = row.entry.answers.get(ledger.gate_pass.host, "")
    return OverTime(
        row.org_id, rules.pass_number(row.on, row.n), host, row.host_id, row.by_id, row.due_at, ledger.posts
    )
