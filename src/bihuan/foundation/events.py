"""Facts: audit trail, timeline, statistics and live feed are all the same append-only rows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Protocol
from uuid import UUID

import msgspec
from django.db.models import Q

from bihuan.foundation import hot
from bihuan.foundation.actors import Actor, Placed
from bihuan.foundation.commands import phone_time
from bihuan.foundation.models import Event as Event
from bihuan.foundation.models import Reaction
from bihuan.foundation.reactions import listeners_of
from bihuan.foundation.scoping import placed

CHANNEL = "bihuan_events"
_declared: dict[str, str] = {}


class Subject(Placed, Protocol):
    """What a fact is about: a placed row with an id."""

    pk: Any


def declare(names: Mapping[str, str]) -> None:
    """Add a room's facts: ``{"cases.assigned": "交办"}``, the name in the past tense and the word on a timeline."""
    for name, words in names.items():
        if _declared.setdefault(name, words) != words:
            raise ValueError(f"event {name} is declared twice")


def declared() -> Mapping[str, str]:
    """Every declared fact with its word."""
    return dict(sorted(_declared.items()))


def record(subject: Subject, name: str, /, *, by: Actor, at: datetime, **facts: Any) -> Event:
    """State a fact about *subject* and queue its reactions, inside the command's transaction.

    ``facts`` must be JSON-able (UUIDs, dates and sets are turned into text). An undeclared name is a ``KeyError``.
    """
    return record_many([(subject, facts)], name, by=by, at=at)[0]


def record_many(
    rows: Iterable[tuple[Subject, Mapping[str, Any]]], name: str, /, *, by: Actor, at: datetime
) -> list[Event]:
    """State the same kind of fact about many subjects at once (a sweep): each with its own facts, one insert for all."""
    return record_all(((subject, name, facts) for subject, facts in rows), by=by, at=at)


def record_all(told: Iterable[tuple[Subject, str, Mapping[str, Any]]], *, by: Actor, at: datetime) -> list[Event]:
    """State everything that one command brings about, in this order: one insert for the facts, one for their reactions."""
    recorded_at = datetime.now(UTC)
    return keep([stated(subject, name, facts, by=by, at=at, recorded_at=recorded_at) for subject, name, facts in told])


def stated(
    subject: Subject, name: str, facts: Mapping[str, Any], *, by: Actor, at: datetime, recorded_at: datetime
) -> Event:
    """A fact that is not kept yet: a batch states those of many people, each at their own moment, and keeps them at once."""
    _declared[name]
    event = hot.fresh(
        Event,
        **placed(subject),
        name=name,
        subject_kind=subject._meta.label_lower,  # type: ignore[attr-defined]
        subject_id=subject.pk,
        by_id=by.id,
        by_name=by.name,
        by_post=by.post_at(subject),
        channel=by.channel,
        at=at,
        sent_at=phone_time.get(),
        recorded_at=recorded_at,
    )
    settled = _settled(facts)
    event.facts = msgspec.json.decode(_text_of(facts)) if settled is None else settled
    event.digest = digest_of(event) if settled is None else _digest(_words(event, _as_it_is), _quickly)
    return event


def keep(events: Sequence[Event]) -> list[Event]:
    """Insert facts and queue their reactions, inside the transaction of what they state."""
    if not events:
        return []
    waiting = [
        hot.fresh(Reaction, bureau_id=event.bureau_id, event_id=event.pk, listener=listener, next_at=event.recorded_at)
        for event in events
        for listener in listeners_of(event.name)
    ]
    hot.insert(events, tell=CHANNEL)
    hot.insert(waiting)
    return list(events)


def digest_of(event: Event) -> str:
    """SHA-256 over everything the fact says, in a canonical form that is the same on both databases."""
    return _digest(_words(event, str), _canonical)


def _words(event: Event, text: Callable[[Any], Any]) -> list[Any]:
    return [
        text(event.id), text(event.bureau_id), text(event.school_id), event.path, event.name, event.subject_kind,
        text(event.subject_id), text(event.by_id), event.by_name, event.by_post, event.channel,
        _moment(event.at), _moment(event.sent_at), _moment(event.recorded_at), event.facts,
    ]  # fmt: skip


