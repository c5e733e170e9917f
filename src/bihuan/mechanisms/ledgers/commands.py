"""Every write of this room."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID, uuid5

from django.db import IntegrityError, transaction
from django.db.models import F, Max, OuterRef, Subquery
from django.utils import timezone
from pydantic import BaseModel, ConfigDict, Field

from bihuan.engines.duties.commands import AtOnce
from bihuan.engines.duties.queries import tasks_to_do
from bihuan.engines.responsibility import queries as net
from bihuan.engines.responsibility.queries import sensible_day
from bihuan.engines.sheets.queries import VersionInForce, in_force_by_code, version_for_filling
from bihuan.engines.sheets.rules import Answer, faults_of, stages_of
from bihuan.foundation import hot, lockbox
from bihuan.foundation.actors import SYSTEM, Actor
from bihuan.foundation.commands import command
from bihuan.foundation.events import record, record_many
from bihuan.foundation.hot import insert
from bihuan.foundation.refusals import Refusal
from bihuan.foundation.scoping import placed
from bihuan.mechanisms.ledgers import contents, rules
from bihuan.mechanisms.ledgers.models import Entry, Leaf, Pass
from bihuan.mechanisms.ledgers.pack import ledgers_of
from bihuan.mechanisms.ledgers.reach import CLASS, Reach, class_named, classes, inside, may_write, reach
from bihuan.mechanisms.ledgers.rules import Ledger

TRIES = 8
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
    mine = inside(Entry.objects.filter(pk__in=[row.id for row in rows], **page.key), page.parts)
    kept = {row.pk: row for row in mine.select_for_update().order_by("id")}
    local = timezone.localtime(at)
    for row in rows:
        if row.id not in kept:
            row.answers = rules.filled(page.ledger, row.answers, me=by.name, now=local, on=page.on)
    versions = {row.version_id: version_for_filling(SYSTEM, row.version_id) for row in kept.values()}
    faults: dict[str, str] = {}
    for n, row in enumerate(rows):
        asked = versions[kept[row.id].version_id] if row.id in kept else version
        faults |= page.not_own(n, row, asked)
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
    changed = _changed(at, [(contents.opened(kept[row.id]), row) for row in rows if row.id in kept], versions, page)
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
    if page.parts:
        raise Refusal("ledgers.nil_of_school", title=page.ledger.title)
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
    return _end(by, at, row, ledger)


def _end(by: Actor, at: datetime, row: Entry, ledger: Ledger) -> Entry:
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
    if ledger.gate_pass:
        Pass.objects.filter(bureau_id=row.bureau_id, entry=row, void_at__isnull=True).update(left_at=at)
    record(row, "ledgers.clock_ended", by=by, at=at, ledger=row.ledger)
    return row


@command("ledgers.strike_row")
def strike_row(
    by: Actor, at: datetime, *, entry_id: UUID, reason: Annotated[str, Field(min_length=2, max_length=120)]
) -> Entry:
    """Strike out a row with a reason; it stays readable. Refusals: those of ``ledgers.write_rows``, ``ledgers.struck``."""
    row = Entry.objects.all().seen(by, entry_id)
    page = _page(by, at, row.ledger, row.org_id, row.on)
    if row.struck_at:
        raise Refusal("ledgers.struck", who=row.struck_by_name)
    version = version_for_filling(SYSTEM, row.version_id)
    said = contents.at_rest(page.ledger, row.pk, version, contents.opened(row).answers, struck_for=reason)
    won = Entry.objects.filter(pk=row.pk, struck_at__isnull=True, revision=row.revision).update(
        **said, struck_at=at, struck_by_name=by.name, revision=F("revision") + 1
    )
    if not won:
        raise Refusal("foundation.changed_meanwhile", who="别人")
    row.struck_at, row.struck_for, row.revision = at, reason, row.revision + 1
    if page.ledger.gate_pass:
        taken = Pass.objects.filter(bureau_id=row.bureau_id, entry=row, left_at__isnull=True, void_at__isnull=True)
        taken.update(void_at=at, void_for="登记的这一行已划去")
    told = {} if page.ledger.restricted else {"reason": reason}
    record(row, "ledgers.row_struck", by=by, at=at, ledger=page.ledger.code, **told)
    return row


@command("ledgers.issue_pass")
def issue_pass(by: Actor, at: datetime, *, id: UUID, entry_id: UUID, host_id: UUID | None = None) -> Pass:
    """Give a visitor who is inside a pass with a number of this day and a random code.

    ``host_id`` is the person visited (who is told when the visit is over time); without it the one person of the school who
    bears the name written in the row. Refusals: ``foundation.not_found``, ``ledgers.not_my_post``, ``ledgers.no_passes``,
    ``ledgers.no_clock``, ``ledgers.has_pass``, ``ledgers.no_such_host``.
    """
    row = Entry.objects.all().seen(by, entry_id)
    ledger = _ledger(by, row.ledger, row.bureau_id)
    _require(by, ledger, row)
    if ledger.gate_pass is None:
        raise Refusal("ledgers.no_passes", title=ledger.title)
    if row.struck_at or row.clock_ended_at or row.clock_due_at is None:
        when = f"{timezone.localtime(row.clock_ended_at):%m-%d %H:%M}" if row.clock_ended_at else "此前"
        raise Refusal("ledgers.no_clock", when=when)
    today = timezone.localdate(at)
    host = _host(row, ledger, host_id, today)
    kept = Pass.objects.filter(bureau_id=row.bureau_id, org_id=row.org_id, on=today)
    for _ in range(TRIES):
        n = (kept.aggregate(last=Max("n"))["last"] or 0) + 1
        made = Pass(
            id=id, **placed(row), org_id=row.org_id, entry=row, on=today, n=n, host_id=host, due_at=row.clock_due_at,
            code="".join(secrets.choice(rules.CODE_LETTERS) for _ in range(rules.CODE_LENGTH)),
            made_at=at, by_id=by.id, by_name=by.name,
        )  # fmt: skip
        try:
            with transaction.atomic():
                made.save(force_insert=True)
        except IntegrityError:
            there = Pass.objects.filter(bureau_id=row.bureau_id, entry=row, void_at__isnull=True).first()
            if there:
                raise Refusal("ledgers.has_pass", number=rules.pass_number(there.on, there.n)) from None
            continue  # the number went to another gate at this moment
        record(made, "ledgers.pass_issued", by=by, at=at, number=rules.pass_number(today, n), entry=row.pk)
        return made
    raise Refusal("foundation.changed_meanwhile", who="另一个门岗")


@command("ledgers.leave_by_pass")
def leave_by_pass(by: Actor, at: datetime, *, org_id: UUID, code: Code) -> dict[str, Any]:
    """Close the visit of a scanned or typed pass at the gate; said again, the first moment stays.

    *code* is what the QR says, or the number (1122-007, or 7 of today). Refusals: ``foundation.not_found``,
    ``ledgers.no_such_pass``, ``ledgers.pass_void``, ``ledgers.not_my_post``.
    """
    there = reach(by, org_id)
    org = there.org
    written, on, n = rules.typed_pass(code, timezone.localdate(at))
    asked = {"code": written} if on is None else {"on": on, "n": n}
    taken = Pass.objects.filter(bureau_id=org.bureau_id, org_id=org.pk, **asked).select_related("entry").first()
    if taken is None:
        raise Refusal("ledgers.no_such_pass", fields={"code": "请核对号码，或按姓名在名单里找。"})
    row, number = taken.entry, rules.pass_number(taken.on, taken.n)
    ledger = _ledger(by, row.ledger, org.bureau_id)
    _require(by, ledger, there)
    if taken.void_at:
        raise Refusal(
            "ledgers.pass_void",
            number=number,
            why=taken.void_for,
            when=f"{timezone.localtime(taken.void_at):%m-%d %H:%M}",
        )
    again = row.clock_ended_at is not None
    if not again:
        row = _end(by, at, row, ledger)
    return {"id": str(taken.pk), "number": number, "left_at": row.clock_ended_at, "again": again}


@command("ledgers.void_pass")
def void_pass(
    by: Actor, at: datetime, *, pass_id: UUID, reason: Annotated[str, Field(min_length=2, max_length=120)]
) -> Pass:
    """Void a pass that is lost or wrong; it stays known, and the visit may get another.

    Refusals: ``foundation.not_found``, ``ledgers.not_my_post``, ``ledgers.pass_void``, ``ledgers.pass_used``.
    """
    taken = Pass.objects.select_related("entry").seen(by, pass_id)
    _require(by, _ledger(by, taken.entry.ledger, taken.bureau_id), taken)
    number = rules.pass_number(taken.on, taken.n)
    won = Pass.objects.filter(pk=taken.pk, void_at__isnull=True, left_at__isnull=True)
    if not won.update(void_at=at, void_for=reason):
        taken.refresh_from_db()
        if taken.void_at is None:
            raise Refusal("ledgers.pass_used", number=number)
        when = f"{timezone.localtime(taken.void_at):%m-%d %H:%M}"
        raise Refusal("ledgers.pass_void", number=number, why=taken.void_for, when=when)
    taken.void_at, taken.void_for = at, reason
    record(taken, "ledgers.pass_voided", by=by, at=at, number=number, reason=reason)
    return taken


def notice_over_time(at: datetime, *, most: int = 500) -> int:
    """State once of every pass whose visit is over time that it is: whoever hears of it is for the reactions.

    A pass is won by writing ``told_at``, so any number of workers state it once. Returns how many were stated.
    """
    late = Pass.objects.filter(due_at__lte=at, left_at__isnull=True, void_at__isnull=True, told_at__isnull=True)
    with transaction.atomic():
        rows = hot.changed(
            Pass.objects.filter(pk__in=late.order_by("due_at", "id").values("pk")[:most], told_at=None), told_at=at
        )
        told = [(row, {"number": rules.pass_number(row.on, row.n), "entry": row.entry_id}) for row in rows]
        record_many(told, "ledgers.visitor_over_time", by=SYSTEM, at=at)
    return len(rows)


def relock(*, most: int = 200) -> int:
    """Bring every row of restricted ledgers under the key that locks now; returns how many were changed.

    Rows of a ledger that was not restricted when they were written are locked, too. Each row is changed by itself, so it may
    be stopped and begun again at any time. Refusals: ``foundation.no_data_key``, ``foundation.broken_lock``.
    """
    done = 0
    old = Entry.objects.exclude(lock_key="").exclude(lock_key=lockbox.current_key()).order_by("id")
    while rows := list(old[:most]):
        for row in rows:
            kept = lockbox.lock(lockbox.unlock(row.closed, about=row.pk), about=row.pk)
            again = Entry.objects.filter(pk=row.pk, closed=row.closed)
            done += again.update(closed=kept, lock_key=lockbox.key_of(kept))
    for bureau_id in Entry.objects.order_by().values_list("bureau_id", flat=True).distinct():
        for ledger in (one for one in ledgers_of(bureau_id).values() if one.restricted):
            clear = Entry.objects.filter(bureau_id=bureau_id, ledger=ledger.code, lock_key="").order_by("id")
            while rows := list(clear[:most]):
                for row in rows:
                    version = version_for_filling(SYSTEM, row.version_id)
                    said = contents.at_rest(ledger, row.pk, version, row.answers, struck_for=row.struck_for)
                    done += Entry.objects.filter(pk=row.pk, revision=row.revision, lock_key="").update(**said)
    return done


# --- inside ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Page:
    """One page of one school's ledger, found to be writable by this person now."""

    ledger: Ledger
    org: Any
    on: date
    is_late: bool
    parts: tuple[Any, ...] = ()

    def place_of(self, row: RowIn) -> Any:
        """Where a new row stands: at the school, or at the class or area of whoever reaches no further."""
        return (class_named(self.parts, row.answers.get(CLASS, "")) or self.parts[0]) if self.parts else self.org

    def not_own(self, n: int, row: RowIn, version: VersionInForce) -> dict[str, str]:
        """What is wrong with a row about another class than the own one; an empty cell of the class is filled."""
        if not classes(self.parts) or all(item.code != CLASS for item in version.content.items):
            return {}
        part = class_named(self.parts, row.answers.get(CLASS, ""))
        if part is None:
            return {f"{n}.{CLASS}": f"只能登记自己的班：{'、'.join(one.name for one in classes(self.parts))}"}
        row.answers = {**row.answers, CLASS: row.answers.get(CLASS) or part.name}
        return {}

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
            id=row.id, **placed(self.place_of(row)), org_id=self.org.pk, ledger=self.ledger.code, version_id=version.id, on=self.on,
            **contents.at_rest(self.ledger, row.id, version, answers), is_late=self.is_late,
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
        kept = Leaf.objects.get(**self.key)
        if kept.state != state and Leaf.objects.filter(pk=kept.pk).update(state=state):
            kept.state = state
        return kept

    def do_tasks(self, by: Actor, at: datetime, leaf: Leaf, *, nil: bool = False) -> None:
        """A page that is begun does the tasks of the duty that bears the ledger's name."""
        own, code = [part.pk for part in self.parts], f"ledger-{self.ledger.code}"
        for task in tasks_to_do(SYSTEM, org_id=self.org.pk, also_at=own, codes=[code], on=self.on):
            AtOnce().do(by, at, task=task, ref_id=leaf.pk, done_at=at, nil=nil)


