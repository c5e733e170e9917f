"""Addresses in the tree, school codes, names in pinyin."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bihuan.engines.responsibility.rules import tree
from bihuan.engines.responsibility.rules.initials import initials


@given(st.integers(1, tree.MOST_CHILDREN - 1))
def test_labels_sort_as_numbers(number):
    assert len(tree.label(number)) == 4
    assert int(tree.label(number), 36) == number
    assert tree.label(number) < tree.label(number + 1)


def test_addresses_grow_and_stop():
    assert tree.next_path("", None) == "0001."
    assert tree.next_path("0001.", "0001.000z.") == "0001.0010."
    with pytest.raises(tree.TreeFull):
        tree.next_path("0001.", "0001.zzzz.")
    with pytest.raises(tree.TreeFull):
        tree.next_path("0001." * tree.DEEPEST, None)
    assert tree.steps_to("0001.000a.") == ["0001.", "0001.000a."]


@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        ("2161000001", "primary", ""),
        ("3161000001", "nine-year", ""),
        ("216100001", "primary", "10位"),
        ("21610000A1", "primary", "10位数字"),
        ("9961000001", "primary", "办学类型"),
        ("2199000001", "primary", "省级代码"),
        ("2161000001", "kindergarten", "类型不符"),
        ("²161000001", "primary", "10位数字"),
    ],
)
def test_school_codes_are_checked(code, kind, words):
    fault = tree.school_code_fault(code, kind)
    assert words in fault
    assert bool(fault) is bool(words)


def test_full_width_and_blanks_are_made_plain():
    assert tree.squeezed("２１６１　００００ ０１") == "2161000001"
    assert tree.plain("　灞东区　 第一小学 ") == "灞东区 第一小学"


@pytest.mark.parametrize(
    ("name", "typed"), [("李安", "la"), ("单明远", "smy"), ("曾可", "zk"), ("尉迟恭", "ycg"), ("阿卜杜拉·Li", "abdlli")]
)
def test_names_are_found_by_initials(name, typed):
    assert initials(name) == typed


@given(st.data())
def test_spans_tell_moved_rows_apart_wherever_they_still_stand(data):
    """Units move about at will; a row written at any time belongs to whom it would belong to if it had followed."""
    units = {1: "1.", 2: "2.", 3: "3.", 4: "1.1.", 5: "1.1.1.", 6: "2.1."}
    rows, moves, fresh = list(units.items()), [], 7
    for _ in range(data.draw(st.integers(0, 5))):
        unit, above = data.draw(st.sampled_from(sorted(units))), data.draw(st.sampled_from(sorted(units)))
        old = units[unit]
        if units[above].startswith(old):
            continue
        new, fresh = f"{units[above]}{fresh}.", fresh + 1
        moves.append((old, new))
        units = {one: new + path[len(old) :] if path.startswith(old) else path for one, path in units.items()}
        rows += list(units.items())
    for home in units.values():
        spans = tree.spans_of(home, moves)
        for unit, written in rows:
            covering = [belongs for path, belongs in ((home, True), *spans) if written.startswith(path)]
            assert (covering[-1] if covering else False) == units[unit].startswith(home)
