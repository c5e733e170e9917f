"""Every write of this room."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID, uuid5

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from pydantic import BaseModel, ConfigDict, Field

from bihuan.engines.duties.commands import AtOnce
from bihuan.engines.duties.queries import tasks_to_do
from bihuan.engines.responsibility import queries as net
from bihuan.engines.responsibility.queries import sensible_day
from bihuan.engines.sheets.queries import VersionInForce, in_force_by_code, version_for_filling
from bihuan.engines.sheets.rules import Answer, Item, faults_of, is_wrong, stages_of
from bihuan.foundation import hot
from bihuan.foundation.actors import SYSTEM, Actor
from bihuan.foundation.commands import command
from bihuan.foundation.events import record
from bihuan.foundation.hot import insert
from bihuan.foundation.refusals import Refusal
from bihuan.foundation.scoping import placed
from bihuan.mechanisms.ledgers import rules
from bihuan.mechanisms.ledgers.models import Entry, Leaf
from bihuan.mechanisms.ledgers.pack import ledgers_of
from bihuan.mechanisms.ledgers.rules import Ledger

Code = Annotated[str, Field(min_length=1, max_length=60)]


class RowIn(BaseModel):
    """One row as it is sent: a new one without ``revision``, a changed one with the revision that was shown."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    id: UUID
    revision: int | None = None
    answers: Annotated[dict[str, Annotated[str, Field(max_length=500)]], Field(max_length=60)]


Rows = Annotated[list[RowIn], Field(min_length=1, max_length=200)]


@command("ledgers.write_rows")
def write_rows(by: Actor, at: datetime, *, ledger: Code, org_id: UUID, on: date, rows: Rows) -> dict[str, Any]:
    """Write new rows on a page of a school's ledger and change rows of it, all or none.

    ``on`` is any day of the page. Refusals: ``ledgers.no_such_ledger``, ``ledgers.not_my_post``, ``ledgers.locked``,
    ``ledgers.in_future``, ``ledgers.bad_rows`` (field ``n.column``), ``ledgers.struck``, ``foundation.changed_meanwhile``.
    """
    page = _page(by, at, ledger, org_id, on)
    version = in_force_by_code(by, page.ledger.sheet, on=page.on)
    # held until the end of the transaction, so that what is compared below is what is changed (SQLite has one writer)
    held = Entry.objects.select_for_update().filter(pk__in=[row.id for row in rows], **page.key)
    kept = {row.pk: row for row in held.order_by("id")}
    versions = {row.version_id: version_for_filling(SYSTEM, row.version_id) for row in kept.values()}
    faults: dict[str, str] = {}
    for n, row in enumerate(rows):
        asked = versions[kept[row.id].version_id] if row.id in kept else version
        faults |= {f"{n}.{code}": words for code, words in _faults(asked, page.ledger, row.answers).items()}
    if faults:
        first = "；".join(list(faults.values())[:3])
        raise Refusal("ledgers.bad_rows", fields=faults, count=len(faults), summary=first)
    new = [page.entry(by, at, row, version) for row in rows if row.id not in kept]
    try:
        with transaction.atomic():
            Entry.objects.bulk_create(new)
    except IntegrityError:  # the id was used for a row elsewhere
        raise Refusal("foundation.receipt_conflict") from None
    changed = _changed(at, [(kept[row.id], row) for row in rows if row.id in kept], versions, page)
    leaf = page.begin(by, at, "filled")
    page.do_tasks(by, at, leaf)
    record(
        leaf, "ledgers.rows_written", by=by, at=at, ledger=page.ledger.code, on=page.on, late=page.is_late,
        new=[row.pk for row in new], changed={str(pk): words for pk, words in changed.items()},
    )  # fmt: skip
    return {
        "new": len(new),
        "changed": len(changed),
        "wrong": sum(bool(row.wrong) for row in new),
    }


@command("ledgers.report_nil")
def report_nil(by: Actor, at: datetime, *, ledger: Code, org_id: UUID, on: date) -> Leaf:
    """Say that a page has nothing to be written; rows written later take its place.

    Refusals: ``ledgers.no_nil``, ``ledgers.not_nil``, and those of ``ledgers.write_rows``.
    """
    page = _page(by, at, ledger, org_id, on)
    if not page.ledger.nil:
        raise Refusal("ledgers.no_nil", title=page.ledger.title)
    if Entry.objects.filter(**page.key, struck_at__isnull=True).exists():
        raise Refusal("ledgers.not_nil", title=page.ledger.title, day=page.words, nil=page.ledger.nil)
    leaf = page.begin(by, at, "nil")
    page.do_tasks(by, at, leaf, nil=True)
    record(leaf, "ledgers.nil_reported", by=by, at=at, ledger=page.ledger.code, on=page.on, late=page.is_late)
    return leaf


