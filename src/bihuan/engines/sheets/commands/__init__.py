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
    drafted,
    finish,
    hand_in,
    replace_place,
    seal,
    start_submission,
    submit,
    submit_whole,
    take_up,
    write,
)

__all__ = [
    "AnswerIn",
    "Written",
    "answer_items",
    "answer_opinion",
    "begin",
    "draft_version",
    "drafted",
    "edit_draft",
    "finish",
    "give_opinion",
    "hand_in",
    "import_checklist",
    "publish_version",
    "replace_place",
    "seal",
    "start_submission",
    "submit",
    "submit_whole",
    "take_up",
    "write",
]
