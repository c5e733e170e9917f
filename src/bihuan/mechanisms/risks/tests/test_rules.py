"""Scoring is exact, depends on the matrix, is frozen, and a direct criterion beats it."""

from datetime import date
from decimal import Decimal

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from bihuan.foundation.packs.yaml_rows import read_yaml
from bihuan.mechanisms.risks import rules
from bihuan.mechanisms.risks.pack import RisksSpec, colours, methods


def base():
    folder = settings.BIHUAN_PACKS / "base"
    rows, faults = read_yaml(folder / "risks.yaml", folder, "whole", RisksSpec)
    assert not faults
    return rows[0][3].model_dump(mode="json", exclude_none=True)


DATA = base()
METHODS, COLOURS = methods(DATA), colours(DATA)


def scored(matrix, *factors, direct=None):
    method = METHODS[matrix]
    given_factors = {code: factor for (code, _, _), factor in zip(method.factors, factors, strict=True)}
    return rules.score(method, given_factors, COLOURS, direct=direct)


def test_the_default_matrix_comes_first():
    assert next(iter(METHODS)) == DATA["default_matrix"]
    assert list(COLOURS) == list(rules.COLOURS)


@pytest.mark.parametrize(
    ("likelihood", "severity", "by_a", "by_b"),
    [
        (1, 1, "blue", "blue"), (1, 3, "blue", "blue"), (1, 4, "blue", "yellow"), (2, 4, "blue", "yellow"),
        (3, 3, "yellow", "orange"), (2, 5, "yellow", "orange"), (3, 4, "yellow", "orange"),
        (3, 5, "orange", "orange"), (4, 4, "orange", "orange"), (4, 5, "red", "red"), (5, 5, "red", "red"),
    ],
)  # fmt: skip
def test_nine_ten_and_twelve_depend_on_the_matrix(likelihood, severity, by_a, by_b):
    assert scored("ls-a", likelihood, severity).colour == by_a
    assert scored("ls-b", likelihood, severity).colour == by_b


@pytest.mark.parametrize(
    ("factors", "value", "colour"),
    [
        (("10", "6", "7"), "420", "red"), (("3", "6", "15"), "270", "orange"), (("6", "1", "15"), "90", "yellow"),
        (("0.1", "0.5", "100"), "5", "blue"), (("1", "3", "7"), "21", "blue"), (("0.5", "0.5", "3"), "0.75", "blue"),
    ],
)  # fmt: skip
def test_lec_multiplies_decimals(factors, value, colour):
    found = scored("lec", *factors)
    assert (found.value, found.colour) == (value, colour)


def test_a_value_on_a_border_goes_where_the_pack_says():
    bands = (
        rules.Band("red", "1", "", Decimal(320)),
        rules.Band("orange", "2", "", Decimal(160)),
        rules.Band("blue", "5", "", Decimal(0)),
    )
    upper = rules.Matrix("lec", "LEC", "lec", bands, "upper")
    lower = rules.Matrix("lec", "LEC", "lec", bands, "lower")
    assert [m.band(Decimal(320)).colour for m in (upper, lower)] == ["red", "orange"]
    assert [m.band(Decimal("320.01")).colour for m in (upper, lower)] == ["red", "red"]
    assert [m.band(Decimal(160)).colour for m in (upper, lower)] == ["orange", "blue"]


def test_a_direct_criterion_is_red_and_says_why():
    found = scored("ls-b", 1, 1, direct={"killed-before": "曾造成死亡"})
    assert (found.colour, found.grade, found.value) == ("red", "direct", "1")
    assert "曾造成死亡" in found.words
    assert "蓝色（低）" in found.words
    assert rules.direct_red(COLOURS, {"x": "命中标准"}).colour == "red"
    with pytest.raises(rules.BadScore):
        rules.direct_red(COLOURS, {})


@pytest.mark.parametrize("wrong", ["", None, "六", "7", "0", "1e999", "NaN", "-3", "3.5"])
def test_what_the_table_does_not_allow_is_refused_in_words(wrong):
    with pytest.raises(rules.BadScore, match="可能性"):
        scored("ls-b", wrong, 3)


def test_full_width_digits_are_understood():
    assert scored("ls-b", "４", " 5 ").value == "20"
    assert scored("lec", "０．５", "1", "1").value == "0.5"


@given(st.sampled_from(range(1, 6)), st.sampled_from(range(1, 6)), st.sampled_from(["ls-a", "ls-b"]))
def test_every_score_has_a_colour_and_more_is_never_milder(likelihood, severity, matrix):
    found = scored(matrix, likelihood, severity)
    assert found.value == str(likelihood * severity)
    worse = scored(matrix, min(5, likelihood + 1), severity)
    assert rules.COLOURS.index(worse.colour) <= rules.COLOURS.index(found.colour)


def test_a_matrix_with_a_hole_or_an_overlap_is_found():
    band = rules.Band
    whole = METHODS["ls-b"].matrix
    values = [Decimal(a * b) for a in range(1, 6) for b in range(1, 6)]
    assert rules.holes(whole, values) == []
    holed = rules.Matrix(
        "x", "x", "ls", (band("red", "1", "", Decimal(10), Decimal(25)), band("blue", "2", "", Decimal(1), Decimal(8)))
    )
    assert rules.holes(holed, values) == ["9 分没有落在任何一段"]
    double = rules.Matrix(
        "x", "x", "ls", (band("red", "1", "", Decimal(8), Decimal(25)), band("blue", "2", "", Decimal(1), Decimal(8)))
    )
    assert rules.holes(double, values) == ["8 分同时落在两段"]


def test_who_is_above_acts_and_those_below_act_too():
    of = {code: rules.keepers(COLOURS[code], COLOURS, "lab-keeper") for code in rules.COLOURS}
    assert of["red"] == [
        ("bureau", "head"),
        ("school", "line-leader"),
        ("department", "logistics-lead"),
        ("post", "lab-keeper"),
    ]
    assert of["orange"] == [("school", "line-leader"), ("department", "logistics-lead"), ("post", "lab-keeper")]
    assert of["yellow"] == [("department", "logistics-lead"), ("post", "lab-keeper")]
    assert of["blue"] == [("post", "lab-keeper")]
    assert rules.keepers(COLOURS["blue"], COLOURS, "") == [("post", "class-teacher")]


def test_review_and_lateness():
    assert rules.review_on(date(2026, 8, 31), 6) == date(2027, 2, 28)
    assert rules.review_on(date(2026, 12, 1), 12) == date(2027, 12, 1)
    assert rules.late_on("daily", date(2026, 11, 22)) == date(2026, 11, 24)
    assert rules.late_on("each-use", date(2026, 11, 22)) is None
    assert rules.late_on("daily", None) is None


def test_a_code_is_understood_as_people_type_it():
    assert rules.typed_code("7kqm-4tx r99") == "7KQM4TXR99"
    assert not set("01OIL") & set(rules.CODE_ALPHABET)
