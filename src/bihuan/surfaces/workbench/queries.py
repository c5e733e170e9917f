"""What the desk reads: it joins rooms, and owns only saved views."""

from __future__ import annotations

from bihuan.foundation.actors import Actor


def bureau_name(viewer: Actor) -> str:
    """The name over the menu: the bureau's, or that of the one unit where this person holds a post."""
    bureaus = {hold.org_name for hold in viewer.holds if hold.level == "bureau"}
    units = bureaus or {hold.org_name for hold in viewer.holds}
    return next(iter(units)) if len(units) == 1 else ""
