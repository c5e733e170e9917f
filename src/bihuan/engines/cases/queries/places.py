"""Where a case stands on a map: asked of the room that keeps the points, which stands above this one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from bihuan.foundation.actors import Actor


@dataclass(frozen=True)
class Spot:
    """A point as its room shows it: its words, its page, and where it lies on the picture of a plan.

    ``picture`` is the address of an image of ``width`` × ``height`` (any unit); ``x`` and ``y`` are shares of it (0…1,
    from the top left). Without a picture the case page shows words and link alone.
    """

    name: str
    link: str
    picture: str = ""
    width: float = 1
    height: float = 1
    x: float | None = None
    y: float | None = None

    @property
    def on_plan(self) -> bool:
        return bool(self.picture) and self.x is not None and self.y is not None

    @property
    def left(self) -> float:
        return (self.x or 0) * self.width

    @property
    def top(self) -> float:
        return (self.y or 0) * self.height

    @property
    def dot(self) -> float:
        """The mark's radius."""
        return max(self.width, self.height) / 40


Finder = Callable[[Actor, UUID], Spot | None]
_finders: list[Finder] = []


def points_found_by(finder: Finder) -> None:
    """Let the room that keeps points say where one lies (called once, in its app's ``ready``).

    ``finder(viewer, point_id)`` gives ``None`` for a point that does not exist or that this person may not see. It costs
    the case page at most two statements.
    """
    if finder not in _finders:
        _finders.append(finder)


def spot_of(viewer: Actor, point_id: UUID | None) -> Spot | None:
    """Where a case's point lies, if any room knows it."""
    if point_id is None:
        return None
    return next((spot for finder in _finders if (spot := finder(viewer, point_id)) is not None), None)
