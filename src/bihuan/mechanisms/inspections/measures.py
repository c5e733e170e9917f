"""Today's numbers about inspections, for the clauses that they fulfil."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from bihuan.foundation import clock
from bihuan.foundation.actors import Actor
from bihuan.foundation.packs.measures import counted
from bihuan.mechanisms.inspections.models import Inspection

SPAN = timedelta(days=30)
"""What is still secret is not counted for the school that must not know of it: the selection leaves it out."""


def _of(kind: str) -> Callable[[Actor], Any]:
    return lambda viewer: Inspection.objects.visible_to(viewer).filter(opened_at__gte=clock.now() - SPAN, kind=kind)


for name, kind, words in (
    ("self-checks", "self_check", "学校自查"),
    ("sponsor-rounds", "sponsor_round", "包校巡查"),
    ("unannounced-checks", "unannounced", "四不两直检查"),
    ("joint-checks", "joint", "部门联合检查"),
):
    counted(name, f"次近 30 天的{words}", f"/inspections/?kind={kind}")(_of(kind))
