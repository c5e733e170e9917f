"""Many phones at once: what arrives while a batch is being written is the next batch (ADR 0016).

Calls of ``/phone/sync`` whose envelopes are all rounds are taken here, before Django's threads: who sends, what is sent
and the answer are those of the ordinary door (``surfaces.mobile.sync``), only that the rounds of several calls share one
transaction. Each caller is answered after the commit. Whatever this does not understand goes the ordinary way. The writing
thread also reads the bodies, one after another: what another core has just made is far from this one's cache.
On SQLite the one thread that writes batches is also what keeps the tail short: rounds queue here, not for the file's lock.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from queue import SimpleQueue
from threading import Thread

from django.db import close_old_connections

from bihuan.foundation import clock
from bihuan.foundation.actors import Actor
from bihuan.surfaces.mobile import sync
from bihuan.surfaces.mobile.queries import encoded
from bihuan.surfaces.openapi.tokens import remembered

PATH = "/api/v1/phone/sync"
MOST = 1_000_000
"""Bytes of the calls in one transaction: some two hundred rounds of a dozen points."""
LARGEST = 64 * 1024
"""Bytes of a call that is taken here: a handful of rounds. A large outbox is a batch by itself."""


@dataclass(eq=False)
class Waiting:
    """One call that waits for its batch."""

    actor: Actor
    at: datetime
    body: bytes
    answer: asyncio.Future[bytes | None] = field(repr=False)


class Batcher:
    """One queue and one thread that writes; it lives as long as the process."""

    def __init__(self) -> None:
        self._queue: list[Waiting] = []
        self._writing = False
        self._batches: SimpleQueue[tuple[asyncio.AbstractEventLoop, list[Waiting]]] = SimpleQueue()
        self._thread: Thread | None = None

    async def take(self, actor: Actor, body: bytes) -> bytes | None:
        """The answer's body after the commit, or ``None`` when the call has to go the ordinary way."""
        if len(body) > LARGEST or not sync.worth_reading(body):
            return None
        loop = asyncio.get_running_loop()
        one = Waiting(actor, clock.now(), body, loop.create_future())
        self._queue.append(one)
        if not self._writing:
            self._writing = True
            loop.call_soon(self._hand_over, loop)  # with everything that has come in at the same moment
        return await one.answer

    def _hand_over(self, loop: asyncio.AbstractEventLoop) -> None:
        """What has arrived meanwhile goes to the thread as the next batch."""
        self._writing = bool(self._queue)
        if not self._queue:
            return
        if self._thread is None:  # an executor would do as much between batch and batch as a small statement costs
            self._thread = Thread(target=self._write, name="batch", daemon=True)
            self._thread.start()
        self._batches.put((loop, self._next()))

    def _write(self) -> None:
        """In the writing thread: batch after batch."""
        while True:
            loop, calls = self._batches.get()
            bodies: list[bytes | None] | Exception
            try:
                bodies = carried_out(calls)
            except Exception as broken:  # noqa: BLE001 - passed on: nobody waits for ever, each caller can send again
                bodies = broken
            with suppress(RuntimeError):  # the loop has ended, and with it whoever waited
                loop.call_soon_threadsafe(self._answer, loop, calls, bodies)

    def _answer(
        self, loop: asyncio.AbstractEventLoop, calls: list[Waiting], bodies: list[bytes | None] | Exception
    ) -> None:
        self._hand_over(loop)
        for n, call in enumerate(calls):
            if call.answer.done():
                continue  # the caller went away
            if isinstance(bodies, Exception):
                call.answer.set_exception(bodies)
            else:
                call.answer.set_result(bodies[n])

    def _next(self) -> list[Waiting]:
        """As many calls as fit into one batch."""
        count, size = 0, 0
        while count < len(self._queue) and (not count or size + len(self._queue[count].body) <= MOST):
            size += len(self._queue[count].body)
            count += 1
        taken, self._queue = self._queue[:count], self._queue[count:]
        return taken


def carried_out(calls: Sequence[Waiting]) -> list[bytes | None]:
    """In the writing thread: the rounds of all calls in one transaction a bureau; each call's answer, ``None`` for one that
    goes the ordinary way."""
    close_old_connections()
    understood = [sync.all_ready(call.actor, call.at, call.body) for call in calls]
    outcomes = iter(sync.together([one for each in understood if each for one in each.calls]))
    return [each and encoded(each.answered(outcomes)) for each in understood]


batcher = Batcher()


def actor_for(headers: Sequence[tuple[bytes, bytes]]) -> Actor | None:
    """Who sends, if this process knows the token already and it may write; anybody else goes the ordinary way."""
    for name, value in headers:
        if name == b"authorization" and value[:7].lower() == b"bearer ":
            actor = remembered(value[7:].decode("latin-1"))
            return actor if actor is not None and "write" in actor.scopes else None
    return None
