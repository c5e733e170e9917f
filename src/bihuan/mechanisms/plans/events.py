"""What this room states and what it may refuse."""

from bihuan.foundation.events import declare
from bihuan.foundation.refusals import declare as declare_refusals

declare(
    {
        "plans.drafted": "起草预案",
        "plans.edited": "修改预案草稿",
        "plans.published": "发布预案",
        "plans.known": "知悉预案",
        "plans.filed": "报送备案",
        "plans.received": "备案回执",
        "plans.returned": "备案退回",
        "plans.retired": "停用预案",
    }
)
declare_refusals(
    {
        "plans.not_a_school": (422, "预案按学校编写。请选一所学校或幼儿园。"),
        "plans.unknown_kind": (422, "没有「{kind}」这类预案。请从列表里选；大型活动选“活动预案”。"),
        "plans.no_activity_day": (422, "活动预案要写明哪一天办。"),
        "plans.not_whole": (409, "还不能发布：{faults}。"),
        "plans.not_a_draft": (409, "第 {n} 版已经发布，不能再改。要改请先起草新的一版。"),
        "plans.has_draft": (409, "已经有一份草稿在改。请在那一份上继续，或先发布它。"),
        "plans.not_named": (403, "这一版的分工里没有你，不用签知悉。"),
        "plans.not_published": (409, "草稿还没有发布，不能{act}。"),
        "plans.unknown_person": (422, "分工里的人现在不在这所学校任职。请从名单里选。"),
        "plans.filing_stands": (409, "这一版{state}，不能再{act}。"),
        "plans.retired": (409, "这份预案已经停用：{why}。"),
    }
)
