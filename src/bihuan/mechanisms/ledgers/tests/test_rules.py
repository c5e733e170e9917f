"""Pages, locks and clocks: pure."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bihuan.mechanisms.ledgers import rules
from bihuan.mechanisms.ledgers.rules import Clock, Ledger

CHINA = ZoneInfo("Asia/Shanghai")
DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 31))
PERIODS = st.sampled_from(list(rules.EVERY))


def ledger(**given):
    said = {
        "code": "x",
        "number": 1,
        "title": "某台账",
        "group": "校门",
        "sheet": "s",
        "posts": ("guard",),
        "every": "day",
        "lock_days": 3,
    }
    return Ledger(**(said | given))


@given(PERIODS, DAYS)
def test_every_day_lies_on_exactly_one_page(every, day):
    page = rules.page_day(every, day)
    assert page <= day <= rules.last_day(every, page)
    assert rules.page_day(every, page) == page
    assert rules.turned(every, page, 1) == rules.last_day(every, page) + timedelta(days=1)
    assert rules.turned(every, rules.turned(every, page, 1), -1) == page


@pytest.mark.parametrize(
    ("every", "day", "page", "last"),
    [
        ("day", date(2026, 11, 20), date(2026, 11, 20), date(2026, 11, 20)),
        ("week", date(2026, 11, 22), date(2026, 11, 16), date(2026, 11, 22)),
        ("month", date(2024, 2, 29), date(2024, 2, 1), date(2024, 2, 29)),
        ("quarter", date(2026, 12, 31), date(2026, 10, 1), date(2026, 12, 31)),
        ("term", date(2026, 1, 15), date(2025, 8, 1), date(2026, 1, 31)),
        ("term", date(2026, 2, 1), date(2026, 2, 1), date(2026, 7, 31)),
    ],
)
def test_pages_by_hand(every, day, page, last):
    assert (rules.page_day(every, day), rules.last_day(every, page)) == (page, last)


def test_a_page_locks_so_many_days_after_it_ends():
    book = ledger()
    assert rules.locked_from(book, date(2026, 11, 20)) == date(2026, 11, 24)
    assert rules.locked_from(ledger(lock_days=0), date(2026, 11, 20)) == date(2026, 11, 21)
    assert not rules.is_late(book, date(2026, 11, 20), date(2026, 11, 20))
    assert rules.is_late(book, date(2026, 11, 20), date(2026, 11, 21))


def test_a_clock_runs_from_what_was_written_or_from_now():
    clock = Clock("time-in", "time-out", 240, "在校", "离校", "超时")
    now = datetime(2026, 11, 20, 10, 0, tzinfo=CHINA)
    assert rules.clock_due(clock, date(2026, 11, 20), {"time-in": "08:30"}, now) == datetime(
        2026, 11, 20, 12, 30, tzinfo=CHINA
    )
    assert rules.clock_due(clock, date(2026, 11, 20), {"time-in": "八点"}, now) == datetime(
        2026, 11, 20, 14, 0, tzinfo=CHINA
    )
    assert rules.clock_words(now, date(2026, 11, 20)) == "10:00"
    assert rules.clock_words(now, date(2026, 11, 18)) == "11-20 10:00"


def test_who_keeps_it_follows_stage_and_facets():
    assert ledger(facets=("canteen",)).asked_of({"primary"}, {"canteen", "lab"})
    assert not ledger(facets=("canteen",)).asked_of({"primary"}, set())
    assert not ledger(stages=("senior",)).asked_of({"primary"}, set())
