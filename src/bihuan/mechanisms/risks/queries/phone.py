"""What a phone takes along of the points of its person's schools."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.utils import timezone

from bihuan.engines.responsibility import queries as net
from bihuan.foundation import clock, packs
from bihuan.foundation.actors import Actor
from bihuan.mechanisms.risks import rules
from bihuan.mechanisms.risks.models import PointCode
from bihuan.mechanisms.risks.pack import colours, risks_of

MOST_POINTS = 2000
FEW_SCHOOLS = 3
"""Of more schools than this only the owners named at the points come along, not the holders of their posts."""


def points_for_phone(
    viewer: Actor, school_ids: Collection[UUID], *, held: Mapping[tuple[UUID, str], Sequence[Any]] | None = None
) -> list[dict[str, Any]]:
    """The points in use of these schools inside the viewer's net, the reddest first, as plain JSON-able mappings.

    ``shown_colour`` with its reasons in ``why``; ``measures`` as {word, text}; ``phones`` as {name, post, phone};
    ``lat``/``lon`` of the posted label (WGS 84) and its serials ``n`` (newest) and ``least_n`` (oldest still good).
    *held* is who serves at (school, post), by ``name`` and ``phone``; without it they are looked up for up to
    ``FEW_SCHOOLS`` schools with two statements each. One statement besides.
    """
    labels = PointCode.objects.visible_to(viewer).filter(school_id__in=list(school_ids), voided_at__isnull=True)
    labels = labels.filter(point__is_active=True).select_related("point__owner")
    rows = list(labels.order_by("point__shown_rank", "point__number")[:MOST_POINTS])
    if held is None:
        held = _holders(viewer, rows, school_ids) if len(school_ids) <= FEW_SCHOOLS else {}
    return [_carried(label, held) for label in rows]


def _holders(viewer: Actor, rows: list[PointCode], school_ids: Collection[UUID]) -> dict[tuple[UUID, str], list[Any]]:
    today = timezone.localdate(clock.now())
    found: dict[tuple[UUID, str], list[Any]] = {}
    for school_id in school_ids:
        posts = {_post(row.point) for row in rows if row.school_id == school_id and row.point.owner_id is None}
        if posts:
            holders = net.holders(net.org(viewer, school_id), posts, on=today)
            found |= {(school_id, post): [one.user for one in people[:2]] for post, people in holders.items()}
    return found


def _post(point: Any) -> str:
    """The post that answers for a point: its own, or the one that keeps its colour."""
    return point.owner_post or colours(risks_of(point.bureau_id))[point.colour].control_post


def _carried(label: PointCode, held: Mapping[tuple[UUID, str], Sequence[Any]]) -> dict[str, Any]:
    point, post = label.point, _post(label.point)
    people = [point.owner] if point.owner else held.get((point.school_id, post), [])
    word = packs.entries(point.bureau_id, "posts").get(post, {}).get("name", post)
    return {
        "id": str(point.pk), "code": label.code, "number": point.number, "name": point.name, "place": point.place,
        "school_id": str(point.school_id), "school_name": point.school_name, "org_id": str(point.org_id),
        "colour": point.colour, "shown_colour": point.shown_colour, "why": list(point.shown_reasons),
        "hazard_source": point.hazard_source, "accident": point.accident,
        "measures": [{"word": w, "text": point.measures[k]} for k, w in rules.MEASURES.items() if point.measures.get(k)],
        "owner": people[0].name if people else "", "owner_post": word,
        "phones": [{"name": one.name, "post": word, "phone": one.phone} for one in people if one.phone],
        "lat": label.lat, "lon": label.lon, "n": label.n, "least_n": label.least_n,
        "posted": label.posted_at is not None, "open_hazards": point.open_hazards,
        "cadence": rules.CADENCES.get(point.cadence, (point.cadence, 0))[0],
        "checked_at": point.checked_at.isoformat() if point.checked_at else None,
    }  # fmt: skip
