"""Today's numbers about inspections, for the clauses that they fulfil."""

from __future__ import annotations

from datetime import timedelta

from bihuan.foundation import clock
from bihuan.foundation.actors import Actor
from bihuan.foundation.packs.measures import CAP, Measured, capped, measure
from bihuan.mechanisms.inspections.models import Inspection

SPAN = timedelta(days=30)


def _of(viewer: Actor, kind: str, words: str) -> Measured:
    rows = Inspection.objects.visible_to(viewer).filter(kind=kind, opened_at__gte=clock.now() - SPAN)
    number = len(rows.values_list("pk", flat=True)[: CAP + 1])
    return Measured(capped(number), f"次近 30 天的{words}", f"/inspections/?kind={kind}")


@measure("self-checks")
def self_checks(viewer: Actor) -> Measured:
    """A school's own checks."""
    return _of(viewer, "self_check", "学校自查")


@measure("sponsor-rounds")
def sponsor_rounds(viewer: Actor) -> Measured:
    """Rounds of the sponsor cadres."""
    return _of(viewer, "sponsor_round", "包校巡查")


@measure("unannounced-checks")
def unannounced_checks(viewer: Actor) -> Measured:
    """Checks that the school did not know of; what is still secret is not counted for it."""
    return _of(viewer, "unannounced", "四不两直检查")


@measure("joint-checks")
def joint_checks(viewer: Actor) -> Measured:
    """Checks together with other departments."""
    return _of(viewer, "joint", "部门联合检查")
