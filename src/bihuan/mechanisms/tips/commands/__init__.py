"""Every write of this room."""

from bihuan.mechanisms.tips.commands.answering import answer_tip, make_case, take_tip
from bihuan.mechanisms.tips.commands.sweeping import escalate_late, forget_tallies
from bihuan.mechanisms.tips.commands.telling import tell

__all__ = ["answer_tip", "escalate_late", "forget_tallies", "make_case", "take_tip", "tell"]
