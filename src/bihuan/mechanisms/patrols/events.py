"""The facts that this room states.

``patrols.round_submitted`` (subject: the round) carries ``route``, ``task``, ``result``, ``found``, ``points`` (ids of the
points that were looked at), ``whole``, ``signals`` (codes) and ``photos``; ``patrols.part_walked`` besides when a task goes
on after it.
"""

from bihuan.foundation.events import declare

declare(
    {
        "patrols.route_set": "设置巡查路线",
        "patrols.route_ended": "停用巡查路线",
        "patrols.round_submitted": "巡查",
        "patrols.part_walked": "走了一段，还没有走完",
        "patrols.signal_answered": "说明情况",
        "patrols.arrived": "到校登记",
        "patrols.shift_handed_over": "交班",
        "patrols.shift_taken_over": "接班",
    }
)
