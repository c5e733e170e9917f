"""The facts that this room states.

``duties.task_done`` · ``task_missed`` · ``task_excused`` (subject: the task) carry what a room above needs: ``duty`` (id),
``code``, ``act``, ``subject`` (sheet or route, or null), ``title``, ``org`` (id), ``on``, ``slot``, ``post``, ``assignee``,
``due_at``; done also ``state``, ``ref``, ``backfilled``, ``via``; excused also ``reason``.
"""

from bihuan.foundation.events import declare

declare(
    {
        "duties.task_done": "完成待办",
        "duties.task_missed": "待办漏办",
        "duties.task_excused": "免办",
        "duties.duty_set": "设定职责",
        "duties.duty_ended": "停止职责",
        "duties.day_set": "调整校历",
        "duties.dates_sent": "上传校历日期",
        "duties.dates_installed": "导入校历日期",
        "duties.dates_undone": "撤回校历日期",
        "duties.minutes_told": "上报用时",
    }
)
