"""Granian in front of the application, with its fixes for streams and shutdown (see docs/adr)."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

from django.conf import settings


def free_port(host: str, first: int) -> int:
    """The first port from *first* on that nobody answers: granian would share a busy one without an error."""
    for port in range(first, first + 50):
        with socket.socket() as probe:
            probe.settimeout(0.3)
            if probe.connect_ex((host, port)) != 0:
                return port
    raise SystemExit(f"{host} 上 {first} 到 {first + 49} 的端口都被占用，请用 PORT 指定一个空闲端口。")


def command(*, host: str, port: int, workers: int) -> list[str]:
    """The server's command line; built assets are served by the server itself when nothing stands in front."""
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    line = [
        str(Path(sys.executable).with_name("granian")), "--interface", "asginl", "--host", host, "--port", str(port),
        "--workers", str(workers), "--workers-kill-timeout", "3", "--no-ws", "--log-level", "warning",
    ]  # fmt: skip
    for assets in settings.STATICFILES_DIRS:
        line += [
            "--static-path-route",
            "/static",
            "--static-path-mount",
            str(assets),
            "--static-path-expires",
            "31536000",
        ]
    return [*line, "bihuan.config.asgi:application"]


def serve(*, host: str, port: int, workers: int) -> int:
    """Run the server until it is stopped; SQLite has one writer, so it gets one worker process."""
    if "sqlite" in settings.DATABASES["default"]["ENGINE"]:
        workers = 1
    return subprocess.call(command(host=host, port=port, workers=workers), env={**os.environ, "PYTHONUTF8": "1"})
