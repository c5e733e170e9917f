"""What a result is made of, for any numbers."""

from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from bihuan.mechanisms.ratings import rules
from bihuan.mechanisms.ratings.rules import Serving

fulls = st.decimals("0.5", "100", places=1)
counts = st.integers(0, 500).flatmap(lambda due: st.tuples(st.integers(0, due), st.just(due)))


@given(fulls, counts)
def test_a_mark_lies_between_nothing_and_its_full_mark(full, counted):
    good, due = counted
    found = rules.share(full, good, due)
    if not due:
        assert found is None
    else:
        assert 0 <= found <= full
        assert found == full or good < due


@given(st.lists(st.tuples(fulls, counts), min_size=1, max_size=8), st.integers(0, 7))
def test_the_result_lies_in_range_and_what_was_not_due_never_costs_anything(items, left_out):
    full = {f"i{n}": weight for n, (weight, _) in enumerate(items)}
    marks = {f"i{n}": rules.share(weight, *counted) for n, (weight, counted) in enumerate(items)}
    found = rules.total(full, marks)
    everything = sum(full.values())
    if all(mark is None for mark in marks.values()):
        assert found is None
        return
    assert 0 <= found <= everything
    name = f"i{left_out}"
    if name in marks and marks[name] is not None:
        without = rules.total(full, marks | {name: None})
        best = rules.total(full, marks | {name: full[name]})
        worst = rules.total(full, marks | {name: Decimal(0)})
        assert worst <= best
        assert without is None or worst <= without <= best  # nothing due stands between the best and the worst


@given(st.lists(fulls, min_size=1, max_size=8))
def test_whoever_did_everything_has_the_full_mark_whatever_was_due(weights):
    full = {f"i{n}": weight for n, weight in enumerate(weights)}
    marks = {code: weight if n == 0 else None for n, (code, weight) in enumerate(full.items())}
    assert rules.total(full, marks) == sum(weights)


@given(st.lists(st.decimals(0, 100, places=1), max_size=40), st.integers(3, 10))
def test_the_spread_counts_everybody_once_and_keeps_silent_about_a_few(totals, fewest):
    bands = rules.spread(totals, Decimal(100), fewest=fewest)
    assert sum(band.count for band in bands) == (len(totals) if len(totals) >= fewest else 0)


ONE, TWO, THREE = (UUID(int=n) for n in (1, 2, 3))
DAY = date(2026, 10, 12)


def guard(user, path="0001.", starts=date(2024, 9, 1), ends=None):
    return Serving(user, "guard", path, starts, ends)


def test_a_deed_that_nobody_in_particular_left_undone_is_nobodys():
    assert rules.owner(THREE, "guard", "0001.", DAY, []) == THREE
    assert rules.owner(None, "guard", "0001.", DAY, [guard(ONE)]) == ONE
    assert rules.owner(None, "guard", "0001.", DAY, [guard(ONE), guard(TWO)]) is None
    assert rules.owner(None, "guard", "0001.0002.", DAY, [guard(ONE), guard(TWO, "0001.0002.")]) == TWO
    assert rules.owner(None, "guard", "0001.", DAY, [guard(TWO, "0001.0002.")]) is None
    left = guard(ONE, ends=DAY - timedelta(days=1))
    assert rules.owner(None, "guard", "0001.", DAY, [left, guard(TWO, starts=DAY)]) == TWO


def test_a_departments_deeds_are_those_of_its_posts():
    posts = ["logistics-lead"]
    served = [Serving(ONE, "logistics-lead", "0001.", date(2024, 9, 1), DAY)]
    assert rules.of_department(TWO, "logistics-lead", DAY, posts, served)
    assert not rules.of_department(ONE, "guard", DAY, posts, served)
    assert rules.of_department(ONE, "", DAY, posts, served)
    assert not rules.of_department(ONE, "", DAY + timedelta(days=1), posts, served)
    assert not rules.of_department(TWO, "", DAY, posts, served)


TERMS = [{"code": "a", "name": "第一学期", "starts_on": "2026-09-01", "ends_on": "2027-01-22"}]


@given(st.dates(date(2020, 1, 1), date(2030, 12, 31)))
def test_a_month_is_whole_and_holds_its_day(day):
    first, last, words = rules.span_of("month", day, ())
    assert first <= day <= last
    assert first.day == 1
    assert (last + timedelta(days=1)).day == 1
    assert words == f"{day.year}年{day.month}月"
    assert all(one < day.replace(day=1) for one, _ in rules.spans_before("month", day, (), most=3))


def test_a_term_is_the_calendars():
    assert rules.span_of("term", DAY, TERMS)[:2] == (date(2026, 9, 1), date(2027, 1, 22))
    assert rules.span_of("term", date(2027, 2, 1), TERMS) is None
    assert rules.spans_before("term", DAY, TERMS, most=2) == []
    assert len(rules.spans_before("term", date(2027, 2, 1), TERMS, most=2)) == 1
