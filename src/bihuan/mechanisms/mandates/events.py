"""What this room states and what it may refuse."""

from bihuan.foundation.events import declare
from bihuan.foundation.refusals import declare as declare_refusals

declare(
    {
        "mandates.issued": "下达任务",
        "mandates.signed": "签收任务",
        "mandates.split": "任务分解到人",
        "mandates.share_done": "分解的任务办完",
        "mandates.share_dropped": "收回分解的任务",
        "mandates.fed_back": "反馈任务",
        "mandates.accepted": "任务验收办结",
        "mandates.sent_back": "任务退回重办",
        "mandates.overdue": "任务逾期",
        "mandates.reminded": "催办任务",
        "mandates.withdrawn": "撤回任务",
    }
)
declare_refusals(
    {
        "mandates.not_a_bureau": (422, "任务由教育局或它的领导小组下达。请从教育局下达。"),
        "mandates.nobody": (422, "选的范围里没有一个单位。请重新选择下达给谁。"),
        "mandates.unknown_unit": (422, "选的单位里有不归你管的，或者已经停用的。请从名单里选。"),
        "mandates.past": (422, "完成时间已经过了。请选以后的时间。"),
        "mandates.wrong_state": (409, "「{title}」现在{state}，不能再{act}。请看最新情况。"),
        "mandates.answer_lacks": (422, "反馈还缺一项：{what}"),
        "mandates.not_serving": (422, "有人不在这个单位任职。请从名单里选本单位的人。"),
        "mandates.has_share": (409, "{who}已经分到了这件任务。要改分工的，先收回再分。"),
        "mandates.shares_open": (409, "分解下去的还有{count}人没有办完：{names}。办完或收回以后再反馈。"),
        "mandates.not_your_share": (403, "这一份由{who}办，别人不能代报。"),
        "mandates.own_answer": (403, "这条反馈是你报的，验收要换一个人。"),
        "mandates.told_today": (409, "今天{at}已经催过一次。明天还没有办的，再催。"),
        "mandates.nobody_waits": (409, "没有还欠着的单位，不用催。"),
    }
)
