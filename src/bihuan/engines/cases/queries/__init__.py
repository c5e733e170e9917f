"""Reading cases: lists that stay flat at any size, one case with its story, my todo, papers, exports."""

from bihuan.engines.cases.queries.filters import Filters, filters_from, sees, selection
from bihuan.engines.cases.queries.forms import (
    bulk_form,
    duplicates,
    my_photos,
    parties,
    rectifiers,
    report_form,
    step_form,
)
from bihuan.engines.cases.queries.lists import (
    by_point,
    by_source,
    count,
    counted,
    hazards,
    listing,
    open_at_points,
    point_of,
    tab_counts,
    todo,
    todo_counts,
    under_area,
)
from bihuan.engines.cases.queries.machines import api_detail, api_page, api_paper, api_story
from bihuan.engines.cases.queries.places import Spot, points_found_by, spot_of
from bihuan.engines.cases.queries.story import Button, Detail, buttons, detail, paper, seen

__all__ = [
    "Button",
    "Detail",
    "Filters",
    "Spot",
    "api_detail",
    "api_page",
    "api_paper",
    "api_story",
    "bulk_form",
    "buttons",
    "by_point",
    "by_source",
    "count",
    "counted",
    "detail",
    "duplicates",
    "filters_from",
    "hazards",
    "listing",
    "my_photos",
    "open_at_points",
    "paper",
    "parties",
    "point_of",
    "points_found_by",
    "rectifiers",
    "report_form",
    "seen",
    "sees",
    "selection",
    "spot_of",
    "step_form",
    "tab_counts",
    "todo",
    "todo_counts",
    "under_area",
]
