"""The set-based statements against the pure rules and against their ORM twins, over random calendars, nets and duties."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.apps import apps
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bihuan.conftest import placed_at
from bihuan.engines.duties import colours, hot, reads
from bihuan.engines.duties.calendar import DAY, SCHOOL_DAYS
from bihuan.engines.duties.commands import days
from bihuan.engines.duties.models import CalendarDay, Duty, Task
from bihuan.engines.duties.planning import AHEAD, plan_of
from bihuan.engines.duties.queries import calendar_of
from bihuan.engines.duties.rules import Profile as Seen
from bihuan.engines.duties.rules import applies, cadence_of, dues, scope_of, slots, windows_of
from bihuan.engines.duties.sampling import drawn, lot_of
from bihuan.foundation.actors import SYSTEM
from bihuan.foundation.ids import uuid7

pytestmark = pytest.mark.django_db
quick = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
ROW = ("duty_id", "org_id", "on", "slot", *hot.RULED, "school_id", "path", "state", "excused_by", "note")

RULES = st.sampled_from(
    [
        {"every": "school-day"}, {"every": "school-day", "weekdays": [1, 3]}, {"every": "day"}, {"every": "week", "day": 5},
        {"every": "week"}, {"every": "month"}, {"every": "month", "basis": "term", "day": 2}, {"every": "term"},
        {"every": "before-holiday"}, {"every": "interval", "days": 3, "since": "2026-09-02"}, {"every": "once", "date": "2026-11-14"},
        {"every": "school-night"}, {"every": "school-day", "sample": 45}, {"every": "week", "sample": 70},
    ]
)  # fmt: skip
WINDOWS = st.sampled_from(
    [[], [{"since": "07:00", "until": "07:40"}], [{"name": "早", "since": "05:30", "until": "06:30"}, {"name": "夜", "since": "22:00", "until": "01:00"}],
     [{"name": "后半夜", "since": "02:00", "until": "03:30"}]]
)  # fmt: skip
SCOPES = st.sampled_from(
    [
        {}, {"stages": ["junior"]}, {"kinds": ["primary", "room"]}, {"tiers": ["school", "bureau"]}, {"tags": ["old"]},
        {"kinds": ["room"], "tags": ["canteen"]}, {"tiers": ["area"], "tags": ["old", "canteen"]}, {"colours": ["red"]},
        {"tiers": ["area"], "colours": ["red", "orange"]}, {"tags": ["old"], "colours": ["orange"], "stages": ["primary"]},
    ]
)  # fmt: skip
BEARERS = ("school", "other_school", "room", "canteen")
BORNE = st.dictionaries(
    st.sampled_from(BEARERS), st.sets(st.sampled_from(["old", "canteen", "red", "orange", "far"])), max_size=4
)
DUTIES = st.lists(
    st.tuples(RULES, WINDOWS, SCOPES, st.booleans(), st.sampled_from(["head", "guard", "office-head"])),
    min_size=1,
    max_size=5,
)
OVERRIDES = st.lists(
    st.tuples(st.integers(-3, 12), st.sampled_from(["closure", "makeup", "holiday", "school"]), st.sampled_from(["bureau", "school", "junior"])),
    max_size=6,
)  # fmt: skip


def lay(net, term, overrides):
    today = timezone.localdate(term)
    for offset, kind, where in overrides:
        org = net.school if where == "school" else net.bureau
        CalendarDay.objects.update_or_create(
            bureau_id=net.bureau.pk, org_id=org.pk, stage="junior" if where == "junior" else "", on=today + offset * DAY,
            defaults={"kind": kind, "term": "2026-2027-1", "week_no": 11, "origin": "set", **placed_at(org)},
        )  # fmt: skip


def bear(net, borne):
    """Let units bear these tags and colours, and nothing else."""
    _shown.clear()
    for name in BEARERS:
        unit, words = getattr(net, name), borne.get(name, set())
        apps.get_model("responsibility", "Org").objects.filter(pk=unit.pk).update(tags=sorted(words - COLOURS))
        _shown.update((unit.path, word) for word in words & COLOURS)


COLOURS = {"red", "orange"}
_shown = set()


def make(net, said):
    rows = [
        Duty(
            id=uuid7(), org=org, code=f"d{n}", title=f"职责{n}", act="act", post=post, cadence=cadence, windows=windows,
            scope=scope, grace_minutes=30, starts_on=date(2026, 9, 1), **placed_at(org),
        )
        for n, (cadence, windows, scope, bureau_wide, post) in enumerate(said)
        for org in [net.bureau if bureau_wide else net.school]
    ]  # fmt: skip
    Duty.objects.bulk_create(rows)
    return rows


def rows(**only):
    return sorted(Task.objects.filter(**only).values_list(*ROW), key=str)


def wanted(net, duties, at):
    """What the rules ask for, unit by unit and day by day."""
    today = timezone.localdate(at)
    for duty in duties:
        for unit in apps.get_model("responsibility", "Org").objects.filter(bureau_id=net.bureau.pk):
            school = next((one for one in (net.school, net.other_school) if one.pk == unit.school_id), None)
            home = school and apps.get_model("responsibility", "Org").objects.get(pk=school.pk)
            tags = frozenset([*unit.tags, *(home.tags if home else ())])
            shown = frozenset(colour for path, colour in _shown if path.startswith(unit.path))
            stages = frozenset([school.kind] if school else ())
            if duty.org_id != net.bureau.pk and not unit.path.startswith(net.school.path):
                continue
            if duty.org_id != net.bureau.pk and not duty.scope:
                if unit.pk != duty.org_id:
                    continue
            elif not applies(scope_of(duty.scope), Seen(unit.tier, unit.kind, stages, frozenset(), tags, shown)):
                continue
            calendar = calendar_of(net.bureau.pk, unit.school_id, on=today)
            found = dues(cadence_of(duty.cadence), calendar, today - DAY, today + AHEAD)
            for slot in slots(found, windows_of(duty.windows), timedelta(minutes=30)):
                chosen = drawn(duty.cadence.get("sample", 100), duty.code, slot.on)
                if slot.due_at > at and (chosen == (None,) or lot_of(unit.pk) in chosen):
                    yield (duty.pk, unit.pk, slot.on, slot.slot, slot.opens_at, slot.due_at, slot.closes_at)


@pytest.fixture
def ready(duty, net, cast, monkeypatch):
    """The bureau's calendar is there, and somebody knows colours."""
    monkeypatch.setattr(colours, "_providers", [lambda bureau_id, school_id: set(_shown)])
    duty()
    Task.objects.all().delete()
    Duty.objects.all().delete()


