"""The door's three moves: send a form as an envelope, say a refusal, guard a page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from bihuan.foundation import clock
from bihuan.foundation.commands import Outcome, execute
from bihuan.foundation.ids import uuid7
from bihuan.foundation.refusals import Refusal


def send(request: HttpRequest, name: str, args: Mapping[str, Any]) -> Outcome:
    """Run a command for this page's person under the form's own id (``_id``), so that a double click is one fact."""
    try:
        envelope = UUID(request.POST.get("_id", ""))
    except ValueError:
        envelope = uuid7()
    return execute(request.actor, clock.now(), id=envelope, name=name, args=args)  # type: ignore[attr-defined]


def refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """A refusal as a page, or as the message fragment when htmx asked; nothing typed is touched."""
    htmx = bool(getattr(request, "htmx", False))
    if refusal.code == "foundation.sign_in" and not htmx:
        return redirect(f"/sign-in/?next={quote(request.get_full_path())}")
    template = "shell/refusal.html" + ("#message" if htmx else "")
    response = render(request, template, {"refusal": refusal}, status=refusal.status)
    if htmx:
        response["HX-Retarget"] = "#messages"
        response["HX-Reswap"] = "beforeend"
    return response


def signed_in(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Only for people who signed in; others are asked to, and come back to this very page."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.actor.id is None:  # type: ignore[attr-defined]
            return refused(request, Refusal("foundation.sign_in"))
        return view(request, *args, **kwargs)

    return guarded
