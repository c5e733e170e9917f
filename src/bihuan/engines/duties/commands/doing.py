"""Tasks: done by an act of a room above or by filling their sheet, or excused by somebody who may."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from django.db import DatabaseError
from django.db.models import Case, F, Q, Value, When
from django.utils import timezone
from pydantic import Field

from bihuan.engines.duties import refusals  # noqa: F401 - their sentences must be declared
from bihuan.engines.duties.commands.generating import facts_of
from bihuan.engines.duties.models import Duty, Task
from bihuan.engines.duties.rules import ACTS, STATES, ending
from bihuan.engines.sheets import commands as sheets
from bihuan.engines.sheets import queries as sheet_queries
from bihuan.engines.sheets.rules import applicable, open_items
from bihuan.foundation import hot, packs
from bihuan.foundation.actors import Actor
from bihuan.foundation.commands import command, phone_time
from bihuan.foundation.events import Event, record, record_many, stated
from bihuan.foundation.refusals import Refusal

Answers = Annotated[dict[str, sheets.AnswerIn], Field(max_length=1000)]
UNDONE = ("open", "missed")
LONGEST_OFFLINE = timedelta(days=3)
"""How far back a phone's own clock is believed for when a sheet was filled."""


class Fulfilled(msgspec.Struct, frozen=True):
    """What an act did to a task: ``double`` when somebody had done it before (the task says who and when)."""

    state: Literal["done", "late", "double"]
    task: Task
    also: tuple[UUID, ...] = ()


def fulfil(
    by: Actor, at: datetime, *, task_id: UUID, ref_id: UUID | None, done_at: datetime, nil: bool = False
) -> Fulfilled:
    """Mark a task as done by an act (``ref_id``: the round, the submission) inside the caller's transaction.

    First come, first kept: a second one gets ``double`` and never an error. What the duty ``satisfies`` is done with it.
    Refusals: ``foundation.not_found`` (outside the scope), ``duties.not_your_task`` · ``two_people``.
    """
    return AtOnce().do(by, at, task=AtOnce().mine(by, task_id), ref_id=ref_id, done_at=done_at, nil=nil)


class AtOnce:
    """``fulfil`` in two steps, for a caller that looks at the task before it is done."""

    def mine(self, by: Actor, task_id: UUID) -> Task:
        """The task, if this person may do it. Refusals: those of ``fulfil``."""
        task: Task = Task.objects.visible_to(by).select_related("duty").seen(by, task_id)
        _require_mine(by, task)
        _refuse_same_person(by, task)
        return task

    def do(
        self, by: Actor, at: datetime, *, task: Task, ref_id: UUID | None, done_at: datetime, nil: bool = False
    ) -> Fulfilled:
        """Do it, and state the fact. Refusal: ``foundation.not_found`` (deleted meanwhile)."""
        ends = ending(done_at, task.due_at, task.closes_at)
        done = {"done_at": done_at, "done_by_id": by.id, "done_by_name": by.name, "ref_id": ref_id, "nil": nil}
        won = Task.objects.filter(pk=task.pk, state__in=UNDONE).update(
            state=ends.state, backfilled=ends.backfilled, **done
        )
        if not won:
            try:
                task.refresh_from_db()
            except Task.DoesNotExist:
                raise Refusal("foundation.not_found") from None
            return Fulfilled("double", task)
        task.state, task.backfilled = ends.state, ends.backfilled
        for name, value in done.items():
            setattr(task, name, value)
        record(task, "duties.task_done", by=by, at=at, **facts_of(task, task.duty.code), **_done_facts(task))
        also = _satisfied(by, at, task, done) if task.duty.satisfies else ()
        return Fulfilled("done" if ends.state == "done" else "late", task, also)


