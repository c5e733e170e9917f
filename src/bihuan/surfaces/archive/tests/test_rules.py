"""Under which clause a piece lies, and names that every system can unpack."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bihuan.surfaces.archive.rules import MOST_FILE, MOST_FOLDER, OTHERS, Names, Order, safe

CLAUSES = [
    {"code": "XX-01", "title": "责任", "runs": ["net:levels", "page:/net/"]},
    {"code": "XX-02", "title": "台账", "runs": ["ledgers:visitors", "page:/ledgers/"], "measure": "ledgers-today"},
    {"code": "XX-03", "title": "检查", "runs": ["paper:checklist-record"], "measure": "self-checks"},
    {"code": "XX-04", "title": "自查", "runs": ["paper:checklist-record", "page:/ledgers/"]},
    {"code": "XX-05", "title": "没有做", "runs": []},
]


@pytest.mark.parametrize(
    ("refs", "places"),
    [
        (("ledgers:visitors", "page:/ledgers/"), (1,)),  # the closest reference decides
        (("ledgers:samples", "ledgers:", "page:/ledgers/"), (1,)),  # else where its siblings lie
        (("ledgers:samples", "page:/ledgers/"), (1, 3)),  # else where its page is named
        (("measure:self-checks&paper:checklist-record",), (2, 3)),  # both count: it lies with the first
        (("plans:fire", "page:/plans/"), (5,)),  # nothing is left out
        ((), (5,)),
    ],
)
def test_the_packs_own_runs_say_where_a_piece_lies(refs, places):
    assert Order(CLAUSES).places(refs) == places


def test_folders_stand_in_the_order_of_the_policy():
    order = Order(CLAUSES)
    folders = [order.folder(n) for n in range(len(CLAUSES) + 1)]
    assert folders[:2] == ["01 XX-01 责任", "02 XX-02 台账"]
    assert folders[-1] == f"99 {OTHERS}"
    assert folders == sorted(folders)


ANY = st.text(max_size=120) | st.sampled_from(
    ["CON", "nul.pdf", "a/b\\c", " . ", "报告…", "西门<外>|?*:", "𬭎" * 80, "x" * 300 + ".pdf"]
)


@given(ANY, st.integers(10, MOST_FILE))
def test_a_safe_name_is_a_name_everywhere(text, most):
    name = safe(text, most)
    assert name
    assert len(name.encode("utf-16-le", "surrogatepass")) // 2 <= most
    assert not re.search(r'[<>:"/\\|?*\x00-\x1f]', name)
    assert name == name.strip(" .")
    assert not re.fullmatch(r"(CON|PRN|AUX|NUL|COM\d|LPT\d)(\..*)?", name, re.I)


def test_what_is_forbidden_is_written_wide_and_a_cut_name_keeps_its_kind():
    assert safe('甲/乙: "丙"?.pdf', MOST_FILE) == "甲／乙： ”丙”？.pdf"
    assert safe("长" * 200 + ".pdf", 20) == "长" * 15 + "….pdf"


@given(st.lists(st.tuples(ANY, ANY), max_size=40))
def test_no_path_comes_twice_and_none_is_too_long(given_names):
    names = Names()
    paths = [names.free("01 XX-01 责任", folder, f"{file}.pdf") for folder, file in given_names]
    assert len({path.casefold() for path in paths}) == len(paths)
    assert all(len(path.encode("utf-16-le", "surrogatepass")) // 2 <= 2 * MOST_FOLDER + MOST_FILE + 2 for path in paths)
    assert all(path.endswith(".pdf") and ".." not in path.split("/") for path in paths)


def test_a_second_file_of_one_name_gets_a_number():
    names = Names()
    assert [names.free("甲", "", "照片.webp"), names.free("甲", "", "照片.webp"), names.free("乙", "", "照片.webp")] == [
        "甲/照片.webp", "甲/照片 (2).webp", "乙/照片.webp",
    ]  # fmt: skip