def _page(by: Actor, at: datetime, code: str, org_id: UUID, day: date) -> _Page:
    there = reach(by, org_id)
    org = there.org
    ledger = _ledger(by, code, org.bureau_id)
    if not ledger.asked_of(stages_of([*org.stages, org.kind]), set(org.facets)):
        raise Refusal("ledgers.no_such_ledger")
    _require(by, ledger, there)
    today = timezone.localdate(at)
    on = rules.page_day(ledger.every, sensible_day(day))
    if on > today:
        raise Refusal("ledgers.in_future", day=f"{on:%Y-%m-%d}", fields={"on": "这一页还没有开始。"})
    since = rules.locked_from(ledger, on)
    if today >= since:
        raise Refusal("ledgers.locked", title=ledger.title, day=f"{on:%Y-%m-%d}", since=f"{since:%Y-%m-%d}")
    return _Page(ledger, org, on, rules.is_late(ledger, on, today), there.parts_for(by, ledger))


def _ledger(by: Actor, code: str, bureau_id: UUID | None) -> Ledger:
    found = ledgers_of(bureau_id).get(code)
    if found is None:
        raise Refusal("ledgers.no_such_ledger")
    return found


def _require(by: Actor, ledger: Ledger, place: Any) -> None:
    if not may_write(by, ledger, place):
        if ledger.restricted or (
            isinstance(place, Reach) and not place.is_whole
        ):  # nobody else learns that it is kept here
            raise Refusal("ledgers.no_such_ledger")
        bureau_id = place.org.bureau_id if isinstance(place, Reach) else place.bureau_id
        names = [post["name"] for post in net.posts(bureau_id) if post["code"] in ledger.posts]
        raise Refusal("ledgers.not_my_post", title=ledger.title, who="、".join(names) or "负责的岗位")


