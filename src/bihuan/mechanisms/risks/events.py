"""What this room states, and what it may have to say no to."""

from __future__ import annotations

from bihuan.foundation import refusals
from bihuan.foundation.events import declare

WORDS = {
    "risks.point_made": "登记风险点",
    "risks.point_adopted": "从目录选用",
    "risks.point_changed": "修改风险点",
    "risks.point_voided": "停用风险点",
    "risks.code_renewed": "更换墙上二维码",
    "risks.owner_moved": "责任人交接",
    "risks.point_checked": "巡查：正常",
    "risks.label_printed": "打印标签",
    "risks.label_posted": "登记标签已贴好",
    "risks.shown_colour_changed": "现状颜色变化",
    "risks.point_placed": "在图上摆放",
    "risks.plan_kept": "上传平面图",
    "risks.plan_dropped": "撤下平面图",
}
declare(WORDS)

refusals.declare(
    {
        "risks.no_pack": (
            409,
            "还没有安装带有风险口径的模型包，风险点暂时不能使用。请联系局系统管理员安装基础模型包。",
        ),
        "risks.no_such_kind": (422, "没有「{kind}」这一类风险点。请从列表里选择。"),
        "risks.no_such_post": (422, "没有叫「{post}」的岗位。请从列表里选择。"),
        "risks.no_such_matrix": (422, "没有叫「{matrix}」的评分口径。请从列表里选择。"),
        "risks.no_such_criterion": (422, "没有叫「{code}」的直接判定情形。请从列表里选择。"),
        "risks.bad_score": (422, "{sentence}。请改正后再评分。"),
        "risks.score_missing": (422, "还没有评级。请按一种口径评分，或选直接判定的情形，或写明依据后直接选定颜色。"),
        "risks.wrong_owner": (
            422,
            "所选的人在这里没有任职，不能做这个风险点的责任人。请另选一位，或先在责任网登记任职。",
        ),
        "risks.wrong_place": (422, "「{name}」不是学校、校区或校内区域，不能登记风险点。请选学校里的一处。"),
        "risks.id_taken": (409, "这个编号的风险点已经登记过，没有再次登记。请刷新后查看。"),
        "risks.voided": (409, "风险点「{name}」已经停用，不能再{act}。需要时请重新登记一个。"),
        "risks.adopted_meanwhile": (
            409,
            "另一个人刚刚也在为这所学校选用风险点，你的操作没有生效。请刷新后看看还缺哪些。",
        ),
        "risks.no_such_entry": (422, "目录里没有叫「{code}」的风险点，或它不适合这所学校。"),
        "risks.none_chosen": (422, "还没有勾选风险点。请至少勾选一个再选用。"),
        "risks.voided_label": (
            409,
            "这张标签已经作废，不能再登记。请扫现场新换的标签；如果现场没有，请告诉学校安全负责人。",
        ),
        "risks.half_a_place": (422, "经度和纬度要一起填，或者都不填。"),
        "risks.no_picture": (422, "没有收到平面图。请选一张 JPG、PNG 或 WebP 图片再上传。"),
        "risks.half_a_spot": (422, "横、纵两个位置要一起填，或者都不填。"),
        "risks.other_plan": (409, "平面图「{name}」已经撤下，或不是这所学校的，没有移动。请刷新后再摆放。"),
        "risks.no_points_chosen": (422, "没有选风险点。请至少选一个再打印。"),
    }
)
