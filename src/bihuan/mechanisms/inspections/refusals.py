"""What this room may refuse, in words."""

from bihuan.foundation.refusals import declare

declare(
    {
        "inspections.may_not_open": (403, "你的岗位不能在这所学校开始检查。请由包校干部、安全科或学校安全负责人操作。"),
        "inspections.wrong_kind": (
            403,
            "「{kind}」要由{who}来做。学校自己查请选「学校自查」，教育局和部门去查请选对应的类型。",
        ),
        "inspections.not_a_school": (422, "检查要选到学校或幼儿园。请重新选择。"),
        "inspections.no_checklist": (
            409,
            "本局还没有施行中的检查清单。请联系局里安装模型包，或在「检查清单」里发布一份。",
        ),
        "inspections.hidden_only_unannounced": (
            422,
            "只有四不两直检查可以事先保密。请去掉到校时间，或把类型改为四不两直。",
        ),
        "inspections.hidden_in_past": (422, "到校时间要在现在之后、半年以内。请重新选择，或不填时间直接开始。"),
        "inspections.not_inspector": (403, "你不在这次检查的检查组里。请让带队人{lead}把你加进来，或先「加入检查」。"),
        "inspections.own_school": (403, "本校人员不能加入对本校的检查。请配合检查组，对结果有异议可在签字时写明。"),
        "inspections.not_begun": (409, "检查组还没有到校，现在不能填写。到校后先点「到校，开始检查」。"),
        "inspections.not_open": (409, "这次检查已{state}，不能再填写或更改。"),
        "inspections.not_planned": (409, "这次检查已经{state}，不用再点「到校」。"),
        "inspections.already_hazard": (
            409,
            "{item} 已转为隐患 {number}，不能在这里改判。如果确实判错，请到那条隐患里撤回并写明理由。",
        ),
        "inspections.not_wrong": (422, "{item} 没有判为「有问题」，不能转为隐患。"),
        "inspections.not_seen": (422, "本类还有 {count} 项没有看过，不能一次判为符合。请先逐项看过：{first}"),
        "inspections.five_missing": (422, "自查发现的问题要当场定好五落实，还缺：{what}。"),
        "inspections.lessons_missing": (422, "自查结束前，四不放过要逐条写明，还缺：{what}。"),
        "inspections.nothing_answered": (
            409,
            "还没有判定任何一项，不能结束检查。如果不查了，请「取消检查」并写明原因。",
        ),
        "inspections.problems_left": (
            409,
            "还有 {count} 个问题没有转为隐患，不能结束检查。请先给每个问题定好等级和整改人，点「转为隐患」。",
        ),
        "inspections.has_answers": (409, "已经判定了 {count} 项，不能取消。请结束检查，未查的项会写明“未查”。"),
        "inspections.not_closed": (409, "检查还没有结束，先写好小结、结束检查，再请学校签字。"),
        "inspections.already_signed": (409, "学校已于 {at} {did}，不能再改。"),
        "inspections.may_not_sign": (403, "你不能代表这所学校签字。请由校（园）长、分管副校长或安全负责人签。"),
        "inspections.sign_or_refuse": (422, "请学校代表签字并写上姓名；不签的，请写明拒签理由。"),
        "inspections.pool_too_small": (422, "可抽取的学校只有 {count} 所，抽不出 {wanted} 所。请减少数量或扩大范围。"),
        "inspections.unknown_person": (422, "没有找到要加入的人。请从名单里重新选择。"),
    }
)
