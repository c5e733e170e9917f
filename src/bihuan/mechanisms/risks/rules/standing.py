"""What a round has to know of a point and of a label, whoever reads it."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

import msgspec


class PointStanding(msgspec.Struct, eq=False):
    """A point's scope columns (see ``scoping.placed``) and, when its label was posted with a position, where that is.

    ``text`` is its id as it is kept in JSON; ``issued_at`` when the label was issued that says where it is, as it was read.
    """

    id: UUID
    org_id: UUID
    bureau_id: UUID
    province_id: UUID | None
    city_id: UUID | None
    school_id: UUID | None
    path: str
    school_name: str
    name: str
    is_active: bool
    missed_rounds: int = 0
    lat: float | None = None
    lon: float | None = None
    issued_at: Any = None
    text: str = ""

    def __post_init__(self) -> None:
        self.text = msgspec.to_builtins(self.id)


class LabelStanding(msgspec.Struct, frozen=True):
    """A code that was issued, and the point that it was printed for."""

    state: Literal["in_force", "void"]
    spot: PointStanding
