"""What kind of day a date is: terms, weeks, make-up days, holidays, what is laid over them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bihuan.engines.duties.calendar import DAY, Calendar, Day, Holiday, Term, days_of, merged, monday_of, overlaid

AUTUMN = Term("2026-1", "第一学期", date(2026, 9, 1), date(2027, 1, 22))
SPRING = Term("2026-2", "第二学期", date(2027, 2, 22), date(2027, 7, 9))
NATIONAL = Holiday("国庆节", date(2026, 10, 1), date(2026, 10, 7), (date(2026, 9, 20), date(2026, 10, 10)))


def calendar(over=None, first=date(2026, 8, 1), last=date(2027, 8, 31)):
    days = days_of([AUTUMN, SPRING], [NATIONAL], first, last)
    return Calendar(overlaid(days, {day.on: day for day in over or ()}))


@pytest.mark.parametrize(
    ("on", "kind", "name", "week"),
    [
        (date(2026, 8, 31), "holiday", "暑假", 0),
        (date(2026, 9, 1), "school", "", 1),
        (date(2026, 9, 5), "weekend", "", 1),
        (date(2026, 9, 7), "school", "", 2),
        (date(2026, 9, 20), "makeup", "国庆节调休", 3),
        (date(2026, 10, 1), "holiday", "国庆节", 5),
        (date(2026, 10, 3), "holiday", "国庆节", 5),
        (date(2026, 10, 10), "makeup", "国庆节调休", 6),
        (date(2027, 1, 23), "holiday", "寒假", 0),
        (date(2027, 7, 10), "holiday", "暑假", 0),
    ],
)
def test_a_date_is_what_terms_and_the_yearly_notice_make_it(on, kind, name, week):
    day = calendar()[on]
    assert (day.kind, day.name, day.week_no) == (kind, name, week)


def test_the_last_school_day_before_a_holiday_is_found_over_weekends_and_make_up_days():
    found = [
        day for day in calendar().school_days(date(2026, 9, 1), date(2027, 2, 28)) if calendar().is_before_holiday(day)
    ]
    assert found == [date(2026, 9, 30), date(2027, 1, 22)]


def test_a_closure_moves_the_day_before_a_holiday_and_is_no_holiday_itself():
    closed = calendar([Day(date(2026, 9, 30), "closure", name="台风")])
    assert closed.is_before_holiday(date(2026, 9, 29))
    assert not calendar([Day(date(2026, 11, 12), "closure", name="台风")]).is_before_holiday(date(2026, 11, 11))


def test_what_is_laid_over_keeps_the_term_and_the_week():
    day = calendar([Day(date(2026, 11, 12), "closure", name="台风")])[date(2026, 11, 12)]
    assert (day.kind, day.term, day.week_no, day.name) == ("closure", "2026-1", 11, "台风")


def test_a_school_of_two_stages_is_open_when_one_of_them_is():
    junior = [Day(date(2027, 7, 1), "exam"), Day(date(2027, 7, 2), "holiday")]
    senior = [Day(date(2027, 7, 1), "closure"), Day(date(2027, 7, 2), "holiday")]
    assert [day.kind for day in merged([junior, senior])] == ["exam", "holiday"]


def test_the_nth_school_day_of_a_week():
    days = calendar()
    assert days.nth_school_day_of_week(date(2026, 9, 1)) == 1
    assert days.nth_school_day_of_week(date(2026, 10, 10)) == 3
    assert days.nth_school_day_of_week(date(2026, 10, 2)) == 0


@st.composite
def calendars(draw):
    """A random year of two terms with random holidays, make-up days and closures."""
    start = date(2026, 9, 1) + draw(st.integers(0, 9)) * DAY
    first = Term("a", "", start, start + draw(st.integers(60, 140)) * DAY)
    begins = first.ends_on + draw(st.integers(2, 45)) * DAY
    second = Term("b", "", begins, begins + draw(st.integers(60, 140)) * DAY)
    span = (second.ends_on - start).days
    holidays = []
    for n in range(draw(st.integers(0, 5))):
        on = start + draw(st.integers(0, span)) * DAY
        makeup = tuple({on + draw(st.integers(-12, 12)) * DAY for _ in range(draw(st.integers(0, 2)))})
        holidays.append(Holiday(f"假{n}", on, on + draw(st.integers(0, 7)) * DAY, makeup))
    days = days_of([first, second], holidays, start - 40 * DAY, second.ends_on + 70 * DAY)
    closed = draw(st.lists(st.integers(0, len(days) - 1), max_size=12))
    return Calendar(overlaid(days, {days[n].on: Day(days[n].on, "closure", name="停课") for n in closed}))


@given(calendars())
def test_days_are_dense_and_weeks_count_from_the_week_of_the_terms_start(days):
    all_days = days.between(days.first, days.last)
    assert [day.on for day in all_days] == [days.first + timedelta(days=n) for n in range(len(all_days))]
    for code, first, last in days.terms:
        for day in days.between(first, last):
            assert day.term == code
            assert day.week_no == (monday_of(day.on) - monday_of(first)).days // 7 + 1
