"""Every write of patrols: routes, rounds, answers to signals, hand-overs of a shift."""

from bihuan.mechanisms.patrols.commands.arrivals import arrive
from bihuan.mechanisms.patrols.commands.rounds import CheckIn, answer_signal, submit_round
from bihuan.mechanisms.patrols.commands.routes import WindowIn, adopt_routes, end_route, fits, set_route
from bihuan.mechanisms.patrols.commands.shifts import ItemIn, hand_over_shift, take_over_shift

__all__ = [
    "CheckIn",
    "ItemIn",
    "WindowIn",
    "adopt_routes",
    "answer_signal",
    "arrive",
    "end_route",
    "fits",
    "hand_over_shift",
    "set_route",
    "submit_round",
    "take_over_shift",
]
