"""What this room states and what it may refuse."""

from bihuan.foundation.events import declare
from bihuan.foundation.refusals import declare as declare_refusals

declare(
    {
        "ledgers.rows_written": "登记台账",
        "ledgers.nil_reported": "台账零报告",
        "ledgers.clock_ended": "台账销记",
        "ledgers.row_struck": "台账划改",
        "ledgers.pass_issued": "发访客证",
        "ledgers.pass_voided": "访客证作废",
        "ledgers.visitor_over_time": "访客超时未离校",
    }
)
declare_refusals(
    {
        "ledgers.no_such_ledger": (
            404,
            "这里没有这本台账。可能本局没有启用，或这所学校不用填。请回到台账目录重新选择。",
        ),
        "ledgers.not_my_post": (403, "《{title}》由{who}登记，你的岗位不能写。需要更改的，请找他们或安全负责人。"),
        "ledgers.locked": (
            409,
            "《{title}》{day}这一页已于{since}锁定，不能再写。确有遗漏，请在今天的页上补记并写明是哪一天的事。",
        ),
        "ledgers.in_future": (422, "{day}还没有到，不能提前登记。请核对日期。"),
        "ledgers.bad_rows": (422, "有 {count} 处没有填对，这次没有保存，填好的都还在。请先改：{summary}"),
        "ledgers.not_nil": (409, "《{title}》{day}已经登记了内容，不能再报「{nil}」。"),
        "ledgers.nil_of_school": (
            403,
            "《{title}》的零报告是全校一份，由负责全校的人报。自己这里没有情况的，不用登记。",
        ),
        "ledgers.no_nil": (422, "《{title}》要如实逐行登记，没有零报告。"),
        "ledgers.struck": (409, "这一行已被{who}划去，不能再改。需要的话请另写一行。"),
        "ledgers.no_clock": (409, "这一行不用销记，或已经于{when}销记。"),
        "ledgers.no_passes": (422, "《{title}》不发访客证。请在来访登记里找到这位访客。"),
        "ledgers.has_pass": (409, "这次来访已经有访客证 {number}。丢了的话先把它作废，再发新的。"),
        "ledgers.no_such_host": (422, "受访人现在不在这所学校任职。请从名单里选；不在名册上的可以不选。"),
        "ledgers.no_such_pass": (
            404,
            "这里没有这张访客证。可能号码看错了，或是别的学校的证。请核对号码，或按姓名在名单里点“已离校”。",
        ),
        "ledgers.pass_void": (
            409,
            "访客证 {number} 已于 {when} 作废（{why}）。请拦下持证人核对身份；本人确实在校的，在名单里点“已离校”。",
        ),
        "ledgers.pass_used": (409, "访客证 {number} 的访客已经离校，不用作废。"),
        "ledgers.too_early": (422, "{words}：最早 {due} 才可以销记，现在还不到时候。"),
    }
)
