"""What duties ask of a post: the counting rule, the pack's budgets and its warnings, the page and the API."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from bihuan.engines.duties import queries
from bihuan.engines.duties.commands import tell_minutes
from bihuan.engines.duties.commands.telling import Spent
from bihuan.engines.duties.loads import (
    WEEKS,
    Ask,
    Form,
    Work,
    asked_twice,
    dearest_loads,
    loads,
    normal,
    times_a_week,
    works_of,
)
from bihuan.engines.duties.rules import cadence_of
from bihuan.engines.sheets.rules import Content, Item, Section
from bihuan.foundation import packs
from bihuan.foundation.ids import uuid7
from bihuan.foundation.models import PackEntry
from bihuan.foundation.packs.loader import read_pack
from bihuan.foundation.refusals import Refusal

SECONDS = {"open": 6, "tap": 2, "text": 8, "number": 4, "choice": 3, "pass-fail": 2, "act": 10}
MONDAY = date(2026, 11, 9)


def sheet(title, *items):
    content = Content(title, (Section("01", title),), tuple(Item(f"i{n}", "01", *one) for n, one in enumerate(items)))
    return {"content": content.as_json()}


def duty(code="day", **said):
    return {
        "code": code, "title": code, "act": "sheet", "post": "guard", "cadence": {"every": "school-day"}, "sheet": "s", **said
    }  # fmt: skip


def chapters(*duties, **sheets):
    return {"duties": {one["code"]: one for one in duties}, "sheets": sheets}


# --- the rule -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cadence", "least", "most"),
    [
        ({"every": "school-day"}, 4.5, 5), ({"every": "school-day", "weekdays": [1]}, 0.8, 1), ({"every": "day"}, 6.9, 7.1),
        ({"every": "school-night"}, 4.5, 5),
        ({"every": "week"}, 1, 1), ({"every": "week", "weeks": "odd"}, 0.45, 0.55), ({"every": "month"}, 0.2, 0.3),
        ({"every": "quarter"}, 0.05, 0.15), ({"every": "term"}, 2 / WEEKS, 2 / WEEKS),
        ({"every": "first-week"}, 2 / WEEKS, 2 / WEEKS), ({"every": "before-holiday", "least": 3}, 0.05, 0.2),
        ({"every": "interval", "days": 14, "since": "2031-01-01"}, 0.4, 0.6), ({"every": "once", "date": "2026-11-09"}, 0, 0),
    ],
)  # fmt: skip
def test_a_usual_week_has_so_many_times(cadence, least, most):
    assert least <= times_a_week(cadence_of(cadence)) <= most
    assert times_a_week(cadence_of({**cadence, "sample": 20})) == pytest.approx(times_a_week(cadence_of(cadence)) / 5)
    assert times_a_week(cadence_of(cadence), 3) == pytest.approx(3 * times_a_week(cadence_of(cadence)))


def test_what_is_judged_and_what_may_be_left_out_costs_a_tap():
    asked = sheet("日检", ("地面",), ("出口",), ("温度", "number"), ("去向", "text"))
    asked["content"]["items"][3]["required"] = False
    (work,) = works_of(chapters(duty(), s=asked))
    assert (work.form.fields, work.form.seconds(SECONDS)) == (1, 6 + 4 + 2)
    assert work.form.questions == ("地面", "出口", "温度")
    (nothing,) = works_of(chapters(duty(nil=True), s=asked))
    assert (nothing.form.fields, nothing.form.seconds(SECONDS)) == (0, 6 + 2)


def test_an_act_that_has_no_sheet_costs_what_the_whole_costs():
    (work,) = works_of(chapters(duty(act="act")))
    assert work.form.seconds(SECONDS) == 16


def test_what_another_act_does_too_is_not_done_again():
    weekly = duty("week", cadence={"every": "week", "day": "last"}, satisfies=["day"])
    daily, again = works_of(chapters(duty(), weekly, s=sheet("日检", ("人数", "number"))))
    assert daily.times == pytest.approx(times_a_week(cadence_of({"every": "school-day"})) - again.times)


def test_the_dearest_stage_of_school_counts_and_stages_are_not_added_up():
    both = chapters(
        duty("low", scope={"stages": ["primary"]}), duty("high", scope={"stages": ["senior"]}, windows=[{}, {}]),
        duty("all", scope={"facets": ["canteen"]}), s=sheet("日检", ("人数", "number")),
    )  # fmt: skip
    assert {work.code for work in dearest_loads(both, SECONDS)["guard"].works} == {"high", "all"}
    assert {work.code for work in works_of(both, stages=["primary"], facets=[])} == {"low"}


forms = st.builds(
    Form, st.lists(st.sampled_from(sorted(SECONDS)).map(lambda kind: Ask(kind, kind)), max_size=8).map(tuple),
    st.integers(0, 9), st.integers(0, 9), st.integers(1, 5),
)  # fmt: skip
some_work = st.builds(Work, st.text(max_size=3), st.just("甲"), st.sampled_from("ab"), st.floats(0, 9), forms)


@given(st.lists(some_work, max_size=8), some_work)
def test_one_more_duty_never_makes_a_week_shorter_and_only_its_own_post_feels_it(works, more):
    before, after = loads(works, SECONDS), loads([*works, more], SECONDS)
    cost = more.times * more.form.seconds(SECONDS) / 60
    for post, load in after.items():
        was = before[post].minutes if post in before else 0
        assert load.minutes == pytest.approx(was + (cost if post == more.post else 0))
        assert [minutes for _, minutes in load.dearest] == sorted((m for _, m in load.dearest), reverse=True)
    assert sum(load.tasks for load in after.values()) == pytest.approx(sum(w.times for w in [*works, more]))


@given(forms, st.sampled_from(["text", "number", "choice"]))
def test_a_form_that_grows_by_a_field_costs_more_in_each_of_its_rows(form, kind):
    grown = Form((*form.asks, Ask("新", kind)), form.rows, form.taps, form.visits)
    assert grown.seconds(SECONDS) - form.seconds(SECONDS) == form.rows * SECONDS[kind]


# --- the same question twice --------------------------------------------------------------------------------------------


def test_a_school_without_the_tag_or_the_colour_is_not_charged():
    said = {
        "water": {"tags": ["near-water"]},
        "red": {"colours": ["red"]},
        "room": {"tiers": ["area"], "tags": ["canteen"]},
    }
    all_of = chapters(*(duty(code, act="act", scope=scope) for code, scope in said.items()))

    def charged(**borne):
        return {work.code for work in works_of(all_of, **borne)}

    assert charged() == {"water", "red", "room"}
    assert charged(tags=[], colours=[]) == {"room"}  # nobody looks at the tags of its parts
    assert charged(tags=["near-water"], colours=["orange", "red"]) == {"water", "red", "room"}


def test_a_question_is_found_again_through_width_case_and_punctuation():
    assert normal("出勤人数（人）") == normal("出勤人数(人)") == normal("出勤 人数：人")
    assert normal("ＡＢ１") == normal("ab1")
    assert normal("出勤人数") != normal("实到人数")
    both = chapters(
        duty("a", sheet="s"), duty("b", sheet="t"), duty("c", sheet="t", post="head"),
        s=sheet("日志", ("出勤人数：", "number")), t=sheet("晨检", ("出勤 人数", "number"), ("症状", "text")),
    )  # fmt: skip
    (twice,) = asked_twice(works_of(both))
    assert (twice.post, dict(twice.sheets)) == ("guard", {"s": "日志", "t": "晨检"})


def test_a_sheet_of_two_duties_and_a_duty_done_by_another_ask_once():
    once = chapters(duty("a"), duty("b", cadence={"every": "month"}), s=sheet("日志", ("人数", "number")))
    assert asked_twice(works_of(once)) == []
    spared = chapters(
        duty("day"), duty("week", sheet="t", cadence={"every": "week"}, satisfies=["day"]),
        s=sheet("日志", ("人数", "number")), t=sheet("周志", ("人数", "number")),
    )  # fmt: skip
    assert asked_twice(works_of(spared)) == []


# --- the pack -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pack", ["base", "chanba-12345n", "hanyin-333", "primary-seven"])
def test_our_packs_keep_their_own_budgets_and_ask_nothing_twice(pack):
    read = read_pack(settings.BIHUAN_PACKS / pack)
    assert read.faults == []
    assert [warning.sentence for warning in read.warnings] == []
    stated = {item.code for item in read.chapters()["budgets"]}
    assert {"guard", "class-teacher", "canteen-manager", "safety-lead", "head"} <= stated


PACK = """\
id: small
name: 小包
version: "1.0.0"
summary: 一条职责。
needs: [{pack: base, version: "1.0.0"}]
sources: [{code: here, title: 本地建议, year: 2026, proof: own}]
"""
DUTIES = """\
- {code: gate, title: 校门细检, act: sheet, sheet: gate, post: guard, cadence: {every: school-day}, source: here, proof: own}
"""
SHEET = """\
code: %s
title: %s
use: report
version: "1.0"
effective_on: 2026-08-01
sections: [{code: "01", title: 校门}]
items:
"""


@pytest.fixture
def small(tmp_path):
    def made(fields, *, duties=DUTIES, **files):
        folder = tmp_path / "small"
        (folder / "sheets").mkdir(parents=True, exist_ok=True)
        texts = {
            "pack": PACK,
            "duties": duties,
            "budgets": "- {code: guard, minutes: 5, source: here, proof: own}\n",
            **files,
        }
        for name, text in texts.items():
            (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
        for code, title, count in [("gate", "校门细检", fields), ("night", "夜班细检", 1)]:
            items = "".join(f'- {{code: q{n}, section: "01", title: 情况之{n}, kind: text}}\n' for n in range(count))
            (folder / "sheets" / f"{code}.yaml").write_text(SHEET % (code, title) + items, encoding="utf-8")
        return folder

    return made


def test_a_new_duty_that_breaks_the_budget_is_warned_of_and_stops_nothing(small):
    assert read_pack(small(1)).warnings == []
    read = read_pack(small(9))
    assert read.faults == []
    (warning,) = read.warnings
    assert (warning.file, warning.entry, warning.code) == ("duties.yaml", "gate", "duties.over_budget")
    assert (
        warning.sentence
        == "「保安」每周预计 6 分钟，超过预算 5 分钟；最费时的是：校门细检 6 分钟。请减格、合并或放慢频次"
    )


def test_a_question_in_two_sheets_of_a_post_is_warned_of(small):
    night = DUTIES + DUTIES.replace("gate", "night").replace("校门细检", "夜班细检")
    (warning,) = read_pack(small(1, duties=night)).warnings
    assert (warning.code, warning.entry) == ("duties.asked_twice", "night")
    assert "「保安」在《校门细检》、《夜班细检》里都要答「情况之0」" in warning.sentence


@pytest.mark.parametrize(
    ("file", "text", "code"),
    [
        ("budgets", "- {code: astronaut, minutes: 5, source: here, proof: own}\n", "budgets.no_such_post"),
        ("budgets", "- {code: guard, minutes: 0, source: here, proof: own}\n", ""),
        ("budgets", "- {code: guard, minutes: 5, source: nowhere, proof: own}\n", "packs.no_source"),
        ("field-seconds", "- {code: thought, seconds: 5, source: here, proof: own}\n", "field-seconds.no_such_kind"),
    ],
)
def test_a_spoilt_budget_is_a_fault(small, file, text, code):
    faults = read_pack(small(1, **{file: text})).faults
    assert faults
    assert not code or code in {fault.code for fault in faults}


def test_a_packs_own_seconds_and_budget_win_over_the_base(small):
    slow = "- {code: text, seconds: 60, source: here, proof: own}\n"
    (warning,) = read_pack(small(2, **{"field-seconds": slow})).warnings
    assert "10 分钟，超过预算 5 分钟" in warning.sentence


# --- the page and the API -----------------------------------------------------------------------------------------------


@pytest.fixture
def told(net, actors, duty_of, sheet_of_gate, term):
    """A budget of three minutes, a sheet of one number every school day, and ten measured minutes."""
    rows = [("budgets", "guard", {"code": "guard", "minutes": 1})]
    rows += [("field-seconds", code, {"code": code, "seconds": seconds}) for code, seconds in SECONDS.items()]
    for section, code, data in rows:
        PackEntry.objects.create(bureau_id=net.bureau.pk, section=section, code=code, data=data, pack="demo")
    packs.forget()
    duty_of()
    tell_minutes(actors.wang, term, id=uuid7(), week=MONDAY, entries=[Spent(action="巡查", count=3, seconds=600)])


@pytest.fixture
def sheet_of_gate(sheet):
    return sheet


@pytest.fixture
def duty_of(duty, sheet_of_gate):
    def kept(**said):
        return duty(title="食堂日检", act="sheet", subject_id=sheet_of_gate.pk, **said)

    return kept


@pytest.mark.django_db
def test_each_post_is_shown_with_what_is_expected_and_measured_against_its_budget(told, actors, net):
    (row,) = queries.burden(actors.li, week=MONDAY).posts
    assert (row.post, row.name, row.people, row.budget) == ("guard", "保安", 1, 1)
    assert row.tasks == pytest.approx(times_a_week(cadence_of({"every": "school-day"})))
    assert row.fields == pytest.approx(row.tasks)
    assert row.expected == pytest.approx(row.tasks * 12 / 60)
    assert (row.minutes, row.each, row.verdict) == (10, 10, "超出 9 分钟")
    assert row.dearest[0][0] == "食堂日检"
    at_school = queries.burden(actors.zhao, week=MONDAY, org_id=net.school.pk)
    assert [one.post for one in at_school.posts] == ["guard"]
    assert [one.minutes for one in queries.burden(actors.zhao, week=MONDAY, org_id=net.other_school.pk).posts] == []


@pytest.mark.django_db
def test_the_page_says_in_words_what_the_bar_shows(told, door, net, django_assert_max_num_queries):
    person = door("li")
    with django_assert_max_num_queries(12):
        page = person.get("/duties/minutes/?week=2026-11-11").content.decode()
    assert "保安" in page
    assert "预计不到 1 分钟，预算 1" in page
    assert "超出 9 分钟" in page
    assert "巡查 3 次 10 分" in page
    assert "没有。同一张表里" in page
    assert "还没量到" in door("li").get("/duties/minutes/?week=2026-11-02").content.decode()
    assert door("wang").get("/duties/minutes/").status_code == 403
    assert door("wu").get(f"/duties/minutes/?school={net.school.pk}").status_code == 404


@pytest.mark.django_db
def test_what_phones_measured_is_named_in_words_and_a_count_alone_is_no_average(told, actors, net, term, door):
    entries = [
        ("patrol", 5, 0),
        ("check", 40, 720),
        ("report", 2, 120),
        ("sheet", 3, 90),
        ("shift", 1, 60),
        ("new", 1, 60),
    ]
    entries = [Spent(action=action, count=count, seconds=seconds) for action, count, seconds in entries]
    tell_minutes(actors.wang, term, id=uuid7(), week=MONDAY, entries=entries)
    page = door("li").get("/duties/minutes/?week=2026-11-11").content.decode()
    assert (
        "看一个点 40 次 12 分，new 1 次 1 分，走一趟 5 次，报问题 2 次 2 分，填表 3 次 2 分，交接班 1 次 1 分，巡查 3 次 10 分"
        in page
    )
    assert "合计 28 分" in page
    week = MONDAY + timedelta(days=7)
    tell_minutes(actors.wang, term, id=uuid7(), week=week, entries=entries[:1])
    page = door("li").get(f"/duties/minutes/?week={week}").content.decode()
    assert "走一趟 5 次" in page
    assert "每人 0 分" not in page


@pytest.mark.django_db
def test_what_is_asked_twice_links_to_its_sheets(told, duty_of, sheet_of_gate, door, actors, net):
    from django.apps import apps

    other = apps.get_model("sheets", "Sheet").objects.get(pk=sheet_of_gate.pk)
    version = apps.get_model("sheets", "SheetVersion").objects.get(sheet=other)
    other.pk, other.code, other.title = uuid7(), "night", "夜班日检"
    other.save(force_insert=True)
    version.pk, version.sheet_id, version.content = uuid7(), other.pk, {**version.content, "title": "夜班日检"}
    version.save(force_insert=True)
    from bihuan.engines.duties.models import Duty

    first = Duty.objects.get()
    first.pk, first.code, first.subject_id = uuid7(), "night", other.pk
    first.save(force_insert=True)
    assert {one.question for one in queries.burden(actors.li, week=MONDAY).twice} == {
        "地面清洁",
        "留样齐全",
        "冷藏温度",
    }
    page = door("li").get("/duties/minutes/").content.decode()
    assert f'<a href="/sheets/{other.pk}/">夜班日检</a>' in page
    assert f'<a href="/sheets/{sheet_of_gate.pk}/">食堂日检</a>' in page


@pytest.mark.django_db
def test_who_does_not_see_the_net_and_outsiders_learn_nothing(told, actors, net):
    for viewer, org_id, code in [
        (actors.wang, None, "foundation.not_yours"), (actors.wu, net.school.pk, "foundation.not_found"),
    ]:  # fmt: skip
        with pytest.raises(Refusal) as refused:
            queries.burden(viewer, week=MONDAY, org_id=org_id)
        assert refused.value.code == code
    assert all(row.minutes == 0 for row in queries.burden(actors.wu, week=MONDAY).posts)
