"""What this room may refuse, in words."""

from bihuan.foundation.refusals import declare

declare(
    {
        "patrols.may_not_set": (403, "你的岗位不能设置巡查路线。请由本校安全负责人或局里安全科设置。"),
        "patrols.not_a_school": (422, "巡查路线要设在学校。请选一所学校。"),
        "patrols.no_points": (422, "路线上至少要有一个点位。请从本校的风险点里选。"),
        "patrols.strange_point": (422, "选的点位里有 {count} 个不是本校在用的风险点。请刷新后重新选择。"),
        "patrols.point_twice": (422, "同一个点位在路线上出现了两次。请只留一个。"),
        "patrols.no_such_post": (422, "没有叫「{post}」的岗位。请从列表里选择。"),
        "patrols.wrong_assignee": (422, "所选的人在这所学校没有任职，不能指定他走这条路线。请另选一位，或先登记任职。"),
        "patrols.who_missing": (422, "还没有写谁来走。请选一个岗位，需要时再指定到人。"),
        "patrols.bad_window": (422, "时间安排有误：{sentence}。请改正后再保存。"),
        "patrols.route_ended": (409, "路线「{name}」已经停用，不能再改。需要时请新建一条。"),
        "patrols.no_route_pack": (
            409,
            "还没有安装带有巡查路线的模型包。请联系局系统管理员安装基础模型包，或自己新建路线。",
        ),
        "patrols.nothing_fits": (
            409,
            "模型包里的路线没有一条能用：{why}。请先在「风险点」里登记或选用点位，再来选用路线。",
        ),
        "patrols.may_not_walk": (403, "你的岗位不能登记巡查。请由本校有随手报职责的人来走。"),
        "patrols.id_taken": (409, "这个编号的巡查已经由别人交过，没有再次登记。请刷新后重新开始一次。"),
        "patrols.nowhere": (
            422,
            "扫到的码不是系统印发的，也没有选路线，不知道你在哪里，没有登记。请扫风险点的标签，或从路线里选点位。",
        ),
        "patrols.photo_missing": (
            409,
            "有 {count} 张照片还没有传到，这次巡查先不登记，内容还在手机里。照片传完会自动再交。",
        ),
        "patrols.not_yours_to_answer": (403, "这条提示是给{name}的，由本人说明。你可以在巡查记录里看到说明。"),
        "patrols.no_such_signal": (404, "这次巡查没有这条提示，可能已经刷新。请返回重新打开。"),
        "patrols.already_answered": (409, "这条提示已经说明过了，不能改动。需要补充请告诉安全负责人。"),
        "patrols.not_the_gate": (422, "「{name}」不在校门口，不能当到校登记。请扫校门或门卫室墙上的码。"),
        "patrols.handover_id_taken": (409, "这个编号的交接已经由别人登记过。请刷新后重新交班。"),
        "patrols.wrong_taker": (422, "所选的人在这里没有任职，不能接班。请另选一位，或不指定由下一班来接。"),
        "patrols.taken_already": (409, "这次交班已由{who}于 {when} 接下，不用再接。"),
        "patrols.own_handover": (409, "自己交的班不能自己接。请由下一班的人接。"),
        "patrols.not_for_you": (403, "这次交班指定给{name}，请由本人来接；人没有来，请交班人重新交一次。"),
    }
)
