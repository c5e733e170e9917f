"""A person's name as pinyin initials: what a thumb types to find somebody."""

from __future__ import annotations

from functools import lru_cache

_SURNAMES = {
    "单": "s", "曾": "z", "解": "x", "仇": "q", "区": "o", "查": "z", "盖": "g", "乐": "y", "朴": "p", "翟": "z",
    "缪": "m", "黑": "h", "秘": "b", "折": "s", "种": "c", "重": "c", "召": "s", "万俟": "mq", "尉迟": "yc", "长孙": "zs",
    "澹台": "tt", "宿": "s", "员": "y", "贠": "y", "谌": "c", "燕": "y", "纪": "j", "洗": "x", "冼": "x", "曲": "q",
}  # fmt: skip
"""Surnames that are not read like the common word."""


def initials(name: str) -> str:
    """``"单明远"`` → ``"smy"``; letters and digits stay, everything else falls away."""
    for length in (2, 1):
        if name[:length] in _SURNAMES:
            return (_SURNAMES[name[:length]] + "".join(map(_initial, name[length:])))[:30]
    return "".join(map(_initial, name))[:30]


@lru_cache(maxsize=16_384)
def _initial(char: str) -> str:
    from pypinyin import Style, lazy_pinyin  # a third of a second to import, and only writes need it

    if char.isascii():
        return char.lower() if char.isalnum() else ""
    return "".join(lazy_pinyin(char, style=Style.FIRST_LETTER, errors="ignore"))[:1].lower()
