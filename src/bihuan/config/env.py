"""Strict reading of the environment: a typo fails loudly at the start, never quietly at night."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit


class BadEnvironment(SystemExit):
    """A variable has a value that cannot be meant."""


def text(name: str, default: str = "") -> str:
    """The variable, or the first line of the file that ``NAME_FILE`` points at (for secrets)."""
    if path := os.environ.get(f"{name}_FILE"):
        return Path(path).read_text(encoding="utf-8").strip()
    return os.environ.get(name, default)


def flag(name: str, *, default: bool = False) -> bool:
    """``1``/``true`` or ``0``/``false``; anything else stops the start."""
    value = text(name)
    if not value:
        return default
    if value.lower() in {"1", "true"}:
        return True
    if value.lower() in {"0", "false"}:
        return False
    raise BadEnvironment(f"{name} 应为 true 或 false，现在是「{value}」")


def number(name: str, default: int) -> int:
    """A whole number."""
    value = text(name)
    if not value:
        return default
    if not value.isdecimal():
        raise BadEnvironment(f"{name} 应为整数，现在是「{value}」")
    return int(value)


def keys(name: str, *, shortest: int = 32) -> tuple[str, ...]:
    """Secrets separated by commas, the newest first; one that could be guessed stops the start."""
    found = tuple(key.strip() for key in text(name).split(",") if key.strip())
    if any(len(key) < shortest for key in found):
        raise BadEnvironment(f"{name} 里每个密钥至少要有 {shortest} 个字符，用逗号分隔")
    return found


def one_of(name: str, *choices: str) -> str:
    """One of these words, in capitals or not; without the variable, the first."""
    value = text(name).upper() or choices[0]
    if value not in choices:
        raise BadEnvironment(f"{name} 应为 {' 或 '.join(choices)}，现在是「{value}」")
    return value


def database(url: str, *, data: Path, synchronous: str) -> dict[str, Any]:
    """Django's database settings for ``sqlite:///path`` or ``postgresql://user:password@host:port/name``.

    *synchronous*, for SQLite: ``FULL`` confirms nothing that a power cut could take back, ``NORMAL`` may (docs/adr/0022).
    """
    if not url:
        url = f"sqlite:///{data / 'bihuan.sqlite3'}"
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        name = unquote(url.removeprefix("sqlite:///"))
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": name,
            # opening the file anew for every request costs more than most requests; threads of the server stay
            "CONN_MAX_AGE": None,
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 30,
                "init_command": f"PRAGMA journal_mode=WAL; PRAGMA synchronous={synchronous}; "
                "PRAGMA mmap_size=268435456; PRAGMA journal_size_limit=67108864;",
            },
            # a file, so that tests with threads see what other connections committed
            "TEST": {"NAME": f"{name}.test"},
        }
    if parts.scheme in {"postgres", "postgresql"}:
        options: dict[str, Any] = {
            **dict(parse_qsl(parts.query)),
            "pool": {"min_size": 1, "max_size": 12, "timeout": 20},
        }
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path.lstrip("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": unquote(parts.hostname or options.pop("host", "")),
            "PORT": str(parts.port or ""),
            "OPTIONS": options,
        }
    raise BadEnvironment(f"BIHUAN_DATABASE_URL 不认识「{parts.scheme}」，应为 sqlite:/// 或 postgresql://")
