"""Two clocks: working days with holidays and make-up days, and hours that never stop."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bihuan.engines.cases.deadlines import WorkingCalendar, due, duration, working_days_between
from bihuan.engines.cases.escalation import Rung, climbs, next_rung_at

HERE = ZoneInfo("Asia/Shanghai")
OCTOBER = WorkingCalendar(
    days_off=frozenset(date(2026, 10, day) for day in range(1, 8)),
    makeup_days=frozenset({date(2026, 9, 20), date(2026, 10, 10)}),
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=HERE)


@pytest.mark.parametrize(
    ("start", "within", "clock", "end"),
    [
        ("2026-09-30 10:00", "P3D", "working", "2026-10-10 18:00"),  # the 8th, the 9th, and the make-up Saturday
        ("2026-09-30 10:00", "P3D", "hours", "2026-10-03 10:00"),  # major hazards do not wait for the holiday
        ("2026-09-30 17:00", "PT4H", "working", "2026-10-08 11:30"),
        ("2026-09-30 11:00", "PT2H", "working", "2026-09-30 15:00"),  # lunch does not count
        ("2026-10-03 10:00", "P0D", "working", "2026-10-08 18:00"),
        ("2026-09-30 19:00", "P0D", "working", "2026-10-08 18:00"),
        ("2026-09-30 10:00", "P0D", "working", "2026-09-30 18:00"),
        ("2026-09-18 10:00", "P1D", "working", "2026-09-20 18:00"),  # a Sunday that is worked
        ("2026-11-14 23:00", "PT24H", "hours", "2026-11-15 23:00"),
        ("2026-11-13 10:00", "P1DT2H", "working", "2026-11-17 10:30"),
    ],
)
def test_both_clocks(start, within, clock, end):
    assert due(at(start), duration(within), clock, OCTOBER) == at(end)


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 1)), st.integers(0, 30))
def test_a_working_deadline_ends_a_working_day_after_the_start(moment, days):
    start = moment.replace(tzinfo=HERE)
    end = due(start, timedelta(days=days), "working", OCTOBER)
    assert end >= start
    assert OCTOBER.works_on(end.date())
    assert end.time() == time(18)
    if days:
        assert working_days_between(start.date(), end.date(), OCTOBER) == days


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 1)), st.integers(1, 40 * 60))
def test_working_minutes_are_only_counted_inside_working_hours(moment, minutes):
    start = moment.replace(tzinfo=HERE)
    end = due(start, timedelta(minutes=minutes % 1439 + 1), "working", OCTOBER)
    assert OCTOBER.works_on(end.date())
    assert time(8, 30) < end.time() <= time(12) or time(14) < end.time() <= time(18)


@pytest.mark.parametrize("text", ["3", "P", "PT", "P3W", "-P1D", "P1.5D", ""])
def test_what_is_no_duration(text):
    with pytest.raises(ValueError, match="不是时长"):
        duration(text)


def test_the_ladder_climbs():
    ladder = tuple(Rung(timedelta(days=n), "reminder", str(n)) for n in (0, 1, 3, 7))
    start = at("2026-11-16 18:00")
    assert [next_rung_at(start, n, ladder) for n in range(5)] == [start + timedelta(days=n) for n in (0, 1, 3, 7)] + [
        None
    ]
    assert climbs(ladder)
    assert not climbs(ladder[::-1])
    assert next_rung_at(None, 0, ladder) is None
