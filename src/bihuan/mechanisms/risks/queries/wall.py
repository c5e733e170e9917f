"""What stands behind a wall code, and how far a label's life has come."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from bihuan.foundation import packs
from bihuan.foundation.actors import Actor
from bihuan.foundation.events import recent
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.risks import rules, wall_codes
from bihuan.mechanisms.risks.models import PointCode, RiskPoint
from bihuan.mechanisms.risks.pack import colours, kinds, risks_of
from bihuan.mechanisms.risks.queries.points import (
    Keeper,
    Told,
    keepers,
    measures_of,
    school_of,
    told,
)

SEEN_ON_THE_WALL = 5
State = Literal["in_force", "void", "unknown", "forged"]


@dataclass(frozen=True, slots=True)
class CodeLife:
    """What is known of a code that was scanned or typed.

    ``void``: given once and no longer good (or a later print replaced this one); ``unknown``: made by this site but not
    known to it any more; ``forged``: invented or mistyped. ``n`` is the serial that was scanned (``None``: typed), and
    ``last_n`` the newest print; ``lat`` and ``lon`` (WGS 84) are where the label was when it was posted.
    """

    state: State
    point_id: UUID | None = None
    code: str = ""
    n: int | None = None
    last_n: int = 0
    lat: float | None = None
    lon: float | None = None
    posted_at: datetime | None = None
    voided_at: datetime | None = None


def code_life(code: str) -> tuple[State, UUID | None]:
    """What a scanned address or a typed code is, and the point it stands for (known for void ones too)."""
    life = code_lives([code])[code]
    return life.state, life.point_id


def code_lives(codes: Iterable[str]) -> dict[str, CodeLife]:
    """``code_life`` of many, with everything a comparison of rounds needs; one statement."""
    asked = {text: rules.scanned(text) for text in dict.fromkeys(codes)}
    read = {text: wall_codes.readings(typed) for text, (typed, _) in asked.items()}
    wanted = {code for codes_read in read.values() for code in codes_read if code}
    known = {label.code: label for label in PointCode.objects.filter(code__in=wanted)} if wanted else {}
    return {text: _life(read[text], known, n) for text, (_, n) in asked.items()}


def _life(read: Sequence[str], known: dict[str, PointCode], n: int | None) -> CodeLife:
    label = next((known[code] for code in read if code in known), None)
    if label is None:
        return CodeLife("unknown" if wall_codes.is_ours(read[0]) else "forged", n=n)
    void = label.voided_at is not None or (n is not None and n < label.least_n)
    return CodeLife(
        "void" if void else "in_force", label.point_id, label.code, n, label.n, label.lat, label.lon,
        label.posted_at, label.voided_at,
    )  # fmt: skip


def open_point(code: str) -> RiskPoint | None:
    """The point in use behind a label in force, for strangers; ``None`` for a code that is void, unknown or invented."""
    label = _label(code)
    return label.point if label and label.voided_at is None and label.point.is_active else None


def _label(code: str) -> PointCode | None:
    read = wall_codes.readings(rules.typed_code(code))
    rows = PointCode.objects.filter(code__in=read).select_related("point__org", "point__owner")
    known = {row.code: row for row in rows}
    return next((known[one] for one in read if one in known), None)


@dataclass(frozen=True)
class Wall:
    """What a wall code opens. ``inside`` is whether the reader belongs to the point's net: only they see people."""

    code: str
    voided_at: datetime | None
    replaced: bool
    label: PointCode
    point: RiskPoint
    school: Any
    colour: rules.Colour
    kind: str
    cadence: str
    measures: list[tuple[str, str]]
    inside: bool
    may_check: bool
    may_place: bool
    visits: bool
    keepers: list[Keeper]
    checks: list[Told]

    @property
    def void(self) -> bool:
        """Whether this very label is no longer good."""
        return self.voided_at is not None or self.replaced


def _from_outside(viewer: Actor, point: RiskPoint) -> bool:
    """Whether this person looks after the school from the bureau: their coming is worth a line."""
    posts = packs.entries(point.bureau_id, "posts")
    return any(
        hold.covers(point) and "inspect" in hold.acts and posts.get(hold.post, {}).get("tier") == "bureau"
        for hold in viewer.holds
    )


def wall(viewer: Actor, code: str, *, on: date, n: int | None = None) -> Wall:
    """The page behind a wall code for anybody who stands before it; a code nobody knows is ``foundation.not_found``.

    ``n`` is the serial on the label; one that a later print replaced is void though its code is not. The card is public
    by its nature: it hangs on the wall. Names and telephones of people, and the history, are for those inside the net.
    """
    label = _label(code)
    if label is None:
        raise Refusal("foundation.not_found")
    row = label.point
    data = risks_of(row.bureau_id)
    inside = any(hold.covers(row) for hold in viewer.holds)
    facts = (
        recent(
            viewer, bureau_id=row.bureau_id, subject_id=row.pk, names=("risks.point_checked",), most=SEEN_ON_THE_WALL
        )
        if inside
        else []
    )
    return Wall(
        code=label.code,
        voided_at=label.voided_at,
        replaced=n is not None and n < label.least_n,
        label=label,
        point=row,
        school=school_of(row),
        colour=colours(data)[row.colour],
        kind=kinds(data).get(row.kind, row.kind),
        cadence=rules.CADENCES.get(row.cadence, (row.cadence, 0))[0],
        measures=measures_of(row),
        inside=inside,
        may_check=inside and row.is_active and viewer.may("snap", row),
        may_place=label.lat is None or viewer.may("manage-risks", row),
        visits=row.is_active and _from_outside(viewer, row),
        keepers=keepers(row, on=on) if inside else [],
        checks=[told(fact) for fact in facts],
    )
