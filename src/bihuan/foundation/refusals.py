"""The catalogue of refusals: every anticipated "no" has a code, an HTTP status and a Chinese sentence.

A room declares its own at import: ``declare({"cases.needs_evidence": (422, "请先上传{what}，再{action}。")})``.
Doors turn a ``Refusal`` into a page fragment or problem+json; nothing else is ever shown to a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Entry:
    """One line of the catalogue: the HTTP status and the sentence with ``{named}`` facts."""

    status: int
    sentence: str


_catalogue: dict[str, Entry] = {}


def declare(entries: Mapping[str, tuple[int, str]]) -> None:
    """Add a room's refusals; a code is ``room.what`` and is declared once."""
    for code, (status, sentence) in entries.items():
        entry = Entry(status, sentence)
        if _catalogue.setdefault(code, entry) != entry:
            raise ValueError(f"refusal {code} is declared twice")


def catalogue() -> Mapping[str, Entry]:
    """Every declared refusal by code."""
    return dict(sorted(_catalogue.items()))


class Refusal(Exception):
    """An anticipated "no". ``fields`` maps a form field to its own sentence, so that nothing typed is lost."""

    def __init__(self, code: str, /, *, fields: Mapping[str, str] | None = None, **facts: Any) -> None:
        entry = _catalogue[code]
        self.code = code
        self.status = entry.status
        self.facts = facts
        self.fields = dict(fields or {})
        self.sentence = entry.sentence.format(**facts)
        super().__init__(f"{code}: {self.sentence}")


declare(
    {
        "foundation.not_found": (404, "没有找到这条记录，或它不在你的责任范围内。请返回列表重新选择。"),
        "foundation.sign_in": (401, "请先登录，再继续刚才的操作。"),
        "foundation.not_yours": (403, "你的岗位不能{act}。请联系{who}，或由有此职责的人操作。"),
        "foundation.changed_meanwhile": (409, "这条记录刚刚被{who}改动过，你的操作没有生效。请看过最新情况再决定。"),
        "foundation.receipt_conflict": (409, "这个编号的操作已经收到过，但内容不同，没有再次执行。请刷新后重新填写。"),
        "foundation.bad_input": (422, "有{count}处填写需要修改：{summary}"),
        "foundation.unknown_command": (404, "没有叫「{name}」的操作。"),
        "foundation.too_slow": (503, "系统现在很忙，这次操作没有生效，你填写的内容还在。请稍后再试。"),
        "foundation.bad_cursor": (422, "翻页位置无效，请从第一页重新打开列表。"),
    }
)
