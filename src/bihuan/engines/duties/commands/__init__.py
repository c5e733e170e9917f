"""Every write of this room: duties, tasks, the calendar and the lists of dates for it, minutes, and generation ahead."""

from bihuan.engines.duties.commands.days import keep_calendar, set_day
from bihuan.engines.duties.commands.doing import AtOnce, Doing, Fulfilled, answer_task, excuse_task, fulfil
from bihuan.engines.duties.commands.generating import follow_colours, generate, miss_over, renew_duties
from bihuan.engines.duties.commands.keeping import end_duty, keep_duty, keep_new, move_end, set_duty
from bihuan.engines.duties.commands.listing import install_dates, send_dates, undo_dates
from bihuan.engines.duties.commands.telling import tell_minutes
from bihuan.engines.duties.hot import alone

__all__ = [
    "AtOnce",
    "Doing",
    "Fulfilled",
    "alone",
    "answer_task",
    "end_duty",
    "excuse_task",
    "follow_colours",
    "fulfil",
    "generate",
    "install_dates",
    "keep_calendar",
    "keep_duty",
    "keep_new",
    "miss_over",
    "move_end",
    "renew_duties",
    "send_dates",
    "set_day",
    "set_duty",
    "tell_minutes",
    "undo_dates",
]