def _digest(words: list[Any], encode: Callable[[Any], bytes]) -> str:
    return hashlib.sha256(encode(words)).hexdigest()


def timeline(viewer: Actor, *, bureau_id: UUID, subject_id: UUID, most: int = 200) -> list[Event]:
    """The facts about one subject in time order. Call it only after the subject itself was found visible."""
    rows = Event.objects.filter(bureau_id=bureau_id, subject_id=subject_id).order_by("at", "id")[:most]
    return list(rows)


def timelines(bureau_ids: Iterable[UUID], subject_ids: Iterable[UUID]) -> list[Event]:
    """The facts about several subjects in time order, in one statement. Only for subjects that were found visible."""
    rows = Event.objects.filter(bureau_id__in=list(bureau_ids), subject_id__in=list(subject_ids))
    return list(rows.order_by("at", "id"))


def recent(
    viewer: Actor, *, bureau_id: UUID, subject_id: UUID, names: Iterable[str] = (), most: int = 20
) -> list[Event]:
    """The latest facts about one subject, newest first. Call it only after the subject itself was found visible."""
    rows = Event.objects.filter(bureau_id=bureau_id, subject_id=subject_id)
    if names:
        rows = rows.filter(name__in=list(names))
    return list(rows.order_by("-at", "-id")[:most])


def stated_lately(bureau_id: UUID, school_ids: Collection[UUID] | None, *, since: datetime) -> int:
    """How many facts about these schools, and about no school in particular, a bureau recorded since a moment; without
    schools, how many at all.

    Facts are only ever added, so another number means that something has happened.
    """
    rows = Event.objects.filter(bureau_id=bureau_id, recorded_at__gte=since)
    if school_ids is not None:
        rows = rows.filter(Q(school_id__in=list(school_ids)) | Q(school_id__isnull=True))
    return rows.count()


def stated_since(moment: datetime, *, bureau_id: UUID) -> Iterator[Event]:
    """Every fact of a bureau recorded since a moment, a few thousand at a time: to see what was built on something."""
    rows = Event.objects.filter(bureau_id=bureau_id, recorded_at__gte=moment).order_by("recorded_at", "id")
    yield from rows.iterator(chunk_size=2_000)


def _moment(value: datetime | None) -> str:
    if value is None:
        return ""
    utc = value if value.tzinfo is UTC else value.astimezone(UTC)
    if not utc.microsecond:
        return utc.isoformat(timespec="microseconds")
    return f"{msgspec.to_builtins(utc)[:-1]}+00:00"  # the same, in a third of the time


def _plain(value: Any) -> Any:
    if isinstance(value, (set, frozenset)):
        return sorted(map(str, value))
    if isinstance(value, datetime):
        return _moment(value)
    return str(value)


def _as_it_is(value: UUID | None) -> UUID | str:
    """An id that is left to the encoder, which writes it as ``str`` does."""
    return "None" if value is None else value


def _settled(facts: Mapping[str, Any]) -> dict[str, Any] | None:
    """Facts of the usual kinds as JSON gives them back, or ``None``: then they have to go through JSON."""
    settled = {}
    for name, value in facts.items():
        kind = type(value)
        if kind in _AS_THEY_ARE:
            settled[name] = value
        elif kind is UUID or kind is date:
            settled[name] = msgspec.to_builtins(value)  # as ``str`` does, in C
        elif kind is datetime:
            settled[name] = _moment(value)
        elif kind in (list, tuple) and _TEXT.issuperset(map(type, value)):
            settled[name] = list(value)
        elif kind is int and -_LARGE < value < _LARGE:
            settled[name] = value
        else:
            return None
    return settled


_AS_THEY_ARE = {str, bool, type(None)}
_TEXT = frozenset({str})
_LARGE = 2**53
_text_of = json.JSONEncoder(default=_plain, ensure_ascii=False).encode
_sorted = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


def _canonical(words: list[Any]) -> bytes:
    """Not msgspec's: it writes some numbers differently, and what is sealed has to be read again in ten years."""
    return _sorted(words).encode()


_quickly = msgspec.json.Encoder(order="deterministic").encode
"""What ``_settled`` lets through has no such numbers: for that alone both write the same, and a test holds it."""
