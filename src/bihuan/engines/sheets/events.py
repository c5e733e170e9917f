"""The facts that this room states."""

from bihuan.foundation.events import declare

declare(
    {
        "sheets.drafted": "起草新版本",
        "sheets.draft_edited": "修改草稿",
        "sheets.imported": "从表格导入草稿",
        "sheets.opinion_given": "对草稿提意见",
        "sheets.opinion_answered": "答复意见",
        "sheets.published": "发布版本",
        "sheets.started": "开始填报",
        "sheets.answered": "填写",
        "sheets.submitted": "提交",
    }
)
