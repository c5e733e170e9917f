"""What this room may have to say no to."""

from __future__ import annotations

from bihuan.foundation.refusals import declare

declare(
    {
        # units
        "responsibility.no_such_kind": (422, "没有「{kind}」这种单位类型。请从列表里选择。"),
        "responsibility.no_such_tag": (
            422,
            "没有叫「{tag}」的标签。请从列表里选；新的标签由局里写进模型包的 tags.yaml。",
        ),
        "responsibility.wrong_parent": (422, "{sentence}。请换一个上级单位。"),
        "responsibility.bad_code": (422, "{sentence}。请核对后重新填写。"),
        "responsibility.code_taken": (409, "标识码「{code}」已经是{name}的。作废的码也不再给别的学校用，请核对。"),
        "responsibility.name_taken": (409, "{above}下面已经有叫「{name}」的单位。请换一个名称，或直接使用已有的那个。"),
        "responsibility.id_taken": (409, "这个编号的单位已经登记过，没有再次登记。请刷新后查看。"),
        "responsibility.tree_full": (409, "「{above}」下面的层级或数量到了上限，放不下新的单位。请放到别的单位下面。"),
        "responsibility.move_into_itself": (
            409,
            "不能把「{name}」移到它自己或它的下级「{above}」里面。请选别的上级单位。",
        ),
        "responsibility.move_across": (
            409,
            "「{name}」不能移到别的{what}下面：历史记录属于原来的{what}。请在那边新建，并办理交接。",
        ),
        "responsibility.closed": (409, "「{name}」已于{on}撤销，不能再这样操作。"),
        "responsibility.still_served": (409, "「{name}」还有{count}人在任：{names}。请先办理交接或结束任职，再撤销。"),
        "responsibility.close_too_early": (422, "撤销日期不能早于它的启用日期{from_on}。"),
        "responsibility.bad_day": (422, "「{day}」不是日期。请写成 2026-09-01 这样，或从日历里选。"),
        # appointments
        "responsibility.no_such_post": (422, "没有叫「{post}」的岗位{hint}。请从列表里选择。"),
        "responsibility.post_elsewhere": (422, "{post}不设在「{place}」这样的单位。请换岗位或换单位。"),
        "responsibility.post_from_above": (403, "{post}由教育局登记，学校不能自己任命。请报{who}。"),
        "responsibility.not_oneself": (403, "不能给自己任职或让自己代班。请由另一位管理人员办理。"),
        "responsibility.no_person": (422, "请选择一个人，或填写新人的姓名。"),
        "responsibility.unknown_person": (422, "没有找到这个人，或他不在本局的人员里。请重新选择，或按新人登记。"),
        "responsibility.which_person": (422, "叫{name}的有{count}位，分不清是哪一位。请填写电话。"),
        "responsibility.already_serving": (409, "{name}从{since}起已经是这里的{post}，不必重复登记。"),
        "responsibility.bad_span": (422, "{sentence}。请改日期后再提交。"),
        "responsibility.already_ended": (
            409,
            "{name}的{post}任职已于{on}结束，由{who}办理。任职结束后不再改动，续任请重新任命。",
        ),
        "responsibility.hand_over_ahead": (422, "交接日期不能晚于今天：没办完的事在交接时马上移交。请到{on}当天再办。"),
        "responsibility.same_person": (422, "接替的人和原来是同一个人：{name}。请选另一位。"),
        "responsibility.stand_in_taken": (409, "{name}从{since}到{until}已经安排了代班：{other}。请换日期。"),
        "responsibility.no_schools": (422, "没有选学校。请至少选一所。"),
        "responsibility.not_a_sponsor_post": (422, "「{post}」不是包抓、包片、包校的岗位。"),
        # rosters
        "responsibility.unreadable": (422, "{sentence}。"),
        "responsibility.no_header": (
            422,
            "没有看懂这份表：前20行里要有一行表头，至少写着「姓名」和「岗位」。请补上表头，或下载模板照着填。",
        ),
        "responsibility.bad_columns": (422, "{sentence}。请重新选择各列的含义。"),
        "responsibility.rows_wrong": (422, "有{count}行需要修改，一行也没有导入。第一处在第{row}行：{sentence}。"),
        "responsibility.nothing_to_install": (422, "这份名册里没有需要新登记的任职，什么也没有导入。"),
        "responsibility.roster_changed": (409, "核对之后责任网有了变化，一行也没有导入。请重新核对一遍再导入。"),
        "responsibility.installed_already": (409, "这份名册已经导入过，没有重复导入。"),
        "responsibility.not_installed": (409, "这份名册还没有导入，不用撤回。"),
        "responsibility.undone_already": (409, "这份名册已于{on}撤回。"),
        "responsibility.built_upon": (409, "不能撤回：{sentence}。请逐项结束任职，不要整份撤回。"),
    }
)
