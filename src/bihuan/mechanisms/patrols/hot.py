"""The batch twin of ``patrols.submit_round``: many rounds of one bureau with a few statements for all (docs/speed.md, W1p).

Reading stands first, for all rounds at once; then each is decided, in their order, by the very functions that the command
uses (``commands.rounds``), each seeing what those before it have changed; then all is written. A test holds that both
leave the same rows. Rounds with photos go by the command: attaching evidence is no matter of sets.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain
from operator import itemgetter
from typing import Any
from uuid import UUID

from bihuan.engines.duties import commands as duties
from bihuan.foundation import hot
from bihuan.foundation.actors import Actor
from bihuan.foundation.commands import Call, phone_time, together
from bihuan.foundation.events import Event, keep, stated
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.patrols import rules
from bihuan.mechanisms.patrols.commands import rounds
from bihuan.mechanisms.patrols.models import Round, Route, Stop
from bihuan.mechanisms.risks import commands as risks
from bihuan.mechanisms.risks.standing import standings


def without_photos(args: Mapping[str, Any]) -> bool:
    """Whether a round can go through the batch."""
    return not any(look.evidence for look in args["checks"])


@together("patrols.submit_round", fits=without_photos)
def submit_rounds(calls: Sequence[Call]) -> list[Any]:
    """For each call what ``submit_round`` would answer, or its refusal."""
    batch = Batch([(call, rounds.sent_of(call.envelope.at, call.envelope.drift, **call.args)) for call in calls])
    answers = []
    for call, sent in batch.calls:
        token = phone_time.set(call.envelope.sent_at)
        try:
            answers.append(batch.take(call.envelope.by, call.envelope.at, sent))
        except Refusal as refusal:
            answers.append(refusal)
        finally:
            phone_time.reset(token)
    batch.write()
    return answers


@dataclass
class Batch:
    """What was read for all rounds, and what those decided so far have changed of it."""

    calls: list[tuple[Call, rounds.Sent]]
    rows: list[Round] = field(default_factory=list)
    facts: list[Event] = field(default_factory=list)
    walks: list[risks.Looked] = field(default_factory=list)
    _grounds: dict[UUID, rounds.Ground] = field(default_factory=dict)

    def __post_init__(self) -> None:
        sent = [one for _, one in self.calls]
        looks = [look for one in sent for look in one.looks]
        points = {
            look.point_id.int: look.point_id for look in looks if look.point_id
        }.values()  # a number is hashed by C
        found = hot.told(
            _routes({one.route_id for one in sent if one.route_id}),
            standings(points, {look.code for look in looks if look.code}),
            duties.Doing.of({one.task_id for one in sent if one.task_id}),
            _before(self.calls),
            by_key=True,
        )
        (self._routes, self._stops), (self._points, self._labels), self._doing, before = found
        self._by_id, self._parts, self._last = before

    def take(self, by: Actor, at: datetime, sent: rounds.Sent) -> dict[str, Any]:
        """Decide one round; nothing is written yet. Refusals: those of ``submit_round``."""
        ended = sent.times.ended_at
        ground = self._ground(by, sent)
        walker = rounds.in_office(by, ground.place, ended)
        known = self._by_id.get(sent.id)
        if known is not None:
            if known.by_id != by.id:
                raise Refusal("patrols.id_taken")
            return rounds.said(known)
        sent, task = rounds.meant(self._doing, walker, sent, ground.place)
        before = looked = frozenset[UUID]()
        if parts := self._parts.get(sent.task_id):
            before, looked = (frozenset(chain.from_iterable(part[n] for part in parts)) for n in (0, 1))
        walk = rounds.weighed(sent, ground, rounds.History(None, before, looked, self._streak(by, ended)))
        done = rounds.fulfilled(self._doing, walker, at, sent, task, walk)
        row = rounds.row_of(by, at, sent, ground, walk, walker=walker, task=done.state if done else "", photos={})
        self._keep(row, walker, at, walk)
        return rounds.said(row, done=done, left=walk.left)

    def _ground(self, by: Actor, sent: rounds.Sent) -> rounds.Ground:
        """Rounds of one route share what was found out about it."""
        if not sent.route_id:
            return rounds.ground_of(by, sent.looks, None, (), self._points, self._labels)
        if (known := self._grounds.get(sent.route_id)) is not None:
            return known
        route, stops = self._routes.get(sent.route_id), self._stops.get(sent.route_id, ())
        if route is None or not stops:
            raise Refusal("foundation.not_found")
        made = rounds.ground_of(by, sent.looks, route, stops, self._points, self._labels)
        self._grounds[sent.route_id] = made
        return made

    def _streak(self, by: Actor, ended: datetime) -> int:
        """How long nothing was found, by this person's last round that ended no later."""
        mine = self._last.get(by.id, ())
        n = bisect_right(mine, ended, key=_ENDED)
        return mine[n - 1][2] if n else 0

    def _keep(self, row: Round, walker: Actor, at: datetime, walk: rules.Walk) -> None:
        self.rows.append(row)
        self._by_id[row.id] = row
        insort(self._last[row.by_id], (row.ended_at, row.id, row.clean_streak))
        if row.task_id:
            self._parts[row.task_id].append((walk.covered, walk.context.terrain.stops(walk.looked)))
        if walk.spots:
            self.walks.append((walker, at, walk.times.ended_at, walk.spots))
        recorded_at = datetime.now(UTC)
        for name, facts in rounds.told_of(row, walk):
            self.facts.append(stated(row, name, facts, by=walker, at=at, recorded_at=recorded_at))

    def write(self) -> None:
        """Everything that was decided, in one statement a table."""
        hot.insert(self.rows)
        self._doing.write()
        risks.note_all(self.walks)
        keep([*self._doing.facts, *self.facts])


