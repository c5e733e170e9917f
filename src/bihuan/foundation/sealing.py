"""Sealing: closed segments of history are hash-chained, so that a changed, added or missing fact names itself."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Max

from bihuan.foundation.commands import LONGEST_SECONDS
from bihuan.foundation.events import digest_of
from bihuan.foundation.models import Event, Seal

LAG = timedelta(seconds=2 * LONGEST_SECONDS)
"""Only facts older than this are sealed: no open transaction can still commit an older one."""
MOST = 5_000
_LEAF = 48


@dataclass(frozen=True)
class Break:
    """The first place where a bureau's history is not what was sealed."""

    bureau_id: UUID
    serial: int
    event_id: UUID | None
    what: str


def seal_history(at: datetime) -> int:
    """Close segments for every bureau up to ``at - LAG`` (real time); returns how many facts were sealed."""
    until = at - LAG
    last = dict(Seal.objects.values_list("bureau_id").annotate(Max("until")))
    sealed = 0
    for bureau_id in (
        Event.objects.filter(recorded_at__lt=until).order_by().values_list("bureau_id", flat=True).distinct()
    ):
        if last.get(bureau_id, datetime.min.replace(tzinfo=UTC)) < until:
            sealed += _seal_bureau(bureau_id, until, at)
    return sealed


def _seal_bureau(bureau_id: UUID, until: datetime, at: datetime) -> int:
    total = 0
    while True:
        previous = Seal.objects.filter(bureau_id=bureau_id).order_by("-serial").first()
        since = previous.until if previous else None
        events = Event.objects.filter(bureau_id=bureau_id, recorded_at__lt=until)
        if since:
            events = events.filter(recorded_at__gte=since)
        rows = list(events.order_by("recorded_at", "id").values_list("pk", "digest", "recorded_at")[: MOST + 1])
        if not rows:
            return total
        edge = rows[MOST][2] if len(rows) > MOST else until
        rows = [row for row in rows if row[2] < edge]
        leaves = b"".join(pk.bytes + bytes.fromhex(digest) for pk, digest, _ in rows)
        chained = previous.digest if previous else ""
        try:
            with transaction.atomic():
                Seal.objects.create(
                    bureau_id=bureau_id,
                    serial=previous.serial + 1 if previous else 1,
                    since=since,
                    until=edge,
                    count=len(rows),
                    leaves=leaves,
                    previous=chained,
                    digest=_chain(chained, leaves),
                    sealed_at=at,
                )
        except IntegrityError:  # another worker closed this segment first
            return total
        total += len(rows)
        if edge == until:
            return total


def breaks() -> Iterator[Break]:
    """The first break of every bureau whose history or chain was touched."""
    for bureau_id in Seal.objects.order_by().values_list("bureau_id", flat=True).distinct():
        if found := _first_break(bureau_id):
            yield found


def _first_break(bureau_id: UUID) -> Break | None:
    chained, expected = "", 1
    for seal in Seal.objects.filter(bureau_id=bureau_id).order_by("serial").iterator(chunk_size=20):
        leaves = bytes(seal.leaves)
        if seal.serial != expected or seal.previous != chained or seal.digest != _chain(chained, leaves):
            return Break(bureau_id, seal.serial, None, "封存段的链条断了")
        chained, expected = seal.digest, seal.serial + 1
        events = Event.objects.filter(bureau_id=bureau_id, recorded_at__lt=seal.until)
        if seal.since:
            events = events.filter(recorded_at__gte=seal.since)
        now = {event.pk: event for event in events}
        for at in range(0, len(leaves), _LEAF):
            pk, digest = UUID(bytes=leaves[at : at + 16]), leaves[at + 16 : at + _LEAF].hex()
            event = now.pop(pk, None)
            if event is None:
                return Break(bureau_id, seal.serial, pk, "一条历史记录不见了")
            if event.digest != digest or digest_of(event) != digest:
                return Break(bureau_id, seal.serial, pk, "一条历史记录被改动过")
        if now:
            return Break(bureau_id, seal.serial, next(iter(now)), "封存之后又塞进了一条历史记录")
    return None


def _chain(previous: str, leaves: bytes) -> str:
    return hashlib.sha256(previous.encode() + leaves).hexdigest()
