"""The server's entry (granian --interface asginl bihuan.config.asgi:application).

Django's own ASGI handler crosses from the event loop into a fresh thread and back several times per request, and every
fresh thread opens its database connection anew; that costs more CPU than a whole API call (docs/speed.md). Here a
request crosses once, into a thread that stays: pages, commands and files run there as under WSGI, and only an endless
answer (the live feed, an asynchronous stream) is sent from the event loop.
"""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from io import BytesIO
from tempfile import SpooledTemporaryFile
from typing import IO, Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bihuan.config.settings")

import django
from django.conf import settings
from django.core import signals
from django.core.handlers.base import BaseHandler
from django.core.handlers.wsgi import WSGIRequest
from django.db import close_old_connections
from django.http import HttpResponseBase
from django.urls import get_resolver, set_script_prefix

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

JSON_ONLY = [
    (b"content-type", b"application/json"),
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
]
"""The headers of an answer that does not come from Django."""
LARGEST_BODY = 256 * 1024 * 1024
"""Bytes: nine photos of 20 MB and their form."""


class Application(BaseHandler):
    """An ASGI application that answers each request in one of its own threads."""

    def __init__(self, threads: int) -> None:
        super().__init__()
        self.load_middleware()
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="request")

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise ValueError(f"this application speaks HTTP only, not {scope['type']}")
        try:
            body = await _read(receive)
        except TooLarge:
            await send(
                {
                    "type": "http.response.start",
                    "status": 413,
                    "headers": [(b"content-type", b"text/plain; charset=utf-8")],
                }
            )
            await send(
                {
                    "type": "http.response.body",
                    "body": "内容太大，没有收下。照片每张不超过 20 兆，请分几次上传。".encode(),
                }
            )
            return
        if body is None:
            return
        loop = asyncio.get_running_loop()
        if await self._batched(scope, body, send):
            return

        async def pass_on(message: Message) -> None:
            await send(message)  # granian's send answers a future of its own, not a coroutine

        def emit(message: Message) -> None:
            asyncio.run_coroutine_threadsafe(pass_on(message), loop).result()

        def work() -> tuple[HttpResponseBase, list[Message]]:
            return self._answer(scope, body, emit)

        response, last = await loop.run_in_executor(self._threads, copy_context().run, work)
        for message in last:
            await send(message)
        if response.streaming and response.is_async:  # type: ignore[attr-defined]
            await _until_gone(response, receive, send)
            await loop.run_in_executor(self._threads, response.close)

    async def _batched(self, scope: Message, body: IO[bytes], send: Send) -> bool:
        """Rounds that share a transaction with those of other phones (``batching``); whether this was such a call."""
        if scope["path"] != PATH or scope["method"] != "POST" or not isinstance(body, BytesIO):
            return False
        actor = actor_for(scope["headers"])
        answer = await batcher.take(actor, body.getvalue()) if actor else None
        if answer is None:
            return False
        await send({"type": "http.response.start", "status": 200, "headers": JSON_ONLY})
        await send({"type": "http.response.body", "body": answer})
        return True

    def _answer(
        self, scope: Message, body: IO[bytes], emit: Callable[[Message], None]
    ) -> tuple[HttpResponseBase, list[Message]]:
        """In a thread: the response, and what of it is still to be sent from the event loop."""
        environ = _environ(scope, body)
        set_script_prefix(environ["SCRIPT_NAME"])
        signals.request_started.send(sender=type(self), environ=environ)
        request = WSGIRequest(environ)
        response = self.get_response(request)
        start: Message = {"type": "http.response.start", "status": response.status_code, "headers": _headers(response)}
        if not response.streaming:
            content = b"" if scope["method"] == "HEAD" else response.content
            response.close()
            return response, [start, {"type": "http.response.body", "body": content}]
        if response.is_async:
            close_old_connections()  # the stream may live for an hour
            return response, [start]
        try:
            emit(start)
            for piece in () if scope["method"] == "HEAD" else response:
                emit({"type": "http.response.body", "body": piece, "more_body": True})
        finally:
            response.close()
        return response, [{"type": "http.response.body", "body": b""}]


class TooLarge(Exception):
    """A body that no form of ours sends: it is not kept, not even on disk."""


async def _read(receive: Receive) -> IO[bytes] | None:
    """The whole body, on disk when it is large; ``None`` when the client went away before it was sent."""
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body"):
        return BytesIO(message.get("body", b""))
    body: IO[bytes] = SpooledTemporaryFile(max_size=settings.FILE_UPLOAD_MAX_MEMORY_SIZE)  # noqa: SIM115 - closed with the request
    while message["type"] == "http.request":
        if body.tell() + len(message.get("body", b"")) > LARGEST_BODY:
            body.close()
            raise TooLarge
        body.write(message.get("body", b""))
        if not message.get("more_body"):
            body.seek(0)
            return body
        message = await receive()
    body.close()
    return None


async def _until_gone(response: Any, receive: Receive, send: Send) -> None:
    """Send a stream until it ends or nobody listens any more; either way its generator is closed."""
    stream = aiter(response)

    async def pump() -> None:
        async for piece in stream:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def leave() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    tasks = [asyncio.ensure_future(pump()), asyncio.ensure_future(leave())]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _environ(scope: Message, body: IO[bytes]) -> dict[str, Any]:
    """The request as WSGI describes it."""
    body.seek(0, os.SEEK_END)
    size = body.tell()
    body.seek(0)
    server, client = scope.get("server") or ("localhost", 80), scope.get("client") or ("", 0)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": scope.get("root_path", ""),
        "PATH_INFO": scope["path"].encode("utf-8", "surrogateescape").decode("latin-1"),
        "QUERY_STRING": scope.get("query_string", b"").decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1]),
        "REMOTE_ADDR": client[0],
        "CONTENT_LENGTH": str(size) if size else "",
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": body,
    }
    for raw, value in scope["headers"]:
        name = raw.decode("latin-1")
        if name == "content-length" or "_" in name:  # a name with "_" could pose as another header
            continue
        key = "CONTENT_TYPE" if name == "content-type" else f"HTTP_{name.upper().replace('-', '_')}"
        text = value.decode("latin-1")
        environ[key] = environ[key] + ("; " if name == "cookie" else ",") + text if key in environ else text
    return environ


def _headers(response: HttpResponseBase) -> list[tuple[bytes, bytes]]:
    found = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in response.items()]
    return found + [(b"set-cookie", cookie.OutputString().encode("latin-1")) for cookie in response.cookies.values()]


django.setup(set_prefix=False)
from bihuan.config.batching import PATH, actor_for, batcher  # noqa: E402 - needs the settings

get_resolver().url_patterns  # noqa: B018 - a door that does not open stops the start, not the first visitor
gc.collect()
gc.freeze()  # what the program itself consists of lives as long as the process: no collection need look through it again
gc.set_threshold(50_000, 20, 20)  # a page makes some thousands of objects and drops them: no need to look twenty times
application = Application(threads=settings.BIHUAN_THREADS)
