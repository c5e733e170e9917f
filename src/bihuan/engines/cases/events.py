"""The facts that this room states."""

from __future__ import annotations

from bihuan.foundation.events import declare

WORDS = {
    "cases.reported": "上报隐患",
    "cases.graded": "改定级别",
    "cases.assigned": "交办",
    "cases.five_filled": "填写五落实",
    "cases.plan_submitted": "报送整改方案",
    "cases.plan_approved": "批准整改方案",
    "cases.plan_returned": "退回整改方案",
    "cases.supervision_listed": "挂牌督办",
    "cases.rectified": "提交整改",
    "cases.verified": "复查合格",
    "cases.closed": "复查合格并销号",
    "cases.returned": "退回重改",
    "cases.review_closed": "审核销号",
    "cases.sent_back": "退回复查",
    "cases.use_resumed": "批准恢复使用并销号",
    "cases.extension_requested": "申请延期",
    "cases.extension_granted": "同意延期",
    "cases.extension_refused": "不同意延期",
    "cases.transferred": "移交",
    "cases.merged": "并入另一件",
    "cases.withdrawn": "撤回",
    "cases.handed_over": "随岗位交接",
    "cases.escalated": "逾期升级",
    "cases.notice_issued": "签发督办单",
    "cases.paper_drafted": "拟出文书",
    "cases.paper_signed": "签发文书",
    "cases.paper_received": "签收文书",
}
declare(WORDS)
