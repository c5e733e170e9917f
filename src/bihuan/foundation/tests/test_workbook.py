"""What stands in an Excel file: the lines above, the heads, cells of every kind, the same bytes for the same day."""

import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from python_calamine import CalamineWorkbook

from bihuan.foundation import clock
from bihuan.foundation.pages.reading import xlsx
from bihuan.foundation.printing.workbook import Leaf, Struck, workbook

HEADS = (("日期", 12), ("谁", 10), ("几次", 8), ("得分", 8))
ROWS = [(date(2026, 11, 22), "=1+1", 3, Decimal("4.5")), Struck((date(2026, 11, 23), "王保安", 2.25, None))]


def read(content, at=0):
    return CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(at).to_python()


def test_cells_keep_their_kind_and_no_text_becomes_a_formula():
    table = read(workbook([Leaf("表", "标题", HEADS, ROWS, note="说明", fixed=1)], made_on=date(2026, 11, 22)))
    assert [row[0] for row in table[:2]] == ["标题", "说明"]
    assert table[2] == ["日期", "谁", "几次", "得分"]
    assert table[3:] == [[date(2026, 11, 22), "=1+1", 3.0, 4.5], [date(2026, 11, 23), "王保安", 2.25, ""]]


def test_a_leaf_without_lines_above_begins_with_its_heads():
    content = workbook([Leaf("一", "标题", HEADS, []), Leaf("二", "", HEADS, ROWS, open=True)])
    assert read(content, 1)[0] == ["日期", "谁", "几次", "得分"]
    assert len(read(content, 1)) == 3


def test_the_same_leaves_of_the_same_day_are_the_same_bytes():
    def made(at):
        with clock.travel(at):
            return workbook([Leaf("表", "标题", HEADS, ROWS)])

    morning = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
    assert made(morning) == made(morning + timedelta(hours=8))
    assert made(morning) != made(morning + timedelta(days=1))


def test_a_chinese_name_reaches_the_browser():
    answer = xlsx(b"PK", "来访登记 十一月")
    assert answer["Content-Disposition"].endswith("%E5%8D%81%E4%B8%80%E6%9C%88.xlsx")
    assert answer["Content-Disposition"].startswith("attachment")
