"""Today's numbers about patrols, for the clauses that they fulfil."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

from django.utils import timezone

from bihuan.engines.duties.tallies import tally
from bihuan.foundation import clock
from bihuan.foundation.actors import Actor
from bihuan.foundation.packs.measures import CAP, Measured, capped, counted, measure
from bihuan.mechanisms.patrols.queries import routes, visits_kept, walked_since
from bihuan.mechanisms.patrols.queries.today import span_of


@counted("patrol-rounds", "次近 30 天的巡查", "/patrols/rounds/")
def patrol_rounds(viewer: Actor) -> Any:
    """Rounds that were walked."""
    return walked_since(viewer, clock.now())["rounds"]


@counted("patrol-finds", "次近 30 天发现问题的巡查", "/patrols/rounds/?result=found")
def patrol_finds(viewer: Actor) -> Any:
    """Rounds that found something."""
    return walked_since(viewer, clock.now())["found"]


@counted("patrol-signals", "次近 30 天有提示的巡查", "/patrols/rounds/?noticed=1")
def patrol_signals(viewer: Actor) -> Any:
    """Rounds about which something is pointed out; nobody is accused by a number."""
    return walked_since(viewer, clock.now())["noticed"]


@measure("patrol-coverage")
def patrol_coverage(viewer: Actor) -> Measured:
    """The share of rounds that were walked of those that were due in the last seven days."""
    today = timezone.localdate(clock.now())
    since, until = span_of(today - timedelta(days=7), 7)
    states: Counter[str] = Counter()
    for one in tally(viewer, act="patrol", since=since, until=until):
        states[one.state] += one.count
    due = states["done"] + states["late"] + states["missed"]
    share = f"{(states['done'] + states['late']) * 100 // due}%" if due else "—"
    return Measured(share, f"近 7 天的巡查到位率（应巡 {due:,} 次）", "/patrols/week/")


@measure("visits-kept")
def visits_made(viewer: Actor) -> Measured:
    """Visits of sponsors to their schools, of those that were due in the last thirty days."""
    came, due = visits_kept(viewer, at=clock.now())
    return Measured(f"{came:,} / {due:,}", "次近 30 天的到校（已到 / 应到）", "/patrols/arrivals/")


@measure("patrol-routes")
def patrol_routes(viewer: Actor) -> Measured:
    """Routes in use."""
    found = routes(viewer, size=CAP)
    return Measured(capped(len(found.rows) + bool(found.next)), "条在用的巡查路线", "/patrols/routes/")
