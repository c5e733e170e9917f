"""The bearer token in front of every call, with a short-lived cached principal: no session row, no write per call."""

from __future__ import annotations

import hashlib
import time
from dataclasses import replace

from django.http import HttpRequest
from ninja.security import HttpBearer

from bihuan.accounts.commands import when_revoked
from bihuan.accounts.queries import token_in_force
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
        actor = _principal(hashlib.sha256(token.encode()).hexdigest())
        if actor is None:
            raise Refusal("openapi.bad_token")
        if ("read" if request.method == "GET" else "write") not in actor.scopes:
            raise Refusal("openapi.scope")
        request.actor = actor  # type: ignore[attr-defined]
        return actor

    def __call__(self, request: HttpRequest) -> Actor:
        found = super().__call__(request)
        if found is None:
            raise Refusal("openapi.bad_token")
        return found


def _principal(digest: str) -> Actor | None:
    kept = _known.get(digest)
    if kept and time.monotonic() - kept[0] < _FRESH_SECONDS:
        return kept[1]
    _known.pop(digest, None)
    token = token_in_force(digest, at=clock.now())
    actor = actor_of(token.user_id, channel="api") if token else None
    if token is None or actor is None:
        return None
    if len(_known) >= _MOST:
        _known.clear()
    scoped = replace(actor, channel="api", scopes=frozenset(token.scopes))
    _known[digest] = (time.monotonic(), scoped)
    return scoped


def forget_tokens() -> None:
    """Drop the cached principals (between tests, and after a revocation in this process)."""
    _known.clear()


when_revoked.append(forget_tokens)
