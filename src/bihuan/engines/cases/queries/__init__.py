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
    line,
    listing,
    tab_counts,
    todo,
    todo_counts,
    under_area,
)
from bihuan.engines.cases.queries.machines import api_detail, api_page, api_paper, api_story
from bihuan.engines.cases.queries.story import Button, Detail, buttons, detail, paper, seen

__all__ = [
    "Button",
    "Detail",
    "Filters",
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
    "line",
    "listing",
    "my_photos",
    "paper",
    "parties",
    "rectifiers",
    "report_form",
    "seen",
    "sees",
    "selection",
    "step_form",
    "tab_counts",
    "todo",
    "todo_counts",
    "under_area",
]
