"""The pure law: who is asked what, which answers are taken, what is a finding, how versions differ."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bihuan.engines.sheets.rules import (
    FACETS,
    STAGES,
    Answer,
    Condition,
    Content,
    Item,
    Section,
    applicable,
    compare,
    content_faults,
    faults_of,
    is_wrong,
    open_items,
    tally,
)
from bihuan.engines.sheets.rules.content import stages_of
from bihuan.engines.sheets.rules.importing import guess, items_of

words = st.text(alphabet="甲乙丙丁戊己庚辛", min_size=2, max_size=6)
one_item = st.builds(
    Item,
    code=st.from_regex(r"\A[0-9]{2}-[0-9]{2}\Z"),
    section=st.sampled_from(["01", "02"]),
    title=words,
    ways=st.just(("site",)),
    severity=st.sampled_from(["general", "serious", "major"]),
    stages=st.lists(st.sampled_from(sorted(STAGES)), max_size=3, unique=True).map(tuple),
    facets=st.lists(st.sampled_from(sorted(FACETS)), max_size=2, unique=True).map(tuple),
)
contents = st.builds(
    Content,
    title=words,
    sections=st.just((Section("01", "消防"), Section("02", "食堂"))),
    items=st.lists(one_item, max_size=12, unique_by=(lambda i: i.code, lambda i: i.title)).map(tuple),
)
results = st.sampled_from(["pass", "fail", "na"])


@given(contents)
def test_a_version_is_read_back_as_it_was_written(content):
    again = Content.from_json(content.as_json())
    assert again == content
    assert again.digest == content.digest


@given(
    contents,
    st.lists(st.sampled_from(sorted(STAGES)), unique=True),
    st.lists(st.sampled_from(sorted(FACETS)), unique=True),
)
def test_a_school_is_asked_more_when_it_has_more(content, stages, facets):
    asked = applicable(content, stages, facets)
    assert set(asked) <= set(applicable(content, stages, sorted(FACETS)))
    for item in content.items:
        fits = (not item.stages or not stages or set(item.stages) & set(stages)) and set(item.facets) <= set(facets)
        assert (item.code in asked) == bool(fits)


@given(contents, st.data())
def test_the_tally_adds_up_and_only_problems_are_findings(content, data):
    codes = [item.code for item in content.items]
    answered = data.draw(st.dictionaries(st.sampled_from(codes), results)) if codes else {}
    answers = {code: {"result": result} for code, result in answered.items()}
    counted = tally(content.items, None, answers)
    assert counted.done == len(answers)
    assert counted.left == len(open_items(content, None, answers)) == len(codes) - len(answers)
    assert counted.failed == sum(is_wrong(content.by_code[code], said) for code, said in answers.items())
    assert (counted.percent == 100) == (counted.left == 0)


@given(contents, contents)
def test_what_differs_leads_from_the_old_to_the_new(old, new):
    found = compare(old, new)
    codes = {item.code for item in old.items}
    codes -= {item.code for item in found.removed}
    codes |= {item.code for item in found.added}
    assert codes == {item.code for item in new.items}
    changed = {one.after.code: one.after for one in found.changed}
    for code in codes & set(old.by_code):
        assert changed.get(code, old.by_code[code]) == new.by_code[code]
    assert compare(new, new).is_empty


def test_moving_one_item_is_one_move(small):
    items = small.items
    moved = replace(small, items=(items[1], items[0], *items[2:]))
    assert compare(small, moved).moved in (("01-01",), ("01-02",))
    assert compare(small, moved).words == "调序 1 项"


@pytest.mark.parametrize(
    ("code", "answer", "says"),
    [
        ("01-01", Answer(), "请选 符合、有问题 或 不适用"),
        ("01-01", Answer(result="fail"), "请用一句话写明看到了什么"),
        ("01-01", Answer(result="fail", note="压力在红区"), ""),
        ("01-02", Answer(value="很多"), "应填数字（具）"),
        ("01-02", Answer(value="201"), "应在 0 到 200 之间（具），请核对"),
        ("01-02", Answer(value="nan"), "应填数字（具）"),
        ("01-02", Answer(value="12"), ""),
        ("02-01", Answer(value="外包"), "只能选：自营、委托、无证经营"),
        ("02-02", Answer(value="去年"), "日期应如 2026-11-22"),
        ("02-02", Answer(), ""),
        ("02-04", Answer(), "必须填写"),
        ("09-99", Answer(result="pass"), "这次没有「09-99」这一项"),
    ],
)
def test_an_answer_is_taken_or_told_why_not(small, code, answer, says):
    found = faults_of(small, None, {code: answer})
    assert (says in found[code]) if says else not found


def test_findings_follow_each_items_own_bounds(small):
    by_code = small.by_code
    assert is_wrong(by_code["01-02"], {"value": "1"})
    assert not is_wrong(by_code["01-02"], {"value": "2"})
    assert is_wrong(by_code["02-01"], {"value": "无证经营"})
    assert not is_wrong(by_code["02-04"], {"value": "王主任"})


def test_a_condition_decides_what_is_asked(small):
    asked_if = replace(small.items[1], when=Condition("01-01", ("fail",)))
    content = replace(small, items=(small.items[0], asked_if))
    assert open_items(content, None, {"01-01": {"result": "pass"}}) == []
    assert open_items(content, None, {"01-01": {"result": "fail"}}) == ["01-02"]
    assert tally(content.items, None, {"01-01": {"result": "pass"}}).asked == 1
    backwards = replace(content, items=(asked_if, small.items[0]))
    assert ("01-02", "条件里的「01-01」必须是排在它前面的项目") in content_faults(backwards)


def test_faults_name_everything_that_keeps_a_version_from_being_published(small):
    assert content_faults(small) == []
    first = small.items[0]
    bad = replace(
        small,
        items=(
            first,
            replace(first, title="另一件"),
            replace(first, code="01-09", ways=("smell",), severity="huge", section="99"),
        ),
    )
    said = "；".join(sentence for _, sentence in content_faults(bad))
    for words_said in (
        "项目编号「01-01」重复",
        "不认识检查方式「smell」",
        "不认识严重程度「huge」",
        "类目「99」不在清单的类目里",
        "同一件事只查一次",
    ):
        assert words_said in said


def test_a_nine_year_school_is_two_stages():
    assert stages_of(["nine-year"]) == {"primary", "junior"}


def test_columns_are_guessed_from_their_words():
    header = ["序号", "检查类别", "检查内容", "检查标准", "检查方法", "依据", "备注"]
    assert guess(header) == {"code": 0, "section": 1, "title": 2, "standard": 3, "ways": 4, "basis": 5}


@given(
    st.lists(st.lists(st.text(max_size=8), max_size=5), max_size=12),
    st.dictionaries(st.sampled_from(["title", "section", "ways", "severity"]), st.integers(-3, 9)),
)
def test_any_table_gives_a_report_and_never_an_error(rows, mapping):
    found = items_of("表", list(enumerate(rows, 2)), mapping)
    good = [report.item.code for report in found.rows if not report.faults]
    assert good == [item.code for item in found.content.items]
