"""Looking at points, and the colour they show because of what was found or missed there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Annotated
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from pydantic import Field

from bihuan.engines.cases.pack import levels_of
from bihuan.engines.cases.queries import open_at_points
from bihuan.foundation import hot
from bihuan.foundation.actors import SYSTEM, Actor, Placed
from bihuan.foundation.commands import command
from bihuan.foundation.events import record, record_many
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.risks import rules
from bihuan.mechanisms.risks.commands.writing import require_active
from bihuan.mechanisms.risks.models import RiskPoint
from bihuan.mechanisms.risks.pack import showing_of
from bihuan.mechanisms.risks.rules import PointStanding

MOST_AT_ONCE = 500
_SHOWN = (
    "open_hazards", "overdue_hazards", "worst_open", "missed_at", "missed_rounds",
    "shown_colour", "shown_rank", "shown_reasons", "recolour_at",
)  # fmt: skip


@command("risks.check_point")
def check_point(
    by: Actor, at: datetime, *, point_id: UUID, note: Annotated[str, Field(max_length=120)] = ""
) -> RiskPoint:
    """Say after looking that a point is in order. Anybody who may report hazards there may say so.

    Refusals: ``foundation.not_found``, ``foundation.not_yours``, ``risks.voided``.
    """
    point = RiskPoint.objects.seen(by, point_id)
    if not by.may("snap", point):
        raise Refusal("foundation.not_yours", act="登记巡查", who="本校安全负责人")
    require_active(point, "登记巡查")
    note_rounds(by, at, walked=[point.pk])
    point.checked_at = at
    record(point, "risks.point_checked", by=by, at=at, result="normal", note=note)
    return point


def note_rounds(
    by: Actor, at: datetime, *, walked: Collection[UUID] = (), missed: Collection[UUID] = (),
    moment: datetime | None = None, since: datetime | None = None,
) -> int:  # fmt: skip
    """Points that a round reached or that a missed round left out; returns how many change colour.

    *moment* is when the round ended, or when it was due (now, unless given), and *since* when the window of a missed one
    opened; the colour is that of *at*, the present. Called by the rooms above inside their own command, set-based: a look
    later than the last one becomes the last, and rounds missed in a window that opened before it no longer count, in
    whichever order both are told. Points outside the actor's net are left alone.
    """
    moment = moment or at
    wanted = {*walked, *missed}
    if not wanted:
        return 0
    seen = RiskPoint.objects.visible_to(by).filter(pk__in=wanted, is_active=True)
    # locked in one order, so that two rounds over the same points never wait for each other in a ring
    late = dict(seen.select_for_update().order_by("pk").values_list("pk", "missed_rounds"))
    looked = {pk for pk in walked if pk in late}
    if looked:
        before = Q(checked_at__isnull=True) | Q(checked_at__lt=moment)
        RiskPoint.objects.filter(pk__in=looked).filter(before).update(checked_at=moment)
    touched = {pk for pk in missed if pk in late} | {pk for pk in looked if late[pk]}
    miss = rules.Miss(moment, since or moment)
    looks = dict.fromkeys(looked, moment)
    return recolour(by, at, touched, looks=looks, misses=dict.fromkeys(missed, miss)) if touched else 0


Looked = tuple[Actor, datetime, datetime, Collection[PointStanding]]
"""By whom, told when, ended when, at which points as they were read in the same transaction; of each point the same object."""


def note_all(walks: Sequence[Looked]) -> None:
    """``note_rounds`` for the walks of many people, in their order: a statement or two unless a colour may change."""
    checked: dict[PointStanding, datetime] = {}
    for by, _, moment, walked in sorted(walks, key=itemgetter(2), reverse=True):
        theirs: dict[str, bool] = {}  # points of one place are asked about once
        for place in walked:
            if (mine := theirs.get(place.path)) is None:
                mine = theirs[place.path] = _in_net(by, place)
            if mine:
                checked.setdefault(place, moment)  # unless by a later walk
    missed = _checked(checked)
    for by, at, moment, walked in walks if missed else ():
        looked = {place.id for place in walked if _in_net(by, place)}
        still = RiskPoint.objects.filter(pk__in=looked & missed, missed_rounds__gt=0)
        if late := set(still.values_list("pk", flat=True)):
            active = RiskPoint.objects.filter(pk__in=looked, is_active=True)
            recolour(by, at, late, looks=dict.fromkeys(active.values_list("pk", flat=True), moment))


def _in_net(by: Actor, place: Placed) -> bool:
    return by.is_system or any(hold.covers(place) for hold in by.holds)


def _checked(looks: Mapping[PointStanding, datetime]) -> set[UUID]:
    """Note the last look at each of these points that are in use; those that rounds have missed.

    On PostgreSQL they are locked in one order, so that two rounds over the same points never wait for each other in a ring.
    On SQLite nobody has written since they were read.
    """
    if not looks:
        return set()
    given, values = hot.table("given", ("id uuid", "at timestamptz"), [(place.id, at) for place, at in looks.items()])
    if hot.vendor() == "postgresql":
        sql = (
            f"WITH {given}, locked AS (SELECT p.id, p.missed_rounds, given.at FROM risks_riskpoint AS p "  # noqa: S608 - our own names
            "JOIN given ON given.id = p.id WHERE p.is_active ORDER BY p.id FOR UPDATE OF p), "
            "done AS (UPDATE risks_riskpoint AS p SET checked_at = locked.at FROM locked WHERE p.id = locked.id "
            "AND (p.checked_at IS NULL OR p.checked_at < locked.at)) SELECT id FROM locked WHERE missed_rounds > 0"
        )
        return {pk for (pk,) in hot.fetch(sql, values)}
    hot.execute(
        f"WITH {given} UPDATE risks_riskpoint AS p SET checked_at = given.at FROM given WHERE p.id = given.id "  # noqa: S608 - our own names
        "AND p.is_active AND (p.checked_at IS NULL OR p.checked_at < given.at)",
        values,
    )
    return {place.id for place in looks if place.is_active and place.missed_rounds}


def recolour(
    by: Actor, at: datetime, ids: Collection[UUID], *, looks: Mapping[UUID, datetime] = {},
    misses: Mapping[UUID, rules.Miss] = {},
) -> int:  # fmt: skip
    """Ask the pack's rule again for these points; a change of colour is one fact with its reasons. Returns how many changed.

    Inside the caller's transaction. The rows are locked before their hazards are read, so of two commands that touch
    one point the later one sees what the first one did; three or four statements, whatever the number of points.
    """
    locked = RiskPoint.objects.select_for_update().filter(pk__in=list(ids), is_active=True)
    rows = list(locked.defer("measures", "factors").order_by("pk"))
    if not rows:
        return 0
    hazards: dict[UUID, list[tuple[str, datetime]]] = defaultdict(list)
    for point_id, level, due_at in open_at_points({row.school_id for row in rows}, [row.pk for row in rows]):
        hazards[point_id].append((level, due_at))
    touched, told = [], []
    for row in rows:
        before = {name: getattr(row, name) for name in _SHOWN}
        _judge(row, at, hazards[row.pk], looks.get(row.pk) or row.checked_at, misses.get(row.pk))
        if any(getattr(row, name) != value for name, value in before.items()):
            touched.append(row)
        if row.shown_colour != before["shown_colour"]:
            facts = {"was": before["shown_colour"], "now": row.shown_colour, "inherent": row.colour}
            told.append((row, {**facts, "reasons": row.shown_reasons, "name": row.name, "number": row.number}))
    RiskPoint.objects.bulk_update(touched, _SHOWN)
    record_many(told, "risks.shown_colour_changed", by=by, at=at)
    return len(told)


def _judge(
    row: RiskPoint, at: datetime, hazards: Collection[tuple[str, datetime]], looked_at: datetime | None,
    miss: rules.Miss | None,
) -> None:  # fmt: skip
    """Write into a row what the rule says of it at this moment."""
    showing = showing_of(row.bureau_id)
    levels = {code: level["name"] for code, level in levels_of(row.bureau_id).items()}
    window = timedelta(days=showing.missed_days)
    missed = [*map(rules.Miss.read, row.missed_at), *([miss] if miss else [])]
    missed = rules.counted(missed, at, window, looked_at=looked_at)
    found = rules.Found(
        open=len(hazards),
        worst=rules.worst_of(list(levels), [level for level, _ in hazards]),
        overdue=sum(due_at <= at for _, due_at in hazards),
        missed=len(missed),
    )
    shown = rules.shown(row.colour, found, showing.table, levels)
    row.open_hazards, row.worst_open, row.overdue_hazards = found.open, found.worst, found.overdue
    row.missed_at, row.missed_rounds = [one.text for one in missed], found.missed
    row.shown_colour, row.shown_rank, row.shown_reasons = shown.colour, shown.rank, list(shown.reasons)
    row.recolour_at = rules.next_change(missed, [due_at for _, due_at in hazards], at, window)


def recolour_due(at: datetime) -> int:
    """Points whose colour may change by the passing of time alone; idempotent, safe with any number of workers."""
    changed = 0
    while due := list(
        RiskPoint.objects.filter(recolour_at__lte=at, is_active=True)
        .order_by("recolour_at")
        .values_list("pk", flat=True)[:MOST_AT_ONCE]
    ):
        with transaction.atomic():
            changed += recolour(SYSTEM, at, due)
    return changed
