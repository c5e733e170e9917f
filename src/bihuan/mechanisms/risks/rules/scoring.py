"""Scoring a risk, and what a colour means. Pure: no Django, no clock, no floats.

Two methods: LS (R = L × S, whole numbers) and LEC (D = L × E × C, decimals). Which colour a value gets depends on the
bureau's matrix: 9, 10 and 12 are yellow by one and orange by another, and a value on a border of LEC goes up or down as
the pack says. A score therefore carries the code of its matrix and is frozen: another matrix later re-scores nothing.
Direct criteria (breaking a mandatory standard, a known death, a listed major hazard) are red whatever the score says.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

COLOURS = ("red", "orange", "yellow", "blue")
SHAPES = ("octagon", "triangle", "diamond", "disc")
TIERS = ("bureau", "school", "department", "post")
MEASURES = {
    "engineering": "工程技术",
    "management": "管理制度",
    "training": "教育培训",
    "protection": "个体防护",
    "emergency": "应急处置",
}
"""The five kinds of control measures, in the order in which a control list gives them."""
CADENCES = {
    "shift": ("每班", 1),
    "each-use": ("每次使用", 0),
    "daily": ("每日", 1),
    "weekly": ("每周", 7),
    "monthly": ("每月", 31),
    "quarterly": ("每季度", 92),
    "termly": ("每学期", 184),
}
"""How often a point is looked at: the words, and the days after which a look is late (0: no calendar says)."""


class BadScore(ValueError):
    """A score that no table allows; the sentence says which value is meant."""


@dataclass(frozen=True, slots=True)
class Colour:
    """One of the four colours: always shown with its word and its shape, and kept by a tier of people."""

    code: str
    name: str
    word: str
    shape: str
    control_tier: str
    control_post: str
    also_tiers: tuple[str, ...]
    cadence: str
    review_months: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class Band:
    """Values that get one colour: LS from ``low`` to ``high`` inclusive, LEC beyond ``low``."""

    colour: str
    grade: str
    word: str
    low: Decimal
    high: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Matrix:
    """A way to turn a value into a colour. ``boundary`` says where a value exactly on a border of LEC goes."""

    code: str
    name: str
    method: Literal["ls", "lec"]
    bands: tuple[Band, ...]
    boundary: Literal["upper", "lower"] = "upper"

    def band(self, value: Decimal) -> Band:
        """The band of a value; ``BadScore`` when the table has a hole there."""
        for band in sorted(self.bands, key=lambda b: b.low, reverse=True):
            if self.method == "ls":
                if band.low <= value <= (band.high if band.high is not None else value):
                    return band
            elif value > band.low or (self.boundary == "upper" and value == band.low and band.low > 0):
                return band
        raise BadScore(f"{self.name}没有说 {plain(value)} 分属于哪一级")


@dataclass(frozen=True, slots=True)
class Method:
    """What may be scored: a matrix, and for each factor its allowed values with their words, in the order of the formula."""

    matrix: Matrix
    factors: tuple[tuple[str, str, Mapping[Decimal, str]], ...]

    def value(self, given: Mapping[str, Any]) -> tuple[Decimal, dict[str, str]]:
        """The product of the given factors and the factors in their canonical form."""
        product, used = Decimal(1), {}
        for code, word, allowed in self.factors:
            number = decimal_of(given.get(code), word)
            if number not in allowed:
                raise BadScore(f"{word}只能取 {'、'.join(plain(v) for v in allowed)}，不能取 {plain(number)}")
            product, used[code] = product * number, plain(number)
        return product, used


@dataclass(frozen=True, slots=True)
class Score:
    """A frozen result: it says by itself how it came about, and never changes when the tables do."""

    method: str
    matrix: str
    factors: Mapping[str, str]
    value: str
    grade: str
    colour: str
    direct: tuple[str, ...]
    words: str

    def as_json(self) -> dict[str, Any]:
        """What is stored with the point."""
        return {
            "matrix": self.matrix, "factors": dict(self.factors), "value": self.value, "grade": self.grade,
            "direct": list(self.direct), "words": self.words,
        }  # fmt: skip


def score(
    method: Method, given: Mapping[str, Any], colours: Mapping[str, Colour], *, direct: Mapping[str, str] | None = None
) -> Score:
    """Score a risk. ``direct`` maps the direct criteria that were hit to their words; any one of them is red.

    Domain rules 2 and 3 (domain.md, 十条): a value's grade depends on the matrix, a direct criterion beats any value.
    """
    value, used = method.value(given)
    matrix = method.matrix
    band = matrix.band(value)
    formula = " × ".join(f"{word} {used[code]}" for code, word, _ in method.factors)
    words = f"{formula} = {plain(value)}，按「{matrix.name}」为{band.word}，{_said(colours, band.colour)}"
    colour, grade = band.colour, band.grade
    if direct:
        colour, grade = "red", "direct"
        words += f"；但命中「{'」「'.join(direct.values())}」，直接定为{_said(colours, 'red')}"
    return Score(matrix.method, matrix.code, used, plain(value), grade, colour, tuple(direct or ()), words)


def direct_red(colours: Mapping[str, Colour], direct: Mapping[str, str]) -> Score:
    """Red by a direct criterion alone, without any score."""
    if not direct:
        raise BadScore("没有选中直接判定的情形")
    words = f"命中「{'」「'.join(direct.values())}」，不看分数，直接定为{_said(colours, 'red')}"
    return Score("direct", "", {}, "", "direct", "red", tuple(direct), words)


def chosen_colour(colours: Mapping[str, Colour], colour: str, source: str) -> Score:
    """A colour that somebody chose (a catalogue, an expert's report) without a score; it says so."""
    if colour not in colours:
        raise BadScore(f"没有「{colour}」这种颜色")
    return Score("chosen", "", {}, "", "", colour, (), f"{source}定为{_said(colours, colour)}，还没有按口径评分")


def _said(colours: Mapping[str, Colour], code: str) -> str:
    return f"{colours[code].name}色（{colours[code].word}）" if code in colours else code


def decimal_of(given: Any, word: str) -> Decimal:
    """A factor as typed: full-width digits and points are understood, floats are not let through as such."""
    text = str(given if given is not None else "").strip()
    text = text.translate(str.maketrans("０１２３４５６７８９．", "0123456789."))
    if not text:
        raise BadScore(f"请给出{word}")
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise BadScore(f"{word}应当是数字，现在是「{text[:20]}」") from None
    if not number.is_finite():
        raise BadScore(f"{word}应当是数字，现在是「{text[:20]}」")
    return number


def plain(number: Decimal) -> str:
    """``0.5``, ``10``, ``320``: no exponent, no trailing zeros."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def keepers(colour: Colour, colours: Mapping[str, Colour], owner_post: str) -> list[tuple[str, str]]:
    """(tier, post) of everybody who must act on a point: who is above acts, and those below act too.

    The post tier is the point's own post when it has one. Source: 上级管的，下级必须同时管 (domain.md §1.4).
    """
    of_tier = {c.control_tier: c.control_post for c in colours.values()} | {
        "post": owner_post or colours["blue"].control_post
    }
    chain = [
        (
            colour.control_tier,
            owner_post or colour.control_post if colour.control_tier == "post" else colour.control_post,
        )
    ]
    return chain + [(tier, of_tier[tier]) for tier in TIERS if tier in colour.also_tiers and tier in of_tier]


def headline(words: str, most: int = 60) -> str:
    """The first sentence of what somebody wrote, as a title."""
    first = next((line.strip() for line in words.splitlines() if line.strip()), "")
    for end in "。！？；":
        first = first.split(end, 1)[0]
    return first if len(first) <= most else first[: most - 1] + "…"


def review_on(scored_on: date, months: int) -> date:
    """The day by which the score must be looked at again."""
    year, month = divmod(scored_on.year * 12 + scored_on.month - 1 + months, 12)
    return date(year, month + 1, min(scored_on.day, monthrange(year, month + 1)[1]))


def late_on(cadence: str, looked_on: date | None) -> date | None:
    """The first day on which a look is late; ``None`` when no calendar says."""
    days = CADENCES.get(cadence, ("", 0))[1]
    return looked_on + timedelta(days=days + 1) if looked_on and days else None


def holes(matrix: Matrix, values: Iterable[Decimal]) -> list[str]:
    """What is wrong with a matrix: values without a band, values with two (LS). Empty when it is whole."""
    found = []
    for value in sorted(set(values)):
        hits = [b for b in matrix.bands if b.high is not None and b.low <= value <= b.high]
        if matrix.method == "lec":
            hits = [matrix.band(value)]
        if len(hits) != 1:
            found.append(f"{plain(value)} 分{'没有落在任何一段' if not hits else '同时落在两段'}")
    return found
