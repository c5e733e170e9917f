"""Every periodic job on one screen. All of them are idempotent and safe with any number of workers."""

from __future__ import annotations

from datetime import timedelta

from bihuan.engines.cases.jobs import escalate_due
from bihuan.foundation.jobs import Line
from bihuan.foundation.sealing import seal_history
from bihuan.mechanisms.risks.jobs import recolour_points

LINES = (
    Line("cases.escalate", timedelta(seconds=60), escalate_due),
    Line("risks.recolour", timedelta(seconds=60), recolour_points),
    Line("foundation.seal", timedelta(minutes=10), seal_history),
)