@command("ledgers.end_clock")
def end_clock(by: Actor, at: datetime, *, entry_id: UUID) -> Entry:
    """End what a row keeps open: the visitor has left, the sample is destroyed. The moment is the server's.

    Refusals: ``foundation.not_found``, ``ledgers.not_my_post``, ``ledgers.no_clock``, ``ledgers.too_early``.
    """
    row = Entry.objects.all().seen(by, entry_id)
    ledger = _ledger(by, row.ledger, row.bureau_id)
    _require(by, ledger, row)
    clock = ledger.clock
    local = timezone.localtime(at)
    if clock is None or row.clock_due_at is None or row.struck_at or row.clock_ended_at:
        when = f"{timezone.localtime(row.clock_ended_at):%m-%d %H:%M}" if row.clock_ended_at else "此前"
        raise Refusal("ledgers.no_clock", when=when)
    if clock.keep and at < row.clock_due_at:
        raise Refusal(
            "ledgers.too_early", words=clock.running, due=f"{timezone.localtime(row.clock_due_at):%m-%d %H:%M}"
        )
    answers = {**row.answers, clock.ends: rules.clock_words(local, row.on)}
    won = Entry.objects.filter(pk=row.pk, clock_ended_at__isnull=True, revision=row.revision).update(
        clock_ended_at=at, answers=answers, revision=F("revision") + 1
    )
    if not won:
        raise Refusal("foundation.changed_meanwhile", who="别人")
    row.answers, row.clock_ended_at, row.revision = answers, at, row.revision + 1
    record(row, "ledgers.clock_ended", by=by, at=at, ledger=row.ledger, title=row.title)
    return row


@command("ledgers.strike_row")
def strike_row(
    by: Actor, at: datetime, *, entry_id: UUID, reason: Annotated[str, Field(min_length=2, max_length=120)]
) -> Entry:
    """Strike out a row with a reason; it stays readable. Refusals: those of ``ledgers.write_rows``, ``ledgers.struck``."""
    row = Entry.objects.all().seen(by, entry_id)
    page = _page(by, at, row.ledger, row.org_id, row.on)
    won = Entry.objects.filter(pk=row.pk, struck_at__isnull=True).update(
        struck_at=at, struck_for=reason, struck_by_name=by.name, revision=F("revision") + 1
    )
    if not won:
        raise Refusal("ledgers.struck", who=row.struck_by_name or "别人")
    row.refresh_from_db()
    record(row, "ledgers.row_struck", by=by, at=at, ledger=page.ledger.code, title=row.title, reason=reason)
    return row


# --- inside ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Page:
    """One page of one school's ledger, found to be writable by this person now."""

    ledger: Ledger
    org: Any
    on: date
    is_late: bool

    @property
    def key(self) -> dict[str, Any]:
        return {"bureau_id": self.org.bureau_id, "org_id": self.org.pk, "ledger": self.ledger.code, "on": self.on}

    @property
    def words(self) -> str:
        return f"{self.on:%Y-%m-%d}"

    def entry(self, by: Actor, at: datetime, row: RowIn, version: VersionInForce) -> Entry:
        answers = {code: text for code, text in row.answers.items() if text}
        clock = self.ledger.clock
        ended = bool(clock and answers.get(clock.ends))
        return Entry(
            id=row.id, **placed(self.org), org_id=self.org.pk, ledger=self.ledger.code, version_id=version.id, on=self.on,
            title=_title(version, answers), answers=answers, wrong=_wrong(version, answers), is_late=self.is_late,
            clock_due_at=rules.clock_due(clock, self.on, answers, timezone.localtime(at)) if clock else None,
            clock_ended_at=at if ended else None, made_at=at, by_id=by.id, by_name=by.name,
        )  # fmt: skip

    def begin(self, by: Actor, at: datetime, state: str) -> Leaf:
        """The page's leaf, made by whoever comes first; rows take the place of a nil report."""
        leaf = Leaf(
            id=uuid5(self.org.pk, f"{self.ledger.code} {self.on}"), **placed(self.org), org_id=self.org.pk, ledger=self.ledger.code, on=self.on, state=state, is_late=self.is_late,
            begun_at=at, by_id=by.id, by_name=by.name,
        )  # fmt: skip
        if insert([leaf], unless_there=True):
            return leaf
        Leaf.objects.filter(**self.key).exclude(state=state).update(state=state)
        return Leaf.objects.get(**self.key)

    def do_tasks(self, by: Actor, at: datetime, leaf: Leaf, *, nil: bool = False) -> None:
        """A page that is begun does the tasks of the duty that bears the ledger's name."""
        for task in tasks_to_do(SYSTEM, org_id=self.org.pk, codes=[f"ledger-{self.ledger.code}"], on=self.on):
            AtOnce().do(by, at, task=task, ref_id=leaf.pk, done_at=at, nil=nil)


