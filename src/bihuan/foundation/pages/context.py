"""What the shell needs on every page."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from bihuan.foundation.messages import unread_count


def shell(request: HttpRequest) -> dict[str, Any]:
    """The actor, whether this is the demo, and a lazily counted bell."""
    actor = getattr(request, "actor", None)
    return {"actor": actor, "demo": settings.DEMO, "unread": lambda: unread_count(actor) if actor and actor.id else 0}


