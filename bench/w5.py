"""W5, generation ahead: one day of 60 duties for 1,808 schools (and, when asked for so many rows, a week for 20,000).

The other side is a bare ``INSERT … SELECT … ON CONFLICT`` of the same rows for each bureau, units × duties × their holder, for a day
that is known to be a school day: no calendar, no scope, no windows, no stand-ins. Beside it stands, without a target, a copy of
the rows from a table in which they are ready: what the table and its indexes alone cost.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.apps import apps
from django.utils import timezone

from bench.direct import Direct
from bench.metering import Figure, Meter, Side, compare, peak_since
from bench.world import World, scope_of
from bihuan.engines.duties.commands import generate
from bihuan.foundation import clock
from bihuan.foundation.ids import uuid7

SCHOOLS, DUTIES = 1_808, 60
MANY, WEEK_DUTIES = 20_000, 12
WEEK_ROWS = MANY * WEEK_DUTIES * 5
MONDAY = datetime(2026, 11, 16, 6, tzinfo=ZoneInfo("Asia/Shanghai"))
RATIO = 1.2
MOST_BYTES = 64 << 20


class Sowing:
    """Generation as the product and as a bare statement carry it out. *days*: how many new dates are wanted (1 or 8)."""

    def __init__(self, world: World, schools: int, duties: int, days: int) -> None:
        self.org, self.duty, self.task = (
            apps.get_model("responsibility", "Org"), apps.get_model("duties", "Duty"), apps.get_model("duties", "Task"),
        )  # fmt: skip
        self.at, self.days = MONDAY, days
        self.direct = Direct()
        self.made_orgs = self._schools(world, schools)
        bureaus = list(self.org.objects.filter(pk__in=self.org.objects.filter(tier="school").values("bureau_id")))
        self.duty.objects.bulk_create(
            [
                self.duty(
                    id=uuid7(), org=bureau, code=f"w5-{n}", title=f"职责{n}", act="act", post=f"{'head' if n % 3 else 'safety-lead'}",
                    cadence={"every": "school-day"}, windows=[{"since": "07:00", "until": "09:00"}], grace_minutes=60,
                    starts_on=date(2026, 9, 1), **scope_of(bureau),
                )
                for bureau in bureaus
                for n in range(duties)
            ]
        )  # fmt: skip
        self.others = list(
            self.duty.objects.filter(is_active=True).exclude(code__startswith="w5-").values_list("pk", flat=True)
        )
        self.duty.objects.filter(pk__in=self.others).update(is_active=False)
        self.product()  # the bureaus' days are there from now on, as on any day but the first
        self.again()
        self.rows = self.product()
        if not self.rows:
            raise RuntimeError("nothing was generated")
        temp = "CREATE TEMP TABLE ready AS SELECT * FROM duties_task"
        self.direct.run(temp)
        if self.direct.postgres:
            self.direct.run("ANALYZE ready")
        self.bureaus = [self.direct.uuid(bureau.pk) for bureau in bureaus]
        self.dates = self.direct.rows('SELECT DISTINCT "on", opens_at, due_at, closes_at FROM ready ORDER BY 1')

    def _schools(self, world: World, wanted: int) -> list[Any]:
        """More schools, spread over the bureaus, with a head at each."""
        bureaus = list(self.org.objects.filter(tier="bureau").order_by("path"))
        there = self.org.objects.filter(tier="school").count()
        made = []
        for n in range(max(0, wanted - there)):
            above = bureaus[n % len(bureaus)]
            unit = self.org(
                id=uuid7(), parent=above, kind="primary", tier="school", name=f"新{n}小学", stages=["primary"]
            )
            for column, value in scope_of(above).items():
                setattr(unit, column, value)
            unit.school_id, unit.path = unit.pk, f"{above.path}z{n:05d}."
            made.append(unit)
        self.org.objects.bulk_create(made, batch_size=1000)
        appointment = apps.get_model("responsibility", "Appointment")
        person = world.people[0]
        schools = self.org.objects.filter(tier="school")
        self.held = [
            appointment(id=uuid7(), user_id=person, org=unit, post="head", starts_on=date(2026, 9, 1), **scope_of(unit))
            for unit in schools
        ]
        appointment.objects.bulk_create(self.held, batch_size=1000)
        return made

    def close(self) -> None:
        """Leave the world as it was, and give the connection back."""
        self.direct.run("DROP TABLE IF EXISTS ready")
        self.empty()
        self.duty.objects.filter(code__startswith="w5-").delete()
        self.duty.objects.filter(pk__in=self.others).update(is_active=True)
        apps.get_model("responsibility", "Appointment").objects.filter(pk__in=[row.pk for row in self.held]).delete()
        self.org.objects.filter(name__startswith="新", tier="school").delete()
        self.direct.close()

    def empty(self) -> None:
        """No tasks at all."""
        self.direct.run("TRUNCATE duties_task" if self.direct.postgres else "DELETE FROM duties_task")

    def again(self) -> None:
        """The new dates are wanted again; not measured."""
        self.empty()
        reach = timezone.localdate(self.at) + timedelta(days=8 - self.days)
        self.duty.objects.update(sown_to=reach)
        if self.direct.postgres:
            self.direct.run("VACUUM ANALYZE duties_duty")

    def product(self) -> int:
        """One run of the hourly job."""
        with clock.travel(self.at):
            return generate(self.at)

    def raw(self) -> int:
        """The same rows by statements that know which days are school days."""
        # ids in order, as the product makes them: random ones would be scattered over the index and cost the raw side more
        fresh = (
            "(%s || lpad(to_hex(row_number() OVER ()), 12, '0'))::uuid" if self.direct.postgres
            else "%s || printf('%012x', row_number() OVER ())"
        )  # fmt: skip
        made = 0
        for bureau in self.bureaus:  # a statement is one bureau's, on both sides: so the rows can live on many servers
            for on, opens_at, due_at, closes_at in self.dates:
                made += self.direct.run(
                    'INSERT INTO duties_task (id, bureau_id, province_id, city_id, school_id, path, duty_id, org_id, "on", slot, '
                    "act, subject_id, title, post, assignee_id, opens_at, due_at, closes_at, state, done_by_name, backfilled, nil, "
                    f"excused_by, note) SELECT {fresh}, o.bureau_id, o.province_id, o.city_id, o.school_id, o.path, d.id, o.id, %s, "
                    "0, d.act, d.subject_id, d.title, d.post, a.user_id, %s, %s, %s, 'open', '', false, false, '', '' "
                    "FROM duties_duty AS d JOIN responsibility_org AS o ON o.bureau_id = d.bureau_id AND o.tier = 'school' "
                    "LEFT JOIN responsibility_appointment AS a ON a.org_id = o.id AND a.post = d.post "
                    "WHERE d.is_active AND d.bureau_id = %s "
                    'ON CONFLICT (bureau_id, duty_id, org_id, "on", slot) DO NOTHING',
                    [uuid7().hex[:20], on, opens_at, due_at, closes_at, bureau],
                ).rowcount
        return made

    def copied(self) -> int:
        """The very rows, from a table in which they stand ready."""
        return int(self.direct.run("INSERT INTO duties_task SELECT * FROM ready").rowcount)

    def keys(self) -> list[tuple[Any, ...]]:
        """Which tasks there are."""
        return sorted(
            self.direct.rows('SELECT duty_id, org_id, "on", slot, due_at, assignee_id FROM duties_task'), key=str
        )


def check(world: World) -> None:
    """Both sides make the same rows, and a second run adds nothing."""
    sowing = Sowing(world, 0, 3, 1)
    try:
        found = []
        for side in (sowing.product, sowing.raw):
            sowing.again()
            side()
            found.append(sowing.keys())
        if found[0] != found[1] or not found[0]:
            raise AssertionError(f"generation and the bare statement differ: {len(found[0])} and {len(found[1])} rows")
        if sowing.product() != 0:
            raise AssertionError("a second run added tasks")
    finally:
        sowing.close()


def figures(world: World, meter: Meter, rows: int) -> Iterator[Figure]:
    """CPU for each task of one day; with *rows* of a nation's week or more, of that too."""
    yield from _figures(world, meter, "one day, 1,808 schools x 60, a task", SCHOOLS, DUTIES, 1)
    if rows >= WEEK_ROWS:
        yield from _figures(world, meter, "a week, 20,000 schools x 60, a task", MANY, WEEK_DUTIES, 7)


