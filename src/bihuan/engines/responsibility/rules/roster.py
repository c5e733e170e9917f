"""Reading a roster as bureaus have it: where the header stands, what a column means, what each row says.

Pure: the caller gives the strings of a sheet and what is already known, and gets one verdict per row.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from difflib import get_close_matches
from functools import lru_cache
from typing import Literal

from bihuan.engines.responsibility.rules.tree import squeezed
from bihuan.engines.responsibility.rules.workbook import Table

FIELDS: dict[str, tuple[str, ...]] = {
    "unit": ("单位", "学校", "单位名称", "学校名称", "所在单位", "所在学校", "任职单位", "工作单位", "校名", "园名", "学校园"),
    "area": ("区域", "负责区域", "责任区域", "包干区域", "责任区", "包干区", "负责部位", "位置", "地点", "班级", "校区"),
    "name": ("姓名", "名字", "人员姓名", "责任人", "责任人姓名", "教职工姓名", "教师姓名", "人员", "负责人"),
    "post": ("岗位", "职务", "岗位名称", "安全岗位", "担任职务", "职位", "任职岗位", "现任职务", "岗位职务"),
    "phone": ("电话", "手机", "手机号", "手机号码", "联系电话", "联系方式", "电话号码", "移动电话", "联系手机"),
    "staff_no": ("工号", "职工号", "人员编号", "教职工号", "教工号", "职工编号", "教师编号"),
    "starts_on": ("任职日期", "开始日期", "到岗日期", "任职时间", "起始日期", "上岗日期", "任职开始", "上岗时间", "到岗时间"),
    "ends_on": ("截止日期", "结束日期", "离任日期", "任职截止", "到期日期", "离岗日期", "截止时间", "结束时间"),
}  # fmt: skip
"""What a column may be called; the first word is the one that we use."""

WORDS = {name: words[0] for name, words in FIELDS.items()}
REQUIRED = ("name", "post")
_FIELD_OF = {word: name for name, words in FIELDS.items() for word in words}
_HEADER_WITHIN = 20
Verdict = Literal["ok", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Header:
    """The header's row (counted from 0) and, for each field that was recognised, its column."""

    row: int
    columns: Mapping[str, int]


def find_header(table: Table) -> Header | None:
    """The row, among the first twenty, that names the most fields; it must name 姓名 and one more."""
    best: Header | None = None
    for number, row in enumerate(table[:_HEADER_WITHIN]):
        columns: dict[str, int] = {}
        for column, cell in enumerate(row):
            name = field_of(cell)
            if name:
                columns.setdefault(name, column)
        if "name" in columns and len(columns) >= 2 and (best is None or len(columns) > len(best.columns)):
            best = Header(number, columns)
    return best


def field_of(cell: str) -> str:
    """The field that a header cell names, whatever stands in its brackets; empty when none."""
    word = re.sub(r"\(.*?\)|[*:#]", "", squeezed(cell))
    return _FIELD_OF.get(word, "")


# --- cells ------------------------------------------------------------------------------------------------------------

_DATE = re.compile(r"(\d{4})[-./年](\d{1,2})(?:[-./月](\d{1,2})日?|月)?")
_MIDNIGHT = re.compile(r"[T ]0?0:00(?::00)?\s*$")
_EXCEL_ZERO = date(1899, 12, 30)


@lru_cache(maxsize=4096)
def day_of(cell: str) -> date | None:
    """A day as people write it: 2026.9.1 · 2026年9月1日 · 20260901 · 2026-09-01 · 2026年9月 (its first day) · an Excel serial.

    Raises ``ValueError`` for anything else; empty text is ``None``.
    """
    text = squeezed(_MIDNIGHT.sub("", cell))
    if not text or text in {"-", "/", "无", "至今", "长期"}:
        return None
    if found := _DATE.fullmatch(text):
        year, month, day = found.groups()
        return date(int(year), int(month), int(day or 1))
    if re.fullmatch(r"[12]\d{7}", text):
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    if re.fullmatch(r"[2-7]\d{4}(?:\.\d+)?", text):
        return _EXCEL_ZERO + timedelta(days=int(float(text)))
    raise ValueError(text)


