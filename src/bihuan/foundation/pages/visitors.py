"""From where a request comes, for limits on what anybody may try."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest


def address_of(request: HttpRequest) -> str:
    """The visitor's address; behind *n* trusted proxies the n-th from the right, which they wrote themselves."""
    proxies = settings.BIHUAN_PROXIES
    told = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    if proxies and len(told) >= proxies:
        return told[-proxies]
    return request.META.get("REMOTE_ADDR") or "unknown"
