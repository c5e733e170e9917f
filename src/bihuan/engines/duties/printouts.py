"""What this room gives out as Excel: the template of a list of dates."""

from __future__ import annotations

from bihuan.engines.duties.listing import FIELDS, KIND_WORDS, WORDS
from bihuan.foundation.printing.workbook import Leaf, workbook

_SAMPLES = (
    ("2027-09-01", "2028-01-21", "学期", "第一学期", "", ""),
    ("2027-10-01", "2027-10-07", "放假", "国庆节（示例，请改成公布的日期）", "", ""),
    ("2027-10-09", "", "调休上课", "国庆节调休", "星期六", "周四"),
    ("2028-01-12", "2028-01-14", "考试", "期末考试", "", ""),
)


def dates_template() -> bytes:
    """An empty list of dates with sample rows, which show what each column means."""
    known = "、".join(words[0] for words in KIND_WORDS.values())
    note = f"说明：一行一天或一段；类型写：{known}；寒暑假不用写，不在学期里的日子就是放假。上传前删去示例。"
    heads = [(WORDS[name], 28 if name == "name" else 14) for name in FIELDS]
    return workbook([Leaf("校历日期", "", heads, _SAMPLES, note=note, open=True)])
