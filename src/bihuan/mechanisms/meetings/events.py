"""What this room states and what it may refuse."""

from bihuan.foundation.events import declare
from bihuan.foundation.refusals import declare as declare_refusals

declare(
    {
        "meetings.planned": "安排会议",
        "meetings.signed_in": "会议签到",
        "meetings.excused": "会议请假",
        "meetings.closed": "会议纪要定稿",
        "meetings.cancelled": "取消会议",
    }
)
declare_refusals(
    {
        "meetings.wrong_place": (422, "会议由学校或教育局召开。请重新选择单位。"),
        "meetings.unknown_person": (422, "参会人里有人不在这个单位任职。请从名单里选。"),
        "meetings.nobody": (422, "还没有选参会人。至少选两个人。"),
        "meetings.not_invited": (403, "这次会议的名单里没有你。需要参加的，请召集人{who}把你加上。"),
        "meetings.not_open": (409, "这次会议{state}，不能再{act}。"),
        "meetings.too_early": (409, "会议{when}开始，开始前一小时才能签到。"),
        "meetings.until_past": (422, "第 {n} 条决议的期限已经过了。请选今天以后的日期。"),
    }
)
