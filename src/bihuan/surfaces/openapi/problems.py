"""Refusals for machines: RFC 9457 problem+json with the catalogue's code."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja.errors import ValidationError
from pydantic import BaseModel

from bihuan.foundation.commands import in_chinese
from bihuan.foundation.refusals import Refusal


class Problem(BaseModel):
    """What a refused call answers."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    fields: dict[str, str] = {}


def problem(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """The refusal as ``application/problem+json``."""
    body: dict[str, Any] = {
        "type": f"/api/v1/refusals#{refusal.code}",
        "title": refusal.code,
        "status": refusal.status,
        "detail": refusal.sentence,
        "code": refusal.code,
    }
    if refusal.fields:
        body["fields"] = refusal.fields
    answer = HttpResponse(
        json.dumps(body, ensure_ascii=False), content_type="application/problem+json", status=refusal.status
    )
    if refusal.status == 401:
        answer["WWW-Authenticate"] = "Bearer"
    return answer


def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """A call that does not fit its schema: one sentence per field."""
    fields = {_name(e["loc"]): in_chinese(e) for e in error.errors}
    summary = "；".join(f"{name}：{text}" for name, text in fields.items())
    return problem(request, Refusal("foundation.bad_input", fields=fields, count=len(fields), summary=summary))


def _name(loc: Sequence[Any]) -> str:
    """The field as the caller wrote it: ``title``, not where it lies in the envelope."""
    return ".".join(str(part) for part in loc[1:]).removeprefix("body.").removeprefix("args.") or "body"