@given(said=DUTIES, overrides=OVERRIDES, borne=BORNE)
@quick
def test_the_statement_makes_exactly_what_the_rules_say(ready, net, term, said, overrides, borne):
    with transaction.atomic():
        bear(net, borne)
        lay(net, term, overrides)
        duties = make(net, said)
        made = hot.sow(plan_of(net.bureau.pk, duties, term))
        names = ("duty_id", "org_id", "on", "slot", "opens_at", "due_at", "closes_at")
        asked = sorted(wanted(net, duties, term), key=str)
        got = sorted(Task.objects.values_list(*names), key=str)
        assert len(got) == made
        assert [row[:4] for row in got] == [row[:4] for row in asked]
        assert {row[:4]: row[4:] for row in got} == {row[:4]: row[4:] for row in asked}
        assert hot.sow(plan_of(net.bureau.pk, duties, term)) == 0
        transaction.set_rollback(True)


@given(
    said=DUTIES, before=OVERRIDES, after=OVERRIDES, hours=st.integers(0, 60), borne=st.tuples(BORNE, BORNE),
    reason=st.sampled_from([("", ""), ("停课：台风", ""), ("", "标签变了")]),
)  # fmt: skip
@quick
def test_both_statements_do_what_their_twins_do(ready, net, term, said, before, after, hours, borne, reason):
    excuse, why = reason
    found = []
    for sow, renew in ((hot.sow, hot.renew), (hot.sow_orm, hot.renew_orm)):
        with transaction.atomic():
            lay(net, term, before)
            bear(net, borne[0])
            Duty.objects.all().delete()
            duties = make(net, [(*rest,) for rest in said])
            sow(plan_of(net.bureau.pk, duties, term))
            names = {duty.pk: duty.code for duty in duties}
            first = [(names[row[0]], *row[1:]) for row in rows()]
            lay(net, term, after)
            bear(net, borne[1])
            later = term + timedelta(hours=hours)
            ended, kept = duties[0], duties[1:]
            excused = renew(plan_of(net.bureau.pk, kept, later), [ended.pk, *names], later, excuse=excuse, why=why)
            bear(net, borne[0])  # and back again: what was excused only as long as it lasts is open again
            renew(plan_of(net.bureau.pk, kept, later), list(names), later, excuse="", why=why)
            found.append(
                (
                    first,
                    sorted([(names[row[0]], *row[1:]) for row in rows()], key=str),
                    len(excused.excused),
                    excused.made,
                )
            )
            transaction.set_rollback(True)
    assert found[0] == found[1]


