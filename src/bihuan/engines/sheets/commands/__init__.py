"""Every write of this room: making and publishing versions (``editing``), filling them in (``filling``)."""

from bihuan.engines.sheets.commands.editing import (
    answer_opinion,
    draft_version,
    edit_draft,
    give_opinion,
    import_checklist,
    publish_version,
)
from bihuan.engines.sheets.commands.filling import (
    AnswerIn,
    Written,
    answer_items,
    begin,
    finish,
    hand_over_finding,
    name_case,
    raise_finding,
    replace_place,
    start_submission,
    submit,
    submit_whole,
    write,
)

__all__ = [
    "AnswerIn",
    "Written",
    "answer_items",
    "answer_opinion",
    "begin",
    "draft_version",
    "edit_draft",
    "finish",
    "give_opinion",
    "hand_over_finding",
    "import_checklist",
    "name_case",
    "publish_version",
    "raise_finding",
    "replace_place",
    "start_submission",
    "submit",
    "submit_whole",
    "write",
]
