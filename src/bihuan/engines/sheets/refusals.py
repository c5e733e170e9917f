"""What this room may refuse, in words."""

from bihuan.foundation.refusals import declare

declare(
    {
        "sheets.may_not_edit": (403, "你的岗位不能改清单。请把意见提在草稿下面，或联系局里管理清单的人。"),
        "sheets.published_is_frozen": (
            409,
            "第 {version} 版已经发布，不能再改：已有检查按它填写。请先「起草新版本」，在草稿上修改后再发布。",
        ),
        "sheets.version_exists": (409, "版本号「{version}」已经用过。请换一个新的版本号。"),
        "sheets.version_frozen": (
            409,
            "清单「{title}」第 {version} 版已经发布，模型包里同一版本的内容却变了，没有安装。请在模型包里写一个新的版本号。",
        ),
        "sheets.no_such_item": (422, "草稿里没有「{item}」这一项。请刷新后重选。"),
        "sheets.item_code_taken": (422, "项目编号「{item}」已经有了。请换一个编号。"),
        "sheets.not_ready": (422, "草稿还有{count}处要改好才能发布。第一处：{first}"),
        "sheets.date_in_past": (
            422,
            "施行日期不能早于今天（{today}）：过去的检查已经按旧版本填写。请选今天或以后的日期。",
        ),
        "sheets.import_faulty": (422, "表格有{count}行需要修改，一行也没有导入。第一处：第{row}行，{first}"),
        "sheets.not_a_table": (
            422,
            "这个文件读不出表格。请上传 .xlsx、.xls 或 .ods 文件，第一张工作表里应有表头和检查项。",
        ),
        "sheets.nothing_in_force": (
            409,
            "「{title}」在 {day} 还没有已发布并施行的版本，暂时不能填报。请联系局里发布清单。",
        ),
        "sheets.may_not_fill": (403, "你的岗位不能在这里填报检查表。请由有检查职责的人操作。"),
        "sheets.filled_elsewhere": (409, "这份表由一次检查带着填写，请回到那次检查里操作。"),
        "sheets.already_submitted": (409, "这份表已于 {at} 提交，不能再改。如有变化，请另填一份。"),
        "sheets.bad_answers": (422, "有{count}项需要修改：{summary}"),
        "sheets.items_left": (422, "还有 {count} 项没有填，先补上再提交。最前面的是：{first}"),
        "sheets.nothing_asked": (422, "按你选的范围，这所学校没有一项要查。请换一个类别，或查整份清单。"),
    }
)
