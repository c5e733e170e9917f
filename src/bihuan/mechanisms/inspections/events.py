"""The facts that this room states."""

from bihuan.foundation.events import declare

declare(
    {
        "inspections.opened": "开始检查",
        "inspections.planned": "安排检查",
        "inspections.drawn": "随机抽取学校",
        "inspections.began": "到校检查",
        "inspections.cancelled": "取消检查",
        "inspections.joined": "加入检查组",
        "inspections.answered": "逐项判定",
        "inspections.hazard_raised": "问题转为隐患",
        "inspections.closed": "结束检查",
        "inspections.signed": "学校签字",
        "inspections.signature_refused": "学校拒签",
    }
)
