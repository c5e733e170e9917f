"""Every periodic job on one screen. All of them are idempotent and safe with any number of workers."""

from __future__ import annotations

from datetime import timedelta

from bihuan.engines.cases.jobs import escalate_due
from bihuan.engines.duties.jobs import follow_colours, generate_ahead, miss_over
from bihuan.engines.responsibility.jobs import follow_moves
from bihuan.foundation.jobs import Line
from bihuan.foundation.sealing import seal_history
from bihuan.mechanisms.ledgers.jobs import watch_visitors
from bihuan.mechanisms.mandates.jobs import chase
from bihuan.mechanisms.risks.jobs import recolour_points
from bihuan.mechanisms.tips.jobs import sweep as sweep_tips
from bihuan.surfaces.mobile.jobs import forget_parts

LINES = (
    Line("cases.escalate", timedelta(seconds=60), escalate_due),
    Line("duties.generate", timedelta(hours=1), generate_ahead),
    Line("duties.colours", timedelta(seconds=60), follow_colours),
    Line("duties.miss", timedelta(seconds=60), miss_over),
    Line("mandates.chase", timedelta(seconds=60), chase),
    Line("responsibility.follow_moves", timedelta(seconds=20), follow_moves),
    Line("ledgers.visitors", timedelta(seconds=60), watch_visitors),
    Line("risks.recolour", timedelta(seconds=60), recolour_points),
    Line("tips.sweep", timedelta(minutes=5), sweep_tips),
    Line("foundation.seal", timedelta(minutes=10), seal_history),
    Line("mobile.forget_parts", timedelta(hours=6), forget_parts),
)
