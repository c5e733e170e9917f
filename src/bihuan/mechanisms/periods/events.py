"""What this room states and what it may refuse."""

from bihuan.foundation.events import declare
from bihuan.foundation.refusals import declare as declare_refusals

declare(
    {
        "periods.declared": "宣布进入战备期",
        "periods.prolonged": "延长战备期",
        "periods.ended": "提前解除战备期",
        "periods.reminded": "催报战备日报",
    }
)
declare_refusals(
    {
        "periods.no_chapter": (409, "本局的模型包里还没有“重要时期”的内容。请联系局里安装带 periods.yaml 的模型包。"),
        "periods.unknown_kind": (422, "没有「{kind}」这一类重要时期。请从列表里选。"),
        "periods.not_a_place": (422, "战备期由教育局对全局宣布，或由校（园）长对本校宣布。请选教育局或一所学校。"),
        "periods.bad_days": (422, "战备期的日期有误：{sentence}。请改正后再宣布。"),
        "periods.overlaps": (
            409,
            "{name}（{starts_on} 至 {ends_on}）与这段日期重叠，同一类战备期不能重复宣布。请延长原来的那一期，或者改日期。",
        ),
        "periods.already_ended": (409, "「{name}」已由{who}于 {when} 解除，不用再操作。"),
        "periods.already_over": (409, "「{name}」已在 {ends_on} 结束。需要继续的，请另外宣布一期。"),
        "periods.bad_end": (422, "最后一天只能是 {first} 到 {last} 之间。请改日期。"),
        "periods.not_live": (409, "「{name}」今天不在期内，没有要催的日报。"),
        "periods.nobody_waits": (409, "今天该报的学校都报了，没有要催的。"),
        "periods.told_just_now": (409, "{at} 刚催过一次，一小时内不重复打扰。急的请直接打电话。"),
    }
)
