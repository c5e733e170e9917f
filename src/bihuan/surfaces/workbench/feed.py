"""The live feed's door: an endless answer that ends itself when the person's right to it ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import TypeVar
from uuid import UUID

from asgiref.sync import sync_to_async
from django.contrib.auth import SESSION_KEY
from django.db import connection
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.views.decorators.http import require_GET

from bihuan.engines.responsibility.queries import actor_of_session
from bihuan.foundation.actors import Actor
from bihuan.foundation.events import declared
from bihuan.foundation.feed import Listener, Message, hub, latest_id, missed_after, missed_while_opening

PING_SECONDS = 15.0
LONGEST_SECONDS = 3600.0
"""A stream is renewed after an hour, so that a forgotten tab does not hold a worker that wants to restart."""

R = TypeVar("R")


@require_GET
def feed(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """``text/event-stream`` of the facts inside the viewer's scope; 204 tells a browser without a session to stop.

    ``Last-Event-ID`` or ``?after=``: what came after that fact is told first. ``?age=``: milliseconds since the page
    was drawn, for a page that listens for the first time.
    """
    viewer: Actor = request.actor  # type: ignore[attr-defined]
    if viewer.id is None:
        return HttpResponse(status=204)
    user, version = request.session.get(SESSION_KEY), request.session.get("version")
    answer = StreamingHttpResponse(
        stream(viewer, _first(request, viewer), lambda: actor_of_session(user, version)),
        content_type="text/event-stream; charset=utf-8",
    )
    answer["Cache-Control"] = "no-cache"
    answer["X-Accel-Buffering"] = "no"
    return answer


def _first(request: HttpRequest, viewer: Actor) -> Callable[[], list[Message]]:
    """What this page has to be told before anything new."""
    after, age = request.headers.get("Last-Event-ID") or request.GET.get("after", ""), request.GET.get("age", "")
    try:
        seen = UUID(after)
    except ValueError:
        seconds = int(age) / 1000 if age.isdecimal() and len(age) < 9 else 0.0
        return lambda: missed_while_opening(viewer, seconds)
    return lambda: missed_after(viewer, seen)


async def stream(viewer: Actor, first: Callable[[], list[Message]], who: Callable[[], Actor]) -> AsyncIterator[str]:
    """``hello`` (the names that can come, and where the page stands), what was missed, then what happens."""
    loop = asyncio.get_running_loop()
    listener = Listener(viewer, loop)
    hub.join(listener)
    began = loop.time()
    try:
        standing = await _asked(lambda: hub.wait_until_ready() and latest_id())
        yield "retry: 3000\n" + Message("hello", {"names": list(declared()), "last": standing or ""}).encode()
        for message in await _asked(first):
            yield message.encode()
        while loop.time() - began < LONGEST_SECONDS:
            try:
                message = await asyncio.wait_for(listener.queue.get(), PING_SECONDS)
            except TimeoutError:
                yield ": ping\n\n"
                now = await _asked(who)
                if now.id is None:
                    return
                listener.viewer = now
            else:
                yield message.encode()
    finally:
        hub.leave(listener)


async def _asked(question: Callable[[], R]) -> R:
    """Ask the database and let go of the connection: a stream lives for an hour and must not hold one of the pool's."""

    def ask() -> R:
        try:
            return question()
        finally:
            connection.close()

    return await sync_to_async(ask)()
