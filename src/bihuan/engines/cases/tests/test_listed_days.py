"""Days that a bureau listed itself are heard by the clock of working days."""

from datetime import date

import pytest

from bihuan.engines.cases.timing import calendar_of
from bihuan.foundation import packs
from bihuan.foundation.ids import uuid7

pytestmark = pytest.mark.django_db


def test_listed_holidays_and_make_up_days_until_they_are_taken_back(net):
    def works(day, bureau=net.bureau):
        return calendar_of(bureau.pk).works_on(date(2026, 11, day))

    days = [
        {"since": "2026-11-12", "until": "2026-11-13", "kind": "holiday", "name": "校庆"},
        {"since": "2026-11-14", "until": "2026-11-14", "kind": "makeup", "name": "调休"},
        {"since": "2026-11-15", "until": "2026-11-15", "kind": "exam", "name": "联考"},
    ]
    first, second = uuid7(), uuid7()
    packs.add_dates(net.bureau.pk, first, {"terms": [], "days": days})
    assert [works(day) for day in (11, 12, 13, 14, 15)] == [True, False, False, True, False]
    assert works(13, net.other_bureau)
    again = {"since": "2026-11-13", "until": "2026-11-13", "kind": "school", "name": ""}
    packs.add_dates(net.bureau.pk, second, {"terms": [], "days": [again]})
    assert works(13)  # the list that was added last is heard last
    packs.drop_dates(net.bureau.pk, first)
    packs.drop_dates(net.bureau.pk, second)
    assert [works(day) for day in (12, 13, 14)] == [True, True, False]
