"""What the shell needs on every page."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from bihuan.foundation.messages import unread_count
from bihuan.foundation.packs.notes import growing
from bihuan.foundation.pages.answers import SAID


def shell(request: HttpRequest) -> dict[str, Any]:
    """The actor, whether this is the demo (and how far it has grown), a lazily counted bell, the looks this browser chose, and what was just said."""
    actor = getattr(request, "actor", None)
    theme = request.COOKIES.get("theme", "")
    return {
        "actor": actor,
        "demo": settings.DEMO,
        "growing": growing if settings.DEMO else None,
        "unread": lambda: unread_count(actor) if actor and actor.id else 0,
        "theme": theme if theme in {"light", "dark"} else "",
        "dense": request.COOKIES.get("dense") == "1",
        "said": lambda: _said(request),
    }


def _said(request: HttpRequest) -> list[str]:
    """What was just said, shown once. A live part that reads its page again does not show it, and must not take it."""
    if getattr(request, "htmx", False) or not hasattr(request, "session"):
        return []
    said: list[str] = request.session.pop(SAID, [])
    return said
