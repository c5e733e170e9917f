"""Who is asking, and how a refusal is said."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from bihuan.engines.responsibility.queries import actor_of_session
from bihuan.foundation.pages.answers import refused
from bihuan.foundation.refusals import Refusal


class PolicyMiddleware:
    """The same content security policy for every answer: no page has a script or a nonce of its own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", settings.CONTENT_SECURITY_POLICY)
        return response


class ActorMiddleware:
    """``request.actor``: the signed-in person with today's holds, from a short-lived cache; no session row."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.actor = SimpleLazyObject(  # type: ignore[attr-defined]
            lambda: actor_of_session(request.session.get(SESSION_KEY), request.session.get("version"))
        )
        return self.get_response(request)


class RefusalMiddleware:
    """A refusal that a page did not handle itself becomes a page (or an htmx fragment) with its sentence."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return refused(request, exception) if isinstance(exception, Refusal) else None
