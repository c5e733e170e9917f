"""What this room states and what it may refuse."""

from bihuan.foundation.events import declare
from bihuan.foundation.refusals import declare as declare_refusals

declare(
    {
        "training.drill_planned": "安排演练",
        "training.drill_begun": "拉响警报，开始演练",
        "training.group_out": "班级到达集合点",
        "training.drill_ended": "结束演练",
        "training.drill_cancelled": "取消演练",
        "training.lesson_held": "登记教职工培训",
        "training.lesson_made_up": "补训",
    }
)
declare_refusals(
    {
        "training.no_text": (409, "本局的模型包里还没有演练项目。请联系局里安装带演练项目的模型包。"),
        "training.unknown_kind": (422, "没有「{kind}」这种演练。请从列表里选。"),
        "training.not_a_school": (422, "演练按学校安排。请选一所学校或幼儿园。"),
        "training.no_groups": (422, "这所学校还没有登记班级。请先写明参加演练的班级或人员，以及各有多少人。"),
        "training.lesson_ahead": (422, "{on} 还没有到，培训完了再登记。"),
        "training.nobody_asked": (422, "这所学校当天没有这些岗位的教职工。请改选岗位，或先在责任网登记任职。"),
        "training.not_of_school": (422, "名单里有人当天不在这所学校的参训人员里。请刷新以后再选。"),
        "training.not_absent": (409, "{name}这次没有缺席，或者已经补过，不用再登记补训。"),
        "training.made_up_early": (422, "补训日期要在 {first} 到 {last} 之间。"),
        "training.unknown_group": (422, "这次演练里没有这个班级。请刷新以后再报。"),
        "training.too_many": (422, "{name}应到 {due} 人，不能报 {came} 人。请核对；有来访或外班人员的写在说明里。"),
        "training.not_planned": (409, "这次演练{state}，不能再开始或取消。"),
        "training.not_running": (409, "这次演练{state}，现在不能报到。"),
        "training.groups_left": (
            409,
            "还有 {count} 个班没有报到：{names}。请先点清人数；确实不参加的，报 0 人并写明原因。",
        ),
        "training.check_left": (
            409,
            "逐项核对还有 {count} 项没有答：{names}。每一项都答了才能存档；没有做到的选“没有”，如实存下来。",
        ),
        "training.check_faulty": (422, "逐项核对有 {count} 处填得不对：{summary}"),
        "training.people_left": (
            409,
            "还有 {count} 人没有下落：{names}。演练里少一个人也要写明去向，写明以后才能结束。",
        ),
    }
)
