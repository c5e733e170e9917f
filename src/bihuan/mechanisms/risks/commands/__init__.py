"""Every write of this room."""

from bihuan.mechanisms.risks.commands.catalogue import adopt_points, fits
from bihuan.mechanisms.risks.commands.labels import MOST_LABELS, post_label, print_labels, renew_code
from bihuan.mechanisms.risks.commands.plans import drop_plan, keep_plan, place_point
from bihuan.mechanisms.risks.commands.points import (
    change_point,
    hand_points_over,
    make_point,
    take_school_name,
    void_point,
)
from bihuan.mechanisms.risks.commands.showing import Looked, check_point, note_all, note_rounds, recolour, recolour_due

__all__ = [
    "MOST_LABELS",
    "Looked",
    "adopt_points",
    "change_point",
    "check_point",
    "drop_plan",
    "fits",
    "hand_points_over",
    "keep_plan",
    "make_point",
    "note_all",
    "note_rounds",
    "place_point",
    "post_label",
    "print_labels",
    "recolour",
    "recolour_due",
    "renew_code",
    "take_school_name",
    "void_point",
]
