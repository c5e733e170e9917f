"""The chapters of a pack: what the base pack says is whole, and each kind of fault is found with its row."""

import csv
from functools import cache

import pytest
from django.conf import settings

from bihuan.foundation.packs.sections import sections

BASE = settings.BIHUAN_PACKS / "base"
CHAPTERS = {chapter.name: chapter for chapter in sections()}


@pytest.fixture
def folder(tmp_path):
    """A copy of the base pack's risk files that a test may spoil."""
    for name in ("risks.yaml", "areas.yaml", "risk-points.csv"):
        (tmp_path / name).write_text((BASE / name).read_text(encoding="utf-8"), encoding="utf-8")
    return tmp_path


@cache
def every_code():
    posts = {("posts", item.code) for item in CHAPTERS["posts"].read(BASE)[0]}
    kinds = {("unit-kinds", item.code) for item in CHAPTERS["unit-kinds"].read(BASE)[0]}
    levels = {("case-levels", code) for code in ("general", "serious", "major")}
    return frozenset(
        posts | kinds | levels | {("sources", code) for code in ("own", "method-ls", "method-lec", "guide-major-2024")}
    )


def faults_of(chapter, folder):
    items, faults = CHAPTERS[chapter].read(folder)
    return items, [*faults, *(fault for item in items for fault in CHAPTERS[chapter].check(item, every_code()))]


@pytest.mark.parametrize(("chapter", "least"), [("risks", 1), ("areas", 40), ("risk-points", 100)])
def test_the_base_pack_is_whole(chapter, least):
    items, faults = faults_of(chapter, BASE)
    assert faults == []
    assert len(items) >= least


def test_what_is_not_proven_says_so():
    spec = CHAPTERS["risks"].read(BASE)[0][0].spec
    assert {m.code: m.proof for m in spec.matrices} == {"ls-a": "unverified", "ls-b": "third-party"}
    assert spec.lec.boundary_proof == "unverified"


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("default_matrix: ls-b", "default_matrix: ls-z", "risks.default_matrix"),
        (
            '{colour: blue, grade: "4", word: 轻微, min: 1, max: 3}',
            '{colour: blue, grade: "4", word: 轻微, min: 2, max: 3}',
            "risks.matrix",
        ),
        ("control_post: head", "control_post: wizard", "risks.post"),
        ("word: 较大, shape: triangle", "word: 较大, shape: disc", "risks.shape"),
        ("source: method-lec", "source: hearsay", "packs.no_source"),
        ("default_matrix:", "favourite_matrix: x\ndefault_matrix:", "packs.bad_value"),
        ("{code: orange, name: 橙", "{code: red, name: 橙", "packs.bad_value"),
    ],
)
def test_a_fault_in_risks_is_found(folder, old, new, code):
    text = (folder / "risks.yaml").read_text(encoding="utf-8")
    assert old in text
    (folder / "risks.yaml").write_text(text.replace(old, new, 1), encoding="utf-8")
    _, faults = faults_of("risks", folder)
    assert code in {fault.code for fault in faults}


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda cells: [cells[0], *cells[1:4], "purple", *cells[5:]], "packs.bad_value"),
        (lambda cells: cells[:-1], "risk-points.cells"),
        (lambda cells: [*cells[:3], "月球", *cells[4:]], "risk-points.place"),
        (lambda cells: [*cells[:2], "ghost", *cells[3:]], "risk-points.kind"),
        (lambda cells: [*cells[:12], "wizard", *cells[13:]], "risk-points.post"),
        (lambda cells: ["gate-rush", *cells[1:]], "packs.twice"),
        (lambda cells: ["Bad Code", *cells[1:]], "packs.bad_code"),
        (lambda cells: [*cells[:14], "universität", *cells[15:]], "packs.bad_value"),
    ],
)
def test_a_fault_in_the_table_is_found_with_its_row(folder, spoil, code):
    path = folder / "risk-points.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    rows[4] = spoil(rows[4])
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    _, faults = faults_of("risk-points", folder)
    assert (5, code) in {(fault.row, fault.code) for fault in faults}
    assert {fault.row for fault in faults} == {5}


def test_a_table_with_another_head_or_encoding_is_refused_as_a_whole(folder):
    path = folder / "risk-points.csv"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("hazard_source", "danger", 1), encoding="utf-8")
    assert [fault.code for fault in faults_of("risk-points", folder)[1]] == ["risk-points.columns"]
    path.write_bytes(text.encode("gb18030"))
    assert [fault.code for fault in faults_of("risk-points", folder)[1]] == ["packs.not_utf8"]


def test_an_area_of_an_unknown_kind_or_post_is_a_fault(folder):
    path = folder / "areas.yaml"
    path.write_text(
        path.read_text(encoding="utf-8")
        .replace("kind: boundary", "kind: moon", 1)
        .replace("post: gatekeeper", "post: wizard", 1),
        encoding="utf-8",
    )
    assert {fault.code for fault in faults_of("areas", folder)[1]} == {"areas.kind", "areas.post"}
