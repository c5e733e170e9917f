"""Terms without a calendar, and an index that stands for whatever was packed."""

import io
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
from python_calamine import CalamineWorkbook

from bihuan.foundation.archives import Visit
from bihuan.surfaces.archive.printouts import Packed, index_xlsx
from bihuan.surfaces.archive.queries import ArchivePage, Opened, TermSpan, terms_of
from bihuan.surfaces.archive.rules import OTHERS, Order

TODAY = date(2026, 11, 22)


@pytest.mark.django_db
def test_without_a_calendar_every_day_of_a_year_lies_in_its_half_year():
    for n in range(0, 800, 5):
        day = date(2026, 1, 1) + timedelta(days=n)
        (term,) = terms_of(None, day)
        assert term.since <= day <= term.until
        assert (term.since.month, term.until.month) in ((2, 7), (8, 1))


def test_a_piece_that_came_while_packing_stands_in_the_index_too():
    school = SimpleNamespace(name="灞东区第一小学", short_name="灞东一小")
    visit = Visit(SimpleNamespace(holds=()), school, TODAY, TODAY, datetime(2026, 11, 22, 2, 0, tzinfo=UTC))
    term = TermSpan("", "本学期", TODAY, TODAY)
    page = ArchivePage(Opened(visit, term, [term], Order(({"code": "XX-01", "title": "领导小组"},)), "", {}), [], 0)
    content = index_xlsx(page, [Packed(1, "", "99/新来的.pdf", TODAY)])
    rows = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    assert rows[2][1:4] == ["", OTHERS, "新来的.pdf"]
