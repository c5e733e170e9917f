"""What this room states, and what it may have to say no to."""

from __future__ import annotations

from bihuan.foundation import refusals
from bihuan.foundation.events import declare

WORDS = {
    "tips.told": "扫码反映",
    "tips.taken": "受理反映，正在核实",
    "tips.answered": "答复反映",
    "tips.made_case": "反映转为隐患",
    "tips.unanswered": "反映逾期没有答复",
}
declare(WORDS)

refusals.declare(
    {
        "tips.too_many": (
            429,
            "这里短时间内收到的反映太多，这一条没有收下。请过一小时再试；情况紧急请直接找值班人员，或拨打 110、119、120。",
        ),
        "tips.too_many_photos": (
            429,
            "这所学校今天收到的照片已经很多，这一张没有收下。请去掉照片，只写文字再提交一次。",
        ),
        "tips.too_many_lookups": (429, "查得太频繁了。请过一小时再查，查询码一直有效。"),
        "tips.ended": (409, "这条反映已由{who}于 {when} {did}，你的操作没有生效。请看过结果再决定。"),
        "tips.no_pack": (409, "还没有安装写明答复期限的模型包，暂时不能收反映。请联系局系统管理员安装基础模型包。"),
    }
)
