"""How many wrong passwords are too many (OWASP ASVS 5.0 §6.3: throttle per account and per address).

A school sits behind one address, so an address may fail far more often than one account from one place. An account is
also counted over all addresses, high enough that nobody can lock a colleague out from a single browser.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

WINDOW = timedelta(minutes=15)
"""Failures older than this are forgotten, and a lock lasts this long from the last counted failure."""

SHORTEST_PASSWORD = 8


@dataclass(frozen=True)
class Limit:
    """What is counted, and how many failures within the window close it."""

    kind: str
    most: int


PAIR = Limit("pair", 5)
ACCOUNT = Limit("account", 25)
ADDRESS = Limit("address", 100)
LIMITS = (PAIR, ACCOUNT, ADDRESS)


@dataclass(frozen=True)
class Tally:
    """The failures counted under one key since the first of its window."""

    kind: str
    count: int
    since: datetime


def closed_until(tallies: Iterable[Tally], at: datetime) -> datetime | None:
    """Until when sign-in is closed, or ``None``: the latest end of all windows that are full."""
    most = {limit.kind: limit.most for limit in LIMITS}
    ends = [t.since + WINDOW for t in tallies if t.count >= most[t.kind] and t.since + WINDOW > at]
    return max(ends, default=None)


def tries_left(tallies: Iterable[Tally], at: datetime) -> int:
    """How many more wrong passwords this account may have from this address."""
    counts = [t.count for t in tallies if t.kind == PAIR.kind and t.since + WINDOW > at]
    return max(0, PAIR.most - max(counts, default=0))


def password_fault(new: str, *, username: str, name: str) -> str:
    """Why a new password is not good enough, as a sentence; empty when it is."""
    if len(new) < SHORTEST_PASSWORD:
        return f"密码至少 {SHORTEST_PASSWORD} 位，现在是 {len(new)} 位。"
    if len(new) > 128:
        return "密码太长，最多 128 位。"
    if new.isdecimal():
        return "密码不能全是数字，请加上字母或符号。"
    if len(set(new)) < 4:
        return "密码里重复的字符太多，请换一个。"
    if username and username.lower() in new.lower():
        return "密码里不能有账号名。"
    if name and name in new:
        return "密码里不能有你的姓名。"
    if new.lower() in {
        "password",
        "password1",
        "qwertyui",
        "qwer1234",
        "abcd1234",
        "1234abcd",
        "a1234567",
        "admin123",
        "abc12345",
    }:
        return "这个密码太常见，容易被猜到，请换一个。"
    return ""
