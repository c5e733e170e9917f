"""The pure law of sheets: what a version says, what answers to it are right, how two versions differ.

Nothing here knows Django, a table or the clock.
"""

from bihuan.engines.sheets.rules.answers import Answer, Tally, faults_of, is_wrong, open_items, tally
from bihuan.engines.sheets.rules.comparing import Difference, compare
from bihuan.engines.sheets.rules.content import (
    ABNORMAL,
    FACETS,
    KINDS,
    SEVERITIES,
    STAGES,
    WAYS,
    Condition,
    Content,
    Item,
    Section,
    applicable,
    content_faults,
    stages_of,
)

__all__ = [
    "ABNORMAL",
    "FACETS",
    "KINDS",
    "SEVERITIES",
    "STAGES",
    "WAYS",
    "Answer",
    "Condition",
    "Content",
    "Difference",
    "Item",
    "Section",
    "Tally",
    "applicable",
    "compare",
    "content_faults",
    "faults_of",
    "is_wrong",
    "open_items",
    "stages_of",
    "tally",
]
