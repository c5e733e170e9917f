"""When the net or the calendar changes, open tasks move: to a new person, a new unit, or away from a day without school."""

from __future__ import annotations

from bihuan.engines.duties.commands.generating import renew_duties
from bihuan.engines.duties.models import Duty
from bihuan.engines.responsibility import queries as net
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
    why = "单位的情况变了（标签、学段、类型），不再要求"
    renew_duties(SYSTEM, event.at, bureau_id=event.bureau_id, why=why, school_id=event.school_id)


KINDS_OFF = {"closure": "停课", "holiday": "放假", "weekend": "周末"}


@reacts_to("duties.day_set")
def follow_calendar(event: Event) -> None:
    """A day is another kind of day: open tasks are excused, open again or made, in the name of whoever set it."""
    name = event.facts["name"]
    reason = f"{KINDS_OFF.get(event.facts['kind'] or '', '校历有调整')}{f'：{name}' if name else ''}"
    by = (event.by_id and net.actor_of(event.by_id)) or SYSTEM
    renew_duties(by, event.at, bureau_id=event.bureau_id, excuse=reason, school_id=event.school_id)


@reacts_to("duties.dates_installed", "duties.dates_undone")
def follow_dates(event: Event) -> None:
    """A list of dates was laid over the calendar or taken away: the open tasks of the whole bureau follow."""
    by = (event.by_id and net.actor_of(event.by_id)) or SYSTEM
    word = "撤回" if event.name.endswith("undone") else "导入"
    renew_duties(by, event.at, bureau_id=event.bureau_id, excuse=f"校历有调整：{word}《{event.facts['file']}》"[:200])
