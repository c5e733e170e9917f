"""W1p, handing in a walked round of 12 points: receipt, round, task done, points looked at, two facts, in one transaction.

Three ways in: one round through the whole public path, an outbox of 50 in one call, and 200 phones at once.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import connection

from bench.direct import Direct
from bench.metering import Cost, Costs, Figure, Meter, Side, compare
from bench.site import Site, request
from bench.world import World, _token, scope_of
from bihuan.foundation import clock
from bihuan.foundation.ids import uuid7
from bihuan.foundation.reactions import listeners_of
from bihuan.mechanisms.risks import wall_codes
from bihuan.surfaces.openapi.tokens import principal

COMMAND = "patrols.submit_round"
POINTS, GUARDS, OUTBOX, PHONES, CLIENTS = 12, 4, 50, 200, 32
LAT, LON = 34.27, 109.05
OWN = {"id", "event_id", "digest", "recorded_at", "next_at", "at", "sent_at", "started_at", "ended_at", "received_at", "done_at", "ref_id",
       "subject_id", "task_id", "by_id", "done_by_id", "answer", "facts", "checks", "checked_at", "due_at", "opens_at", "closes_at", "on"}  # fmt: skip
"""What differs between two rounds of the same walk: ids and moments, and what contains them."""
PLACE = ("org_id", "bureau_id", "province_id", "city_id", "school_id")
MOMENTS = ("at", "sent_at", "recorded_at", "next_at", "started_at", "ended_at", "received_at")


@dataclass
class Beat:
    """A guard with a phone, on the route of one school."""

    token: str
    person: UUID
    route: Any
    points: list[Any]
    codes: list[str]


class Patrolling:
    """The schools' points, labels, routes and guards; rounds as phones send them, and as raw SQL writes them."""

    def __init__(self, world: World, schools: int = 54) -> None:
        self.direct = Direct()
        self.org = [s for s in world.schools if s.bureau_id == world.home["bureau"].pk][:schools]
        self.beats = [beat for school in self.org for beat in _beats(school)]
        self._next = itertools.cycle(self.beats)
        self._duties: dict[UUID, Any] = {}
        self._tasks: list[tuple[Beat, UUID]] = []
        self._requests: list[tuple[dict[str, Any], bytes]] = []
        self._answers: list[tuple[int, bytes]] = []
        self._day = itertools.count(1)
        self._templates = self._copied()
        self.analyze()

    def close(self) -> None:
        """Give the connection back."""
        self.direct.close()

    def analyze(self) -> None:
        """What autovacuum does once a minute."""
        if self.direct.postgres:
            self.direct.run("ANALYZE")

    def walk_before(self, site: Site, rounds: int = 10) -> None:
        """What guards have walked by the time anybody measures: statements that were planned while there was no round at
        all would read every round ever since."""
        self.prepare(PHONES, rounds)
        self.send_all(site, PHONES)
        self.settle()
        self.analyze()

    # --- what is sent -------------------------------------------------------------------------------------------------

    def tasks(self, beats: list[Beat]) -> list[tuple[Beat, UUID]]:
        """An open task for each of these guards."""
        made, model = [], apps.get_model("duties", "Task")
        now = clock.now()
        for beat in beats:
            duty = self._duty(beat.route)
            row = model(
                id=uuid7(), duty=duty, org_id=beat.route.org_id, **scope_of(beat.route), on=date(2020, 1, 1) + timedelta(days=next(self._day)),
                act="patrol", subject_id=beat.route.pk, title="早间巡查", post="guard", opens_at=now - timedelta(hours=1),
                due_at=now + timedelta(hours=1), closes_at=now + timedelta(hours=2),
            )  # fmt: skip
            made.append((beat, row))
        model.objects.bulk_create([row for _, row in made], batch_size=500)
        return [(beat, row.pk) for beat, row in made]

    def _duty(self, route: Any) -> Any:
        if route.pk not in self._duties:
            self._duties[route.pk] = apps.get_model("duties", "Duty").objects.create(
                org_id=route.org_id, **scope_of(route), code=f"bench-{route.pk}", title="早间巡查", act="patrol",
                subject_id=route.pk, post="guard", cadence={"every": "day"}, starts_on=date(2020, 1, 1),
            )  # fmt: skip
        return self._duties[route.pk]

    def envelope(self, beat: Beat, task: UUID) -> dict[str, Any]:
        """A walk of twelve points in eight minutes, as a phone sends it."""
        now = datetime.now(tz=clock.now().tzinfo)
        began = now - timedelta(minutes=8)
        checks = [
            {
                "n": n, "point_id": str(point.pk), "code": f"https://safe.example.cn/p/{code}?n=1", "how": "scan", "result": "normal",
                "at": (began + timedelta(seconds=40 * n)).isoformat(), "lat": LAT + n / 2000, "lon": LON, "accuracy": 18.0,
                "seconds": 9, "evidence": [], "hazard_id": None, "note": "",
            }
            for n, (point, code) in enumerate(zip(beat.points, beat.codes, strict=True), start=1)
        ]  # fmt: skip
        args = {
            "id": str(uuid7()), "route_id": str(beat.route.pk), "task_id": str(task), "started_at": began.isoformat(),
            "ended_at": now.isoformat(), "spent": 130, "checks": checks, "handed_over": False, "note": "",
        }  # fmt: skip
        return {"id": str(uuid7()), "command": COMMAND, "args": args, "sent_at": now.isoformat(), "needs": []}

    def prepare(self, calls: int, rounds: int) -> None:
        """Bodies of *calls* calls with *rounds* rounds each; one guard a call."""
        self.settle()
        self._requests, tokens = [], set()
        chosen = [beat for beat in itertools.islice(self._next, calls) for _ in range(rounds)]
        walks = iter(self.tasks(chosen))
        for _ in range(calls):
            mine = list(itertools.islice(walks, rounds))
            said = {"phone_now": clock.now().isoformat(), "envelopes": [self.envelope(*walk) for walk in mine]}
            token = mine[0][0].token
            tokens.add(token)
            self._requests.append(request("POST", "/api/v1/phone/sync", json.dumps(said).encode(), token=token))
        for token in tokens:
            principal(token)  # a phone that sends has just asked for its scope: its token is known

    def send(self, site: Site) -> None:
        """The next prepared call, alone."""
        self._answers.append(site._loop.run_until_complete(site.answer(*self._requests.pop())))

    def send_all(self, site: Site, count: int) -> None:
        """So many prepared calls at once."""
        calls = [self._requests.pop() for _ in range(count)]

        async def together() -> Any:
            return await asyncio.gather(*(site.answer(*call) for call in calls))

        self._answers += site._loop.run_until_complete(together())

    def settle(self) -> None:
        """Every round that was sent was carried out; looked at by the sender, so it is not measured."""
        for status, answer in self._answers:
            _require(status, answer)
        self._answers.clear()

    def latencies(self, site: Site, seconds: float) -> list[float]:
        """Seconds that each call took, with ``CLIENTS`` clients that send one after another."""
        found: list[float] = []
        ends = time.perf_counter() + seconds

        async def client() -> None:
            while time.perf_counter() < ends and self._requests:
                call = self._requests.pop()
                began = time.perf_counter()
                _require(*await site.answer(*call))
                found.append(time.perf_counter() - began)

        async def all_of_them() -> None:
            await asyncio.gather(*(client() for _ in range(CLIENTS)))

        site._loop.run_until_complete(all_of_them())
        return found

    # --- the raw side -------------------------------------------------------------------------------------------------

    def _copied(self) -> list[tuple[str, list[str], list[Any]]]:
        """The rows that the product writes for a round, as statements with values; ids and moments are put in anew."""
        site = Site()
        try:
            self.prepare(1, 1)
            sent = json.loads(self._requests[0][1])["envelopes"][0]
            self.send(site)
            self.settle()
        finally:
            site.close()
        self.sample = sent
        round_id, task = UUID(sent["args"]["id"]), UUID(sent["args"]["task_id"])
        uuid = self.direct.uuid
        event = "SELECT id FROM foundation_event WHERE subject_id IN (%s, %s)"
        events = [row[0] for row in self.direct.rows(event, [uuid(round_id), uuid(task)])]
        wanted = [("foundation.Receipt", "id", [uuid(UUID(sent["id"]))]), ("patrols.Round", "id", [uuid(round_id)]),
                  ("foundation.Event", "id", events), ("foundation.Reaction", "event_id", events)]  # fmt: skip
        return [statement for label, column, values in wanted for statement in self._statements(label, column, values)]

    def _statements(self, label: str, column: str, values: list[Any]) -> Iterator[tuple[str, list[str], list[Any]]]:
        model = apps.get_model(label)
        fields = model._meta.concrete_fields
        columns = [f.column for f in fields]
        is_json = [f.get_internal_type() == "JSONField" for f in fields]
        text = "::text" if self.direct.postgres else ""
        read = ", ".join(f'"{c}"{text if j else ""}' for c, j in zip(columns, is_json, strict=True))
        marks = ", ".join("%s::jsonb" if j and self.direct.postgres else "%s" for j in is_json)
        names = ", ".join(f'"{c}"' for c in columns)
        conflict = " ON CONFLICT (id) DO NOTHING" if label == "foundation.Receipt" else ""
        insert = f"INSERT INTO {model._meta.db_table} ({names}) VALUES ({marks}){conflict}"
        chosen = ", ".join(["%s"] * len(values))
        for row in self.direct.rows(f"SELECT {read} FROM {model._meta.db_table} WHERE {column} IN ({chosen})", values):
            yield insert, columns, list(row)

    def raw(self) -> UUID:
        """The same rows in one transaction through the driver: of this guard, at this school, now. Only what stands in JSON
        is ready-made."""
        beat, task = self._tasks.pop()
        uuid, run = self.direct.uuid, self.direct.run
        pk, now = uuid7(), self._moment(clock.now())
        person = uuid(beat.person)
        new = {
            "task_id": uuid(task),
            "route_id": uuid(beat.route.pk),
            "by_id": person,
            "user_id": person,
            **self._place(beat.route),
        }
        new |= dict.fromkeys(MOMENTS, now)
        events: dict[Any, Any] = {}
        run("BEGIN" if self.direct.postgres else "BEGIN IMMEDIATE")
        for sql, columns, row in self._templates:
            values = dict(zip(columns, row, strict=True))
            own = uuid(pk if "patrols_round" in sql else uuid7())
            if "foundation_event " in sql:
                events[values["id"]] = own
            elif "foundation_reaction" in sql:
                values["event_id"] = events[values["event_id"]]
            values |= {name: value for name, value in new.items() if values.get(name) is not None} | {"id": own}
            if "foundation_event " in sql:
                values["subject_id"] = uuid(task if values["name"] == "duties.task_done" else pk)
            run(sql, [values[column] for column in columns])
        run(
            "UPDATE duties_task SET state = 'done', backfilled = %s, nil = %s, done_at = %s, done_by_id = %s, done_by_name = %s, "
            "ref_id = %s WHERE id = %s AND state IN ('open', 'missed')",
            [False, False, now, person, "测速保安", uuid(pk), uuid(task)],
        )
        marks = ", ".join(["%s"] * POINTS)
        run(
            f"UPDATE risks_riskpoint SET checked_at = %s WHERE id IN ({marks}) AND (checked_at IS NULL OR checked_at < %s)",
            [now, *(uuid(point.pk) for point in beat.points), now],
        )
        if self.direct.postgres:
            run("SELECT pg_notify('bihuan_events', '')")
        run("COMMIT")
        return pk

    def _place(self, route: Any) -> dict[str, Any]:
        """The columns of the school at which a route is walked."""
        ids = {name: self.direct.uuid(value) for name in PLACE if (value := getattr(route, name)) is not None}
        return {**ids, "path": route.path, "school_name": route.school_name}

    def _moment(self, moment: datetime) -> Any:
        return moment if self.direct.postgres else connection.ops.adapt_datetimefield_value(moment)

    def ready(self, count: int) -> None:
        """Tasks for so many raw rounds."""
        self._tasks = self.tasks(list(itertools.islice(self._next, count)))

    # --- both sides ---------------------------------------------------------------------------------------------------

    def written(self, pk: UUID) -> dict[str, Any]:
        """What stands in the tables of a round, without ids and moments."""
        rows = apps.get_model("patrols", "Round").objects.filter(pk=pk).values()
        [task] = apps.get_model("duties", "Task").objects.filter(ref_id=pk).values()
        events = apps.get_model("foundation", "Event").objects.filter(subject_id__in=[pk, task["id"]]).order_by("name")
        checks = rows[0]["checks"]
        points = apps.get_model("risks", "RiskPoint").objects.filter(pk__in=[one["point_id"] for one in checks])
        plain = lambda row: {k: v for k, v in row.items() if k not in OWN}  # noqa: E731 - said once, used thrice
        return {
            "round": [plain(row) for row in rows], "task": plain(task), "events": [plain(row) for row in events.values()],
            "reactions": apps.get_model("foundation", "Reaction").objects.filter(event__in=events).count(),
            "points": len(checks), "looked at": points.filter(checked_at__isnull=False).count(),
        }  # fmt: skip


