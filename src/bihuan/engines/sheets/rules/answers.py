"""What may be answered, what is wrong with an answer, and how far a submission is."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from bihuan.engines.sheets.rules.content import ABNORMAL, Content, Item

RESULTS: Mapping[str, str] = {"pass": "符合", "fail": "有问题", "na": "不适用"}
LONGEST_NOTE = 500
_TIME = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d")

Answers = Mapping[str, Mapping[str, Any]]
"""Item code → {"result" or "value", "note", "place", "photos", "by", "by_name", "at"}: as a submission stores it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer as somebody gives it."""

    result: str = ""
    value: str = ""
    note: str = ""
    place: str = ""
    photos: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """What is stored, without empty words."""
        said = {"result": self.result, "value": self.value, "note": self.note, "place": self.place}
        kept: dict[str, Any] = {name: word for name, word in said.items() if word}
        if self.photos:
            kept["photos"] = list(self.photos)
        return kept


def faults_of(content: Content, asked: Collection[str] | None, given: Mapping[str, Answer]) -> dict[str, str]:
    """Item code → a sentence for every answer that cannot be taken; empty when all can."""
    found: dict[str, str] = {}
    by_code = content.by_code
    for code, answer in given.items():
        item = by_code.get(code)
        if item is None or (asked is not None and code not in asked):
            found[code] = f"这次没有「{code}」这一项，请刷新页面后重填"
        elif sentence := _fault(item, answer):
            found[code] = f"{item.code} {item.title}：{sentence}"
    return found


def _fault(item: Item, answer: Answer) -> str:
    if len(answer.note) > LONGEST_NOTE:
        return f"说明最多{LONGEST_NOTE}个字，请精简"
    if item.kind == "pass-fail":
        if answer.result not in RESULTS:
            return "请选 符合、有问题 或 不适用"
        if answer.result == ABNORMAL and len(answer.note.strip()) < 2:
            return "判为有问题，请用一句话写明看到了什么"
        return ""
    return _value_fault(item, answer)


def _value_fault(item: Item, answer: Answer) -> str:
    value = answer.value.strip()
    if item.kind in ("photo", "signature"):
        if item.required and not answer.photos:
            return "请拍一张照片" if item.kind == "photo" else "请签名"
        return ""
    if not value:
        return "必须填写" if item.required else ""
    if item.kind == "choice" and value not in item.options:
        return f"只能选：{'、'.join(item.options)}"
    if item.kind == "number":
        return _number_fault(item, value)
    if item.kind == "date" and _date(value) is None:
        return "日期应如 2026-11-22"
    if item.kind == "time" and not _TIME.fullmatch(value):
        return "时刻应如 07:40"
    if item.kind == "text" and len(value) > LONGEST_NOTE:
        return f"最多{LONGEST_NOTE}个字，请精简"
    return ""


def _number_fault(item: Item, value: str) -> str:
    number = _number(value)
    if number is None:
        return f"应填数字{f'（{item.unit}）' if item.unit else ''}"
    if (item.least is not None and number < item.least) or (item.most is not None and number > item.most):
        low = "" if item.least is None else f"{item.least:g}"
        high = "" if item.most is None else f"{item.most:g}"
        words = f"在 {low} 到 {high} 之间" if low and high else f"不小于 {low}" if low else f"不大于 {high}"
        return f"应{words}{f'（{item.unit}）' if item.unit else ''}，请核对"
    return ""


def _number(value: str) -> float | None:
    try:
        number = float(value)
    except ValueError:
        return None
    return number if abs(number) < float("inf") else None


def _date(value: str) -> date | None:
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def is_wrong(item: Item, answer: Mapping[str, Any]) -> bool:
    """Whether an answer is not normal, so that it becomes a finding."""
    if item.kind == "pass-fail":
        return answer.get("result") == ABNORMAL
    value = str(answer.get("value", ""))
    if item.kind == "choice":
        return value in item.abnormal
    if item.kind == "number" and (number := _number(value)) is not None:
        below = item.normal_from is not None and number < item.normal_from
        return below or (item.normal_to is not None and number > item.normal_to)
    return False


def is_asked(item: Item, answers: Answers) -> bool:
    """Whether the item's condition on another answer holds (without a condition it is always asked)."""
    if item.when is None:
        return True
    other = answers.get(item.when.item, {})
    return other.get("result", "") in item.when.among or other.get("value", "") in item.when.among


def open_items(content: Content, asked: Collection[str] | None, answers: Answers) -> list[str]:
    """The items still to be answered, in order."""
    return [
        item.code
        for item in content.items
        if (asked is None or item.code in asked)
        and item.required
        and item.code not in answers
        and is_asked(item, answers)
    ]


@dataclass(frozen=True, slots=True)
class Tally:
    """How far a submission (or one category of it) is."""

    asked: int = 0
    passed: int = 0
    failed: int = 0
    not_applicable: int = 0

    @property
    def done(self) -> int:
        """How many are answered."""
        return self.passed + self.failed + self.not_applicable

    @property
    def left(self) -> int:
        """How many are still to be answered."""
        return self.asked - self.done

    @property
    def percent(self) -> int:
        """Answered, in whole per cent; 100 only when nothing is left."""
        return 100 if not self.left else self.done * 100 // self.asked


def tally(items: Iterable[Item], asked: Collection[str] | None, answers: Answers) -> Tally:
    """Count these items; what was filled in and is normal counts as passed."""
    count = {"asked": 0, "passed": 0, "failed": 0, "not_applicable": 0}
    for item in items:
        if (asked is not None and item.code not in asked) or not is_asked(item, answers):
            continue
        count["asked"] += 1
        answer = answers.get(item.code)
        if answer is None:
            continue
        name = "failed" if is_wrong(item, answer) else "not_applicable" if answer.get("result") == "na" else "passed"
        count[name] += 1
    return Tally(**count)