def _page(by: Actor, at: datetime, code: str, org_id: UUID, day: date) -> _Page:
    org = net.org(by, org_id)
    ledger = _ledger(by, code, org.bureau_id)
    if not ledger.asked_of(stages_of([*org.stages, org.kind]), set(org.facets)):
        raise Refusal("ledgers.no_such_ledger")
    _require(by, ledger, org)
    today = timezone.localdate(at)
    on = rules.page_day(ledger.every, sensible_day(day))
    if on > today:
        raise Refusal("ledgers.in_future", day=f"{on:%Y-%m-%d}", fields={"on": "这一页还没有开始。"})
    since = rules.locked_from(ledger, on)
    if today >= since:
        raise Refusal("ledgers.locked", title=ledger.title, day=f"{on:%Y-%m-%d}", since=f"{since:%Y-%m-%d}")
    return _Page(ledger, org, on, rules.is_late(ledger, on, today))


def _ledger(by: Actor, code: str, bureau_id: UUID | None) -> Ledger:
    found = ledgers_of(bureau_id).get(code)
    if found is None:
        raise Refusal("ledgers.no_such_ledger")
    return found


def is_mine(by: Actor, ledger: Ledger, place: Any) -> bool:
    """Whether a person holds one of the ledger's own posts there."""
    own = {net.own_post(place, post) for post in ledger.posts} if hasattr(place, "kind") else set(ledger.posts)
    return bool(set(by.posts_at(place)) & own)


def may_write(by: Actor, ledger: Ledger, place: Any) -> bool:
    """Whether a person may write a ledger there: the ledger's own posts, and whoever signs for the school."""
    return is_mine(by, ledger, place) or (not ledger.restricted and by.may("sign-for-school", place))


def _require(by: Actor, ledger: Ledger, place: Any) -> None:
    if not may_write(by, ledger, place):
        names = [post["name"] for post in net.posts(place.bureau_id) if post["code"] in ledger.posts]
        raise Refusal("ledgers.not_my_post", title=ledger.title, who="、".join(names) or "负责的岗位")


def _faults(version: VersionInForce, ledger: Ledger, answers: Mapping[str, str]) -> dict[str, str]:
    given = {code: Answer(value=text) for code, text in answers.items() if text}
    ends = ledger.clock.ends if ledger.clock else ""
    given.pop(ends, None)
    missing = {
        item.code: f"「{item.title}」必须填写"
        for item in version.content.items
        if item.required and item.code not in given and item.code != ends
    }
    return missing | faults_of(version.content, None, given)


def _wrong(version: VersionInForce, answers: Mapping[str, str]) -> list[str]:
    return [
        item.code
        for item in version.content.items
        if item.code in answers and is_wrong(item, {"value": answers[item.code]})
    ]


def _title(version: VersionInForce, answers: Mapping[str, str]) -> str:
    first: Sequence[Item] = version.content.items[:2]
    return " ".join(answers[item.code] for item in first if answers.get(item.code))[:80]


def _changed(
    at: datetime, rows: Sequence[tuple[Entry, RowIn]], versions: Mapping[UUID, VersionInForce], page: _Page
) -> dict[UUID, dict[str, list[str]]]:
    """Change rows by compare-and-swap, all in one statement; what differed in each, before and after."""
    told: dict[UUID, dict[str, list[str]]] = {}
    fresh: list[list[Any]] = []
    clock = page.ledger.clock
    for kept, row in rows:
        if kept.struck_at:
            raise Refusal("ledgers.struck", who=kept.struck_by_name)
        answers = {code: text for code, text in row.answers.items() if text}
        if clock and kept.clock_ended_at:
            answers[clock.ends] = kept.answers.get(clock.ends, "")
        differs = {
            code: [kept.answers.get(code, ""), answers.get(code, "")]
            for code in {*kept.answers, *answers}
            if kept.answers.get(code, "") != answers.get(code, "")
        }
        if not differs:
            continue
        if row.revision not in (None, kept.revision):
            raise Refusal("foundation.changed_meanwhile", who=kept.by_name)
        version = versions[kept.version_id]
        due = rules.clock_due(clock, page.on, answers, timezone.localtime(at)) if clock else None
        told[kept.pk] = differs
        fresh.append(
            [kept.pk, answers, _wrong(version, answers), _title(version, answers), at, due, kept.revision + 1]
        )  # fmt: skip
    hot.update_each(Entry, ("answers", "wrong", "title", "changed_at", "clock_due_at", "revision"), fresh)
    return told
