"""The phone's doors that are pages or belong to a signed-in browser; everything else is the API (``api.py``)."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from bihuan.foundation.pages.answers import send
from bihuan.foundation.refusals import Refusal
from bihuan.surfaces.mobile import pages


@never_cache
@require_http_methods(["GET", "POST"])
def enrol(request: HttpRequest) -> HttpResponse:
    """GET: who is signed in on this phone, and the CSRF token. POST (``name``: the phone's label): a token for this phone.

    Answers JSON ``{token, id, expires_at, person}``; a refusal as ``{code, sentence, fields}`` with its status.
    """
    try:
        if request.actor.id is None:  # type: ignore[attr-defined]
            raise Refusal("foundation.sign_in")
        person = {"id": str(request.actor.id), "name": request.actor.name}  # type: ignore[attr-defined]
        if request.method == "GET":
            return JsonResponse({"person": person, "csrf": get_token(request)})
        made = send(request, "accounts.enrol_phone", {"name": _label(request)})
        return JsonResponse({**made.answer, "person": person})
    except Refusal as refusal:
        said = {"code": refusal.code, "sentence": refusal.sentence, "fields": refusal.fields}
        return JsonResponse(said, status=refusal.status, json_dumps_params={"ensure_ascii": False})


def _label(request: HttpRequest) -> str:
    """What the phone calls itself, from a form or from JSON."""
    said: Any = request.POST
    if request.content_type == "application/json":
        try:
            said = json.loads(request.body or b"{}")
        except ValueError:
            said = None
    name = said.get("name") if hasattr(said, "get") else None
    return (name if isinstance(name, str) else "").strip()[:60] or "手机"


urlpatterns = [*pages.urlpatterns, path("enrol/", enrol, name="enrol-phone")]
