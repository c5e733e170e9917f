"""Today's number about sheets, for the clauses that they fulfil."""

from __future__ import annotations

from django.utils import timezone

from bihuan.engines.sheets.queries import items_in_force
from bihuan.foundation import clock
from bihuan.foundation.actors import Actor
from bihuan.foundation.packs.measures import Measured, measure


@measure("checklist-items")
def checklist_items(viewer: Actor) -> Measured:
    """The items of the checklists in force."""
    return Measured(str(items_in_force(viewer, on=timezone.localdate(clock.now()))), "项现行检查项", "/sheets/")
