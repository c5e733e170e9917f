"""Where points and labels stand, for rounds: what many scanned codes are, and whose and where their points are."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from bihuan.foundation import hot
from bihuan.mechanisms.risks import wall_codes
from bihuan.mechanisms.risks.models import PointCode, RiskPoint
from bihuan.mechanisms.risks.rules import LabelStanding, PointStanding

_POINT = (
    "id",
    "org_id",
    "bureau_id",
    "province_id",
    "city_id",
    "school_id",
    "path",
    "school_name",
    "name",
    "is_active",
    "missed_rounds",
)
_LABEL = ("code", "voided_at", "least_n", "lat", "lon")
_COLUMNS = hot.Columns(
    (PointCode, "code"),  # when it was issued: only compared, in whatever form it comes
    *((PointCode, name) for name in _LABEL),
    *((RiskPoint, name) for name in _POINT),
)
_READ = ", ".join([hot.bare("c.issued_at"), *(f"c.{name}" for name in _LABEL), *(f"p.{name}" for name in _POINT)])
Standings = tuple[dict[UUID, PointStanding], dict[str, LabelStanding]]
Labels = dict[str, tuple[bool, int, PointStanding]]
"""By code: whether it was voided, its least serial in force, and the point."""


def standing(point_ids: Collection[UUID], texts: Collection[str]) -> Standings:
    """The points by id (also those of the codes), and each scanned or typed text with what is known of it; one statement.

    For commands: it looks at no scope, the caller does. A text that stands in no answer is a code nobody ever issued.
    """
    return hot.told(standings(point_ids, texts))[0]  # type: ignore[no-any-return]


def standings(point_ids: Collection[UUID], texts: Collection[str]) -> hot.Part[Standings]:
    """``standing``, to be read with other things at once."""
    meant = wall_codes.meanings(texts)
    wanted = [] if point_ids else [code for codes, _ in meant.values() for code in codes]
    rows = yield _labels_where("c.point_id" if point_ids else "c.code", point_ids or wanted)
    points: dict[UUID, PointStanding] = {}
    labels: Labels = {}
    _gather(rows, points, labels)
    # what somebody scans is nearly always a label of the point that they name; another one is looked for by itself
    if point_ids and (
        others := [one for codes, _ in meant.values() if labels.keys().isdisjoint(codes) for one in codes]
    ):
        columns, sql, values = _labels_where("c.code", others)
        _gather(columns.read(hot.fetch(sql, values)), points, labels)
    return points, {text: found for text, (codes, n) in meant.items() if (found := _known(codes, n, labels))}


def _labels_where(column: str, values: Collection[Any]) -> hot.Question:
    """The labels with their points."""
    kind = "uuid" if column == "c.point_id" else "text"
    return hot.Question(
        _COLUMNS,
        f"SELECT {_READ} FROM risks_pointcode AS c JOIN risks_riskpoint AS p ON p.id = c.point_id "  # noqa: S608 - our own names
        f"WHERE {hot.among(column, kind)}",
        [hot.listed(values)],
    )


def _gather(rows: Iterable[Any], points: dict[UUID, PointStanding], labels: Labels) -> None:
    for issued_at, code, voided_at, least_n, lat, lon, *point in rows:
        made = PointStanding(*point, lat, lon, issued_at)
        known = points.setdefault(made.id, made)  # nearly every point has one label: its id is hashed once
        labels[code] = (voided_at is not None, least_n, known)
        if known is not made and lat is not None and (known.lat is None or issued_at > known.issued_at):
            # the newest label that was posted with a position says where the point is
            known.lat, known.lon, known.issued_at = lat, lon, issued_at


def _known(codes: Sequence[str], n: int | None, labels: Labels) -> LabelStanding | None:
    for code in codes:
        if (found := labels.get(code)) is not None:
            voided, least_n, spot = found
            return LabelStanding("void" if voided or (n is not None and n < least_n) else "in_force", spot)
    return None


@dataclass(frozen=True, slots=True)
class SchoolPoint:
    """A point in use as far as somebody lays a route along it."""

    id: UUID
    number: str
    name: str
    place: str
    kind: str
    colour: str
    catalogue: str


def school_points(school_id: UUID) -> list[SchoolPoint]:
    """The points in use at a school, the reddest first. Call it only after the school itself was found visible."""
    rows = RiskPoint.objects.filter(school_id=school_id, is_active=True).order_by("colour_rank", "number", "id")
    return [
        SchoolPoint(*row) for row in rows.values_list("id", "number", "name", "place", "kind", "colour", "catalogue")
    ]
