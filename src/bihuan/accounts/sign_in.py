"""Signing in and changing a password.

These writes are no commands: an envelope's receipt keeps a digest of its arguments, and a password must leave no trace,
nor may it be sent to the API. Failures are rows, so that the limit holds in every process and after a restart.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from uuid import UUID

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from bihuan.accounts.models import FailedSignIn, User
from bihuan.accounts.rules import WINDOW, Tally, closed_until, password_fault, tries_left
from bihuan.foundation.actors import Actor
from bihuan.foundation.refusals import Refusal, declare

declare(
    {
        "accounts.wrong_password": (422, "账号或密码不对。{left}"),
        "accounts.too_many_failures": (
            429,
            "密码连续输错太多次，为保护账号，暂停登录到 {until}。到时再试；忘记密码请联系本单位安全负责人或教育局安全科。",
        ),
        "accounts.old_password": (422, "原密码不对，密码没有改动。"),
        "accounts.weak_password": (422, "{why}"),
        "accounts.passwords_differ": (422, "两次输入的新密码不一样，请重新输入。"),
    }
)


def sign_in(at: datetime, *, username: str, password: str, address: str) -> User:
    """The person with this name and password. Refusals: ``accounts.wrong_password``, ``accounts.too_many_failures``.

    While it is closed even the right password is refused, and an unknown name costs and says the same as a known one.
    """
    username = username.strip()
    keys = _keys(username, address)
    until = closed_until(_tallies(keys), at)
    if until:
        raise _closed(until)
    user = _known(username)
    if user is None:
        make_password(password)  # an unknown name takes as long as a wrong password
        _count(keys, at)
        raise _wrong(keys, at)
    if not check_password(password, user.password, setter=lambda raw: _rehash(user, raw)):
        _count(keys, at)
        raise _wrong(keys, at)
    FailedSignIn.objects.filter(key__in=[keys["pair"], keys["account"]]).delete()
    return user


def change_password(by: Actor, at: datetime, *, old: str, new: str, again: str) -> User:
    """Give me a new password; every other session ends (``version`` rises). Wrong old ones count as failed sign-ins."""
    user = User.objects.get(pk=by.id)
    keys = _keys(user.username or str(user.pk), "account-page")
    until = closed_until(_tallies(keys), at)
    if until:
        raise _closed(until)
    if not user.check_password(old):
        _count(keys, at)
        raise Refusal("accounts.old_password", fields={"old": "原密码不对。"})
    if why := password_fault(new, username=user.username or "", name=user.name):
        raise Refusal("accounts.weak_password", why=why, fields={"new": why})
    if new != again:
        raise Refusal("accounts.passwords_differ", fields={"again": "与上面的新密码不一样。"})
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(password=make_password(new), version=F("version") + 1)
    user.refresh_from_db()
    return user


def end_sessions(by: Actor) -> User:
    """Sign me out everywhere, on this and every other device."""
    User.objects.filter(pk=by.id).update(version=F("version") + 1)
    return User.objects.get(pk=by.id)


def set_password(person: UUID, new: str) -> None:
    """Give somebody a password without the old one: for installation, the demo and the command line, never for a page."""
    User.objects.filter(pk=person).update(password=make_password(new), version=F("version") + 1)


def forget_old_failures(at: datetime) -> int:
    """Drop tallies whose window is over (a job may call this; nothing depends on it)."""
    return FailedSignIn.objects.filter(since__lt=at - WINDOW).delete()[0]


def _known(username: str) -> User | None:
    """By sign-in name, or by a telephone number that exactly one person has."""
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None and username.isdecimal() and len(username) >= 7:
        found = list(User.objects.filter(phone=username, is_active=True, username__isnull=False)[:2])
        user = found[0] if len(found) == 1 else None
    return user


def _keys(username: str, address: str) -> dict[str, str]:
    """What is counted, as digests: a list of failures must not become a list of names that people typed."""
    name = username.lower()[:120]
    parts = {"pair": f"pair|{name}|{address}", "account": f"account|{name}", "address": f"address|{address}"}
    return {kind: hashlib.sha256(part.encode()).hexdigest() for kind, part in parts.items()}


def _tallies(keys: dict[str, str]) -> list[Tally]:
    kinds = {key: kind for kind, key in keys.items()}
    rows = FailedSignIn.objects.filter(key__in=list(kinds)).values_list("key", "count", "since")
    return [Tally(kinds[key], count, since) for key, count, since in rows]


def _count(keys: dict[str, str], at: datetime) -> None:
    """One failure more under each key; a window that is over starts again. Counting is done by the database."""
    for key in sorted(keys.values()):
        FailedSignIn.objects.get_or_create(key=key, defaults={"count": 0, "since": at})
        running = FailedSignIn.objects.filter(key=key, since__gt=at - WINDOW).update(count=F("count") + 1)
        if not running:
            FailedSignIn.objects.filter(key=key).update(count=1, since=at)


def _wrong(keys: dict[str, str], at: datetime) -> Refusal:
    tallies = _tallies(keys)
    until = closed_until(tallies, at)
    if until:
        return _closed(until)
    left = tries_left(tallies, at)
    return Refusal(
        "accounts.wrong_password", left=f"再错 {left} 次会暂停登录 15 分钟。" if left <= 3 else "请检查大小写后再试。"
    )


def _closed(until: datetime) -> Refusal:
    return Refusal("accounts.too_many_failures", until=f"{timezone.localtime(until):%H:%M}")


def _rehash(user: User, raw: str) -> None:
    User.objects.filter(pk=user.pk).update(password=make_password(raw))
