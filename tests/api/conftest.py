"""The API's tests live in the district of the journeys."""

from tests.journeys.conftest import _copies, door, lived, machine, world

__all__ = ["_copies", "door", "lived", "machine", "world"]
