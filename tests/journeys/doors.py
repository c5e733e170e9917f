"""Ways to the server that are no browser: a signed-in person's pages, a machine with a token, everybody at once."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

import requests

from bihuan.foundation.ids import uuid7

R = TypeVar("R")
PATIENCE = 60


@dataclass
class Door:
    """Pages as a signed-in person gets them, without a browser; ``""`` signed nobody in."""

    url: str
    cookie: str = ""
    line: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self.csrf = secrets.token_hex(16)
        self.line.trust_env = False
        self.line.cookies.set("csrftoken", self.csrf)
        if self.cookie:
            self.line.cookies.set("sessionid", self.cookie)

    def get(self, path: str, **more: Any) -> requests.Response:
        return self.line.get(self.url + path, allow_redirects=False, timeout=PATIENCE, **more)

    def post(self, path: str, data: dict[str, Any] | None = None, **more: Any) -> requests.Response:
        """A form as the page would send it, with a fresh id of its own unless one is given."""
        sent = {"csrfmiddlewaretoken": self.csrf, "_id": str(uuid7()), **(data or {})}
        return self.line.post(self.url + path, data=sent, allow_redirects=False, timeout=PATIENCE, **more)


@dataclass
class Machine:
    """The API with a bearer token (or none)."""

    url: str
    token: str = ""
    line: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self.line.trust_env = False
        if self.token:
            self.line.headers["Authorization"] = f"Bearer {self.token}"

    def get(self, path: str, **more: Any) -> requests.Response:
        return self.line.get(f"{self.url}/api/v1{path}", allow_redirects=False, timeout=PATIENCE, **more)

    def send(self, command: str, envelope: UUID | str | None = None, **args: Any) -> requests.Response:
        """One envelope."""
        body = {"id": str(envelope or uuid7()), "args": args}
        return self.line.post(f"{self.url}/api/v1/commands/{command}", json=body, timeout=PATIENCE)


def all_at_once(acts: Iterable[Callable[[], R]]) -> list[R]:
    """Start everybody at the same moment and give what each got."""
    acts = list(acts)
    gate = threading.Barrier(len(acts))

    def run(act: Callable[[], R]) -> R:
        gate.wait(PATIENCE)
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))
