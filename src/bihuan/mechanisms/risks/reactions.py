"""What this room does about facts from the net below: hand-overs move responsibility, renamed schools are renamed here."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from bihuan.engines.responsibility.queries import org
from bihuan.foundation.actors import SYSTEM
from bihuan.foundation.reactions import reacts_to
from bihuan.mechanisms.risks.commands import hand_points_over, take_school_name


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