def _host(row: Entry, ledger: Ledger, chosen: UUID | None, on: date) -> UUID | None:
    """The person visited, if they serve at the school: the chosen one, else the only one of that name."""
    serving = net.appointments(SYSTEM, on=on, org_id=row.org_id)
    if chosen:
        if not serving.filter(user_id=chosen).exists():
            raise Refusal("ledgers.no_such_host", fields={"host_id": "请从名单里选。"})
        return chosen
    name = row.answers.get(ledger.gate_pass.host, "") if ledger.gate_pass else ""
    found = set(serving.filter(user__name=name).values_list("user_id", flat=True)) if name else set()
    return found.pop() if len(found) == 1 else None


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


def _changed(
    at: datetime, rows: Sequence[tuple[Entry, RowIn]], versions: Mapping[UUID, VersionInForce], page: _Page
) -> dict[UUID, dict[str, list[str]]]:
    """Change rows by compare-and-swap, all in one statement; what differed in each, before and after."""
    told: dict[UUID, dict[str, list[str]]] = {}
    moved: list[UUID] = []
    names: tuple[str, ...] = ()
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
        said = contents.at_rest(page.ledger, kept.pk, versions[kept.version_id], answers)
        said["clock_due_at"] = rules.clock_due(clock, page.on, answers, timezone.localtime(at)) if clock else None
        moved += [kept.pk] if said["clock_due_at"] != kept.clock_due_at else []
        said |= {"changed_at": at, "revision": kept.revision + 1}
        told[kept.pk] = {code: [] if rules.is_private(page.ledger, code) else pair for code, pair in differs.items()}
        names, fresh = tuple(said), [*fresh, [kept.pk, *said.values()]]
    hot.update_each(Entry, names, fresh)
    if moved and page.ledger.gate_pass:  # whoever came later than was written leaves later, too
        due = Entry.objects.filter(pk=OuterRef("entry_id")).values("clock_due_at")
        Pass.objects.filter(entry_id__in=moved, left_at__isnull=True).update(due_at=Subquery(due))
    return told
