"""Under which clause a piece belongs, and what a file may be called. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

MOST_FOLDER, MOST_FILE = 40, 80
"""Letters as Windows counts them: a path of two folders and a file stays far below its limit of 260."""
OTHERS = "条款没有点名的材料"
"""Where pieces lie that no clause's ``runs`` names: nothing is left out because a pack forgot it."""
_FORBIDDEN = str.maketrans(
    {"<": "＜", ">": "＞", ":": "：", '"': "”", "/": "／", "\\": "＼", "|": "｜", "?": "？", "*": "＊"}
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_RESERVED = re.compile(r"(CON|PRN|AUX|NUL|COM[0-9]|LPT[0-9])(\..*)?", re.I)


def safe(text: str, most: int) -> str:
    """*text* as the name of a file or folder on any system, the suffix kept when it is cut."""
    name = _CONTROL.sub("", text).translate(_FORBIDDEN)
    name = re.sub(r"\s+", " ", name).strip(" .")
    if _RESERVED.fullmatch(name):
        name = f"_{name}"
    stem, suffix = _parted(name)
    if _length(name) > most:
        while _length(stem) + _length(suffix) + 1 > most:
            stem = stem[:-1]
        stem = f"{stem.rstrip(' .')}…"
    return f"{stem}{suffix}" or "未命名"


def _parted(name: str) -> tuple[str, str]:
    """A name without its kind, and the kind with its dot."""
    at = name.rfind(".")
    return (name[:at], name[at:]) if at >= 0 and 2 <= len(name) - at <= 5 else (name, "")


def _length(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


@dataclass(slots=True)
class Names:
    """The paths of one archive: none twice, also where capital letters are the same as small ones."""

    taken: set[int] = field(default_factory=set)

    def free(self, *parts: str) -> str:
        """A path of these folders and this file; a second one of the same name gets a number."""
        *folders, file = (part for part in parts if part)
        above = "".join(f"{safe(one, MOST_FOLDER)}/" for one in folders)
        stem, suffix = _parted(file)
        for n in range(1, 100_000):
            tail = f" ({n}){suffix}" if n > 1 else suffix
            name = safe(stem, MOST_FILE - len(tail)) + tail
            key = hash(f"{above}{name}".casefold())
            if key not in self.taken:
                self.taken.add(key)
                return f"{above}{name}"
        raise ValueError(f"no free name for {file!r}")


@dataclass(frozen=True)
class Order:
    """The clauses of a policy in its own order, and what runs each."""

    clauses: Sequence[Mapping[str, Any]]
    _by_ref: dict[str, tuple[int, ...]] = field(init=False)

    def __post_init__(self) -> None:
        found: dict[str, list[int]] = {}
        for n, clause in enumerate(self.clauses):
            measured = [f"measure:{clause['measure']}"] if clause.get("measure") else []
            for ref in (*clause.get("runs", ()), *measured):
                for name in {ref, ref.partition(":")[0] + ":"}:
                    found.setdefault(name, []).append(n)
        object.__setattr__(self, "_by_ref", {ref: tuple(dict.fromkeys(places)) for ref, places in found.items()})

    def places(self, refs: Sequence[str]) -> tuple[int, ...]:
        """The clauses that a piece belongs to, by its closest reference that any clause names; the rest comes last.

        Names joined by ``&`` are equally close: the piece lies with the first and belongs to the others too.
        """
        for ref in refs:
            if found := dict.fromkeys(place for name in ref.split("&") for place in self._by_ref.get(name, ())):
                return tuple(found)
        return (len(self.clauses),)

    def folder(self, place: int) -> str:
        """``01 XX-01 领导小组、网格化目录``."""
        if place == len(self.clauses):
            return f"99 {OTHERS}"
        clause = self.clauses[place]
        return safe(f"{place + 1:02} {clause['code']} {clause['title']}", MOST_FOLDER)
