"""When a duty falls due: each rule against a plain reading of it over random calendars; windows, scope, whose, endings."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bihuan.engines.duties.calendar import DAY, monday_of
from bihuan.engines.duties.rules import (
    ZONE,
    Due,
    Profile,
    applies,
    cadence_of,
    dues,
    ending,
    fault_of,
    in_words,
    scope_of,
    slots,
    windows_of,
)
from bihuan.engines.duties.sampling import LOTS, drawn, lot_of
from bihuan.engines.duties.serving import Served, whose
from bihuan.engines.duties.tests.test_calendar import calendar, calendars
from bihuan.foundation.ids import uuid7


def found(cadence, days=None, first=date(2026, 9, 1), last=date(2027, 7, 31)):
    return dues(cadence_of(cadence), days or calendar(), first, last)


def one_day(on):
    return Due(on, on, on)


def test_each_school_day_leaves_out_weekends_holidays_and_what_is_named():
    days = found({"every": "school-day"}, last=date(2026, 10, 12))
    assert date(2026, 9, 20) in [due.on for due in days]
    assert date(2026, 10, 10) in [due.on for due in days]
    assert not [due for due in days if date(2026, 10, 1) <= due.on <= date(2026, 10, 9) and due.on.day < 8]
    assert [due.on for due in found({"every": "school-day", "weekdays": [1]}, last=date(2026, 9, 15))] == [
        date(2026, 9, 7),
        date(2026, 9, 14),
    ]


def test_a_month_is_open_from_its_first_to_its_last_school_day_and_holidays_have_none():
    months = found({"every": "month"})
    assert [due.on for due in months] == [
        *(date(2026, n, 1) for n in range(9, 13)), *(date(2027, n, 1) for n in (1, 2, 3, 4, 5, 6, 7)),
    ]  # fmt: skip
    assert months[1] == Due(date(2026, 10, 1), date(2026, 10, 8), date(2026, 10, 30))
    assert found({"every": "month", "months": [8]}) == []


def test_months_of_the_term_are_counted_from_its_first_day():
    months = found({"every": "month", "basis": "term"}, first=date(2027, 2, 22), last=date(2027, 7, 9))
    assert [due.on for due in months] == [date(2027, n, 22) for n in (2, 3, 4, 5, 6)]
    assert months[0] == Due(date(2027, 2, 22), date(2027, 2, 22), date(2027, 3, 19))


def test_the_first_week_and_the_term():
    assert found({"every": "first-week"}) == [
        Due(date(2026, 9, 1), date(2026, 9, 1), date(2026, 9, 4)),
        Due(date(2027, 2, 22), date(2027, 2, 22), date(2027, 2, 26)),
    ]
    assert [due.due_on for due in found({"every": "term", "day": "last"})] == [date(2027, 1, 22), date(2027, 7, 9)]


def test_the_day_of_a_week_moves_when_it_is_no_school_day():
    fridays = {due.on: due.due_on for due in found({"every": "week", "day": 5}, last=date(2026, 10, 12))}
    assert fridays[date(2026, 9, 21)] == date(2026, 9, 25)
    assert fridays[date(2026, 9, 28)] == date(2026, 9, 30)  # 国庆节: the last school day of that week
    assert fridays[date(2026, 10, 5)] == date(2026, 10, 9)
    assert [due.on for due in found({"every": "week", "weeks": "even"}, last=date(2026, 9, 30))] == [
        date(2026, 9, 7),
        date(2026, 9, 21),
    ]


def test_before_a_holiday_every_few_days_and_once():
    assert found({"every": "before-holiday"}) == [
        one_day(date(2026, 9, 30)),
        one_day(date(2027, 1, 22)),
        one_day(date(2027, 7, 9)),
    ]
    assert [due.due_on for due in found({"every": "interval", "days": 10, "since": "2026-09-20"}, last=date(2026, 10, 25))] == [
        date(2026, 9, 20), date(2026, 9, 30), date(2026, 10, 10), date(2026, 10, 20),
    ]  # fmt: skip
    assert found({"every": "once", "date": "2026-10-03"}) == [one_day(date(2026, 10, 3))]
    assert found({"every": "once", "date": "2026-08-03"}) == []


WHOLE = [
    {"every": "week"}, {"every": "week", "day": 3}, {"every": "month"}, {"every": "month", "day": 2}, {"every": "month", "day": "last"},
    {"every": "month", "basis": "term"}, {"every": "quarter"}, {"every": "term", "day": "first"}, {"every": "first-week"},
]  # fmt: skip
DAYS = [
    {"every": "school-day"}, {"every": "school-day", "without": ["exam"]}, {"every": "day", "kinds": ["holiday"]},
    {"every": "before-holiday", "least": 3}, {"every": "interval", "days": 9, "since": "2026-09-03"}, {"every": "school-night"},
]  # fmt: skip


def periods(cadence, days):
    """A plain reading: the spans of dates in which a period's duty is due once."""
    every = cadence["every"]
    first, last = days.first, days.last
    if every == "week":
        return {
            monday_of(day.on): (monday_of(day.on), monday_of(day.on) + 6 * DAY) for day in days.between(first, last)
        }
    if every in ("term", "first-week"):
        return {begins: (begins, ends) for _, begins, ends in days.terms}
    size = 3 if every == "quarter" else 1
    spans = {}
    for day in days.between(first, last):
        start = date(day.on.year, (day.on.month - 1) // size * size + 1, 1)
        spans.setdefault(start, (start, day.on))
        spans[start] = (start, day.on)
    return spans


@given(calendars(), st.sampled_from([cadence for cadence in WHOLE if cadence.get("basis") != "term"]))
def test_a_period_with_school_days_is_due_exactly_once_on_one_of_them(days, cadence):
    got = {due.on: due for due in dues(cadence_of(cadence), days, days.first, days.last)}
    spans = periods(cadence, days)
    wanted = {start for start, (since, until) in spans.items() if days.school_days(since, until)}
    assert set(got) == wanted
    for start, due in got.items():
        inside = days.school_days(*spans[start])
        assert due.opens_on in inside
        assert due.due_on in inside
        assert due.opens_on <= due.due_on
        if cadence == {"every": "week"}:
            assert (due.opens_on, due.due_on) == (inside[0], inside[-1])
        if cadence.get("day") == "last":
            assert due.due_on == inside[-1]
        if cadence.get("day") == 2:
            assert due.due_on == inside[min(1, len(inside) - 1)]


@given(calendars())
def test_every_school_day_of_a_term_lies_in_exactly_one_month_of_it(days):
    months = dues(cadence_of({"every": "month", "basis": "term"}), days, days.first, days.last)
    for _, begins, ends in days.terms:
        for day in days.school_days(begins, ends):
            assert sum(due.opens_on <= day <= due.due_on for due in months) == 1


@given(calendars())
def test_before_a_holiday_is_what_it_says(days):
    got = {due.on for due in dues(cadence_of({"every": "before-holiday"}), days, days.first, days.last - 130 * DAY)}
    for day in days.between(days.first, days.last - 130 * DAY):
        later = days.school_days(day.on + DAY, days.last)
        gap = days.between(day.on + DAY, (later[0] if later else days.last + DAY) - DAY)
        wanted = day.is_school_day and any(off.kind == "holiday" for off in gap)
        assert (day.on in got) == wanted


NIGHT = windows_of(
    [{"since": "21:50", "until": "22:50"}, {"since": "23:30", "until": "00:40"}, {"since": "02:00", "until": "03:30"}]
)


@given(calendars())
def test_the_night_before_a_school_day_is_spent_at_school(days):
    """Whoever boards sleeps there exactly when the next morning is one of school; the rounds after midnight are of that night."""
    got = {due.on for due in dues(cadence_of({"every": "school-night"}), days, days.first, days.last)}
    assert got == {
        day.on for day in days.between(days.first, days.last - DAY) if days[day.on + DAY].is_school_day
    }  # fmt: skip
    for slot in slots(dues(cadence_of({"every": "school-night"}), days, days.first, days.last), NIGHT, timedelta()):
        noon = datetime.combine(slot.on, time(12), ZONE)
        assert noon <= slot.opens_at < slot.due_at <= noon + DAY


def test_nights_around_a_holiday_and_its_make_up_days():
    nights = [due.on for due in found({"every": "school-night"}, first=date(2026, 9, 14), last=date(2026, 10, 12))]
    assert [on for on in nights if on <= date(2026, 9, 21)] == [
        *(date(2026, 9, n) for n in (14, 15, 16, 17)), date(2026, 9, 19), date(2026, 9, 20), date(2026, 9, 21),
    ]  # fmt: skip  # Friday goes home, Saturday night is before the Sunday that is worked
    assert [on for on in nights if on > date(2026, 9, 28)] == [
        date(2026, 9, 29), date(2026, 10, 7), date(2026, 10, 8), date(2026, 10, 9), date(2026, 10, 11), date(2026, 10, 12),
    ]  # fmt: skip
    assert date(2026, 8, 31) in [due.on for due in found({"every": "school-night"}, first=date(2026, 8, 1))]


def test_without_windows_a_school_night_is_the_day_before():
    (only,) = slots(found({"every": "school-night"}, last=date(2026, 9, 1)), windows_of([]), timedelta())
    assert (only.opens_at.date(), only.due_at.date()) == (date(2026, 9, 1), date(2026, 9, 1))


@given(calendars(), st.sampled_from(WHOLE + DAYS), st.integers(0, 60), st.integers(5, 60))
def test_generating_day_by_day_finds_all_that_generating_at_once_finds(days, cadence, start, length):
    """A task's name never comes up later than its horizon, so that sowing only the new dates forgets nothing."""
    rule, first = cadence_of(cadence), days.first + start * DAY
    last = first + length * DAY
    at_once = set(dues(rule, days, first, last))
    seen = set(dues(rule, days, first, first + 8 * DAY))
    for n in range(1, length - 7):
        today, known = first + n * DAY, first + (n + 7) * DAY
        seen |= {due for due in dues(rule, days, today - DAY, today + 8 * DAY) if due.on > known}
    assert {due for due in seen if due.on <= last and due.due_on >= first} == at_once


# --- windows ----------------------------------------------------------------------------------------------------------


def test_windows_give_a_task_each_and_may_run_past_midnight():
    windows = windows_of(
        [{"name": "早", "since": "07:00", "until": "07:40"}, {"name": "夜", "since": "22:30", "until": "01:00"}]
    )
    early, night = slots([one_day(date(2026, 11, 9))], windows, timedelta(minutes=30))
    assert (early.slot, early.opens_at) == (0, datetime(2026, 11, 9, 7, tzinfo=ZONE))
    assert early.closes_at - early.due_at == timedelta(minutes=30)
    assert (night.slot, night.on, night.due_at) == (1, date(2026, 11, 9), datetime(2026, 11, 10, 1, tzinfo=ZONE))


def test_without_windows_a_task_has_its_whole_day_or_period():
    (only,) = slots([Due(date(2026, 10, 1), date(2026, 10, 8), date(2026, 10, 30))], windows_of([]), timedelta())
    assert (only.opens_at.date(), only.due_at) == (date(2026, 10, 8), datetime(2026, 10, 30, 23, 59, tzinfo=ZONE))


@pytest.mark.parametrize(
    ("act", "cadence", "windows", "scope", "words"),
    [
        ("dance", {"every": "once", "date": "2026-10-03"}, [], {}, "要做的事只能是"),
        ("act", {"every": "fortnight"}, [], {}, "频次 every 只能是"),
        ("act", {"every": "month", "on": 3}, [], {}, "不认识：on"),
        ("act", {"every": "school-night", "weekdays": [7]}, [], {}, "不认识：weekdays"),
        ("act", {"every": "week", "day": 8}, [], {}, "1 到 7"),
        ("act", {"every": "week", "day": True}, [], {}, "1 到 7"),
        ("act", {"every": "once"}, [], {}, "要写日期"),
        ("act", {"every": "once", "date": "3 Oct"}, [], {}, "应是日期"),
        ("act", {"every": "interval", "days": 3}, [], {}, "从哪一天算起"),
        ("act", {"every": "school-day", "without": ["holiday"]}, [], {}, "日子的类型"),
        ("act", {"every": "school-day"}, [{"since": "7", "until": "08:00"}], {}, "07:00 这样"),
        ("act", {"every": "school-day"}, [{"since": "07:00", "until": "07:00"}], {}, "不能相同"),
        ("act", {"every": "school-day"}, [{"since": "07:00", "until": "08:00", "x": "1"}], {}, "时段不认识"),
        ("act", {"every": "school-day"}, [], {"shapes": ["round"]}, "适用范围不认识"),
        ("act", {"every": "school-day"}, [], {"kinds": "primary"}, "应是一列"),
        ("act", {"every": "month", "sample": 0}, [], {}, "5 到 100"),
        ("act", {"every": "month", "sample": 12}, [], {}, "5 的倍数"),
        ("act", {"every": "school-day"}, [], {}, ""),
    ],
)
def test_what_is_no_rule_is_told_in_words(act, cadence, windows, scope, words):
    sentence = fault_of(act, cadence, windows, scope)
    assert words in sentence if words else sentence == ""


@pytest.mark.parametrize(
    ("cadence", "words"),
    [
        ({"every": "school-day"}, "每个上课日"),
        ({"every": "week", "day": 5}, "每周，周五"),
        ({"every": "month", "day": "last"}, "每月，最后一个上课日"),
        ({"every": "month", "basis": "term", "day": 2}, "每个学期月，第 2 个上课日"),
        ({"every": "interval", "days": 3, "since": "2026-09-01"}, "每 3 天"),
        ({"every": "before-holiday", "least": 3}, "放假前最后一个上课日"),
        ({"every": "school-night"}, "上课日前一晚"),
    ],
)
def test_a_rule_is_read_aloud(cadence, words):
    assert in_words(cadence_of(cadence)) == words


# --- scope, whose, endings --------------------------------------------------------------------------------------------

KINDERGARTEN = Profile("school", "kindergarten", frozenset({"kindergarten"}), frozenset({"canteen"}))


def test_a_scope_takes_any_kind_and_stage_and_all_facets():
    assert applies(scope_of({}), KINDERGARTEN)
    assert applies(scope_of({"kinds": ["kindergarten", "primary"], "facets": ["canteen"]}), KINDERGARTEN)
    assert not applies(scope_of({"facets": ["canteen", "boarding"]}), KINDERGARTEN)
    assert not applies(scope_of({"stages": ["senior"]}), KINDERGARTEN)
    assert not applies(scope_of({"tiers": ["area"]}), KINDERGARTEN)
    assert applies(scope_of({"kinds": ["class"]}), Profile("area", "class", frozenset(), frozenset()))


def span(day, until=None):
    return (date(2026, 11, day), date(2026, 11, until) if until else None)


def test_a_task_is_the_nearest_single_holders_and_a_stand_in_goes_first():
    head = Served("周", *span(1))
    assert [(s.since.day, s.until.day, s.user) for s in whose([[head]], *span(9, 16))] == [(9, 16, "周")]
    stand_in = Served("方", *span(11, 12), stand_in=True)
    moved = whose([[head, stand_in]], *span(9, 16))
    assert [(s.since.day, s.until.day, s.user) for s in moved] == [(9, 10, "周"), (11, 12, "方"), (13, 16, "周")]
    leaving, coming = Served("周", *span(1, 10)), Served("吴", *span(11))
    assert [(s.since.day, s.user) for s in whose([[leaving, coming]], *span(9, 16))] == [(9, "周"), (11, "吴")]


def test_equals_share_a_task_and_nobody_here_means_somebody_above():
    guards = [Served(name, *span(1)) for name in "甲乙"]
    assert [s.user for s in whose([guards], *span(9, 16))] == [None]
    assert [s.user for s in whose([], *span(9, 16))] == [None]
    second = Served("副", *span(1), rank=2)
    assert [s.user for s in whose([[second, Served("正", *span(1))]], *span(9, 16))] == ["正"]
    above = Served("局", *span(1))
    assert [(s.since.day, s.user) for s in whose([[Served("周", *span(12))], [above]], *span(9, 16))] == [
        (9, "局"),
        (12, "周"),
    ]


@given(
    st.lists(
        st.lists(
            st.builds(
                lambda user, start, length, stand, rank: Served(
                    user, date(2026, 11, 1) + start * DAY, None if length > 20 else date(2026, 11, 1) + (start + length) * DAY, stand, rank
                ),
                st.sampled_from("甲乙丙"), st.integers(0, 25), st.integers(0, 25), st.booleans(), st.integers(1, 2),
            ),
            max_size=4,
        ),
        max_size=3,
    )
)  # fmt: skip
def test_whose_says_for_each_day_what_looking_at_that_day_says(steps):
    first, last = date(2026, 11, 9), date(2026, 11, 17)
    spans = whose(steps, first, last)
    for n in range((last - first).days + 1):
        day = first + n * DAY
        here = next((there for held in steps if (there := [one for one in held if one.on(day)])), [])
        best = min(((not one.stand_in, one.rank) for one in here), default=None)
        users = {one.user for one in here if (not one.stand_in, one.rank) == best}
        said = [s.user for s in spans if s.since <= day <= s.until]
        assert said == (list(users) if len(users) == 1 else [None])


def test_how_a_task_ends():
    due = datetime(2026, 11, 9, 7, 40, tzinfo=ZONE)
    closes = due + timedelta(minutes=30)
    assert ending(due, due, closes).state == "done"
    late = ending(due + timedelta(minutes=1), due, closes)
    assert (late.state, late.backfilled) == ("late", False)
    after = ending(closes + timedelta(hours=3), due, closes)
    assert (after.state, after.backfilled) == ("late", True)


@given(st.integers(1, LOTS), st.dates(date(2026, 1, 1), date(2030, 1, 1)))
def test_a_sample_is_a_part_of_all_lots_and_the_same_for_everybody(parts, on):
    chosen = drawn(parts * 5, "remind-daily", on)
    if parts == LOTS:
        assert chosen == (None,)
    else:
        assert len(set(chosen)) == len(chosen) == parts
        assert set(chosen) <= set(range(LOTS))
        assert chosen == drawn(parts * 5, "remind-daily", on)


def test_over_the_terms_every_lot_is_asked_about_as_often_and_no_two_days_are_alike():
    days = [date(2026, 9, 1) + DAY * n for n in range(400)]
    asked = [drawn(20, "remind-daily", day) for day in days]
    times = [sum(lot in chosen for chosen in asked) for lot in range(LOTS)]
    assert min(times) > 50
    assert max(times) < 110
    assert len({tuple(chosen) for chosen in asked}) > 350
    assert drawn(20, "theme-month", days[0]) != asked[0]


def test_units_lie_evenly_in_the_lots():
    units = [uuid7() for _ in range(4000)]
    counts = Counter(lot_of(unit) for unit in units)
    assert min(counts[lot] for lot in range(LOTS)) > 120
    assert in_words(cadence_of({"every": "month", "sample": 20})) == "每月，每次抽 20%"
