"""Every write of this room: beginning (``opening``), judging item by item (``judging``), ending and signing (``closing``)."""

from bihuan.mechanisms.inspections.commands.closing import close_inspection, refuse_signature, sign_inspection
from bihuan.mechanisms.inspections.commands.judging import HazardIn, answer, pass_rest, raise_hazards
from bihuan.mechanisms.inspections.commands.opening import (
    add_inspector,
    begin_inspection,
    cancel_inspection,
    draw_inspections,
    join_inspection,
    open_inspection,
)

__all__ = [
    "HazardIn",
    "add_inspector",
    "answer",
    "begin_inspection",
    "cancel_inspection",
    "close_inspection",
    "draw_inspections",
    "join_inspection",
    "open_inspection",
    "pass_rest",
    "raise_hazards",
    "refuse_signature",
    "sign_inspection",
]
