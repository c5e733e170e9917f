"""Labels to print, and how far each has come: not yet posted, posted without a photo, posted, void."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q

from bihuan.engines.responsibility import queries as net
from bihuan.foundation.actors import Actor
from bihuan.foundation.pages.keyset import Page, page
from bihuan.foundation.refusals import Refusal
from bihuan.foundation.scoping import under
from bihuan.mechanisms.risks.commands import MOST_LABELS
from bihuan.mechanisms.risks.models import PointCode
from bihuan.mechanisms.risks.queries.points import COLUMNS, MOST_SCHOOLS, ORDER, chosen

STATES = {
    "unposted": ("还没贴", Q(voided_at__isnull=True, posted_at__isnull=True)),
    "no-photo": ("贴了没照片", Q(voided_at__isnull=True, posted_at__isnull=False, posted_photo__isnull=True)),
    "posted": ("已贴好", Q(voided_at__isnull=True, posted_at__isnull=False, posted_photo__isnull=False)),
    "void": ("已作废", Q(voided_at__isnull=False)),
}
"""How far a label has come: the word, and the rows."""


@dataclass(frozen=True)
class Printing:
    """What would be printed, and what the page offers to choose by."""

    rows: list[dict[str, Any]]
    schools: list[tuple[str, str]]
    areas: list[tuple[str, str]]


def to_label(
    viewer: Actor,
    *,
    school_id: UUID | None = None,
    area_id: UUID | None = None,
    colour: str = "",
    unposted: bool = False,
    ids: Iterable[UUID] = (),
) -> Printing:
    """The points to print labels for: the chosen ones, or those of a school, an area, a colour, or not yet posted.

    At most ``MOST_LABELS`` at once, each with the serial ``n`` of its newest print (0: never printed). Refusal
    ``foundation.not_found`` for a school, an area or a point outside the viewer's net.
    """
    schools = net.schools(viewer)
    school = next((one for one in schools if one.pk == school_id), schools[0] if len(schools) == 1 else None)
    if school_id is not None and (school is None or school.pk != school_id):
        raise Refusal("foundation.not_found")
    areas = net.areas(school) if school else []
    rows = chosen(viewer, school_id=school_id, colour=colour)
    if area_id is not None:
        area = next((one for one in areas if one.pk == area_id), None) or net.org(viewer, area_id)
        rows = rows.filter(under(area.path))
    wanted = set(ids)
    if wanted:
        rows = rows.filter(pk__in=wanted)
    if unposted:
        rows = rows.filter(pk__in=PointCode.objects.filter(STATES["unposted"][1]).values("point"))
    found = list(rows.order_by("school_name", *ORDER).values(*COLUMNS)[:MOST_LABELS])
    if wanted and len(found) < len(wanted):
        raise Refusal("foundation.not_found")
    in_force = PointCode.objects.filter(point__in=[row["id"] for row in found], voided_at__isnull=True)
    serials = dict(in_force.values_list("point_id", "n"))
    for row in found:
        row["n"] = serials.get(row["id"], 0)
    return Printing(
        found,
        [(str(one.pk), one.short_name or one.name) for one in schools[:MOST_SCHOOLS]],
        [(str(one.pk), one.name) for one in areas],
    )


@dataclass(frozen=True)
class Labels:
    """One page of labels in one state, and what the filter sentence offers."""

    page: Page
    state: str
    states: list[tuple[str, str]]
    schools: list[tuple[str, str]]
    one_school: bool
    may_manage: bool


def labels(viewer: Actor, given: Mapping[str, str]) -> Labels:
    """The labels of the viewer's net in the state that the address asks for, the newest first."""
    schools = net.school_choices(viewer, most=MOST_SCHOOLS)
    state = given.get("state", "")
    state = state if state in STATES else "unposted"
    rows = PointCode.objects.visible_to(viewer).filter(STATES[state][1]).select_related("point", "replaced_by")
    if state != "void":
        rows = rows.filter(point__is_active=True)
    if given.get("school") in {pk for pk, _ in schools}:
        rows = rows.filter(school_id=given["school"])
    return Labels(
        page=page(rows, order=("-issued_at", "-id"), cursor=given.get("cursor", ""), size=25),
        state=state,
        states=[(code, word) for code, (word, _) in STATES.items()],
        schools=schools,
        one_school=len(schools) <= 1,
        may_manage=viewer.may_anywhere("manage-risks"),
    )


def label_of(point_id: UUID) -> PointCode | None:
    """The label in force of a point that was found visible."""
    return PointCode.objects.filter(point_id=point_id, voided_at__isnull=True).first()
