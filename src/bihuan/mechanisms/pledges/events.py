"""What this room states and what it may refuse."""

from bihuan.foundation.events import declare
from bihuan.foundation.refusals import declare as declare_refusals

declare(
    {
        "pledges.year_issued": "下发责任书",
        "pledges.signed": "签订责任书",
        "pledges.reminded": "催签责任书",
        "pledges.voided": "责任书作废",
        "pledges.record_checked": "登记从业查询",
    }
)
declare_refusals(
    {
        "pledges.no_text": (409, "本局的模型包里还没有责任书的正文。请联系局里安装带责任书的模型包。"),
        "pledges.not_a_school": (422, "责任书按学校下发。请选一所学校或幼儿园。"),
        "pledges.not_yours": (403, "这份责任书要由{who}本人签，别人不能代签。"),
        "pledges.not_waiting": (409, "这份责任书{state}，不用再签。"),
        "pledges.nobody_waits": (409, "这所学校的责任书都签了，没有要催的人。"),
        "pledges.told_today": (409, "今天{at}已经催过一次。明天还没有签的，再催。"),
        "pledges.in_future": (422, "查询日期{day}还没有到。请填实际查询的那一天。"),
        "pledges.not_serving": (404, "这个人现在不在这所学校任职，或者不在你的范围内。请从名单里选择。"),
    }
)
