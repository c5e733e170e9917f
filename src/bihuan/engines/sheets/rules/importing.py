"""A bureau's own checklist from a spreadsheet: find the header, guess the columns, turn rows into items.

Bureaus' tables have title lines above the header, merged category cells (filled only in the first row), full-width
digits, and their own words for everything.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from python_calamine import CalamineError, CalamineWorkbook

from bihuan.engines.sheets.rules.content import FACETS, SEVERITIES, STAGES, WAYS, Content, Item, Section

COLUMNS: Mapping[str, str] = {
    "section": "类目",
    "code": "编号",
    "title": "检查内容",
    "standard": "合格标准",
    "ways": "检查方式",
    "basis": "依据",
    "severity": "严重程度",
    "stages": "适用学段",
    "facets": "适用条件",
    "place": "部位",
}
"""What a column may mean; only the title is needed."""

_HEADER_WORDS: Mapping[str, tuple[str, ...]] = {
    "section": ("类目", "类别", "大类", "分类", "检查类别", "项目类别", "一级指标", "检查项目", "模块", "章节"),
    "code": ("编号", "序号", "代码", "项目编号", "号"),
    "title": ("检查内容", "检查项", "检查要点", "内容", "项目", "指标", "二级指标", "要点", "排查内容", "隐患内容"),
    "standard": ("合格标准", "标准", "要求", "检查标准", "评定标准", "具体要求", "评分标准", "判定标准"),
    "ways": ("检查方式", "检查方法", "方式", "方法", "查看方式"),
    "basis": ("依据", "检查依据", "法律依据", "政策依据", "文件依据", "来源"),
    "severity": ("严重程度", "等级", "隐患等级", "级别", "程度"),
    "stages": ("适用学段", "学段", "适用学校", "适用范围", "适用对象"),
    "facets": ("适用条件", "条件", "前提"),
    "place": ("部位", "位置", "地点", "场所", "检查部位"),
}
_SEVERITY_WORDS = {"一般": "general", "较重": "serious", "较大": "serious", "严重": "serious", "重大": "major"}
_ALL = {"", "全部", "所有", "各级各类", "各级各类学校", "通用", "all"}
_HALF = {0x3000: " "} | {
    code: code - 0xFEE0 for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))
}
"""Full-width digits and letters; full-width punctuation is right in a Chinese sentence and stays."""
MOST_ROWS = 3000
MOST_COLUMNS = 40


class NotATable(ValueError):
    """The bytes are not a spreadsheet that can be read."""


@dataclass(frozen=True)
class Table:
    """The first sheet of a file as text: where its header is, and the rows below with their numbers in the file."""

    header: tuple[str, ...]
    header_row: int
    rows: tuple[tuple[int, tuple[str, ...]], ...]


@dataclass(frozen=True)
class RowReport:
    """What became of one row: the item, or what must be changed in it."""

    row: int
    item: Item | None
    faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class Imported:
    """The whole dry run."""

    content: Content
    rows: tuple[RowReport, ...] = field(default=())

    @property
    def faulty(self) -> list[RowReport]:
        """The rows that must be changed."""
        return [row for row in self.rows if row.faults]


def read_table(raw: bytes) -> Table:
    """The table in a spreadsheet's bytes; ``NotATable`` when there is none."""
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(raw))
        sheet = book.get_sheet_by_index(0)
        cells = sheet.to_python(skip_empty_area=False, nrows=MOST_ROWS)
    except (CalamineError, IndexError, ValueError, OSError) as error:
        raise NotATable(str(error)) from error
    lines = [tuple(_text(cell) for cell in line[:MOST_COLUMNS]) for line in cells]
    header_row = _header_row(lines)
    if header_row is None:
        raise NotATable("no header")
    body = [(n, line) for n, line in enumerate(lines[header_row + 1 :], header_row + 2) if any(line)]
    return Table(lines[header_row], header_row + 1, tuple(body))


def guess(header: Sequence[str]) -> dict[str, int]:
    """Meaning → column number for what the header's words say; each column and each meaning once, best match first."""
    scored = sorted(
        (
            (_likeness(name, words), -len(meaning), meaning, column)
            for column, name in enumerate(header)
            for meaning, words in _HEADER_WORDS.items()
            if _likeness(name, words)
        ),
        key=lambda found: (-found[0], found[3]),
    )
    chosen: dict[str, int] = {}
    for _, _, meaning, column in scored:
        if meaning not in chosen and column not in chosen.values():
            chosen[meaning] = column
    if "title" not in chosen and "section" in chosen and "类" not in header[chosen["section"]]:
        chosen["title"] = chosen.pop("section")  # 检查项目 alone is what is checked, not a category
    return chosen


