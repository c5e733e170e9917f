"""What this room states and what it may refuse."""

from bihuan.foundation.events import declare
from bihuan.foundation.refusals import declare as declare_refusals

declare(
    {
        "ratings.opened": "开始考评",
        "ratings.judged": "考评打分",
        "ratings.counted_anew": "重算考评",
        "ratings.published": "公布考评结果",
        "ratings.cancelled": "作废考评",
        "ratings.acknowledged": "知悉考评结果",
        "ratings.appealed": "申诉考评结果",
        "ratings.appeal_decided": "决定考评申诉",
        "ratings.improvement_asked": "布置考评改进",
    }
)
declare_refusals(
    {
        "ratings.not_a_school": (422, "考评按学校开展。请选一所学校或幼儿园。"),
        "ratings.no_scheme": (422, "本局的模型包里没有这个考评方案。请从列表里选，或联系局里安装带考评的模型包。"),
        "ratings.no_span": (422, "这一天不在校历的任何一个学期里。请从列表里选一个学期。"),
        "ratings.not_over": (409, "{words}还没有过完，现在考评不完整。请在{day}以后开始。"),
        "ratings.nobody": (409, "{words}末这所学校没有人在这些岗位上，没有可以考评的人。请先在责任网里登记任职。"),
        "ratings.there_already": (409, "{words}的这项考评已由{who}开始。请在列表里打开它。"),
        "ratings.not_open": (409, "这次考评的结果已经公布，分数不能再改。有异议的，由本人申诉。"),
        "ratings.cancelled": (409, "这次考评已由{who}作废：{reason}。结果不再算数；需要的话，请重新开始一次。"),
        "ratings.nothing_changed": (409, "按现在的记录重算，没有一个数变了。存下的数不用动。"),
        "ratings.not_published": (409, "这次考评的结果还没有公布。公布以后再办。"),
        "ratings.own": (403, "这是你自己的考评结果。请由其他负责人来办。"),
        "ratings.own_among": (403, "这次考评里有你自己的结果，不能由你来{act}。请由另一位负责人来办。"),
        "ratings.bad_item": (422, "「{item}」由系统按记录计算，不打分。请只给要人评的项目打分。"),
        "ratings.unknown_item": (422, "这项考评里没有「{item}」这一项。请从列表里选。"),
        "ratings.bad_mark": (422, "「{name}」最高 {full} 分、最低 0 分，保留一位小数。请重新填写。"),
        "ratings.not_the_person": (403, "这份结果由{who}本人知悉或申诉，别人不能代办。"),
        "ratings.too_late": (409, "申诉期到{day}为止，已经过了。请直接向学校负责人说明情况。"),
        "ratings.appealed_already": (409, "这份结果已经申诉过，每次考评可以申诉一次。处理情况在本页下方。"),
        "ratings.no_appeal": (409, "这份结果没有等待决定的申诉，可能已由别人办完。请刷新看最新情况。"),
        "ratings.same_appraiser": (403, "这份结果是你打分或公布的，申诉要由另一位负责人决定。"),
        "ratings.cannot_improve": (422, "这个人在这所学校没有整改的职责，事项交不到名下。请从名单里选。"),
        "ratings.until_past": (422, "完成日期已经过了。请选今天以后的日期。"),
    }
)
