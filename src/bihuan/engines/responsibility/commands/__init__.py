"""Every write of the net: units, appointments, rosters."""

from bihuan.engines.responsibility.commands.moving import follow_moves, move_org
from bihuan.engines.responsibility.commands.rosters import install_roster, undo_roster, upload_roster
from bihuan.engines.responsibility.commands.serving import (
    NewPerson,
    appoint,
    assign_sponsor,
    end_appointment,
    hand_over,
    stand_in,
)
from bihuan.engines.responsibility.commands.units import change_org, close_org, create_org

__all__ = [
    "NewPerson",
    "appoint",
    "assign_sponsor",
    "change_org",
    "close_org",
    "create_org",
    "end_appointment",
    "follow_moves",
    "hand_over",
    "install_roster",
    "move_org",
    "stand_in",
    "undo_roster",
    "upload_roster",
]
