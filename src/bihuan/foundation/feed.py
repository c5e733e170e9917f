"""The live feed: one reader per process hands new facts to everybody who is looking, each only what is theirs.

PostgreSQL wakes the reader (LISTEN, one connection per process); SQLite is asked once a second. A commit can come after
a later id (perf.md, aesthetics.md §5 "traps"), so the reader rereads a short window and forgets what it has sent.
The reader lives only while somebody listens.
"""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import Error, connection
from django.db.models import QuerySet

from bihuan.foundation.actors import Actor
from bihuan.foundation.events import CHANNEL
from bihuan.foundation.models import Event, Notice

log = logging.getLogger(__name__)

WINDOW = timedelta(seconds=20)
"""How far back each reading goes: a fact whose transaction took longer is on the page at the next reload."""

QUEUE = 200
"""Messages that may wait for one slow client; more, and it is told to read everything again."""

MOST = 500
"""Facts in one reading or one catching up; more is ``missed``."""

_POLL_SECONDS = 1.0
_LISTEN_SECONDS = 5.0
_REMEMBERED = 5000


@dataclass(frozen=True)
class Message:
    """One server-sent event."""

    name: str
    data: dict[str, Any]
    id: str = ""

    def encode(self) -> str:
        """The text on the wire."""
        head = f"id: {self.id}\n" if self.id else ""
        return f"{head}event: {self.name}\ndata: {json.dumps(self.data, ensure_ascii=False, separators=(',', ':'))}\n\n"


MISSED = Message("missed", {})


def told(event: Event) -> Message:
    """What is said of a fact: its name and ids. Whoever may see more asks for it."""
    return Message(event.name, {"subject": str(event.subject_id), "kind": event.subject_kind}, str(event.pk))


def sees(viewer: Actor, event: Event) -> bool:
    """Whether the fact lies inside the viewer's net, or is their own doing."""
    return any(hold.covers(event) for hold in viewer.holds) or (event.by_id is not None and event.by_id == viewer.id)


@dataclass(eq=False)
class Listener:
    """One open page: its person, and a bounded queue in the event loop that serves it."""

    viewer: Actor
    loop: asyncio.AbstractEventLoop
    queue: asyncio.Queue[Message] = field(default_factory=lambda: asyncio.Queue(QUEUE))

    def offer(self, message: Message) -> None:
        """Put a message into the queue from any thread; a full queue is emptied and says ``missed``."""
        self.loop.call_soon_threadsafe(self._put, message)

    def _put(self, message: Message) -> None:
        if self.queue.full():
            while not self.queue.empty():
                self.queue.get_nowait()
            message = MISSED
        self.queue.put_nowait(message)