def phone_of(cell: str) -> str:
    """A telephone number without blanks and separators: ``１３８ 0000-0001`` → ``13800000001``."""
    digits = (
        cell
        if cell.isascii() and cell.isdigit()
        else re.sub(r"[\s\-－—()（）+]", "", unicodedata.normalize("NFKC", cell))
    )
    return digits[2:] if len(digits) == 13 and digits.startswith("86") else digits


_PHONE = re.compile(r"1[3-9]\d{9}|0\d{9,11}|\d{7,8}")


def is_phone(digits: str) -> bool:
    """A mobile number, or a landline with or without its area code."""
    return bool(_PHONE.fullmatch(digits))


_NAME = re.compile(r"[^\W\d_](?:[·.'\-]?[^\W\d_]){0,29}")
_SEVERAL = re.compile(r"[、,;/，；]")


@dataclass(frozen=True, slots=True)
class Row:
    """What one row says, cells made plain; ``faults`` are sentences about its own cells."""

    number: int
    unit: str
    area: str
    name: str
    post: str
    phone: str
    staff_no: str
    starts_on: date | None
    ends_on: date | None
    notes: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()


def read_rows(table: Table, header_row: int, columns: Mapping[str, int]) -> list[Row]:
    """The people's rows below the header; blank rows, repeated headers and remarks are passed over.

    An empty unit below a filled one means the same unit (merged cells lost in a CSV), and says so.
    """
    found: list[Row] = []
    unit_above = ""
    header = [squeezed(cell) for cell in table[header_row]] if header_row < len(table) else []
    for number, cells in enumerate(table[header_row + 1 :], start=header_row + 2):
        values = {name: cells[column] if column < len(cells) else "" for name, column in columns.items()}
        name, post = squeezed(values.get("name", "")), squeezed(values.get("post", ""))
        if not name and not post:
            continue
        if name == header[columns["name"]]:
            continue
        notes: list[str] = []
        unit = squeezed(values.get("unit", ""))
        if unit:
            unit_above = unit
        elif unit_above:
            unit = unit_above
            notes.append(f"单位空着，按上面的「{unit}」算")
        found.append(_row(number, unit, name, post, values, notes))
    return found


def _row(number: int, unit: str, name: str, post: str, values: Mapping[str, str], notes: list[str]) -> Row:
    faults: list[str] = []
    if not name:
        faults.append("没有姓名")
    elif _SEVERAL.search(name):
        faults.append(f"「{name}」像是几个人，请一人一行")
    elif not _NAME.fullmatch(name):
        faults.append(f"「{name}」不像姓名")
    if not post:
        faults.append("没有岗位")
    phone = phone_of(values.get("phone", ""))
    if phone and not is_phone(phone):
        notes.append(f"电话「{phone[:20]}」位数不对，照原样登记，请核对")
    days: dict[str, date | None] = {}
    for name_of_day in ("starts_on", "ends_on"):
        try:
            days[name_of_day] = day_of(values.get(name_of_day, ""))
        except ValueError:
            days[name_of_day] = None
            faults.append(f"{WORDS[name_of_day]}「{values[name_of_day][:20]}」认不出，请写成 2026-09-01 这样")
    starts_on, ends_on = days["starts_on"], days["ends_on"]
    if starts_on and ends_on and ends_on < starts_on:
        faults.append(f"截止日期 {ends_on} 早于任职日期 {starts_on}")
    staff_no = squeezed(values.get("staff_no", ""))[:40]
    area = values.get("area", "").strip()
    return Row(
        number, unit, area, name[:60], post, phone[:20], staff_no, starts_on, ends_on, tuple(notes), tuple(faults)
    )


# --- checking against what is known -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit that a row may name; ``areas`` are its areas by squeezed words (full and short)."""

    id: str
    name: str
    tier: str
    areas: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class KnownPost:
    """A post that a row may name, with the tiers where this person may fill it."""

    code: str
    name: str
    tiers: frozenset[str]
    reserved: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """What the net holds already.

    ``people``: a key of ``keys_of`` → person; ``held``: (person, place, post) in force. ``home`` stands in for a
    missing unit column; ``oneself`` is who sent the roster and cannot appoint themselves.
    """

    units: Mapping[str, tuple[Unit, ...]]
    posts: Mapping[str, KnownPost]
    people: Mapping[tuple[str, ...], str]
    held: frozenset[tuple[str, str, str]]
    home: Unit | None
    today: date
    oneself: str = ""


