"""Spans and gaps, as pure functions and against the plain definition."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from bihuan.engines.responsibility.rules.spans import (
    Gap,
    Need,
    Place,
    Served,
    gaps,
    leaf_areas,
    merged_areas,
    said_briefly,
    uncovered,
)

FIRST = date(2026, 9, 1)
LAST = date(2026, 9, 30)


def day(n: int) -> date:
    return FIRST + timedelta(days=n)


spans = st.lists(
    st.tuples(st.integers(-20, 50), st.one_of(st.none(), st.integers(0, 30))).map(
        lambda pair: (day(pair[0]), None if pair[1] is None else day(pair[0] + pair[1]))
    ),
    max_size=8,
)


def covered(on: date, given_spans) -> bool:
    return any(start <= on and (end is None or on <= end) for start, end in given_spans)


@given(spans)
def test_uncovered_days_are_exactly_the_days_that_no_span_covers(given_spans):
    found = uncovered(FIRST, LAST, given_spans)
    by_day = {day(n) for n in range(30) if not covered(day(n), given_spans)}
    said = {start + timedelta(days=n) for start, end in found for n in range((end - start).days + 1)}
    assert said == by_day
    assert all(start <= end for start, end in found)
    assert all(end + timedelta(days=1) < start for (_, end), (start, _) in pairwise(found)), "the fewest spans"


@given(spans, spans)
def test_more_people_never_make_a_gap(some, more):
    def free(days):
        return {
            start + timedelta(days=n)
            for start, end in uncovered(FIRST, LAST, days)
            for n in range((end - start).days + 1)
        }

    assert free(some + more) <= free(some)


SCHOOL = Place("0001.", "", "school", "第一小学")
HEAD = Need(SCHOOL, "safety-lead", "安全负责人")


def test_a_gap_is_said_in_words():
    served = [Served("0001.", "safety-lead", day(0), day(1)), Served("0001.", "safety-lead", day(9), None)]
    (gap,) = gaps([HEAD], served, since=FIRST, until=LAST)
    assert gap.sentence(FIRST) == "第一小学 9月3日至9月9日 安全负责人空缺"
    assert gap.sentence(date(2027, 1, 1)) == "第一小学 2026年9月3日至2026年9月9日 安全负责人空缺"


def test_a_gap_that_reaches_beyond_the_days_looked_at_is_not_given_a_false_edge():
    assert gaps([HEAD], [], since=FIRST, until=LAST)[0].sentence(FIRST) == "第一小学 安全负责人空缺"
    begun = gaps([HEAD], [Served("0001.", "safety-lead", day(5), None)], since=FIRST, until=LAST)
    assert begun[0].when(FIRST) == "9月5日以前 安全负责人空缺"
    ending = gaps([HEAD], [Served("0001.", "safety-lead", day(0), day(9))], since=FIRST, until=LAST)
    assert ending[0].when(FIRST) == "9月11日起 安全负责人空缺"
    one_day = Gap(HEAD, day(3), day(3), open_start=False, open_end=False)
    assert one_day.when(FIRST) == "9月4日 安全负责人空缺"


def test_a_post_above_serves_below_but_not_the_other_way_round():
    room = Need(Place("0001.0001.", "化学实验室"), "lab-keeper", "实验室管理员")
    assert gaps([room], [Served("0001.", "lab-keeper", day(-5), None)], since=FIRST, until=LAST) == []
    assert len(gaps([HEAD], [Served("0001.0001.", "safety-lead", day(-5), None)], since=FIRST, until=LAST)) == 1


BUILDING = Place("0001.0001.0001.", "东校区 实验楼", "area")
THIRD = Place("0001.0001.0001.0003.", "东校区 实验楼 三层", "area")
FOURTH = Place("0001.0001.0001.0004.", "东校区 实验楼 四层", "area")
AREAS = [BUILDING, THIRD, FOURTH]


def missing(served):
    needs = [Need(place) for place in leaf_areas(AREAS)]
    return [gap.sentence(FIRST) for gap in merged_areas(gaps(needs, served, since=FIRST, until=LAST), AREAS)]


def test_areas_are_said_as_coarsely_as_true():
    assert leaf_areas(AREAS) == [THIRD, FOURTH]
    assert missing([]) == ["东校区 实验楼 无人负责"]
    assert missing([Served(FOURTH.path, "class-teacher", day(-5), None)]) == ["东校区 实验楼 三层 无人负责"]
    assert missing([Served(BUILDING.path, "guard", day(-5), None)]) == []
    assert missing([Served(BUILDING.path, "guard", day(-5), day(9)), Served(THIRD.path, "guard", day(0), None)]) == [
        "东校区 实验楼 四层 9月11日起 无人负责"
    ]


def test_many_gaps_are_said_briefly_posts_first():
    rooms = [Place(f"0001.0001.000{n}.", f"{n}号楼", "area", "第一小学") for n in range(1, 5)]
    found = gaps([*(Need(room) for room in rooms), HEAD], [], since=FIRST, until=LAST)
    assert said_briefly(found, FIRST) == ["第一小学 安全负责人空缺", "第一小学 1号楼、2号楼等4处 无人负责"]
    assert said_briefly(found[:2], FIRST) == ["第一小学 1号楼 无人负责", "第一小学 2号楼 无人负责"]
