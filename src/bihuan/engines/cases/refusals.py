"""What this room says no to, and how."""

from __future__ import annotations

from bihuan.foundation.refusals import declare

declare(
    {
        "cases.not_now": (
            409,
            "这件事已由{who}于 {when} {did}，现在是“{state}”，你的“{action}”没有生效。请看过最新情况再决定。",
        ),
        "cases.no_such_step": (409, "这件事现在是“{state}”，这一步不能做。请看右侧可以做的操作。"),
        "cases.not_your_step": (403, "“{action}”要由{who}来做，你现在的岗位没有这项职责。"),
        "cases.same_person": (403, "你是这件事的{part}，不能再由你“{action}”。请由{who}办理。"),
        "cases.lacking": (422, "还不能“{action}”：{what}。补齐以后再提交，已填的内容都在。"),
        "cases.needs_slip": (403, "这件事由教育局督办，复查要出具复查单。请由{who}复查。"),
        "cases.may_not_report": (403, "你的岗位不能在这个单位上报隐患。请告诉学校安全负责人，由他上报。"),
        "cases.bad_level": (422, "没有“{level}”这个级别，请重新选择。"),
        "cases.bad_source": (422, "没有“{source}”这个来源，请重新选择。"),
        "cases.same_level": (409, "这条隐患已经是“{level}”，不用改定。"),
        "cases.wrong_rectifier": (422, "所选的人现在没有整改职责，或不负责这所学校。请另选整改人。"),
        "cases.wrong_party": (422, "没有找到这个协作部门。请从列表里选择。"),
        "cases.used_photo": (422, "整改后的照片要新拍：选的照片里有{count}张是这件事已经用过的，不能证明已经改好。"),
        "cases.bad_due": (422, "整改期限要在现在之后、三年以内。你选的时间不合适，请重新选择。"),
        "cases.due_too_far": (422, "期限最迟可以到 {latest}。如果确实需要更久，请分阶段整改。"),
        "cases.due_not_later": (422, "新的期限要晚于现在的期限 {due}。"),
        "cases.no_more_extensions": (409, "这件事已经延期{most}次，不能再延。请立即采取临时防护措施，并联系包校干部。"),
        "cases.extension_pending": (409, "已经有一份延期申请在等批复，不能再交一份。"),
        "cases.no_extension": (409, "这件事没有等待批复的延期申请。"),
        "cases.not_together": (422, "这些隐患不在同一所学校，不能合并办理。请按学校分开。"),
        "cases.merge_itself": (422, "不能把一条隐患并入它自己。"),
        "cases.target_ended": (409, "隐患 {number} 已经结束，不能再并入别的隐患。"),
        "cases.carries_others": (409, "隐患 {number} 里并入了别的隐患，不能撤回。请整改销号。"),
        "cases.no_paper_right": (403, "督办单、复查单要由教育局有签发职责的人出具，你的岗位不能签发。"),
        "cases.no_signing_right": (403, "通报、函告、约谈要由教育局有签发职责的人签发，你的岗位不能签发。"),
        "cases.no_receiving_right": (403, "文书要由学校的校（园）长、分管副校长或安全负责人签收，你的岗位不能代收。"),
        "cases.paper_not_open": (409, "《{title}》{number} {how}，这一步不能再做。"),
        "cases.no_such_blank": (422, "这份文书没有留空的“{what}”，不能填写。请刷新后只填空着的栏目。"),
        "cases.second_verifier": (
            422,
            "这件事要至少{count}个人一起复查，还差{short}个。请选一位没有参与整改、有复查职责的人。",
        ),
        "cases.wrong_second": (422, "所选的人不能和你一起复查：参与过整改，或者没有这所学校的复查职责。请另选一位。"),
        "cases.no_series": (409, "本局的模型包里没有“{code}”这种文书，不能编号。请联系局系统管理员安装文书设置。"),
        "cases.already_noticed": (409, "隐患 {number} 已经在督办单 {notice} 里，不能再开一份。"),
        "cases.not_assigned_yet": (409, "隐患 {number} 现在是“{state}”，不能开督办单。请先交办。"),
        "cases.too_many": (422, "一次最多处理{most}条，请分几次办理。"),
        "cases.too_many_rows": (422, "这次导出超过{most}行。请缩小范围，例如只选一个学期。"),
        "cases.bad_filter": (422, "筛选条件“{name}”的值“{value}”不认识，请重新选择。"),
    }
)