def test_the_sweep_does_what_its_twin_does(duty, net, term):
    duty(org=net.bureau)
    at = term + timedelta(days=2, hours=5)
    for batch in (3, 100):
        found = []
        for miss in (hot.miss, hot.miss_orm):
            with transaction.atomic():
                count = len(miss(net.bureau.pk, at, batch))
                found.append((count, Task.objects.filter(state="missed").count()))
                transaction.set_rollback(True)
        assert found[0] == found[1] == (min(batch, 6), min(batch, 6))


def test_school_days_are_what_the_calendar_query_says(ready, net, term):
    lay(net, term, [(3, "closure", "school")])
    calendar = calendar_of(net.bureau.pk, net.school.pk, on=timezone.localdate(term))
    assert calendar[date(2026, 11, 12)].kind == "closure"
    assert (
        calendar_of(net.bureau.pk, net.other_school.pk, on=timezone.localdate(term))[date(2026, 11, 12)].kind
        in SCHOOL_DAYS
    )


def test_what_a_plan_reads_is_what_the_orm_finds(net, duty, term):
    org, held = apps.get_model("responsibility", "Org"), apps.get_model("responsibility", "Appointment")
    today = timezone.localdate(term)
    ended, later = today - DAY, today + 30 * DAY
    org.objects.filter(pk=net.other_school.pk).update(active_to=ended)
    held.objects.filter(org_id=net.school.pk, post="guard").update(ends_on=ended)
    org.objects.create(
        parent=net.school, name="明年的门卫室", kind="room", tier="area", active_from=later + DAY,
        **placed_at(net.school) | {"path": f"{net.school.path}zzzz."},
    )  # fmt: skip
    days.set_day(SYSTEM, term, org_id=net.bureau.pk, on=today + DAY, kind="closure", name="台风")
    bureau, tiers = net.bureau.pk, {"school"}
    in_use = org.objects.filter(
        Q(active_to=None) | Q(active_to__gte=today), Q(active_from=None) | Q(active_from__lte=today)
    )
    serving = held.objects.filter(Q(ends_on=None) | Q(ends_on__gte=today), starts_on__lte=later, bureau_id=bureau)
    for school in (None, net.school.pk):
        here = in_use.filter(bureau_id=bureau, **({"school_id": school} if school else {})).order_by("path")
        of_tier = here.filter(Q(tier="school") | Q(pk=bureau))
        everything = reads.units(bureau, today, tiers=(), roots=(), school_id=school)
        assert everything == list(here.values_list(*reads.UNIT))
        assert reads.units(bureau, today, tiers=tiers, roots={bureau}, school_id=school) == list(
            of_tier.values_list(*reads.UNIT)
        )
        posts = {"head", "guard", "office-head"}
        theirs = serving.filter(Q(school_id=school) | Q(school_id=None)) if school else serving
        wanted = theirs.filter(post__in=posts).values_list("org__path", *reads.SERVING)
        assert sorted(reads.serving(bureau, posts, today, later, school_id=school), key=str) == sorted(wanted, key=str)
    assert len(everything) < len(list(org.objects.filter(bureau_id=bureau)))
    kept = CalendarDay.objects.filter(bureau_id=bureau, on__gte=today, on__lte=later).order_by("on")
    assert reads.days(bureau, today, later) == list(kept.values_list(*reads.DAY)) != []
    duty(ends_on=ended, starts_on=ended - DAY)
    behind = duty()
    Duty.objects.filter(pk=behind.pk).update(sown_to=today)
    duty()
    found = reads.duties_behind(bureau, today, today + AHEAD, most=9)
    assert [one.pk for one in found] == [behind.pk]
    assert {name: getattr(found[0], name) for name in reads.DUTY} == Duty.objects.filter(pk=behind.pk).values(
        *reads.DUTY
    )[0]
