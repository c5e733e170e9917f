"""Units: their tiers, their addresses in the tree, and the ten-digit code of a school."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

Tier = Literal["province", "city", "bureau", "office", "town", "school", "site", "area", "department"]
TIERS: tuple[str, ...] = get_args(Tier)
COLUMN_TIERS = ("province", "city", "bureau", "school")
"""Tiers whose units are ancestors in a column of their own (see ``foundation.scoping``)."""
BUREAU_TIERS = ("bureau", "city", "province")
"""Tiers that own rows: a city's or a province's own rows belong to its own pseudo-bureau."""
TIER_WORDS = {
    "province": "省级", "city": "市级", "bureau": "区县教育局", "office": "科室（中心）", "town": "镇（街道）",
    "school": "学校（园）", "site": "校区", "area": "区域", "department": "协作部门",
}  # fmt: skip

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
LABEL_LENGTH = 4
MOST_CHILDREN = 36**LABEL_LENGTH - 1
DEEPEST = 120 // (LABEL_LENGTH + 1)


class TreeFull(ValueError):
    """A unit cannot have more children, or the tree cannot grow deeper."""


def label(number: int) -> str:
    """A child's number as four base-36 digits: ``label(370) == "00aa"``."""
    if not 1 <= number <= MOST_CHILDREN:
        raise TreeFull
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = _DIGITS[rest] + digits
    return digits.rjust(LABEL_LENGTH, "0")


def next_path(above: str, last_sibling: str | None) -> str:
    """The address of a new child of the unit at *above*, after the child with the greatest address so far."""
    number = int(last_sibling[len(above) : -1], 36) + 1 if last_sibling else 1
    path = f"{above}{label(number)}."
    if len(path) > DEEPEST * (LABEL_LENGTH + 1):
        raise TreeFull
    return path


def moved_to(path: str, moves: Sequence[tuple[str, str]]) -> str:
    """Where a row belongs by now that was written at *path*; *moves* are (old, new), the earliest first."""
    for old, new in moves:
        if path.startswith(old):
            path = new + path[len(old) :]
    return path


def spans_of(home: str, moves: Sequence[tuple[str, str]]) -> tuple[tuple[str, bool], ...]:
    """The old addresses at which rows of *home* may still stand, and those below it whose rows are its own no more.

    Shorter addresses first; of two that hold a row the longer one decides. An address is never given twice, so an old
    one names what moved away from it.
    """
    points = {home}
    for old, new in reversed(moves):
        points |= {old + point[len(new) :] for point in points if point.startswith(new)} | {old}
    found = {home: True}
    for point in sorted(points - {home}, key=lambda one: (len(one), one)):
        belongs = moved_to(point, moves).startswith(home)
        nearest = max((kept for kept in found if point.startswith(kept)), key=len, default="")
        if belongs != found.get(nearest, False):
            found[point] = belongs
    return tuple((point, belongs) for point, belongs in found.items() if point != home)


def steps_to(path: str) -> list[str]:
    """The addresses of a unit and all above it, the top first: ``"0001.0002."`` → ``["0001.", "0001.0002."]``."""
    return [*steps_up(path)][::-1]


def steps_up(path: str) -> Iterator[str]:
    """The same, the unit itself first."""
    while path:
        yield path
        path = path[: path.rfind(".", 0, -1) + 1]


def depth(path: str) -> int:
    """How many levels an address has."""
    return path.count(".")


def plain(text: str) -> str:
    """Text as it is meant: full-width digits and letters narrowed, every run of blanks (also 　) one space, trimmed.

    NUL falls away: no database keeps it, and nobody means it.
    """
    return " ".join(unicodedata.normalize("NFKC", text).replace("\0", "").split())


def squeezed(text: str) -> str:
    """The same without any blank, for names and codes: ``"张　三"`` → ``"张三"``."""
    return "".join(unicodedata.normalize("NFKC", text).replace("\0", "").split())


# --- the ten-digit 学校（机构）标识码 ---------------------------------------------------------------------------------

SCHOOL_TYPES = {
    "11": "幼儿园", "21": "小学", "31": "初中", "34": "高中或完中", "36": "中职", "37": "工读", "51": "特教",
}  # fmt: skip
"""First two digits → kind (third-party proof, domain.md §13.2)."""

_TYPES_OF_KIND: Mapping[str, frozenset[str]] = {
    "kindergarten": frozenset({"11"}),
    "primary": frozenset({"21"}),
    "junior": frozenset({"31"}),
    "senior": frozenset({"34"}),
    "complete": frozenset({"34"}),
    "nine-year": frozenset({"21", "31"}),
    "twelve-year": frozenset({"21", "31", "34"}),
    "vocational": frozenset({"36"}),
    "special": frozenset({"51"}),
}
PROVINCES = frozenset(
    str(code)
    for block in ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65), (71, 71), (81, 82))
    for code in range(block[0], block[1] + 1)
)
"""The first two digits of GB/T 2260."""


def school_code_fault(code: str, kind: str) -> str:
    """What is wrong with a school's code (already squeezed), as a sentence; empty when nothing is.

    Two digits of type, two of province, six of serial; a string, because zeros in front count.
    """
    if not re.fullmatch(r"[0-9]{10}", code):
        return f"学校标识码应为10位数字，现在是「{code}」（{len(code)}位）"
    if code[:2] not in SCHOOL_TYPES:
        known = "、".join(f"{digits} {words}" for digits, words in SCHOOL_TYPES.items())
        return f"学校标识码「{code}」的前两位「{code[:2]}」不是办学类型。可用的有：{known}"
    if code[2:4] not in PROVINCES:
        return f"学校标识码「{code}」的第3、4位「{code[2:4]}」不是省级代码（如 61 陕西）"
    allowed = _TYPES_OF_KIND.get(kind)
    if allowed and code[:2] not in allowed:
        return f"学校标识码「{code}」的前两位是{SCHOOL_TYPES[code[:2]]}，与所选的单位类型不符。改办学类型须换码"
    return ""


# --- kinds and parents ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Kind:
    """A kind of unit as the pack defines it: ``parents`` are kinds (none: it may stand on top)."""

    code: str
    name: str
    tier: str
    parents: tuple[str, ...] = ()


def kinds_of(entries: Mapping[str, Mapping[str, object]]) -> dict[str, Kind]:
    """The pack section ``unit-kinds`` as kinds."""
    return {
        code: Kind(code, str(data["name"]), str(data["tier"]), tuple(data.get("parents") or ()))  # type: ignore[arg-type]
        for code, data in entries.items()
    }


def parent_fault(kind: Kind, above: str | None, kinds: Mapping[str, Kind]) -> str:
    """Why a unit of this kind cannot stand below a unit of kind *above* (``None``: on top); empty when it can."""
    if not kind.parents:
        return f"{kind.name}只能放在最顶层" if above else ""
    if above in kind.parents:
        return ""
    wanted = "、".join(kinds[code].name for code in kind.parents[:4] if code in kinds)
    more = "等" if len(kind.parents) > 4 else ""
    here = "最顶层" if above is None else kinds[above].name if above in kinds else above
    return f"{kind.name}应放在{wanted}{more}下面，不能放在{here}下面"
