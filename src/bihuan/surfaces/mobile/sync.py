"""What waited on a phone comes in: each envelope for itself, in order, and never one because of another.

An answer is either what the command answered or its refusal with the sentence; ``retry`` tells the phone whether sending
the same again can help. Whatever was carried out before is answered as it was then.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

import msgspec
from django.db import InterfaceError, OperationalError

from bihuan.foundation.actors import Actor
from bihuan.foundation.commands import (
    Call,
    Envelope,
    Outcome,
    carried_out,
    execute,
    execute_together,
    ready,
    together_names,
)
from bihuan.foundation.evidence.queries import uploaded
from bihuan.foundation.refusals import Refusal

log = logging.getLogger(__name__)

MOST_ENVELOPES = 200
LARGEST = 4_000_000
"""Bytes of one call: two hundred rounds of twelve points are a tenth of it."""
MOST_NEEDS = 50
COME_LATER = frozenset({"patrols.photo_missing"})
"""Refusals that end by themselves, besides a server that is busy."""
EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
"""A phone's clock outside of these was never set; such a moment is not kept."""
UNNOTICED = timedelta(seconds=5)
"""A difference that the way through the network can make; the phone's clock is then taken as right."""


@dataclass(frozen=True)
class Waiting:
    """One envelope as it came: readable (``envelope``), or why not (``wrong``)."""

    said_id: Any
    envelope: Envelope | None = None
    needs: tuple[UUID, ...] = ()
    wrong: str = ""


@dataclass
class Answers:
    """What has been answered so far, and what of it later envelopes may stand on."""

    results: list[dict[str, Any]] = field(default_factory=list)
    done: set[UUID] = field(default_factory=set)
    failed: dict[UUID, bool] = field(default_factory=dict)
    """Refused envelopes of this call, and whether it can help to send them again."""

    def add(self, waiting: Waiting, found: Outcome | Refusal, *, retry: bool | None = None) -> None:
        """Answer one envelope."""
        result = _result(waiting.said_id, found, retry=retry)
        self.results.append(result)
        if waiting.envelope and result["ok"]:
            self.done.add(waiting.envelope.id)
        elif waiting.envelope:
            self.failed[waiting.envelope.id] = result["retry"]


def _result(said_id: Any, found: Outcome | Refusal, *, retry: bool | None = None) -> dict[str, Any]:
    """The answer to one envelope, under the id as it was written."""
    if isinstance(found, Outcome):
        return {"id": said_id, "ok": True, "answer": found.answer, "replayed": found.replayed}
    again = (found.status in (429, 503) or found.code in COME_LATER) if retry is None else retry
    return {"id": said_id, "ok": False, "code": found.code, "sentence": found.sentence, "fields": found.fields, "retry": again}  # fmt: skip


class _Envelope(msgspec.Struct):
    """An envelope as every phone writes it; its arguments are left to their command."""

    id: str
    command: str
    args: msgspec.Raw
    sent_at: Any = None
    needs: Annotated[list[Any], msgspec.Meta(max_length=0)] | None = None


class _Body(msgspec.Struct):
    """The body of a call in which nothing waits for anything."""

    envelopes: Annotated[list[_Envelope], msgspec.Meta(min_length=1, max_length=MOST_ENVELOPES)]
    phone_now: Any = None


_body = msgspec.json.Decoder(_Body).decode


@dataclass(frozen=True)
class Ready:
    """A call whose envelopes can all go in one batch, also with those of other calls: ids as they were written, and calls."""

    at: datetime
    drift: timedelta
    said_ids: list[str]
    calls: list[Call]

    def answered(self, outcomes: Iterator[Outcome | Refusal]) -> dict[str, Any]:
        """The answer, taking the next outcome for each of its calls."""
        results = [_result(said, next(outcomes)) for said in self.said_ids]
        return _answered(self.at, self.drift, results)


def worth_reading(body: bytes) -> bool:
    """Whether the body of a call may be ``Ready``: it names a command that goes together with others."""
    return any(name.encode() in body for name in together_names())


def all_ready(by: Actor, at: datetime, body: bytes) -> Ready | None:
    """The body of a call, read straight into what its commands take; ``None`` when that needs a closer look."""
    try:
        said = _body(body)
        drift = drift_of(said.phone_now, at)
        calls = []
        for one in said.envelopes:
            id = msgspec.convert(one.id, UUID)
            call = ready(Envelope(by, at, id, one.command, one.args, moment(one.sent_at), drift))
            if call is None:
                return None
            calls.append(call)
    except (ValueError, RecursionError):
        return None
    return Ready(at, drift, [one.id for one in said.envelopes], calls)


def carry_out(by: Actor, at: datetime, body: bytes) -> dict[str, Any]:
    """Everything in the body of one call, in order.

    Refusals of the whole call: ``mobile.not_json``, ``mobile.too_large``. Everything else is answered envelope by envelope:
    ``mobile.bad_envelope``, ``mobile.waits_for`` (a needed envelope or photo is absent or was refused), ``mobile.broken``,
    and whatever ``execute`` and the command refuse.
    """
    if len(body) <= LARGEST and worth_reading(body) and (simple := all_ready(by, at, body)) is not None:
        return simple.answered(iter(together(simple.calls)))
    said = _read(body)
    drift = drift_of(said.get("phone_now"), at)
    waiting = [understood(one, by, at, drift) for one in said["envelopes"]]
    answers = Answers()
    here = {one.envelope.id for one in waiting if one.envelope}
    before = _before(by, {need for one in waiting for need in one.needs} - here)
    n = 0
    while n < len(waiting):
        run = _run(waiting, n, answers.done | before)
        if len(run) > 1:
            for one, outcome in zip(waiting[n:], together(run), strict=False):
                answers.add(one, outcome)
        else:
            _alone(waiting[n], answers, before)
        n += max(1, len(run))
    return _answered(at, drift, answers.results)


