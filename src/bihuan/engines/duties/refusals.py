"""What this room may refuse, in words."""

from bihuan.foundation.refusals import declare

declare(
    {
        "duties.bad_rule": (422, "这条职责的规则有误：{sentence}"),
        "duties.no_such_post": (422, "没有叫「{post}」的岗位。请从岗位目录里选一个。"),
        "duties.code_taken": (409, "编号「{code}」在这里已经有一条职责了。请换一个编号。"),
        "duties.already_ended": (409, "「{title}」已经停止，不用再停一次。"),
        "duties.from_pack": (409, "「{title}」来自模型包，只能由局里在模型包中修改；本校可以另设自己的职责。"),
        "duties.not_your_task": (
            403,
            "「{title}」由{post}办理，你的岗位不能代办。请由本人、代班人或有交办权的人操作。",
        ),
        "duties.already_done": (409, "「{title}」已由{who}于 {when} 完成，不用再做。"),
        "duties.two_people": (
            409,
            "「{other}」今天已由你办了。「{title}」要由另一个人办：两个岗位必须是两个人。请换人办理。",
        ),
        "duties.not_open_yet": (409, "「{title}」{when} 才开始，到时间再填。"),
        "duties.not_a_sheet": (422, "「{title}」不是填表的事，请从「{act}」办理。"),
        "duties.no_nil_report": (422, "「{title}」不能报“无事”，请逐项填写。"),
        "duties.locked": (409, "「{title}」已在 {when} 锁定，不能再补。请写情况说明交给安全负责人。"),
        "duties.own_excuse": (403, "自己要办的事不能由自己批准免办。请由上级或别的负责人批准。"),
        "duties.already_over": (409, "「{title}」已经是“{state}”，不能再免办。"),
        "duties.bad_day": (422, "校历没有改：{sentence}"),
        "duties.nothing_to_lift": (409, "{day} 没有单独的安排，不用恢复。"),
        "duties.unreadable_dates": (422, "这份日期没有读出来：{sentence}"),
        "duties.dates_wrong": (
            422,
            "一行也没有导入：还有 {count} 行要改，先看第 {row} 行：{sentence}。请改好再传。",
        ),
        "duties.dates_change_nothing": (409, "校历已经是这样，没有要改的日子。"),
        "duties.dates_installed": (409, "这份日期已经导入，不用再导一次。要撤回，请点“撤回这份日期”。"),
        "duties.dates_not_installed": (409, "这份日期还没有导入，不用撤回。"),
        "duties.dates_undone": (409, "这份日期已在 {on} 撤回。要再用，请重新上传。"),
        "duties.bad_week": (422, "周次应是某个星期一的日期。"),
    }
)
