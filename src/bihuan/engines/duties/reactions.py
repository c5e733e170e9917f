"""When the net changes, open tasks move: to the new person, to the new unit, or away from a closed one."""

from __future__ import annotations

from bihuan.engines.duties.commands.generating import renew_duties
from bihuan.engines.duties.models import Duty
from bihuan.engines.responsibility.rules.posts import same_posts
from bihuan.foundation import packs
from bihuan.foundation.actors import SYSTEM
from bihuan.foundation.events import Event
from bihuan.foundation.reactions import reacts_to


@reacts_to(
    "responsibility.appointed",
    "responsibility.appointment_ended",
    "responsibility.stand_in_arranged",
    "responsibility.handed_over",
)
def move_tasks(event: Event) -> None:
    """Somebody came, went or stands in: the open tasks of that post are theirs from the day on which it holds."""
    grid = packs.entries(event.bureau_id, "net").get("default", {})
    posts = same_posts(str(event.facts["post"]), grid)
    duties = list(Duty.objects.filter(bureau_id=event.bureau_id, is_active=True, post__in=posts).order_by("id"))
    if duties:
        renew_duties(SYSTEM, event.at, bureau_id=event.bureau_id, duties=duties, school_id=event.school_id)


@reacts_to(
    "responsibility.org_created",
    "responsibility.org_changed",
    "responsibility.org_moved",
    "responsibility.org_closed",
    "responsibility.roster_installed",
    "responsibility.roster_undone",
)
def follow_units(event: Event) -> None:
    """Units or a whole roster changed: what is due there is made anew."""
    renew_duties(SYSTEM, event.at, bureau_id=event.bureau_id, school_id=event.school_id)