def _answered(at: datetime, drift: timedelta, results: list[dict[str, Any]]) -> dict[str, Any]:
    """The answer of a whole call."""
    return {"server_now": at.isoformat(), "drift_seconds": round(drift.total_seconds()), "results": results}


def _read(body: bytes) -> dict[str, Any]:
    """The call's JSON object with its list of envelopes, or the refusal of the whole."""
    if len(body) > LARGEST:
        raise Refusal("mobile.too_large")
    try:
        said = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Refusal("mobile.not_json") from None
    if not isinstance(said, dict) or not isinstance(said.get("envelopes"), list):
        raise Refusal("mobile.not_json")
    if len(said["envelopes"]) > MOST_ENVELOPES:
        raise Refusal("mobile.too_large")
    return said


def drift_of(phone_now: Any, at: datetime) -> timedelta:
    """What the phone's clock lacks at this moment; nothing when it said nothing, or when the network explains it."""
    told = moment(phone_now)
    drift = at - told if told else timedelta(0)
    return timedelta(seconds=round(drift.total_seconds())) if abs(drift) >= UNNOTICED else timedelta(0)


def moment(text: Any) -> datetime | None:
    """A moment with its zone that a database can keep, or ``None``."""
    try:
        found = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo and EARLIEST < found < LATEST else None


def understood(one: Any, by: Actor, at: datetime, drift: timedelta) -> Waiting:
    """One element of the list as an envelope, or what is wrong with it."""
    if not isinstance(one, dict):
        return Waiting(None, wrong="不是一个对象")
    said = one.get("id") if isinstance(one.get("id"), str) else None
    id, name, args, needs = _id(one.get("id")), one.get("command"), one.get("args"), one.get("needs") or []
    if id is None:
        return Waiting(said, wrong="编号不是 UUID")
    if not isinstance(name, str) or not isinstance(args, dict):
        return Waiting(said, wrong="缺少操作名或内容")
    found = [_id(need) for need in needs] if isinstance(needs, list) and len(needs) <= MOST_NEEDS else [None]
    if None in found:
        return Waiting(said, wrong="前一步的编号不对")
    envelope = Envelope(by, at, id, name, args, moment(one.get("sent_at")), drift)
    return Waiting(said, envelope, tuple(need for need in found if need))


def _id(text: Any) -> UUID | None:
    try:
        return UUID(text)
    except (TypeError, ValueError, AttributeError):
        return None


def _before(by: Actor, needs: set[UUID]) -> set[UUID]:
    """Which of the needed envelopes and photos were here before this call."""
    return carried_out(by, needs) | set(uploaded(by, needs)) if needs else set()


def _run(waiting: Sequence[Waiting], start: int, there: set[UUID]) -> list[Call]:
    """The envelopes from *start* on that can go through the batch path together."""
    found: list[Call] = []
    ids: set[UUID] = set()
    for one in waiting[start:]:
        envelope = one.envelope
        if envelope is None or envelope.id in ids or not there.issuperset(one.needs):
            break
        call = ready(envelope)
        if call is None or (found and found[0].envelope.name != envelope.name):
            break
        ids.add(envelope.id)
        found.append(call)
    return found


def together(calls: Sequence[Call]) -> list[Outcome | Refusal]:
    """What becomes of envelopes that go in one batch; when that breaks, of each by itself."""
    try:
        return execute_together(calls)
    except (OperationalError, InterfaceError):  # the database is out of reach: trying each would be waiting for each
        log.exception("a batch of %s envelopes found no database", len(calls))
        return [Refusal("mobile.broken") for _ in calls]
    except Exception:  # whatever is wrong with one of them is no matter of the others
        log.exception("a batch failed as a whole; its %s envelopes are carried out one by one", len(calls))
        return [by_itself(call.envelope) for call in calls]


def _alone(one: Waiting, answers: Answers, before: set[UUID]) -> None:
    envelope = one.envelope
    if envelope is None:
        answers.add(one, Refusal("mobile.bad_envelope", why=one.wrong))
        return
    missing = [need for need in one.needs if need not in answers.done and need not in before]
    if missing:
        can_come = all(answers.failed.get(need, True) for need in missing)
        answers.add(one, Refusal("mobile.waits_for"), retry=can_come)
        return
    answers.add(one, by_itself(envelope))


def by_itself(one: Envelope) -> Outcome | Refusal:
    """What becomes of one envelope; one that breaks never takes the others with it."""
    try:
        return execute(one.by, one.at, id=one.id, name=one.name, args=one.args, sent_at=one.sent_at, drift=one.drift)
    except Refusal as refusal:
        return refusal
    except Exception:  # written down, and its phone told to come again; the others go on
        log.exception("envelope %s (%s) broke", one.id, one.name)
        return Refusal("mobile.broken")
