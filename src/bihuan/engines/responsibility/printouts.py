"""What this room gives out as Excel: the template of a roster, and the report of every row."""

from __future__ import annotations

from collections.abc import Sequence

from bihuan.engines.responsibility.rules.roster import WORDS, Report
from bihuan.foundation.printing.workbook import Leaf, workbook

VERDICTS = {"ok": "可以导入", "warning": "请核对", "error": "需要修改"}
COLUMNS = ("unit", "area", "name", "post", "phone", "staff_no", "starts_on", "ends_on")


def template(school: str, posts: Sequence[str]) -> bytes:
    """An empty roster with two sample rows, and a second sheet naming the posts that may be written."""
    heads = _heads([WORDS[name] for name in COLUMNS])
    sample = [
        [school, "", "张示例", posts[0] if posts else "", "13800000000", "", "2026-09-01", ""],
        [school, "东校区 实验楼", "李示例", posts[-1] if posts else "", "13900000000", "", "2026-09-01", ""],
    ]
    note = "说明：一人一行；岗位写「岗位名称」表里的叫法；日期写成 2026-09-01；区域写校内的楼、层、室，没有就空着。上传前删去两行示例。"
    names = Leaf("岗位名称", "", (("可以写的岗位", 30),), [[post] for post in posts])
    return workbook([Leaf("名册", "", heads, sample, note=note, open=True), names])


def report(found: Report, file_name: str) -> bytes:
    """Every row's verdict with its sentences, wrong rows first."""
    order = {"error": 0, "warning": 1, "ok": 2}
    rows = [
        [
            one.row.number, VERDICTS[one.verdict], one.row.unit, one.row.area, one.row.name, one.row.post, one.row.phone,
            "；".join(one.sentences),
        ]
        for one in sorted(found.rows, key=lambda one: (order[one.verdict], one.row.number))
    ]  # fmt: skip
    counts = found.counts
    note = f"《{file_name}》核对结果：共{counts['rows']}行，可以导入{counts['ok']}行，请核对{counts['warning']}行，需要修改{counts['error']}行"
    heads = _heads(["行号", "结论", "单位", "区域", "姓名", "岗位", "电话", "说明"])
    return workbook([Leaf("逐行核对", "", heads, rows, note=note)])


def _heads(words: Sequence[str]) -> list[tuple[str, int]]:
    return [(word, 16) for word in words[:-1]] + [(words[-1], 48)]