@dataclass(frozen=True, slots=True)
class Planned:
    """An appointment that the row asks for; ``person`` is an id of ``Known.people`` or a new ``+n``."""

    person: str
    place: str
    post: str
    starts_on: date
    ends_on: date | None


@dataclass(frozen=True, slots=True)
class Checked:
    """The verdict on one row: its sentences, and what would be made (nothing for an error or a repetition)."""

    row: Row
    verdict: Verdict
    sentences: tuple[str, ...]
    planned: Planned | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """A new person, put together from all their rows."""

    key: str
    name: str
    phone: str
    staff_no: str


@dataclass
class Report:
    """Every row's verdict, and the people who would be new."""

    rows: list[Checked]
    people: list[Person]

    @property
    def counts(self) -> dict[str, int]:
        """How many rows are ok, warned about and wrong; how many appointments and people would be new."""
        by_verdict = {"ok": 0, "warning": 0, "error": 0}
        for row in self.rows:
            by_verdict[row.verdict] += 1
        made = sum(row.planned is not None for row in self.rows)
        return by_verdict | {"rows": len(self.rows), "appointments": made, "people": len(self.people)}


def keys_of(name: str, phone: str, staff_no: str, place: str) -> list[tuple[str, ...]]:
    """By what a person is recognised, surest first: name and staff number, name and telephone, name within a unit."""
    keys: list[tuple[str, ...]] = []
    if staff_no:
        keys.append(("no", name, staff_no))
    if phone:
        keys.append(("phone", name, phone))
    if not keys:
        keys.append(("unit", name, place))
    return keys


def check(rows: Iterable[Row], known: Known) -> Report:
    """One verdict per row. Names are recognised once each, so that 10,000 rows take a fraction of a second."""
    return _Checking(known).run(rows)


