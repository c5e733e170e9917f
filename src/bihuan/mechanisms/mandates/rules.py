"""The states of what was asked, and what an answer still lacks. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from bihuan.foundation.actors import Actor

Wants = Literal["receipt", "text", "number", "photo"]
WANTS: Mapping[str, str] = {"receipt": "只要签收", "text": "文字反馈", "number": "报一个数", "photo": "拍照反馈"}
"""What has to come back."""
STATES: Mapping[str, str] = {
    "sent": "待签收", "signed": "办理中", "answered": "待验收", "returned": "退回重办", "accepted": "已办结",
    "withdrawn": "已撤回",
}  # fmt: skip
OPEN = ("sent", "signed", "returned")
"""It is the addressee's turn."""
LIVE = (*OPEN, "answered")
"""Neither ended nor withdrawn."""


ISSUE = ("assign", "list-supervise", "close-review")
"""Whoever may do one of these over the whole bureau speaks for it: its offices, its head, whoever is in charge of safety."""


def speaks_for(by: Actor, place: Any) -> bool:
    """Whether this person issues and judges for a bureau, or answers for a unit."""
    if place.school_id:
        return by.may("sign-for-school", place)
    return any(by.may(act, place) for act in ISSUE)


def lacking(wants: str, words: str, amount: object, pictures: int) -> dict[str, str]:
    """What an answer still lacks, by field, in words; empty when it is whole."""
    if wants == "text" and len(words.strip()) < 2:
        return {"words": "请写明办了什么、结果怎样。"}
    if wants == "number" and amount is None:
        return {"amount": "请填一个数；没有的填 0。"}
    if wants == "photo" and not pictures:
        return {"photos": "请拍一张能看清办理情况的照片。"}
    return {}


def percent(done: int, everybody: int) -> int:
    """Whole percent, never 100 while one is missing."""
    return 0 if not everybody else done * 100 // everybody
