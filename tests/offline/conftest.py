"""A school with a route, two guards with phones, and the real outboxes in a Node process that knows no network of its own."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bihuan.conftest import actors, cast, door, fresh_memory, net, posts
from bihuan.mechanisms.patrols.tests.conftest import base, lay, make, monday, points, route

__all__ = ["actors", "base", "cast", "door", "fresh_memory", "lay", "make", "monday", "net", "points", "posts", "route"]


class Killed(Exception):
    """The app was closed while it waited for an answer."""


class Phones:
    """A Node process: ``do`` asks it for something and answers its calls to the network meanwhile."""

    def __init__(self, script: str = "phones.mjs") -> None:
        beside = Path(sys.prefix) / "bin" / "node"
        node = str(beside) if beside.exists() else shutil.which("node")
        assert node, "Node is missing: run `python3 run.py test`, which installs it"
        path = Path(__file__).with_name(script)
        self._process = subprocess.Popen([node, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._ops = 0

    def close(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(timeout=10)

    def do(self, act: str, *, network: Callable[[dict[str, Any]], dict[str, Any]] | None = None, **more: Any) -> Any:
        """Have something done; *network* answers a call, or raises ``Killed``: then the app of that phone starts anew."""
        self._ops += 1
        op = self._ops
        self._say({"op": op, "act": act, **more})
        while True:
            line = self._read()
            if line.get("done") == op:
                assert "error" not in line, line["error"]
                return line["value"]
            if "call" in line:
                assert network, f"nothing should be sent now: {line}"
                try:
                    answer = network(line)
                except Killed:
                    self.do("kill", name=line["phone"])
                    return None
                self._say({"call": line["call"], **answer})

    def _say(self, line: dict[str, Any]) -> None:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(line) + "\n")
        self._process.stdin.flush()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout
        text = self._process.stdout.readline()
        assert text, "the phones' process ended"
        return json.loads(text)


@pytest.fixture(scope="session")
def phones() -> Iterator[Phones]:
    """The phones, empty at the beginning of each history."""
    process = Phones()
    yield process
    process.close()
