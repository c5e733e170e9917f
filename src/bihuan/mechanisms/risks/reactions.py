"""What this room does about facts from below: hand-overs move points, renamed schools are renamed, hazards colour."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from bihuan.engines.cases.queries import point_of
from bihuan.engines.responsibility.queries import org
from bihuan.foundation.actors import SYSTEM
from bihuan.foundation.reactions import reacts_to
from bihuan.mechanisms.risks.commands import hand_points_over, recolour, take_school_name


@reacts_to("responsibility.handed_over")
def hand_over(event: Any) -> None:
    """The points that the leaving person kept at this place and post become the new one's."""
    facts = event.facts
    hand_points_over(
        event.at, bureau_id=event.bureau_id, path=facts["place_path"], post=facts["post"],
        person_from=UUID(facts["person_from"]), person_to=UUID(facts["person_to"]), names=(facts["person_from_name"], facts["person_to_name"]),
    )  # fmt: skip


@reacts_to("responsibility.org_changed")
def follow_name(event: Any) -> None:
    """Lists carry the school's name beside each point, so a new name is copied."""
    unit = org(SYSTEM, event.subject_id)
    if unit.tier == "school":
        take_school_name(unit.pk, unit.name)


@reacts_to(
    "cases.reported", "cases.graded", "cases.assigned", "cases.plan_approved", "cases.rectified", "cases.verified",
    "cases.closed", "cases.returned", "cases.review_closed", "cases.sent_back", "cases.use_resumed",
    "cases.extension_granted", "cases.merged", "cases.withdrawn", "cases.escalated",
)  # fmt: skip
def follow_hazards(event: Any) -> None:
    """A hazard was found, judged, put right, or its clock moved: its point may show another colour."""
    if point_id := point_of(event.subject_id):
        recolour(SYSTEM, event.at, [point_id])
