"""This term's number about drills, for the clauses that they fulfil."""

from __future__ import annotations

from typing import Any

from bihuan.foundation.actors import Actor
from bihuan.foundation.packs.measures import counted
from bihuan.mechanisms.training.queries import drills_since


@counted("drills-this-term", "次演练（近五个月）", "/training/")
def drills_this_term(viewer: Actor) -> Any:
    """Drills that were carried out to their end in about a term."""
    return drills_since(viewer)