def _figures(world: World, meter: Meter, what: str, schools: int, duties: int, days: int) -> Iterator[Figure]:
    sowing = Sowing(world, schools, duties, days)
    try:
        sides = {name: Side(getattr(sowing, name), sowing.again) for name in ("product", "raw", "copied")}
        costs = compare(meter, sides, times=1, warm=1, repetitions=15 if days == 1 else 3)
        notes = {"tasks": sowing.rows}
        yield Figure.of(
            "W5", what, sowing.rows, costs["product"], costs["raw"], ratio=RATIO, per=sowing.rows, notes=notes
        )
        beside = "the same, against a copy of ready rows"
        yield Figure.of("W5", beside, sowing.rows, costs["product"], costs["copied"], per=sowing.rows, notes=notes)
        sowing.again()
        with peak_since() as grown:
            sowing.product()
        yield Figure(
            "W5", "memory of the application, highest", meter.vendor, sowing.rows, "MB", grown[0] / 1e6,
            target=f"<= {MOST_BYTES / 1e6:,.0f} MB", met=grown[0] <= MOST_BYTES,
        )  # fmt: skip
        twice = compare(
            meter, {"product": sowing.product, "raw": lambda: sowing.direct.run("SELECT 1")}, times=1, repetitions=1
        )
        yield Figure.of("W5", "nothing new, a run", sowing.rows, twice["product"], twice["raw"], notes=notes)
    finally:
        sowing.close()
