"""Who is acting: a person with the holds they have at this moment, or the system itself."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

LEVELS = ("province", "city", "bureau", "school")
_ANCESTORS = {level: f"{level}_id" for level in LEVELS}


class Placed(Protocol):
    """A row that knows where it stands: its ancestors, and the readable path for finer scopes."""

    province_id: Any
    city_id: Any
    bureau_id: Any
    school_id: Any
    path: Any


@dataclass(frozen=True, slots=True)
class Hold:
    """One appointment in force: a post, the acts it allows, and the part of the tree where it allows them.

    ``level`` is one of ``LEVELS`` (compare that ancestor with ``org_id``), ``"path"`` (an area, grid or class: compare
    the path's prefix) or ``"party"`` (a partner department: it sees only the rows that name it).

    ``spans`` is empty but for the minutes after units have moved, until their rows bear the new address: old addresses,
    shorter ones first, with whether what still stands there belongs to this hold.
    """

    post: str
    acts: frozenset[str]
    level: str
    org_id: UUID
    path: str
    org_name: str = ""
    spans: tuple[tuple[str, bool], ...] = ()

    def covers(self, row: Placed) -> bool:
        """Whether the row lies in this hold's part of the tree."""
        if self.spans and row.path:
            for path, belongs in reversed(self.spans):
                if row.path.startswith(path):
                    return belongs
        if self.level == "path":
            return bool(row.path) and row.path.startswith(self.path)
        column = _ANCESTORS.get(self.level)
        return column is not None and getattr(row, column) == self.org_id


@dataclass(frozen=True, slots=True)
class Actor:
    """The person (or the system) behind a read or a write. Default deny: no holds, nothing visible."""

    id: UUID | None
    name: str
    channel: str = "page"
    bureau_id: UUID | None = None
    holds: tuple[Hold, ...] = ()
    is_system: bool = False
    scopes: frozenset[str] = field(default_factory=frozenset)

    def may(self, act: str, row: Placed) -> bool:
        """Whether one of the holds that cover the row allows the act; an API token may narrow it further."""
        if self.is_system:
            return True
        if self.scopes and "write" not in self.scopes and act not in self.scopes:
            return False
        for hold in self.holds:  # noqa: SIM110 - asked several times a round: half of what any() costs
            if act in hold.acts and hold.covers(row):
                return True
        return False

    def may_anywhere(self, act: str) -> bool:
        """Whether any hold allows the act: for showing or hiding a menu, never for a write."""
        return self.is_system or any(act in hold.acts for hold in self.holds)

    def post_at(self, row: Placed) -> str:
        """The post that stands beside this person's name in what they did to the row; empty without one."""
        return min([hold.post for hold in self.holds if hold.covers(row)] or [""])

    def posts_at(self, row: Placed) -> Collection[str]:
        """The posts that this person holds over the row."""
        return {hold.post for hold in self.holds if hold.covers(row)}


SYSTEM = Actor(id=None, name="系统", channel="system", is_system=True)
NOBODY = Actor(id=None, name="未登录", channel="page")
