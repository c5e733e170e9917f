"""From where a request comes, for limits on what anybody may try."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest


def address_of(request: HttpRequest) -> str:
    """The visitor's address; behind *n* trusted proxies the n-th from the right, which they wrote themselves.

    Of IPv6 it is the /64 that one line is given: who owns one owns every address in it.
    """
    proxies = settings.BIHUAN_PROXIES
    told = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    if proxies and len(told) >= proxies:
        return _counted(told[-proxies])
    return _counted(request.META.get("REMOTE_ADDR") or "unknown")


def _counted(text: str) -> str:
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return text
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or ip_network((address, 64), strict=False))
    return str(address)
