"""What this room does about facts: rounds nobody walked or walked in parts, points, shifts and people that changed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from bihuan.engines.responsibility import queries as net
from bihuan.foundation.actors import SYSTEM
from bihuan.foundation.messages import seen, tell
from bihuan.foundation.reactions import reacts_to
from bihuan.mechanisms.patrols.commands.along import follow_points
from bihuan.mechanisms.patrols.commands.following import (
    hand_routes_over,
    note_missed_round,
    settle_parts,
    take_school_name,
)
from bihuan.mechanisms.patrols.pack import thresholds


@reacts_to("duties.task_missed")
def tell_of_missed_round(event: Any) -> None:
    """The points that were left out know it, and the responsible people are told: once until they have read it."""
    facts = event.facts
    if facts["act"] != "patrol" or not facts["subject"]:
        return
    note_missed_round(
        event.at,
        task_id=event.subject_id,
        route_id=UUID(facts["subject"]),
        due_at=datetime.fromisoformat(facts["due_at"]),
    )
    school = net.org(SYSTEM, UUID(facts["org"]))
    day = date.fromisoformat(facts["on"])
    people = _watchers(school, day, *([] if facts["assignee"] else [facts["post"]]))
    if facts["assignee"]:
        people.add(UUID(facts["assignee"]))
    tell(
        people, about=event, kind="patrols.missed", title=f"漏巡：{facts['title']}",
        body=f"{school.name} {day.month}月{day.day}日有巡查没有按时走。读过之前，当天再有漏巡不再逐条提醒，都在这里看。",
        link=f"/patrols/?school={school.pk}&day={day.isoformat()}&state=missed", gathered=True,
    )  # fmt: skip


def _watchers(school: Any, day: date, *posts: str) -> set[UUID]:
    """Who hears at the school that rounds are not walked, and who holds these *posts* there."""
    limits = thresholds(school.bureau_id)
    watching = [net.own_post(school, post) for post in (limits.missed_notice_posts if limits else ())]
    return {one.user_id for held in net.holders(school, [*watching, *posts], on=day).values() for one in held}


@reacts_to("patrols.part_walked")
def finish_task_walked_in_parts(event: Any) -> None:
    """Two parts of one round handed in at the very same moment do not see each other; together they may cover it."""
    if event.facts["route"]:
        settle_parts(event.at, task_id=UUID(event.facts["task"]), route_id=UUID(event.facts["route"]))


@reacts_to("risks.point_made", "risks.point_adopted", "risks.point_changed", "risks.point_voided")
def follow_the_points(event: Any) -> None:
    """A point out of use is no stop any more, and ready-made routes go on along what their rule chooses."""
    changed = event.facts.get("changed")
    if changed is None or changed.keys() & {"colour", "kind", "place"}:
        follow_points(event.at, event.school_id)


@reacts_to("patrols.route_ended")
def tell_of_emptied_route(event: Any) -> None:
    """Whoever watches over the rounds hears that one does not fall due any more, though nobody ended it."""
    if not event.facts.get("emptied"):
        return
    school = net.org(SYSTEM, event.school_id)
    tell(
        _watchers(school, timezone.localdate(event.at)), about=event, kind="patrols.emptied",
        title=f"路线已停用：{event.facts['name']}",
        body=f"{school.name}的这条路线已经没有可走的点位，不再生成待办。选用的现成路线，以后又有合适的点位时会自动恢复。",
        link=f"/patrols/routes/?school={school.pk}",
    )  # fmt: skip


@reacts_to("patrols.shift_handed_over")
def tell_who_takes_over(event: Any) -> None:
    """The person to whom a shift was handed is told."""
    if to := event.facts["to"]:
        wrong = event.facts["wrong"]
        body = f"{'、'.join(wrong)}有缺损，请当面核对。" if wrong else "请清点后接班。"
        tell(
            [UUID(to)],
            about=event,
            kind="patrols.handover",
            title=f"{event.by_name}向你交班",
            body=body,
            link="/patrols/shifts/",
        )


reacts_to("patrols.shift_taken_over")(seen)


@reacts_to("responsibility.handed_over")
def hand_over(event: Any) -> None:
    """The routes that were the leaving person's own become the new one's."""
    facts = event.facts
    hand_routes_over(
        event.at, bureau_id=event.bureau_id, path=facts["place_path"], person_from=UUID(facts["person_from"]),
        person_to=UUID(facts["person_to"]),
    )  # fmt: skip


@reacts_to("responsibility.org_changed")
def follow_name(event: Any) -> None:
    """Lists carry the school's name beside each route, so a new name is copied; rounds keep the name of their day."""
    unit = net.org(SYSTEM, event.subject_id)
    if unit.tier == "school":
        take_school_name(unit.pk, unit.name)
