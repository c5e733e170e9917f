"""A phone in somebody's hand: enrolled through the real door, speaking the real API."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from PIL import Image

from bihuan.accounts.commands import when_revoked
from bihuan.foundation import clock
from bihuan.foundation.ids import uuid7


@dataclass
class Phone:
    """One phone with its token."""

    token: str
    token_id: str
    client: Client

    def _headers(self, **more: str) -> dict[str, str]:
        return {"HTTP_AUTHORIZATION": f"Bearer {self.token}", **more}

    def scope(self, tag: str = "") -> Any:
        """The answer of the scope call."""
        more = {"HTTP_IF_NONE_MATCH": tag} if tag else {}
        return self.client.get("/api/v1/phone/scope", **self._headers(**more))

    def post(self, body: Any) -> Any:
        """The answer of a sync call with any body."""
        raw = body if isinstance(body, bytes) else json.dumps(body, default=str).encode()
        return self.client.post("/api/v1/phone/sync", raw, content_type="application/json", **self._headers())

    def sync(self, *envelopes: Any, phone_now: Any = None) -> list[dict[str, Any]]:
        """The results of a sync call."""
        answer = self.post({"phone_now": phone_now or clock.now().isoformat(), "envelopes": envelopes})
        assert answer.status_code == 200, answer.content.decode()
        return answer.json()["results"]

    def put(
        self,
        raw: bytes,
        evidence: UUID,
        *,
        at: int = 0,
        upto: int | None = None,
        total: int | None = None,
        digest: str = "",
        kind: str = "image",
    ) -> Any:
        """A piece of a photo."""
        digest = digest or hashlib.sha256(raw).hexdigest()
        address = f"/api/v1/phone/photos/{digest}?offset={at}&total={len(raw) if total is None else total}&kind={kind}"
        return self.client.put(
            address,
            raw[at:upto],
            content_type="application/octet-stream",
            **self._headers(HTTP_X_EVIDENCE_ID=str(evidence)),
        )

    def ask(self, raw: bytes, evidence: UUID) -> Any:
        """How much of a photo is there."""
        digest = hashlib.sha256(raw).hexdigest()
        return self.client.get(f"/api/v1/phone/photos/{digest}", **self._headers(HTTP_X_EVIDENCE_ID=str(evidence)))


def forget_tokens() -> None:
    """Whoever remembers tokens for a while forgets them now."""
    for forget in when_revoked:
        forget()


@pytest.fixture(autouse=True)
def no_known_tokens() -> None:
    forget_tokens()


@pytest.fixture
def phone(door: Callable[[str], Client]) -> Callable[[str], Phone]:
    """``phone("wang")``: that person's phone, enrolled."""

    def enrolled(key: str, name: str = "红米 12C") -> Phone:
        answer = door(key).post("/m/enrol/", {"name": name})
        assert answer.status_code == 200, answer.content.decode()
        told = answer.json()
        return Phone(told["token"], told["id"], Client())

    return enrolled


def jpeg(shade: int = 120, size: tuple[int, int] = (320, 240)) -> bytes:
    """A small photo."""
    buffer = BytesIO()
    Image.effect_noise(size, shade).convert("RGB").save(buffer, "JPEG")
    return buffer.getvalue()


def envelope(command: str, **args: Any) -> dict[str, Any]:
    """An envelope with a fresh id."""
    return {"id": str(uuid7()), "command": command, "args": args, "sent_at": clock.now().isoformat()}