def items_of(title: str, rows: Sequence[tuple[int, Sequence[str]]], mapping: Mapping[str, int]) -> Imported:
    """Rows as items under this mapping, with a report for each row; nothing is dropped silently."""
    sections: dict[str, str] = {}
    serial: dict[str, int] = {}
    titles: dict[str, int] = {}
    codes: dict[str, int] = {}
    reports = []
    last_section = ""
    for number, cells in rows:
        said = {meaning: cells[column] if 0 <= column < len(cells) else "" for meaning, column in mapping.items()}
        if not said.get("title"):
            if said.get("section") and not any(v for k, v in said.items() if k not in ("section", "code")):
                last_section = said["section"]  # a band row that names the category below it
                continue
            reports.append(RowReport(number, None, ("没有写检查内容",)))
            continue
        last_section = said.get("section") or last_section or "全部项目"
        section = next((code for code, name in sections.items() if name == last_section), "")
        if not section:
            section = f"{len(sections) + 1:02d}"
            sections[section] = last_section
        serial[section] = serial.get(section, 0) + 1
        item, faults = _item(f"{section}-{serial[section]:02d}", section, said)
        if item.title in titles:
            faults.append(f"与第 {titles[item.title]} 行重复")
        titles.setdefault(item.title, number)
        codes[item.code] = number
        reports.append(RowReport(number, item, tuple(faults)))
    content = Content(
        title,
        tuple(Section(code, name) for code, name in sections.items()),
        tuple(report.item for report in reports if report.item and not report.faults),
    )
    return Imported(content, tuple(reports))


def _item(code: str, section: str, said: Mapping[str, str]) -> tuple[Item, list[str]]:
    faults: list[str] = []
    title, standard = said["title"], said.get("standard", "")
    if len(title) > 120:
        faults.append(f"检查内容 {len(title)} 个字，太长了（最多 120），请把标准移到「合格标准」一列")
    ways = _words(
        said.get("ways", ""), WAYS, {"资料": "records", "现场": "site", "师生": "ask", "询问": "ask", "访谈": "ask"}
    )
    severity = next((c for word, c in _SEVERITY_WORDS.items() if word in said.get("severity", "")), "")
    if said.get("severity") and not severity:
        faults.append(f"看不懂严重程度「{said['severity']}」，请写：{'、'.join(SEVERITIES.values())}")
    stages = _words(
        said.get("stages", ""),
        STAGES,
        {"小学": "primary", "初中": "junior", "高中": "senior", "幼儿园": "kindergarten"},
    )
    if not stages and said.get("stages", "") not in _ALL:
        faults.append(f"看不懂适用学段「{said['stages']}」，请写：{'、'.join(STAGES.values())}，或留空")
    facets = _words(said.get("facets", ""), FACETS, {})
    if not facets and said.get("facets", "") not in _ALL:
        faults.append(f"看不懂适用条件「{said['facets']}」，请写：{'、'.join(FACETS.values())}，或留空")
    item = Item(
        code=code, section=section, title=title[:120], standard=standard[:300], ways=ways or ("site",),
        basis=said.get("basis", "")[:300], severity=severity or "general", stages=stages, facets=facets,
        place=said.get("place", "")[:40], proof="unverified" if said.get("basis") else "own",
    )  # fmt: skip
    return item, faults


def _words(text: str, known: Mapping[str, str], more: Mapping[str, str]) -> tuple[str, ...]:
    found = [code for code, word in known.items() if word in text or code == text]
    found += [code for word, code in more.items() if word in text and code not in found]
    return tuple(found)


def _header_row(lines: Sequence[Sequence[str]]) -> int | None:
    best, most = None, 1
    for number, line in enumerate(lines[:20]):
        known = len(guess(line))
        if known > most or (best is None and known and len([cell for cell in line if cell]) > 1):
            best, most = number, max(known, most)
    return best


def _likeness(name: str, words: Sequence[str]) -> int:
    plain = re.sub(r"[\s（）()：:、/]", "", name)
    if not plain or len(plain) > 12:
        return 0
    if plain in words:
        return 100 - words.index(plain)
    return max((len(word) * 5 for word in words if len(word) > 1 and word in plain), default=0)


def _text(cell: object) -> str:
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return re.sub(r"\s+", " ", str(cell).translate(_HALF).strip()) if cell not in (None, "") else ""
