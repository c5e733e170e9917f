"""Today's number about letters of responsibility, for the clauses that they fulfil."""

from __future__ import annotations

from bihuan.foundation.actors import Actor
from bihuan.foundation.packs.measures import Measured, measure
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.pledges.queries import signed_share


@measure("pledges-signed")
def pledges_signed(viewer: Actor) -> Measured:
    """The share of this year's letters that are signed."""
    try:
        signed, everyone = signed_share(viewer)
    except Refusal:
        return Measured("0", "份责任书（本局还没有责任书正文）", "/pledges/")
    return Measured(f"{signed:,} / {everyone:,}", "份责任书已签", "/pledges/")