def _satisfied(by: Actor, at: datetime, task: Task, done: dict[str, Any]) -> tuple[UUID, ...]:
    """The tasks of the same unit, running at that moment, of the duties that this one's act does too."""
    moment = done["done_at"]
    rows = Task.objects.filter(
        bureau_id=task.bureau_id, org_id=task.org_id, state="open", duty__code__in=task.duty.satisfies,
        opens_at__lte=moment, closes_at__gte=moment,
    ).annotate(code=F("duty__code")).order_by("due_at", "id")  # fmt: skip
    running = list(rows)
    if not running:
        return ()
    late = Case(When(due_at__gte=moment, then=Value("done")), default=Value("late"))
    Task.objects.filter(pk__in=[row.pk for row in running], state="open").update(
        **{**done, "state": late, "via_id": task.pk}
    )
    codes = {row.pk: row.code for row in running}
    won = list(Task.objects.filter(via_id=task.pk, pk__in=list(codes)))
    facts = ((row, {**facts_of(row, codes[row.pk]), **_done_facts(row)}) for row in won)
    record_many(facts, "duties.task_done", by=by, at=at)
    return tuple(row.pk for row in won)


def _done_facts(task: Task) -> dict[str, Any]:
    return {
        "state": task.state, "ref": task.ref_id, "backfilled": task.backfilled, "via": task.via_id, "nil": task.nil,
        "done_at": task.done_at,
    }  # fmt: skip


def _require_mine(by: Actor, task: Task) -> None:
    if by.is_system or task.assignee_id == by.id or task.post in by.posts_at(task) or by.may("assign", task):
        return
    raise Refusal("duties.not_your_task", title=task.title, post=_post_name(task))


def _refuse_same_person(by: Actor, task: Task) -> None:
    """Where two people must be there, whoever did the one does not do the other.

    Both tasks are locked (in one order): somebody who answers both at the same moment is answered one after the other.
    """
    if not task.duty.apart or by.id is None:
        return
    rows = Task.objects.filter(
        Q(duty__code__in=task.duty.apart) | Q(pk=task.pk), bureau_id=task.bureau_id, org_id=task.org_id, on=task.on
    )
    for row in rows.select_for_update(of=("self",)).order_by("id"):
        if row.pk != task.pk and row.done_by_id == by.id and row.state in ("done", "late"):
            raise Refusal("duties.two_people", other=row.title, title=task.title)


def _post_name(task: Task) -> str:
    return str(packs.entries(task.bureau_id, "posts").get(task.post, {}).get("name", task.post))


@command("duties.answer_task")
def answer_task(
    by: Actor, at: datetime, *, task_id: UUID, id: UUID, answers: Answers | None = None, nil: bool = False,
    rest_normal: bool = False,
) -> Task:  # fmt: skip
    """Fill the sheet of a task, or report that there was nothing (``nil``); ``rest_normal`` passes what was not named.

    *id* becomes the submission's. A phone's own time counts when it is not too old. Refusals: ``foundation.not_found``,
    ``duties.not_your_task`` · ``two_people`` · ``not_a_sheet`` · ``not_open_yet`` · ``already_done`` · ``locked`` · ``no_nil_report``,
    ``sheets.bad_answers`` · ``items_left`` · ``nothing_in_force``.
    """
    task = Task.objects.visible_to(by).select_related("duty", "org").seen(by, task_id)
    _require_mine(by, task)
    _refuse_same_person(by, task)
    if task.act == "sheet" and task.subject_id:
        filled_at = _filled_at(at)
    elif task.act == "act":
        filled_at = at
    else:
        raise Refusal("duties.not_a_sheet", title=task.title, act=ACTS[task.act])
    _refuse_untimely(task, at, filled_at)
    if nil and not task.duty.nil:
        raise Refusal("duties.no_nil_report", title=task.title)
    ref_id = None
    if task.act == "sheet" and not nil:
        ref_id = _submitted(by, filled_at, task, id, answers or {}, rest_normal=rest_normal)
    result = AtOnce().do(by, at, task=task, ref_id=ref_id, done_at=filled_at, nil=nil)
    if result.state == "double":
        raise _already(result.task)
    return result.task