class Hub:
    """All listeners of this process and the thread that reads for them."""

    def __init__(self) -> None:
        self._listeners: set[Listener] = set()
        self._lock = threading.Lock()
        self._reader: threading.Thread | None = None
        self._sent: OrderedDict[UUID, None] = OrderedDict()
        self._ready = threading.Event()

    def join(self, listener: Listener) -> None:
        """Begin to listen; the first one starts the reader."""
        with self._lock:
            self._listeners.add(listener)
            if self._reader is None or not self._reader.is_alive():
                self._sent = OrderedDict()
                self._ready = threading.Event()
                self._reader = threading.Thread(target=self._read_on, name="feed", daemon=True)
                self._reader.start()

    def leave(self, listener: Listener) -> None:
        """Stop listening."""
        with self._lock:
            self._listeners.discard(listener)

    def wait_until_ready(self, seconds: float = 5.0) -> bool:
        """Block until the reader knows what had been said before (in a thread, never in the event loop)."""
        return self._ready.wait(seconds)

    def wait_until_idle(self, seconds: float = 10.0) -> None:
        """Block until the reader has gone after the last listener left."""
        reader = self._reader
        if reader is not None:
            reader.join(seconds)

    def listeners(self) -> list[Listener]:
        """Everybody who listens now."""
        with self._lock:
            return list(self._listeners)

    def _read_on(self) -> None:
        since = datetime.now(UTC)
        try:
            self._subscribe()
            for event in _recent(since):  # everybody's page has them already
                self._sent[event.pk] = None
            self._ready.set()
            while self._somebody_listens():
                self._wait()
                since = self._pass_on(since)
            self._unsubscribe()
        except Error:  # the database went away: listeners reconnect, and the next one starts a new reader
            log.warning("the live feed lost its database connection", exc_info=True)
            for listener in self.listeners():
                listener.offer(MISSED)
        finally:
            self._ready.set()
            connection.close()

    def _somebody_listens(self) -> bool:
        with self._lock:
            if not self._listeners:
                self._reader = None
            return bool(self._listeners)

    def _subscribe(self) -> None:
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(f"LISTEN {CHANNEL}")

    def _unsubscribe(self) -> None:
        if connection.vendor == "postgresql":  # the connection goes back to a pool, which does not forget a LISTEN
            with connection.cursor() as cursor:
                cursor.execute("UNLISTEN *")

    def _wait(self) -> None:
        if connection.vendor == "postgresql":
            for _ in connection.connection.notifies(timeout=_LISTEN_SECONDS, stop_after=1):
                return
        else:
            threading.Event().wait(_POLL_SECONDS)

    def _pass_on(self, since: datetime) -> datetime:
        now = datetime.now(UTC)
        listeners = self.listeners()
        for event in _recent(since):
            if event.pk in self._sent:
                continue
            self._sent[event.pk] = None
            message = told(event)
            for listener in listeners:
                if sees(listener.viewer, event):
                    listener.offer(message)
        self._pass_on_notices(since, listeners)
        while len(self._sent) > _REMEMBERED:
            self._sent.popitem(last=False)
        return now

    def _pass_on_notices(self, since: datetime, listeners: Iterable[Listener]) -> None:
        people = {listener.viewer.id for listener in listeners if listener.viewer.id}
        rows = Notice.objects.filter(user_id__in=people, pk__gt=_earliest_id(since - WINDOW), read_at__isnull=True)
        fresh = [row for row in rows.only("id", "user_id")[:MOST] if row.pk not in self._sent]
        for row in fresh:
            self._sent[row.pk] = None
        for person in {row.user_id for row in fresh}:
            for listener in listeners:
                if listener.viewer.id == person:
                    listener.offer(Message("notice", {}))


def _recent(since: datetime) -> list[Event]:
    newest = Event.objects.filter(recorded_at__gt=since - WINDOW).order_by("-recorded_at", "-id")[: MOST * 2]
    return sorted(newest, key=lambda event: (event.recorded_at, event.pk))


def _earliest_id(moment: datetime) -> UUID:
    """The smallest UUIDv7 of a moment: ids are time-ordered, so the primary key serves "since"."""
    return UUID(int=int(moment.timestamp() * 1000) << 80 | 0x7 << 76)


def missed_after(viewer: Actor, after: UUID) -> list[Message]:
    """What a returning page missed: the facts since the one it saw last (or ``missed`` when they are too many)."""
    last = Event.objects.filter(pk=after).values_list("recorded_at", flat=True).first()
    if last is None:
        return [MISSED]
    rows = Event.objects.visible_to(viewer).filter(recorded_at__gt=last - timedelta(seconds=2)).exclude(pk=after)
    return _told_in_order(rows)


def missed_while_opening(viewer: Actor, seconds: float) -> list[Message]:
    """What others did between the drawing of a page and its first listening."""
    began = datetime.now(UTC) - timedelta(seconds=min(seconds, 60.0) + 1.0)
    rows = Event.objects.visible_to(viewer).filter(recorded_at__gt=began).exclude(by_id=viewer.id)
    return _told_in_order(rows)


def _told_in_order(rows: QuerySet[Event]) -> list[Message]:
    found = list(rows.order_by("recorded_at", "id")[: MOST + 1])
    return [MISSED] if len(found) > MOST else [told(event) for event in found]


def latest_id() -> str:
    """The id of the newest fact: where a page that was just drawn stands."""
    newest = Event.objects.order_by("-recorded_at", "-id").values_list("pk", flat=True).first()
    return str(newest) if newest else ""


hub = Hub()
