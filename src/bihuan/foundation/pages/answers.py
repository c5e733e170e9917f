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

SAID = "said"
"""The session key of sentences that the next page shows once."""


def send(request: HttpRequest, name: str, args: Mapping[str, Any]) -> Outcome:
    """Run a command for this page's person under the form's own id (``_id``), so that a double click is one fact."""
    try:
        envelope = UUID(request.POST.get("_id", ""))
    except ValueError:
        envelope = uuid7()
    return execute(request.actor, clock.now(), id=envelope, name=name, args=args)  # type: ignore[attr-defined]


def done(request: HttpRequest, to: str, say: str = "") -> HttpResponse:
    """After a form was carried out: go on to *to* (never resend on reload) and say there what happened."""
    if say:
        request.session[SAID] = [*request.session.get(SAID, []), say][-3:]
    if getattr(request, "htmx", False):
        return HttpResponse(status=204, headers={"HX-Redirect": to})
    return redirect(to)


def again(
    request: HttpRequest, template: str, refusal: Refusal, context: Mapping[str, Any] | None = None
) -> HttpResponse:
    """The same form (or its partial) once more with the refusal's sentences and everything that was typed."""
    return render(
        request, template, {**(context or {}), "refusal": refusal, "typed": request.POST}, status=refusal.status
    )


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
        # the person, not the proxy that looked for them: a page asks a hundred times, and each look through it is five calls
        request.actor = getattr(request.actor, "_wrapped", request.actor)  # type: ignore[attr-defined]
        return view(request, *args, **kwargs)

    return guarded
