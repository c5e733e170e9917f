"""Writes that follow from facts; called by the reactions, in their transaction."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from uuid import UUID

from django.db.models import F

from bihuan.engines.duties import commands as duties
from bihuan.engines.duties.tallies import opened_at
from bihuan.engines.responsibility import queries as net
from bihuan.foundation.actors import SYSTEM, Actor
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.patrols import rules
from bihuan.mechanisms.patrols.commands.routes import keep_duty
from bihuan.mechanisms.patrols.models import Round, Route, Stop
from bihuan.mechanisms.patrols.pack import thresholds
from bihuan.mechanisms.risks import commands as risks


def note_missed_round(at: datetime, *, task_id: UUID, route_id: UUID, due_at: datetime) -> int:
    """Tell the points of a round that nobody walked (or walked only a part of) that they were missed; how many.

    They were missed when the round was due; a look inside its window, whenever it reaches the server, makes them good.
    """
    walked = Round.objects.filter(task_id=task_id).values_list("covered", flat=True)
    reached = {stop for covered in walked for stop in covered}
    stops = Stop.objects.filter(route_id=route_id).values_list("point_id", flat=True)
    missed = [pk for pk in stops if str(pk) not in reached]
    if missed:
        risks.note_rounds(SYSTEM, at, moment=due_at, since=opened_at(task_id), missed=missed)
    return len(missed)


def settle_parts(at: datetime, *, task_id: UUID, route_id: UUID) -> bool:
    """Mark a task as done when the parts that were walked of it cover its route together; whether they do.

    Of the rounds that name it, those count that would still do so now: it may have been moved, or deleted, since.
    """
    with suppress(Refusal):  # deleted, or its last walker did what another person must do
        task = duties.AtOnce().mine(SYSTEM, task_id)
        walked = Round.objects.filter(task_id=task_id, route_id=route_id).order_by("ended_at", "id")
        parts = [part for part in walked if rules.counts_for(task, part, part.route_id, part.ended_at)]
        stops = {str(pk) for pk in Stop.objects.filter(route_id=route_id).values_list("point_id", flat=True)}
        limits = thresholds(task.bureau_id)
        covered, checks = [part.covered for part in parts], [part.checks for part in parts]
        if rules.is_whole(stops, covered, checks, limits.least_percent if limits else 100):
            last = parts[-1]
            walker = Actor(id=last.by_id, name=last.by_name, channel="system", is_system=True)
            done = duties.fulfil(walker, at, task_id=task_id, ref_id=last.pk, done_at=last.ended_at)
            return done.state != "double"
    return False


def hand_routes_over(at: datetime, *, bureau_id: UUID, path: str, person_from: UUID, person_to: UUID) -> int:
    """After a hand-over of a post: routes named to the leaving person there are the new one's; returns how many."""
    routes = list(
        Route.objects.filter(net.standing_under(path), bureau_id=bureau_id, assignee_id=person_from, is_active=True)
    )
    Route.objects.filter(pk__in=[route.pk for route in routes], assignee_id=person_from).update(
        assignee_id=person_to, revision=F("revision") + 1
    )
    for route in routes:
        route.assignee_id = person_to
        if route.duty_id:
            keep_duty(SYSTEM, at, route, net.org(SYSTEM, route.org_id))
    return len(routes)


def take_school_name(school_id: UUID, name: str) -> None:
    """Copy a school's new name onto its routes."""
    Route.objects.filter(school_id=school_id).exclude(school_name=name).update(school_name=name)
