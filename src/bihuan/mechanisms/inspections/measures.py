"""Today's numbers about inspections, for the clauses that they fulfil."""

from __future__ import annotations

from datetime import timedelta

from bihuan.foundation import clock
from bihuan.foundation.actors import Actor
from bihuan.foundation.hot import counts
from bihuan.foundation.packs.measures import CAP, Measured, capped, measure, once
from bihuan.mechanisms.inspections.models import Inspection

SPAN = timedelta(days=30)


KINDS = ("self_check", "sponsor_round", "unannounced", "joint")


def _counts(viewer: Actor) -> dict[str, int]:
    """All of this room's numbers in one statement."""
    rows = Inspection.objects.visible_to(viewer).filter(opened_at__gte=clock.now() - SPAN)
    return once(("inspections", viewer), lambda: counts({kind: rows.filter(kind=kind) for kind in KINDS}, cap=CAP))


def _of(viewer: Actor, kind: str, words: str) -> Measured:
    return Measured(capped(_counts(viewer)[kind]), f"次近 30 天的{words}", f"/inspections/?kind={kind}")


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