def _beats(school: Any) -> Iterator[Beat]:
    """Twelve labelled points, a route along them, and the guards of one school."""
    user, appointment = apps.get_model("accounts", "User"), apps.get_model("responsibility", "Appointment")
    point, code = apps.get_model("risks", "RiskPoint"), apps.get_model("risks", "PointCode")
    now, scope = clock.now(), scope_of(school)
    codes = [wall_codes.fresh() for _ in range(POINTS)]
    points = [
        point(id=uuid7(), org=school, **scope, school_name=school.name, number=f"R-{text}", code=text, name=f"{n}号点",
              kind="facility", colour="blue", colour_rank=4, shown_colour="blue", shown_rank=4, made_at=now)
        for n, text in enumerate(codes, start=1)
    ]  # fmt: skip
    point.objects.bulk_create(points)
    code.objects.bulk_create(
        code(point=one, **scope, code=text, issued_at=now, posted_at=now, lat=LAT + n / 2000, lon=LON)
        for n, (one, text) in enumerate(zip(points, codes, strict=True), start=1)
    )
    route = apps.get_model("patrols", "Route").objects.create(
        org=school, **scope, school_name=school.name, name="早间巡查", order="free", post="guard", changed_at=now
    )
    apps.get_model("patrols", "Stop").objects.bulk_create(
        apps.get_model("patrols", "Stop")(route=route, **scope, point=one, n=n) for n, one in enumerate(points, start=1)
    )
    for _ in range(GUARDS):
        person = user.objects.create(name="测速保安", password="!")
        appointment.objects.create(user=person, org=school, post="guard", starts_on=date(2024, 9, 1), **scope)
        yield Beat(_token(person), person.pk, route, points, codes)


