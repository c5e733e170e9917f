"""What a school files about important periods, and what the page of the inspection visit says is missing."""

import io
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from python_calamine import CalamineWorkbook

from bihuan.engines.duties.archive import Duties
from bihuan.foundation import archives, hot
from bihuan.foundation.archives import Gap, Held, Visit
from bihuan.mechanisms.periods.archive import REFS, Periods, duties
from bihuan.mechanisms.periods.models import Period
from bihuan.mechanisms.periods.tests.conftest import _pack, living, nil

pytestmark = pytest.mark.django_db
TERM = (date(2026, 9, 1), date(2027, 1, 22))


@pytest.fixture
def visit(declare, net, actors):
    """The fourth day of the national day's period: the school has reported on the second day only."""
    declare()
    with living("10-01T15:00") as now:
        nil(actors.li, now, Period.objects.get(), "10-01", net.school)
    with living("10-03T06:00") as now:
        yield lambda who, school=net.school: Visit(getattr(actors, who), school, *TERM, now)


def told(visit):
    room = Periods()
    found = list(room.told(visit, hot.gathered(room.asked(visit), most=archives.MOST_ROWS)))
    return sum(one.count for one in found if isinstance(one, Held)), [one for one in found if isinstance(one, Gap)]


@pytest.mark.clause("XX-16")
@pytest.mark.clause("XX-17")
def test_a_period_is_filed_with_its_watches_and_reports_and_says_which_days_are_missing(visit, net):
    count, gaps = told(visit("zhou"))
    assert count == 2
    words = {gap.words.partition("」")[2]: gap.href for gap in gaps}
    row = Period.objects.get()
    assert words["漏报战备日报 2 次，最近一次是 10-02"] == f"/periods/{row.pk}/?on=2026-10-02"
    assert words["值守没有人到岗 6 次，最近一次是 10-02"]
    paper, book = Periods().pieces(visit("zhou"))
    assert (paper.name, book.name) == ("国庆、中秋战备期.pdf", "国庆、中秋战备期.xlsx")
    assert paper.open().startswith(b"%PDF")
    leaf = CalamineWorkbook.from_filelike(io.BytesIO(book.open())).get_sheet_by_name("值守和日报告").to_python()
    assert leaf[0] == ["日期", "事项", "状态", "谁办", "登记内容"]
    reports = [line[2:4] for line in leaf if line[1] == "战备日报告"]
    assert reports == [["漏办", ""], ["已完成（无事）", "李安"], ["漏办", ""], ["待办", ""]]
    clauses = [item.spec for item in _pack("primary-seven").items["clauses"]]
    assert [one.code for one in clauses if set(REFS) & set(one.runs)] == ["XX-17"]


def test_the_bureau_files_of_a_school_only_what_is_that_schools(visit, net):
    of_bureau, gaps = told(visit("zhao", net.other_school))
    assert of_bureau == 2
    assert any("漏报战备日报 3 次" in gap.words for gap in gaps)
    _, book = Periods().pieces(visit("zhao", net.other_school))
    days = CalamineWorkbook.from_filelike(io.BytesIO(book.open())).get_sheet_by_name("每天").to_python()
    assert [row[1] for row in days[2:]] == [1, 1, 1, 1]  # one report a day was due, not one of each school


def test_what_belongs_to_a_period_is_not_filed_a_second_time_by_the_duties(visit):
    found = visit("zhou")
    room = Duties()
    said = room.told(found, hot.gathered(room.asked(found), most=archives.MOST_ROWS))
    assert duties(found)
    assert not any("战备" in one.words for one in said if isinstance(one, Gap))
    assert not any("战备" in piece.name for piece in room.pieces(found))


def test_a_long_period_takes_no_more_statements_than_a_short_one(visit, declare):
    def statements():
        with CaptureQueriesContext(connection) as said:
            for piece in Periods().pieces(visit("zhou")):
                piece.open()
        return len(said)

    first = statements()
    declare(starts="10-04", ends="10-20", kind="flood", at="10-03T06:00")
    with living("10-12T06:00"):
        assert statements() == first


def test_outsiders_find_nothing_to_file(visit):
    assert told(visit("sun")) == (0, [])
    assert list(Periods().pieces(visit("sun"))) == []
