"""Periods on the school calendar: for whom they last, with a link, in the legend."""

from datetime import date

import pytest

from bihuan.engines.duties import marks, queries
from bihuan.mechanisms.periods.commands import end_period
from bihuan.mechanisms.periods.tests.conftest import day, living

pytestmark = pytest.mark.django_db


def test_the_bureaus_period_stands_on_every_schools_calendar_and_a_schools_on_its_own(declare, net, actors, door):
    ours = declare()
    own = declare(actors.zhou, net.school, "12-01", "12-02")
    with living("10-01T06:00"):
        page = queries.calendar_page(actors.zhou, org_id=net.school.pk)
        assert [one.link for one in page.marks["战备期"]] == [f"/periods/{ours.pk}/", f"/periods/{own.pk}/"]
        marked = {
            square.day.on: square.mark.name
            for month in page.months
            for _, squares in month.weeks
            for square in squares
            if square and square.mark
        }
        assert min(marked) == ours.starts_on
        assert marked[day("12-02")] == own.name
        assert day("12-03") not in marked
        other = queries.calendar_page(actors.wu, org_id=net.other_school.pk)
        assert [one.name for one in other.marks["战备期"]] == [ours.name]
        said = door("zhou").get(f"/duties/calendar/?unit={net.school.pk}").content.decode()
        assert f'href="/periods/{own.pk}/"' in said
        assert '<span class="day day-marked">战备期</span>' in said
        assert "day-marked" not in door("sun").get("/duties/calendar/").content.decode()


def test_what_was_called_off_before_it_began_marks_nothing(declare, net, actors):
    row = declare()
    with living("09-30T08:00") as at:
        end_period(actors.zhao, at, period_id=row.pk, last_on=day("09-29"), reason="不用了")
        assert not queries.calendar_page(actors.zhao, org_id=None).marks


def test_a_word_of_the_legend_is_registered_once():
    with pytest.raises(ValueError, match="战备期"):
        marks.calendar_marks("战备期")(lambda viewer, org, first, last: [marks.Mark(date.min, date.max, "x", "/")])
