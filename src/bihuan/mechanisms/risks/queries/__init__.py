"""Reading risk points: the list, one point, the wall, labels, forms, what a phone takes along."""

from bihuan.mechanisms.risks.commands import MOST_LABELS
from bihuan.mechanisms.risks.queries.forms import Choices, Ready, Trial, catalogue, change_form, choices, form, trial
from bihuan.mechanisms.risks.queries.labels import Labels, Printing, label_of, labels, to_label
from bihuan.mechanisms.risks.queries.maps import County, OnMap, SchoolMap, county, school_map, school_sketch, spot_of
from bihuan.mechanisms.risks.queries.phone import points_for_phone
from bihuan.mechanisms.risks.queries.points import (
    COLUMNS,
    Count4,
    Keeper,
    Listing,
    PointPage,
    Told,
    chosen,
    colours_of,
    four,
    keepers,
    listing,
    point,
    points,
)
from bihuan.mechanisms.risks.queries.wall import CodeLife, Wall, code_life, code_lives, open_point, wall

__all__ = [
    "COLUMNS",
    "MOST_LABELS",
    "Choices",
    "CodeLife",
    "Count4",
    "County",
    "Keeper",
    "Labels",
    "Listing",
    "OnMap",
    "PointPage",
    "Printing",
    "Ready",
    "SchoolMap",
    "Told",
    "Trial",
    "Wall",
    "catalogue",
    "change_form",
    "choices",
    "chosen",
    "code_life",
    "code_lives",
    "colours_of",
    "county",
    "form",
    "four",
    "keepers",
    "label_of",
    "labels",
    "listing",
    "open_point",
    "point",
    "points",
    "points_for_phone",
    "school_map",
    "school_sketch",
    "spot_of",
    "to_label",
    "trial",
    "wall",
]
