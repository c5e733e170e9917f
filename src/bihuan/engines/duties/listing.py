"""Reading a list of dates as bureaus have it: where the header stands, what each row says, what it would change.

Pure: the caller gives the strings of a sheet and the calendar as it is, and gets one verdict per row.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from bihuan.engines.duties.calendar import KINDS, Calendar, Day, Term, dates
from bihuan.engines.responsibility.rules.roster import day_of
from bihuan.engines.responsibility.rules.tree import plain, squeezed
from bihuan.engines.responsibility.rules.workbook import Table

FIELDS: Mapping[str, tuple[str, ...]] = {
    "since": ("日期", "从", "开始日期", "起始日期", "开始", "起", "时间"),
    "until": ("到", "至", "结束日期", "截止日期", "结束", "止"),
    "kind": ("类型", "安排", "性质", "类别"),
    "name": ("名称", "节日", "节假日", "原因", "说明", "备注", "事由"),
    "weekday": ("星期", "周几", "星期几"),
    "follows": ("上周几的课", "补周几", "补周几的课", "按周几上课"),
}
"""What a column may be called; the first word is the one that we use. Without a header: 日期, 到, 类型, 名称."""

WORDS = {name: words[0] for name, words in FIELDS.items()}
_FIELD_OF = {word: name for name, words in FIELDS.items() for word in words}
_ORDER = ("since", "until", "kind", "name")
TERM = "term"
KIND_WORDS: Mapping[str, tuple[str, ...]] = {
    "holiday": ("放假", "假期", "节假日", "休息", "休", "假"),
    "makeup": ("调休上课", "调休", "补课", "补班", "上班", "班", "调休上班"),
    "exam": ("考试", "统考", "考"),
    "school": ("上课", "正常上课"),
    "closure": ("停课",),
    TERM: ("学期", "学期起止", "开学"),
}
"""What a row may call its kind; the first word is the one that we use."""
_KIND_OF = {word: kind for kind, words in KIND_WORDS.items() for word in words}
_WEEKDAYS = "一二三四五六日"
MOST_ROWS = 400
LONGEST_SPAN = 62
TERM_DAYS = (40, 240)
Verdict = Literal["ok", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Row:
    """What one row says; ``faults`` are sentences about its own cells."""

    number: int
    since: date | None
    until: date | None
    kind: str
    name: str
    faults: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    said: str = ""

    @property
    def span(self) -> tuple[date, date]:
        """The first and the last day of a row without faults."""
        if self.since is None or self.until is None:
            raise ValueError(f"row {self.number} has no dates")
        return self.since, self.until

    @property
    def word(self) -> str:
        """The kind in words, or what was written."""
        return "学期" if self.kind == TERM else KINDS.get(self.kind, self.said)


@dataclass(frozen=True, slots=True)
class Checked:
    """The verdict on a row, in sentences, and how many days of the calendar it changes."""

    row: Row
    verdict: Verdict
    sentences: tuple[str, ...]
    days: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """All rows with their verdicts, and the list as the calendar takes it."""

    rows: list[Checked]
    terms: list[dict[str, str]] = field(default_factory=list)
    days: list[dict[str, str]] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        """Rows, by verdict, and the days that would be others."""
        found = {verdict: sum(one.verdict == verdict for one in self.rows) for verdict in ("ok", "warning", "error")}
        return {"rows": len(self.rows), **found, "days": sum(one.days for one in self.rows)}


# --- rows -------------------------------------------------------------------------------------------------------------


def read_rows(table: Table) -> list[Row]:
    """The rows of a sheet that say something, below its header if it has one."""
    columns, below = _columns(table)
    rows = [(number, _cells(cells)) for number, cells in enumerate(table[below:], start=below + 1)]
    return [
        _row(number, {name: cells[at] if at < len(cells) else "" for name, at in columns.items()})
        for number, cells in rows
        if any(cells)
    ]


def _columns(table: Table) -> tuple[dict[str, int], int]:
    for number, cells in enumerate(table[:10]):
        found: dict[str, int] = {}
        for at, cell in enumerate(_cells(cells)):
            if name := _FIELD_OF.get(re.sub(r"\(.*?\)|[*:#]", "", squeezed(cell))):
                found.setdefault(name, at)
        if "since" in found and "kind" in found:
            return found, number + 1
    return {name: at for at, name in enumerate(_ORDER)}, 0


def _cells(cells: Sequence[str]) -> list[str]:
    """The cells of a row; a line that was pasted as words has them between its blanks, a span of days may be one of them."""
    words = [cell.strip() for cell in cells]
    if len([word for word in words if word]) == 1 and len(split := words[0].split()) > 1:
        words = split
        since, mark, until = _span(words[0])
        if len(words) > 1 and words[1] in ("至", "到", "-", "—", "~"):
            words = [words[0], *words[2:]]
        elif mark:
            words = [since, until, *words[1:]]
        elif not _is_day(words[1]):
            words = [words[0], "", *words[1:]]
        return [*words[:3], " ".join(words[3:])] if len(words) > 4 else words
    return words


def _span(text: str) -> tuple[str, str, str]:
    found = re.fullmatch(r"(.*\d日?)\s*(至|到|~|—+|－)\s*(.*\d日?)", text)
    return (found[1], found[2], found[3]) if found else (text, "", "")


def _is_day(text: str) -> bool:
    try:
        return day_of(text) is not None
    except ValueError:
        return False


def _row(number: int, values: Mapping[str, str]) -> Row:
    faults: list[str] = []
    first, mark, last = _span(values["since"])
    since = _day(first, "日期", faults)
    until = _day(last if mark else values.get("until", ""), "到", faults) or since
    if not squeezed(first):
        faults.append("没有日期")
    said = squeezed(values.get("kind", ""))
    kind = _KIND_OF.get(said, "")
    if not kind:
        known = "、".join(words[0] for words in KIND_WORDS.values())
        faults.append(f"类型「{said[:20]}」认不出，请写：{known}" if said else f"没有类型，请写：{known}")
    name = plain(values.get("name", ""))[:60]
    name = _following(squeezed(values.get("follows", "")), kind, name, faults)
    if since and until:
        faults += _span_faults(since, until, kind, name, squeezed(values.get("weekday", "")))
    return Row(number, since, until, kind, name, tuple(faults), said=said)


def _day(text: str, word: str, faults: list[str]) -> date | None:
    try:
        found = day_of(text)
    except ValueError:
        faults.append(f"{word}「{text[:20]}」认不出，请写成 2027-01-01 这样")
        return None
    return found


def _weekday(text: str) -> int:
    """1 for 星期一, 周一 or 一; 0 for what names none."""
    word = re.sub(r"^(星期|周|礼拜)", "", text).replace("天", "日")
    return _WEEKDAYS.index(word) + 1 if len(word) == 1 and word in _WEEKDAYS else 0


def _following(text: str, kind: str, name: str, faults: list[str]) -> str:
    """The name of a make-up day with the weekday whose lessons it has: 国庆节调休，上周五的课."""
    if not text:
        return name
    weekday = _weekday(text.removeprefix("补").removeprefix("上").removesuffix("的课"))
    if not 1 <= weekday <= 5:
        faults.append(f"「{text[:10]}」不是上课的日子，补课只能补周一到周五")
    elif kind != "makeup":
        faults.append("只有调休上课才写补周几的课")
    return f"{name or '调休'}，上周{_WEEKDAYS[weekday - 1]}的课" if 1 <= weekday <= 5 else name


def _span_faults(since: date, until: date, kind: str, name: str, weekday: str) -> list[str]:
    days = (until - since).days + 1
    found = []
    if until < since:
        return [f"{until} 早于 {since}"]
    if kind == TERM and not TERM_DAYS[0] <= days <= TERM_DAYS[1]:
        found.append(f"学期有 {days} 天，不像一个学期：写从开学到放假的两个日期，{TERM_DAYS[0]} 到 {TERM_DAYS[1]} 天")
    if kind and kind != TERM and days > LONGEST_SPAN:
        found.append(f"{days} 天太长，一行最多 {LONGEST_SPAN} 天；寒暑假不用写，不在学期里的日子就是放假")
    if kind == "closure" and not name:
        found.append("停课要写明原因")
    if weekday and (said := _weekday(weekday)) != since.isoweekday():
        is_one = "认不出" if not said else "对不上"
        found.append(f"「{weekday[:10]}」{is_one}：{since} 是星期{_WEEKDAYS[since.isoweekday() - 1]}")
    return found


# --- against the calendar ---------------------------------------------------------------------------------------------


def check(
    rows: Sequence[Row], wrong_terms: Mapping[int, Sequence[str]], before: Calendar, after: Calendar,
    kept: Mapping[date, tuple[str, str]], today: date,
) -> Report:  # fmt: skip
    """One verdict per row: against each other, against the days as they are, and against those that a person set.

    *wrong_terms*: see ``terms_of``. *before* is the calendar as it is, *after* the same with the list's terms; *kept* are
    the days that a person set, with their kind and who did.
    """
    taken: dict[date, Row] = {}
    found = []
    for row in rows:
        if row.faults:
            found.append(Checked(row, "error", row.faults))
        elif row.kind == TERM:
            found.append(_checked_term(row, wrong_terms[row.number], before, after))
        else:
            found.append(_checked(row, after, taken, kept, today))
    good = [one.row for one in found if one.verdict != "error"]
    terms = [_term_data(_term(row)) for row in good if row.kind == TERM]
    return Report(found, terms, [_day_data(row) for row in good if row.kind != TERM])


def terms_of(rows: Sequence[Row], known: Sequence[Term]) -> tuple[list[dict[str, str]], dict[int, list[str]]]:
    """The terms of a list as the calendar takes them, and by row what is wrong with each."""
    terms: list[Term] = []
    faults: dict[int, list[str]] = {}
    for row in rows:
        if row.kind != TERM or row.faults:
            continue
        term = _term(row)
        faults[row.number] = wrong = [f"这张表里写了两次 {one.code}" for one in terms if one.code == term.code]
        wrong += [
            f"与 {other.code}（{other.starts_on} 至 {other.ends_on}）重叠"
            for other in [*known, *terms]
            if other.code != term.code and other.starts_on <= term.ends_on and other.ends_on >= term.starts_on
        ]
        if not wrong:
            terms.append(term)
    return [_term_data(term) for term in terms], faults


def _term(row: Row) -> Term:
    """第一学期 begins in the second half of a year, 第二学期 in the first: 2027-09-01 → ``2027-2028-1``."""
    since, until = row.span
    first = since.month >= 7
    year = since.year if first else since.year - 1
    return Term(f"{year}-{year + 1}-{1 if first else 2}", "第一学期" if first else "第二学期", since, until)


def _checked_term(row: Row, wrong: Sequence[str], before: Calendar, after: Calendar) -> Checked:
    if wrong:
        return Checked(row, "error", tuple(wrong))
    term = _term(row)
    changed = sum(before.get(day.on) != day for day in after.between(*row.span))
    known = next(((first, last) for code, first, last in before.terms if code == term.code), None)
    if known == row.span:
        return Checked(row, "ok", (f"{term.code} 已经是这样",))
    if known:
        return Checked(row, "warning", (f"{term.code} 原来是 {known[0]} 至 {known[1]}，改成这样",), changed)
    return Checked(row, "ok", (f"新排 {term.code}",), changed)


def _checked(
    row: Row, calendar: Calendar, taken: dict[date, Row], kept: Mapping[date, tuple[str, str]], today: date
) -> Checked:
    faults, notes, changed = list[str](), list[str](), 0
    for on in dates(*row.span):
        day, other = calendar.get(on), taken.setdefault(on, row)
        if other is not row:
            faults.append(f"{on} 在第 {other.number} 行已经写过（{other.word}）")
        elif day is None:
            years = f"校历只有 {calendar.first} 至 {calendar.last}"
            faults.append(f"{on} 不在已排的学年里：{years}。请核对年份；新学年要先写一行学期，从开学到放假")
        elif on in kept:
            kind, who = kept[on]
            notes.append(f"{on} 已由{who}单独安排为{KINDS[kind]}，保持不变")
        else:
            changed += (day.kind, day.name) != (row.kind, row.name)
            notes += _notes(row, day)
        if faults:
            return Checked(row, "error", (faults[0],))
    if row.span[1] < today:
        notes.append("日子已经过去，待办不再变动")
    notes = list(dict.fromkeys(notes))
    if not changed and not notes:
        return Checked(row, "ok", ("校历已经是这样",))
    return Checked(row, "warning" if notes else "ok", tuple(notes[:3]), changed)


def _notes(row: Row, day: Day) -> list[str]:
    """What a person should look at again: a make-up day that is a school day anyway, lessons between the terms."""
    said = []
    if row.kind == "makeup" and day.kind == "school":
        said.append(f"{day.on} 是星期{_WEEKDAYS[day.on.isoweekday() - 1]}，本来就要上课")
    if row.kind in ("makeup", "exam", "school") and not day.term:
        said.append(f"{day.on} 不在学期里（{day.name or '放假'}）")
    return said


def _term_data(term: Term) -> dict[str, str]:
    return {
        "code": term.code, "name": term.name, "starts_on": term.starts_on.isoformat(), "ends_on": term.ends_on.isoformat(),
    }  # fmt: skip


def _day_data(row: Row) -> dict[str, str]:
    since, until = row.span
    return {"since": since.isoformat(), "until": until.isoformat(), "kind": row.kind, "name": row.name}
