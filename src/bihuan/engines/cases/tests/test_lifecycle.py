"""The table proves itself; whatever anybody presses, in whatever order, nothing closes without evidence and two people."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bihuan.engines.cases.lifecycle import (
    NEEDS,
    Lacking,
    Lifecycle,
    NotFromHere,
    NotTaken,
    NotYours,
    Person,
    SamePerson,
    State,
    missing_of_five,
)
from bihuan.engines.cases.pack import LifecycleSpec, lifecycle_from

PEOPLE = [UUID(int=n) for n in range(1, 5)]
EVERY_ACT = frozenset(
    {"assign", "verify", "plan-approve", "list-supervise", "close-review", "resume-use", "approve-extension"}
)
PARTS = {
    "rectify": "rectifier",
    "verify": "verifier",
    "return": "verifier",
    "close-review": "approver",
    "send-back": "approver",
}


@pytest.fixture(scope="module")
def tables(pytestconfig):
    read = yaml.safe_load((pytestconfig.rootpath / "packs/base/cases.yaml").read_text(encoding="utf-8"))
    return {
        row["code"]: lifecycle_from(LifecycleSpec.model_validate(row).model_dump(mode="json"))
        for row in read["lifecycles"]
    }


@pytest.fixture(scope="module")
def hazard(tables):
    return tables["hazard@1"]


@pytest.fixture(scope="module")
def major(tables):
    return tables["major-hazard@1"]


def test_the_tables_have_no_faults(tables):
    assert list(tables["hazard@1"].faults()) == []
    assert list(tables["major-hazard@1"].faults(needs_five=True)) == []


def without(table: Lifecycle, action: str, **changes: object) -> Lifecycle:
    return replace(table, steps=tuple(replace(s, **changes) if s.action == action else s for s in table.steps))


@pytest.mark.parametrize(
    ("action", "changes", "sentence"),
    [
        ("rectify", {"needs": ("note",)}, "「verifying → verify」可以不经整改照片和第二个人就销号"),
        ("verify", {"not_by": ()}, "「verifying → verify」可以不经整改照片和第二个人就销号"),
        ("assign", {"to": "closed"}, "「reported → assign」可以不经整改照片和第二个人就销号"),
        ("return", {"to": "nowhere"}, "「verifying → return」里的状态「nowhere」没有定义"),
        ("rectify", {"needs": ("selfie",)}, "「rectifying → rectify」需要「selfie」，系统不认识"),
        ("verify", {"to": "rectifying"}, "状态「closed」永远到不了"),
        (
            "rectify",
            {"clock": "none"},
            "「rectifying → rectify」写了期限「P2D」，没有写按工作日（working）还是按钟点（hours）",
        ),
    ],
)
def test_a_broken_table_names_its_fault(hazard, action, changes, sentence):
    assert sentence in list(without(hazard, action, **changes).faults())


def test_work_without_the_five_provisions_is_a_fault(major):
    bare = replace(major, steps=tuple(replace(s, needs=tuple(n for n in s.needs if n != "five")) for s in major.steps))
    assert "「listing → list-supervision」没有五落实就进入整改" in list(bare.faults(needs_five=True))


def test_a_dead_end_is_a_fault(hazard):
    stuck = replace(
        hazard,
        states={**hazard.states, "stuck": State("stuck", "卡住")},
        steps=(*hazard.steps, replace(hazard.steps[0], action="lose", to="stuck")),
    )
    assert "状态「stuck」走不到销号" in list(stuck.faults())


def test_who_may_and_who_may_not(hazard):
    li = Person(PEOPLE[0], has=frozenset({"rectifier"}), played=frozenset({"rectifier"}), acts=EVERY_ACT)
    with pytest.raises(SamePerson):
        hazard.step("verifying", "verify", person=li, given=NEEDS)
    with pytest.raises(NotYours):
        hazard.step("verifying", "verify", person=Person(PEOPLE[1]), given=NEEDS)
    with pytest.raises(NotFromHere):
        hazard.step("reported", "verify", person=li, given=NEEDS)
    with pytest.raises(Lacking) as lacking:
        hazard.step("rectifying", "rectify", person=li, given={"note"})
    assert lacking.value.needs == ("photo",)


def test_the_system_is_nobodys_second_person(hazard):
    with pytest.raises(NotYours):
        hazard.step(
            "verifying", "verify", person=Person(None, acts=EVERY_ACT, has=frozenset({"verifier"})), given=NEEDS
        )


def test_every_action_of_a_state_is_offered_once_with_its_reason(hazard):
    choices = hazard.allowed(
        "verifying", person=Person(PEOPLE[0], acts=frozenset({"verify"}), played=frozenset({"rectifier"}))
    )
    assert [(c.step.action, type(c.refusal)) for c in choices] == [("verify", SamePerson), ("return", SamePerson)]


def test_a_row_for_a_level_wins(hazard):
    quick = replace(
        hazard, steps=(*hazard.steps, replace(hazard.find("reported", "assign"), when=("serious",), within="P1D"))
    )
    assert quick.find("reported", "assign", "serious").within == "P1D"
    assert quick.find("reported", "assign", "general").within == "level"


def test_the_five_provisions():
    assert missing_of_five({"duty": "校长", "funds": " "}) == ("measures", "funds", "deadline", "plan")


PRESSES = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 12), st.sets(st.sampled_from(NEEDS))), max_size=40)


@settings(max_examples=300)
@given(presses=PRESSES, which=st.sampled_from(["hazard@1", "major-hazard@1"]))
def test_no_path_to_closed_without_evidence_and_a_second_person(tables, presses, which):
    """Four people who hold every act press anything in any order with anything in hand."""
    table = tables[which]
    state, rectifier, played, evidence = table.initial, None, {}, None
    for who, nth, given_ in presses:
        if table.states[state].end:
            break
        actions = [s.action for s in table.steps if s.state == state and not s.switches]
        action = actions[nth % len(actions)]
        me = PEOPLE[who]
        has = frozenset({"rectifier"}) if me == rectifier else frozenset()
        mine = frozenset({*played.get(me, ()), *has})
        given_ = set(given_) - {"evidence"} | ({"evidence"} if evidence else set())
        try:
            step = table.step(state, action, person=Person(me, acts=EVERY_ACT, has=has, played=mine), given=given_)
        except NotTaken:
            continue
        played.setdefault(me, set()).update({action} | ({PARTS[action]} if action in PARTS else set()))
        if action in {"assign", "transfer"}:
            rectifier = PEOPLE[nth % 4]
        if action == "rectify":
            assert "photo" in given_
            evidence = me
        state = step.to
        if table.states[state].end == "closed":
            assert evidence is not None
            assert me != evidence
            if which == "major-hazard@1":
                assert (
                    len({p for p, acts in played.items() if acts & {"rectify", "verify", "close-review", "resume-use"}})
                    >= 4
                )