def _require(status: int, answer: bytes) -> None:
    """Every round of the call was carried out, now and whole."""
    results = json.loads(answer)["results"] if status == 200 else []
    if not results or not all(
        one["ok"] and one["answer"]["result"] == "normal" and not one["replayed"] for one in results
    ):
        raise RuntimeError(f"{status}: {answer[:400]!r}")


def check(world: World, schools: int = 1) -> None:
    """Both sides leave the same rows, by every way in."""
    patrolling, site = Patrolling(world, schools), Site()
    try:
        found = []
        for calls, rounds in ((1, 1), (1, 3), (6, 1)):  # one alone, an outbox, many phones at once
            patrolling.prepare(calls, rounds)
            sent = [
                UUID(one["args"]["id"]) for _, body in patrolling._requests for one in json.loads(body)["envelopes"]
            ]
            patrolling.send_all(site, calls)
            patrolling.settle()
            found += [patrolling.written(pk) for pk in sent]
        patrolling.ready(1)
        raw = patrolling.written(patrolling.raw())
        for one in found:  # the streak grows from round to round, and with it nothing else
            one["round"][0]["clean_streak"] = raw["round"][0]["clean_streak"]
            if one != raw or len(one["events"]) != 2 or one["looked at"] != POINTS:
                raise AssertionError(f"raw SQL does not write what the product writes:\n{one}\n{raw}")
    finally:
        patrolling.close()
        site.close()


