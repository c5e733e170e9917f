"""What the desk adds to the shell: the menu, the bureau's name, and the saved views of the list that is shown."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.http import HttpRequest

from bihuan.surfaces.workbench.navigation import navigation
from bihuan.surfaces.workbench.queries import bureau_name, saved_views


def desk(request: HttpRequest) -> dict[str, Any]:
    """The menu of this person on this page; nothing for a visitor. All of it is read only when a template asks."""
    actor = getattr(request, "actor", None)
    if actor is None or actor.id is None:
        return {}
    return {
        "navigation": cache(lambda: navigation(actor, request.path)),
        "bureau_name": cache(lambda: bureau_name(actor)),
        "saved_views": lambda: saved_views(actor, request.path, request.GET.urlencode()),
    }