class _Checking:
    """The memory of one pass over a roster."""

    def __init__(self, known: Known) -> None:
        self.known = known
        self.new: dict[str, Person] = {}
        self.people: dict[tuple[str, ...], str] = {}
        self.planned: dict[tuple[str, str, str], int] = {}
        self.phones: dict[str, tuple[int, str]] = {}
        self.numbers: dict[str, tuple[int, str]] = {}
        self.unknown: dict[tuple[str, str], str] = {}

    def run(self, rows: Iterable[Row]) -> Report:
        return Report([self._row(row) for row in rows], list(self.new.values()))

    def _row(self, row: Row) -> Checked:
        faults, notes = list(row.faults), list(row.notes)
        unit = self._unit(row, faults)
        post = self._post(row, faults)
        place = self._place(row, unit, faults)
        if unit and post and place:
            self._fits(unit, post, place != unit.id, faults)
        self._same_number(row, faults, notes)
        if faults or not (unit and post and place):
            return Checked(row, "error", (*faults, *notes))
        person = self._person(row, unit.id)
        wanted = (person, place, post.code)
        if wanted in self.known.held:
            notes.append("已经在任，不重复登记")
        elif person == self.known.oneself:
            return Checked(row, "error", ("不能给自己任职，请由另一位管理人员登记这一行", *notes))
        elif wanted in self.planned:
            notes.append(f"与第{self.planned[wanted]}行重复，只登记一次")
        else:
            self.planned[wanted] = row.number
            planned = Planned(person, place, post.code, row.starts_on or self.known.today, row.ends_on)
            if planned.ends_on and planned.ends_on < planned.starts_on:
                return Checked(row, "error", (f"截止日期 {planned.ends_on} 已经过去，请写明任职日期", *notes))
            return Checked(row, "warning" if notes else "ok", tuple(notes), planned)
        return Checked(row, "warning", tuple(notes))

    def _unit(self, row: Row, faults: list[str]) -> Unit | None:
        if not row.unit:
            if self.known.home is None:
                faults.append("没有写单位")
            return self.known.home
        found = self.known.units.get(row.unit, ())
        if len(found) == 1:
            return found[0]
        if found:
            faults.append(f"叫「{row.unit}」的单位有{len(found)}个，请写学校标识码")
        else:
            faults.append(self._suggest("unit", row.unit, self.known.units, "没有叫「{word}」的单位，或它不归你管"))
        return None

    def _post(self, row: Row, faults: list[str]) -> KnownPost | None:
        if not row.post:
            return None
        found = self.known.posts.get(row.post)
        if found is None:
            faults.append(self._suggest("post", row.post, self.known.posts, "没有叫「{word}」的岗位"))
        return found

    def _place(self, row: Row, unit: Unit | None, faults: list[str]) -> str:
        if unit is None:
            return ""
        if not row.area:
            return unit.id
        found = unit.areas.get(squeezed(row.area), ())
        if len(found) == 1:
            return found[0]
        if found:
            faults.append(f"{unit.name}叫「{row.area}」的区域有{len(found)}处，请连同楼名写，如「实验楼 三层」")
        else:
            faults.append(
                self._suggest(unit.id, squeezed(row.area), unit.areas, f"{unit.name}没有叫「{{word}}」的区域")
            )
        return ""

    def _fits(self, unit: Unit, post: KnownPost, in_area: bool, faults: list[str]) -> None:
        if post.reserved:
            faults.append(f"{post.name}由教育局登记，请报局里")
        elif ("area" if in_area else unit.tier) not in post.tiers:
            faults.append(f"{post.name}不设在{unit.name}这样的单位")

    def _suggest(self, kind: str, word: str, words: Iterable[str], sentence: str) -> str:
        """The sentence with the nearest known words; each unknown word is looked up once."""
        if (kind, word) not in self.unknown:
            near = get_close_matches(word, list(words), n=3, cutoff=0.45)
            hint = f"。最接近的是：{'、'.join(near)}" if near else ""
            self.unknown[kind, word] = sentence.format(word=word) + hint
        return self.unknown[kind, word]

    def _same_number(self, row: Row, faults: list[str], notes: list[str]) -> None:
        """One telephone or staff number with two names is probably a slip of the pen."""
        if row.phone:
            number, name = self.phones.setdefault(row.phone, (row.number, row.name))
            if name != row.name:
                notes.append(f"电话与第{number}行的{name}相同，请核对")
        if row.staff_no:
            number, name = self.numbers.setdefault(row.staff_no, (row.number, row.name))
            if name != row.name:
                faults.append(f"工号与第{number}行的{name}相同")

    def _person(self, row: Row, unit: str) -> str:
        keys = keys_of(row.name, row.phone, row.staff_no, unit)
        known = next((self.known.people[key] for key in keys if key in self.known.people), None)
        person = known or next((self.people[key] for key in keys if key in self.people), None)
        if person is None and keys[0][0] != "unit":
            # an earlier row of the same unit gave the name alone
            person = self.people.get(("bare", row.name, unit))
        if person is None:
            person = f"+{len(self.new) + 1}"
            self.new[person] = Person(person, row.name, row.phone, row.staff_no)
        elif person in self.new:
            one = self.new[person]
            self.new[person] = Person(person, one.name, one.phone or row.phone, one.staff_no or row.staff_no)
        for key in keys:
            self.people.setdefault(key, person)
        self.people.setdefault(("unit", row.name, unit), person)
        if keys[0][0] == "unit":
            self.people.setdefault(("bare", row.name, unit), person)
        return person


def post_names(posts: Mapping[str, str]) -> dict[str, str]:
    """Everything by which a post may be named → its code: its name, the parts of its brackets, its code.

    ``安全负责人（保卫主任）`` is also known as 安全负责人 and as 保卫主任; a name that two posts share names neither.
    """
    found: dict[str, set[str]] = {}
    for code, name in posts.items():
        whole = squeezed(name)
        inside = re.findall(r"\((.*?)\)", whole)
        found.setdefault(code, set()).add(code)
        found.setdefault(whole, set()).add(code)
        for part in [re.sub(r"\(.*?\)", "", whole), *inside]:
            if len(part) >= 2:
                found.setdefault(part, set()).add(code)
    sure = {squeezed(name): code for code, name in posts.items()}
    return {word: next(iter(codes)) for word, codes in found.items() if len(codes) == 1} | sure
