"""Reading risk points: the list, one point, the wall, labels, forms, what a phone takes along."""

from bihuan.mechanisms.risks.commands import MOST_LABELS
from bihuan.mechanisms.risks.queries.forms import Choices, Ready, Trial, catalogue, change_form, choices, form, trial
from bihuan.mechanisms.risks.queries.phone import points_for_phone
from bihuan.mechanisms.risks.queries.points import (
    COLUMNS,
    Count4,
    Keeper,
    Listing,
    PointPage,
    Told,
    colours_of,
    four,
    keepers,
    listing,
    point,
    points,
)
from bihuan.mechanisms.risks.queries.wall import CodeLife, Wall, code_life, code_lives, to_label, wall

__all__ = [
    "COLUMNS",
    "MOST_LABELS",
    "Choices",
    "CodeLife",
    "Count4",
    "Keeper",
    "Listing",
    "PointPage",
    "Ready",
    "Told",
    "Trial",
    "Wall",
    "catalogue",
    "change_form",
    "choices",
    "code_life",
    "code_lives",
    "colours_of",
    "form",
    "four",
    "keepers",
    "listing",
    "point",
    "points",
    "points_for_phone",
    "to_label",
    "trial",
    "wall",
]