_ROUTE = (
    "id", "org_id", "school_name", "least_seconds", "revision", "bureau_id", "province_id", "city_id", "school_id", "path",
)  # fmt: skip
_OF_ROUTES = hot.Columns(*((Route, name) for name in _ROUTE))
_stops: dict[UUID, tuple[int, rules.Track]] = {}
"""The points along routes, each with the revision of which they are: a route has the same points every day."""
MOST_KEPT = 20_000


def _routes(ids: Collection[UUID]) -> hot.Part[tuple[dict[UUID, Route], dict[UUID, rules.Track]]]:
    """The routes, and the points along each in its order."""
    rows = yield hot.Question(
        _OF_ROUTES,
        f"SELECT {', '.join(_ROUTE)} FROM patrols_route WHERE {hot.among('id')}",  # noqa: S608 - no value in it
        [hot.listed(ids)],
    )
    routes = {row[0]: hot.as_read(Route, _ROUTE, row) for row in rows}
    known = {pk: kept[1] for pk, row in routes.items() if (kept := _stops.get(pk)) and kept[0] == row.revision}
    if unknown := routes.keys() - known.keys():
        along: dict[UUID, list[UUID]] = {pk: [] for pk in unknown}
        stops = Stop.objects.filter(route__in=unknown).order_by("n").values_list("route_id", "point_id")
        for route_id, point_id in stops:
            along[route_id].append(point_id)
        if len(_stops) > MOST_KEPT:
            _stops.clear()
        for pk, points in along.items():
            known[pk] = rules.Track(points)
            _stops[pk] = routes[pk].revision, known[pk]
    return routes, known


Last = dict[Any, list[tuple[datetime, UUID, int]]]
"""The rounds of each person by when they ended, with the streak that they left."""
Parts = dict[Any, list[tuple[Collection[UUID], Collection[UUID]]]]
"""The parts of each task: the stops that each accounts for, and the points that were really looked at."""
_ENDED = itemgetter(0)


def _before(calls: Sequence[tuple[Call, rounds.Sent]]) -> hot.Part[tuple[dict[UUID, Round], Parts, Last]]:
    """The rounds handed in before: these very ones, the other parts of their tasks, and the last ones of each person."""
    tasks = {sent.task_id for _, sent in calls if sent.task_id}
    spans: dict[UUID, list[datetime]] = defaultdict(list)
    for call, sent in calls:
        if call.envelope.by.id:
            spans[call.envelope.by.id].append(sent.times.ended_at)
    known: dict[UUID, Round] = {}
    parts: Parts = defaultdict(list)
    last: Last = defaultdict(list)
    for is_last, checks, *columns in (yield _rows_before([sent.id for _, sent in calls], tasks, spans)):
        if is_last:
            pk, by_id, _, ended_at, clean_streak, *_ = columns
            insort(last[by_id], (ended_at, pk, clean_streak))
            continue
        row = hot.as_read(Round, _ROUND, columns)
        known[row.pk] = row
        if row.task_id in tasks:
            parts[row.task_id].append(([*map(UUID, row.covered)], [*map(UUID, rules.looked_at(checks))]))
    return known, parts, last


_ROUND = (
    "id", "by_id", "task_id", "ended_at", "clean_streak", "result", "whole", "stops_count", "covered", "signals",
)  # fmt: skip
"""What has to be known of a round that was handed in before."""
_OF_ROUNDS = hot.Columns((Round, "whole"), (Round, "checks"), *((Round, name) for name in _ROUND))
_COLUMNS = ", ".join(hot.bare(f"r.{name}") if name == "ended_at" else f"r.{name}" for name in _ROUND)
_LAST = f"NULL, r.id, r.by_id, NULL, {hot.bare('r.ended_at')}, r.clean_streak, '', TRUE, 0, NULL, NULL"
"""Of the last rounds only the streak matters."""


def _rows_before(
    ids: Collection[UUID], tasks: Collection[UUID], spans: Mapping[UUID, Sequence[datetime]]
) -> hot.Question:
    """The rounds with these ids or of these tasks; and, marked, of each person those that ended from one moment to another
    and the last one before. One statement; looks are much to read, and only those of parts of these tasks matter."""
    given = [(person, min(ends), max(ends)) for person, ends in spans.items()]
    table, values = hot.table("asked", ("person uuid", "since timestamptz", "until timestamptz"), given)
    return hot.Question(
        _OF_ROUNDS,
        f"WITH {table} SELECT FALSE, CASE WHEN {hot.among('r.task_id')} THEN r.checks END, {_COLUMNS} FROM patrols_round AS r "  # noqa: S608 - no value in it
        f"WHERE {hot.among('r.id')} OR {hot.among('r.task_id')} "
        f"UNION ALL SELECT TRUE, {_LAST} FROM asked AS a JOIN patrols_round AS r "
        "ON r.by_id = a.person AND r.ended_at <= a.until AND r.ended_at >= COALESCE("
        "(SELECT MAX(e.ended_at) FROM patrols_round AS e WHERE e.by_id = a.person AND e.ended_at <= a.since), a.since)",
        [*values, hot.listed(tasks), hot.listed(ids), hot.listed(tasks)],
    )
