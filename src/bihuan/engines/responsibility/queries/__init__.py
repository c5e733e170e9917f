"""Reading the net: who is acting, who is responsible for what on which day, where nobody is, and rosters on their way."""

from bihuan.engines.responsibility.queries.acting import (
    actor_of,
    actor_of_session,
    forget_actors,
    holds_of,
)
from bihuan.engines.responsibility.queries.gaps import gaps
from bihuan.engines.responsibility.queries.people import Found, people, who_could
from bihuan.engines.responsibility.queries.places import (
    areas,
    departments,
    org,
    parents_for,
    post,
    posts,
    schools,
    unit_kinds,
    units,
)
from bihuan.engines.responsibility.queries.rosters import roster, roster_check, rosters
from bihuan.engines.responsibility.queries.serving import (
    Link,
    Row,
    UnitPage,
    appointment,
    appointments,
    chain,
    net_as_of,
    unit_page,
    who,
)

__all__ = [
    "Found",
    "Link",
    "Row",
    "UnitPage",
    "actor_of",
    "actor_of_session",
    "appointment",
    "appointments",
    "areas",
    "chain",
    "departments",
    "forget_actors",
    "gaps",
    "holds_of",
    "net_as_of",
    "org",
    "parents_for",
    "people",
    "post",
    "posts",
    "roster",
    "roster_check",
    "rosters",
    "schools",
    "unit_kinds",
    "unit_page",
    "units",
    "who",
    "who_could",
]