def figures(world: World, meter: Meter, rows: int) -> Iterator[Figure]:
    """CPU of one round by each way in, and the tail with 32 clients."""
    patrolling, site = Patrolling(world), Site()
    patrolling.walk_before(site)
    times = {"one": 150, "outbox": 4, "phones": 1}  # enough for SQLite to clear its log a few times on each side
    try:
        costs = compare(
            meter,
            {
                "raw": Side(patrolling.raw, lambda: patrolling.ready(250)),
                "one": Side(lambda: patrolling.send(site), lambda: patrolling.prepare(times["one"] + 5, 1)),
                "raw again": Side(_many(patrolling.raw, 200), lambda: patrolling.ready(420)),
                "outbox": Side(lambda: patrolling.send(site), lambda: patrolling.prepare(times["outbox"] + 1, OUTBOX)),
                "phones": Side(
                    lambda: patrolling.send_all(site, PHONES), lambda: patrolling.prepare(PHONES * (times["phones"] + 1), 1)
                ),
            },
            times={"raw": 200, "raw again": 1, **times}, warm=1,
        )  # fmt: skip
        patrolling.settle()
        raw = _both(costs["raw"], _each(costs["raw again"], 200))
        listeners = {name: len(list(listeners_of(name))) for name in ("patrols.round_submitted", "duties.task_done")}
        notes = {"points": POINTS, "listeners": listeners}
        yield Figure.of("W1p", "a round, whole public path", 0, costs["one"], raw, ratio=4, notes=notes)
        for side, words, count in (
            ("outbox", "an outbox of 50 rounds, a round", OUTBOX),
            ("phones", "200 phones at once, a round", PHONES),
        ):
            yield Figure.of("W1p", words, 0, _each(costs[side], count), raw, ratio=1.2, notes=notes)
        yield _tail(patrolling, site)
    finally:
        patrolling.close()
        site.close()


def _tail(patrolling: Patrolling, site: Site) -> Figure:
    """The 99th percentile with 32 clients; the target is SQLite's, which has one writer."""
    patrolling.prepare(800, 1)
    found = sorted(patrolling.latencies(site, 6.0))
    p99 = found[int(len(found) * 0.99)] * 1000
    figure = Figure("W1p", f"p99 with {CLIENTS} clients", connection.vendor, 0, "ms", p99)
    figure.notes = {"calls": len(found), "p50": found[len(found) // 2] * 1000, "longest": found[-1] * 1000}
    if connection.vendor == "sqlite":
        figure.target, figure.met = "<= 100 ms", p99 <= 100
    return figure


def _many(operation: Any, times: int) -> Any:
    def repeated() -> None:
        for _ in range(times):
            operation()

    return repeated


def _each(costs: Costs, count: int) -> Costs:
    """The cost of one of *count* parts."""
    return Costs([Cost(one.application / count, one.database / count, one.wall / count) for one in costs.each])


def _both(one: Costs, other: Costs) -> Costs:
    return Costs([*one.each, *other.each])
