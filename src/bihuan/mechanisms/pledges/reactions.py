"""A change of post asks for a new letter and voids the one that nobody signed."""

from __future__ import annotations

from uuid import UUID

from bihuan.engines.responsibility import queries as net
from bihuan.foundation.actors import SYSTEM
from bihuan.foundation.events import Event
from bihuan.foundation.messages import tell
from bihuan.foundation.reactions import reacts_to
from bihuan.mechanisms.pledges.commands import make_missing, void_waiting, years_open


@reacts_to("responsibility.appointed", "responsibility.handed_over", "responsibility.stand_in_arranged")
def ask_for_letters(event: Event) -> None:
    """Whoever is new at a school whose letters of this year are out gets one too."""
    if event.school_id is None:
        return
    school = net.org(SYSTEM, event.school_id)
    for year in years_open(school):
        made = make_missing(event.at, school, year)
        tell({one.user_id for one in made}, about=event, kind="pledges.waiting", title="有一份安全责任书等你签",
             body=f"{school.name} {year} 学年，你的新岗位。", link="/pledges/")  # fmt: skip


@reacts_to("responsibility.handed_over", "responsibility.appointment_ended")
def void_letters(event: Event) -> None:
    """Whoever left a post need not sign for it any more."""
    if event.school_id is None:
        return
    left = event.facts.get("person_from") or event.facts["person"]
    void_waiting(event.at, event, user_id=UUID(left), school=net.org(SYSTEM, event.school_id), post=event.facts["post"])
