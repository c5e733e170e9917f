"""Reading patrols: a day, a week, rounds, routes, the hand-over book, and what a phone carries."""

from bihuan.mechanisms.patrols.queries.arrivals import SHOWN, Came, Visits, visits, visits_kept
from bihuan.mechanisms.patrols.queries.month import Month, month
from bihuan.mechanisms.patrols.queries.rounds import RoundPage, listing, round_page, rounds, walked_since
from bihuan.mechanisms.patrols.queries.routes import (
    Editor,
    due_words,
    editor,
    ready_routes,
    route,
    route_listing,
    routes,
)
from bihuan.mechanisms.patrols.queries.shifts import USUAL_ITEMS, book, handovers_waiting
from bihuan.mechanisms.patrols.queries.today import Day, Line, Share, Week, sees_signals, today, week

__all__ = [
    "SHOWN",
    "USUAL_ITEMS",
    "Came",
    "Day",
    "Editor",
    "Line",
    "Month",
    "RoundPage",
    "Share",
    "Visits",
    "Week",
    "book",
    "due_words",
    "editor",
    "handovers_waiting",
    "listing",
    "month",
    "ready_routes",
    "round_page",
    "rounds",
    "route",
    "route_listing",
    "routes",
    "sees_signals",
    "today",
    "visits",
    "visits_kept",
    "walked_since",
    "week",
]
