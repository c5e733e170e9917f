"""The facts that this room states.

``responsibility.handed_over`` carries everything that a room above needs to move open work: ``person_from``,
``person_to`` (ids) with their ``…_name``, ``place`` (the unit's id), ``place_name``, ``place_path``, ``school`` (id or
null), ``post``, ``post_name``, ``on`` (first day of the new holder), ``left`` and ``taken`` (the two appointments).
The subject is the new appointment.
"""

from __future__ import annotations

from bihuan.foundation.events import declare

declare(
    {
        "responsibility.org_created": "新建单位",
        "responsibility.org_changed": "修改单位",
        "responsibility.org_moved": "调整上级单位",
        "responsibility.org_closed": "撤销单位",
        "responsibility.appointed": "任职",
        "responsibility.appointment_ended": "结束任职",
        "responsibility.stand_in_arranged": "安排代班",
        "responsibility.handed_over": "交接",
        "responsibility.sponsors_assigned": "调整包抓",
        "responsibility.roster_uploaded": "上传名册",
        "responsibility.roster_installed": "导入名册",
        "responsibility.roster_undone": "撤回名册",
    }
)