def _filled_at(at: datetime) -> datetime:
    said = phone_time.get()
    return said if said and at - LONGEST_OFFLINE <= said <= at else at


def _refuse_untimely(task: Task, at: datetime, filled_at: datetime) -> None:
    if task.state not in UNDONE:
        raise _already(task)
    if task.opens_at > filled_at:
        raise Refusal("duties.not_open_yet", title=task.title, when=f"{timezone.localtime(task.opens_at):%m-%d %H:%M}")
    locked_at = locks_at(task)
    if at > locked_at:
        raise Refusal("duties.locked", title=task.title, when=f"{timezone.localtime(locked_at):%m-%d %H:%M}")


def locks_at(task: Task) -> datetime:
    """The moment from which a task can no longer be back-filled (its duty must be at hand)."""
    return task.closes_at + timedelta(days=task.duty.lock_days)


def _already(task: Task) -> Refusal:
    when = f"{timezone.localtime(task.done_at):%m-%d %H:%M}" if task.done_at else "此前"
    if task.state == "excused":
        return Refusal("duties.already_over", title=task.title, state=STATES["excused"])
    return Refusal("duties.already_done", title=task.title, who=task.done_by_name or "系统", when=when)


def _submitted(by: Actor, at: datetime, task: Task, id: UUID, answers: Answers, *, rest_normal: bool) -> UUID:
    """The task's sheet in the version of its day, asked what applies at the unit, filled and submitted."""
    assert task.subject_id
    version = sheet_queries.in_force(by, task.subject_id, on=timezone.localdate(task.due_at))
    asked = applicable(version.content, task.org.stages or [task.org.kind], task.org.facets)
    given = dict(answers)
    if rest_normal:
        said = {code: answer.as_answer().as_json() for code, answer in given.items()}
        for code in open_items(version.content, asked, said):
            if version.content.by_code[code].kind == "pass-fail":
                given[code] = sheets.AnswerIn(result="pass")
    row, _ = sheets.hand_in(by, at, id=id, place=task.org, version=version, answers=given, asked=asked, holder="duties")
    return row.pk


@command("duties.excuse_task")
def excuse_task(
    by: Actor, at: datetime, *, task_id: UUID, reason: Annotated[str, Field(min_length=2, max_length=200)]
) -> Task:
    """Excuse a task with a reason; nobody excuses what is their own to do.

    Refusals: ``foundation.not_found`` · ``not_yours``, ``duties.own_excuse`` · ``already_over``.
    """
    task = Task.objects.visible_to(by).select_related("duty").seen(by, task_id)
    if not by.may("assign", task):
        raise Refusal("foundation.not_yours", act="批准免办", who="有交办权的负责人")
    if task.assignee_id == by.id or (task.assignee_id is None and task.post in by.posts_at(task)):
        raise Refusal("duties.own_excuse")
    fresh = {
        "state": "excused",
        "excused_by": "person",
        "note": reason,
        "done_by_id": by.id,
        "done_by_name": by.name,
        "done_at": at,
    }
    if not Task.objects.filter(pk=task.pk, state__in=UNDONE).update(**fresh):
        task.refresh_from_db(fields=["state"])
        raise Refusal("duties.already_over", title=task.title, state=STATES[task.state])
    for name, value in fresh.items():
        setattr(task, name, value)
    record(task, "duties.task_excused", by=by, at=at, **facts_of(task, task.duty.code), reason=reason)
    return task


_TASK = (
    "id", "bureau_id", "province_id", "city_id", "school_id", "path", "duty_id", "org_id", "on", "slot", "act", "subject_id", "title",
    "post", "assignee_id", "opens_at", "due_at", "closes_at", "state", "done_at", "done_by_id", "done_by_name", "ref_id", "via_id",
)  # fmt: skip
"""What an act has to know of its task; what it changes is set anew."""


