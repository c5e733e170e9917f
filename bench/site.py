"""The whole site inside this process, called the way the server calls it (ASGI, its threads and connections included)."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings


class Site:
    """Answers requests one after another in an event loop of its own."""

    def __init__(self) -> None:
        from bihuan.config.asgi import application

        self._application = application
        self._loop = asyncio.new_event_loop()

    def close(self) -> None:
        """End the loop with its threads."""
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()

    def get(self, address: str, *, session: str = "", token: str = "") -> tuple[int, bytes]:
        """Status and body of a GET by a signed-in person or a token's owner."""
        return self._loop.run_until_complete(self._call("GET", address, b"", session, token))

    def post(self, address: str, body: Any, *, token: str = "") -> tuple[int, bytes]:
        """Status and body of a POST of JSON."""
        return self._loop.run_until_complete(self._call("POST", address, json.dumps(body).encode(), "", token))

    async def _call(self, method: str, address: str, sent: bytes, session: str, token: str) -> tuple[int, bytes]:
        return await self.answer(*request(method, address, sent, session, token))

    async def answer(self, scope: dict[str, Any], sent: bytes) -> tuple[int, bytes]:
        """Status and body of the answer to a ``request``."""
        unread = [{"type": "http.request", "body": sent, "more_body": False}]
        gone: asyncio.Future[None] = self._loop.create_future()
        status, chunks = 0, []

        async def receive() -> Any:
            if unread:
                return unread.pop()
            await gone
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            else:
                chunks.append(message.get("body", b""))

        await self._application(scope, receive, send)
        return status, b"".join(chunks)


def request(method: str, address: str, sent: bytes, session: str = "", token: str = "") -> tuple[dict[str, Any], bytes]:
    """A request as the server hands it over, with its body; made beforehand where what a sender does is not to be measured."""
    parts = urlsplit(address)
    headers = [(b"host", b"127.0.0.1"), (b"user-agent", b"bench"), (b"accept-language", b"zh-CN")]
    if sent:
        headers += [(b"content-type", b"application/json"), (b"content-length", str(len(sent)).encode())]
    if session:
        headers.append((b"cookie", f"{settings.SESSION_COOKIE_NAME}={session}".encode()))
    if token:
        headers.append((b"authorization", f"Bearer {token}".encode()))
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
        "path": parts.path, "raw_path": parts.path.encode(), "query_string": parts.query.encode(), "root_path": "",
        "headers": headers, "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
    }  # fmt: skip
    return scope, sent
