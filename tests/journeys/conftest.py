"""What the journeys share: the world, and people who sit down before a browser, a form or the API."""

import pytest

from tests.journeys.doors import Door, Machine
from tests.journeys.phones import night, phone
from tests.journeys.world import _copies, lived, world

__all__ = ["_copies", "lived", "night", "phone", "world"]

PHONE = {"viewport": {"width": 360, "height": 780}, "has_touch": True, "is_mobile": True}
DESK = {"viewport": {"width": 1366, "height": 768}}


@pytest.fixture
def sits(new_context, site):
    """``sits(world, "chen", phone=True)`` is that person's page; a script error in any of them fails the test."""
    complaints = []

    def sat(world, key="", *, phone=False):
        context = new_context(**(PHONE if phone else DESK))
        if key:
            context.add_cookies([{"name": "sessionid", "value": world.cookie(key), "url": site.url}])
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
        page.on("console", lambda said: complaints.append(f"{page.url}: {said.text}") if _is_fault(said) else None)
        return page

    yield sat
    assert complaints == []


def _is_fault(said):
    """A refused form or a lost network is no fault of the page, a blocked or broken script is."""
    return said.type == "error" and not said.text.startswith(
        ("Failed to load resource", "htmx:sendError", "htmx:afterRequest")
    )


@pytest.fixture
def door(site):
    """``door(world, "li")``: pages without a browser."""
    return lambda world, key="": Door(site.url, world.cookie(key) if key else "")


@pytest.fixture
def machine(site):
    """``machine(world, "li", "read")``: the API with a token of that person."""
    return lambda world, key, *scopes: Machine(site.url, world.token(key, *scopes))


def tap(thing):
    """Bring something to the middle of the screen, as a thumb would, and touch it: docks cover the edges."""
    thing.evaluate("element => element.scrollIntoView({ block: 'center', behavior: 'instant' })")
    thing.click()