_ENDS = ("state", "backfilled", "nil", "done_at", "done_by_id", "done_by_name", "ref_id")
_ENDED = attrgetter("id", *_ENDS)
_WITH_DUTY = hot.Columns(*((Duty, name) for name in ("code", "satisfies", "apart")), *((Task, name) for name in _TASK))
_OWN = ", ".join(hot.bare(f"t.{name}") if name.endswith("_at") else f't."{name}"' for name in _TASK)


class Overtaken(DatabaseError):
    """Somebody did one of these tasks between reading and writing: the batch is undone, and each act tried by itself."""


class Doing:
    """The set twin of ``AtOnce``, for acts of many people inside one transaction: one statement reads, one writes.

    ``mine`` refuses as ``fulfil`` does, ``do`` decides in the order of the calls, ``write`` does it. The facts
    ``duties.task_done`` that are still to be stated are in ``facts``. When a duty among them satisfies others or keeps two
    people apart, each act is done at once.
    """

    def __init__(self, rows: Iterable[Sequence[Any]]) -> None:
        self._tasks: dict[UUID, Task] = {}
        duties: dict[UUID, Duty] = {}
        for code, satisfies, apart, *columns in rows:
            task = hot.as_read(Task, _TASK, columns)
            if (duty := duties.get(task.duty_id)) is None:
                duty = duties[task.duty_id] = hot.fresh(
                    Duty, id=task.duty_id, code=code, satisfies=satisfies, apart=apart
                )
            task._state.fields_cache["duty"] = duty  # as ``task.duty = duty``, which asks the routers first
            self._tasks[task.pk] = task
        self._one_by_one = any(duty.satisfies or duty.apart for duty in duties.values())
        self._won: list[Task] = []
        self.facts: list[Event] = []

    @classmethod
    def of(cls, task_ids: Collection[UUID]) -> hot.Part[Doing]:
        """These tasks, to be read with other things at once (``hot.told``)."""
        rows = yield hot.Question(
            _WITH_DUTY,
            f"SELECT d.code, d.satisfies, d.apart, {_OWN} FROM duties_task AS t JOIN duties_duty AS d ON d.id = t.duty_id "  # noqa: S608 - our own names
            f"WHERE {hot.among('t.id')}",
            [hot.listed(task_ids)],
        )
        return cls(rows)

    def mine(self, by: Actor, task_id: UUID) -> Task:
        """The task, if this person may do it. Refusals: those of ``fulfil``."""
        task = self._tasks.get(task_id)
        if task is None or not (by.is_system or any(hold.covers(task) for hold in by.holds)):
            raise Refusal("foundation.not_found")
        _require_mine(by, task)
        _refuse_same_person(by, task)
        return task

    def do(self, by: Actor, at: datetime, *, task: Task, ref_id: UUID, done_at: datetime) -> Fulfilled:
        """As ``fulfil``; the task is one that ``mine`` answered."""
        if self._one_by_one:
            return AtOnce().do(by, at, task=task, ref_id=ref_id, done_at=done_at)
        if task.state not in UNDONE:
            return Fulfilled("double", task)
        ends = ending(done_at, task.due_at, task.closes_at)
        task.state, task.backfilled, task.nil, task.done_at = ends.state, ends.backfilled, False, done_at
        task.done_by_id, task.done_by_name, task.ref_id = by.id, by.name, ref_id
        self._won.append(task)
        said = {**facts_of(task, task.duty.code), **_done_facts(task)}
        self.facts.append(stated(task, "duties.task_done", said, by=by, at=at, recorded_at=datetime.now(UTC)))
        return Fulfilled("done" if ends.state == "done" else "late", task)

    def write(self) -> None:
        """Mark the tasks as done; ``Overtaken`` when a rival transaction was faster with one of them."""
        rows = [_ENDED(task) for task in self._won]
        undone = hot.update_each(Task, _ENDS, rows, where="duties_task.state IN (%s, %s)", values=UNDONE)
        if undone != len(rows):
            raise Overtaken
