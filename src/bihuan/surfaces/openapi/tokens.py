"""The bearer token in front of every call, with a short-lived cached principal: no session row, no write per call."""

from __future__ import annotations

import hashlib
import time
from dataclasses import replace

from django.http import HttpRequest
from ninja.security import HttpBearer

from bihuan.accounts.commands import when_revoked
from bihuan.accounts.queries import phone_token, token_in_force
from bihuan.engines.responsibility.queries import actor_of
from bihuan.foundation import clock
from bihuan.foundation.actors import Actor
from bihuan.foundation.refusals import Refusal

_FRESH_SECONDS = 30.0
_MOST = 10_000
_known: dict[str, tuple[float, Actor]] = {}


class Token(HttpBearer):
    """``Authorization: Bearer …``; reading needs the scope ``read``, commands need ``write``."""

    def authenticate(self, request: HttpRequest, token: str) -> Actor:
        actor = principal(token)
        if ("read" if request.method == "GET" else "write") not in actor.scopes:
            raise Refusal("openapi.scope")
        request.actor = actor  # type: ignore[attr-defined]
        return actor

    def __call__(self, request: HttpRequest) -> Actor:
        found = super().__call__(request)
        if found is None:
            raise Refusal("openapi.bad_token")
        return found


def principal(text: str) -> Actor:
    """Who acts with this token. Refusals: ``openapi.bad_token``, and for a phone ``phone_revoked`` or ``phone_expired``,
    so that it can say why and keep what waits in its outbox."""
    digest = hashlib.sha256(text.encode()).hexdigest()
    actor = _in_force(digest)
    if actor is None:
        phone = phone_token(digest)
        if phone is None:
            raise Refusal("openapi.bad_token")
        over = phone.revoked_at is None and phone.expires_at <= clock.now()
        raise Refusal("openapi.phone_expired" if over else "openapi.phone_revoked")
    return actor


def remembered(text: str) -> Actor | None:
    """Who acts with this token, if this process has looked within the last half minute; asks no database."""
    return _fresh(hashlib.sha256(text.encode()).hexdigest())


def _fresh(digest: str) -> Actor | None:
    kept = _known.get(digest)
    return kept[1] if kept and time.monotonic() - kept[0] < _FRESH_SECONDS else None


def _in_force(digest: str) -> Actor | None:
    if kept := _fresh(digest):
        return kept
    _known.pop(digest, None)
    token = token_in_force(digest, at=clock.now())
    actor = actor_of(token.user_id, version=token.version, user=token.user) if token else None
    if token is None or actor is None:
        return None
    if len(_known) >= _MOST:
        _known.clear()
    scoped = replace(actor, channel="phone" if token.is_phone else "api", scopes=frozenset(token.scopes))
    _known[digest] = (time.monotonic(), scoped)
    return scoped


def forget_tokens() -> None:
    """Drop the cached principals (between tests, and after a revocation in this process)."""
    _known.clear()


when_revoked.append(forget_tokens)
