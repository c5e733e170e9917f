"""A list of dates on its way into the calendar: reading, the dry run, installing all or nothing, taking it back."""

from __future__ import annotations

import base64
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bihuan.engines.duties import listing, printouts, queries
from bihuan.engines.duties.calendar import Calendar, days_from, term_of
from bihuan.engines.duties.commands import generate, install_dates, send_dates, undo_dates
from bihuan.engines.duties.models import CalendarDay, CalendarImport, Task
from bihuan.engines.duties.tests.conftest import CALENDAR, moment, set_day
from bihuan.engines.responsibility.rules.workbook import read_workbook
from bihuan.foundation import clock, packs
from bihuan.foundation.commands import execute
from bihuan.foundation.ids import uuid7
from bihuan.foundation.models import Event
from bihuan.foundation.reactions import react
from bihuan.foundation.refusals import Refusal

TODAY = date(2026, 11, 9)


def refused(code, call):
    with pytest.raises(Refusal) as no:
        call()
    assert no.value.code == code, no.value.sentence
    return no.value


# --- reading and checking, pure ---------------------------------------------------------------------------------------


def report(*lines, kept=None, header=("日期", "到", "类型", "名称", "星期", "补周几")):
    table = [list(header), *([line] if isinstance(line, str) else list(line) for line in lines)]
    rows = listing.read_rows(table if header else table[1:])
    terms, wrong = listing.terms_of(rows, [term_of(one) for one in CALENDAR["school_years"][0]["terms"]])
    after = {**CALENDAR, "school_years": [*CALENDAR["school_years"], {"code": "x", "terms": terms}]}
    found = (Calendar(days_from(data, TODAY)) for data in (CALENDAR, after))
    return listing.check(rows, wrong, *found, kept or {}, TODAY)


def said(found):
    return {one.row.number: (one.verdict, "；".join(one.sentences)) for one in found.rows}


@pytest.mark.parametrize(
    "line",
    [
        ("2026-12-24", "2026-12-26", "放假", "校庆"),
        ("2026年12月24日", "2026.12.26", "放假", "校庆"),
        ("2026-12-24至2026-12-26", "", "休", "校庆"),
        "2026-12-24 2026-12-26 放假 校庆",
        "2026-12-24 至 2026-12-26 放假 校庆",
        "2026/12/24—2026/12/26 放假 校庆",
    ],
)
def test_a_row_is_read_as_people_write_it(line):
    found = report(line)
    assert found.days == [{"since": "2026-12-24", "until": "2026-12-26", "kind": "holiday", "name": "校庆"}]
    assert found.counts["days"] == 3
    assert report(line, header=()).days == found.days


@pytest.mark.parametrize(
    ("line", "verdict", "words"),
    [
        (("明年元旦", "", "放假", ""), "error", "日期「明年元旦」认不出"),
        (("2026-02-30", "", "放假", ""), "error", "认不出"),
        (("", "", "放假", "元旦"), "error", "没有日期"),
        (("2027-01-02", "", "", "元旦"), "error", "没有类型"),
        (("2027-01-02", "", "狂欢", ""), "error", "类型「狂欢」认不出"),
        (("2027-01-04", "2027-01-02", "放假", ""), "error", "早于"),
        (("2031-01-02", "", "放假", ""), "error", "不在已排的学年里"),
        (("2026-12-24", "", "放假", "", "星期五"), "error", "2026-12-24 是星期四"),
        (("2026-12-26", "", "调休上课", "", "周六", "周日"), "error", "只能补周一到周五"),
        (("2026-12-24", "", "放假", "", "", "周五"), "error", "只有调休上课"),
        (("2026-12-24", "", "停课", ""), "error", "停课要写明原因"),
        (("2026-12-01", "2027-03-01", "放假", ""), "error", "太长"),
        (("2026-12-24", "", "调休上课", ""), "warning", "本来就要上课"),
        (("2027-02-02", "", "考试", "补考"), "warning", "不在学期里（寒假）"),
        (("2026-10-05", "", "放假", "国庆节"), "warning", "已经过去"),
        (("2027-01-01", "", "放假", "元旦"), "ok", "已经是这样"),
        (("2027-09-01", "2027-09-09", "学期", ""), "error", "不像一个学期"),
        (("2027-01-10", "2027-05-09", "学期", ""), "error", "与 2026-2027-1"),
        (("2026-09-01", "2027-01-15", "学期", ""), "warning", "原来是 2026-09-01 至 2027-01-22"),
        (("2027-09-01", "2028-01-21", "学期", ""), "ok", "新排 2027-2028-1"),
    ],
)
def test_each_row_has_its_verdict(line, verdict, words):
    found = said(report(line))[2]
    assert found[0] == verdict, found
    assert words in found[1]


def test_rows_are_held_against_each_other_and_against_what_was_set_by_hand():
    kept = {date(2026, 12, 25): ("exam", "赵科")}
    found = report(
        ("2026-12-24", "2026-12-25", "放假", "校庆"), ("2026-12-24", "", "考试", ""), ("2028-01-03", "", "放假", ""),
        ("2027-09-01", "2028-01-21", "学期", ""), kept=kept,
    )  # fmt: skip
    verdicts = said(found)
    assert verdicts[2] == ("warning", "2026-12-25 已由赵科单独安排为考试，保持不变")
    assert verdicts[3] == ("error", "2026-12-24 在第 2 行已经写过（放假）")
    assert verdicts[4][0] == "ok"  # its school year stands in the same list
    assert verdicts[5][0] == "ok"


def test_a_make_up_day_says_whose_lessons_it_has():
    found = report(("2026-12-26", "", "调休上课", "校庆调休", "周六", "周四"))
    assert found.days[0]["name"] == "校庆调休，上周四的课"


SPANS = st.tuples(
    st.integers(-20, 220), st.integers(0, 8), st.sampled_from(["放假", "调休上课", "考试", "上课", "学期"])
)


@given(spans=st.lists(SPANS, max_size=8))
def test_what_is_installed_is_what_the_rows_say_and_nothing_else(spans):
    lines = [
        ((TODAY + timedelta(days=at)).isoformat(), (TODAY + timedelta(days=at + long)).isoformat(), kind, "名")
        for at, long, kind in spans
    ]
    found = report(*lines)
    before = {day.on: day for day in days_from(CALENDAR, TODAY)}
    after = {day.on: day for day in days_from({**CALENDAR, "days": found.days}, TODAY)}
    named = {}
    for one in found.days:
        for n in range((date.fromisoformat(one["until"]) - date.fromisoformat(one["since"])).days + 1):
            on = date.fromisoformat(one["since"]) + timedelta(days=n)
            assert on not in named  # no day has two rows
            named[on] = one["kind"]
    assert {on: day.kind for on, day in after.items() if on in named} == {on: named[on] for on in named}
    assert all(after[on] == day for on, day in before.items() if on not in named)
    assert all(after[on].term == before[on].term for on in before)
    assert sum(one.days for one in found.rows if one.verdict != "error") == sum(
        (before[on].kind, before[on].name) != (after[on].kind, after[on].name) for on in before
    )


# --- commands ---------------------------------------------------------------------------------------------------------

LIST = "日期,到,类型,名称\n2026-11-12,2026-11-13,放假,校庆\n2026-11-14,,调休上课,补校庆\n"


def args(net, text=LIST, **more):
    content = base64.b64encode(text.encode()).decode()
    return {"id": str(uuid7()), "org_id": str(net.bureau.pk), "file_name": "放假.csv", "content": content, **more}


def send(by, at, net, text, name="放假.csv"):
    return send_dates(by, at, id=uuid7(), org_id=net.bureau.pk, file_name=name, content=text.encode())


def follow():
    while react(datetime.now(UTC) + timedelta(hours=1)):
        pass


@pytest.fixture
def sent(net, actors, duty, term):
    """A list that was sent, over a guard's daily duty at one school and one of the whole bureau."""
    duty(title="校门早巡")
    duty(org=net.bureau, title="晚查", scope={"stages": ["junior"]}, post="safety-lead")
    generate(term)
    made = execute(actors.zhao, term, id=uuid7(), name="duties.send_dates", args=args(net))
    return CalendarImport.objects.get(pk=made.answer["id"])


def states(on, **only):
    return set(Task.objects.filter(on=on, **only).values_list("title", "state"))


@pytest.mark.django_db
def test_installed_the_days_are_others_and_open_tasks_move(sent, net, actors, term):
    assert Task.objects.filter(on=date(2026, 11, 14)).count() == 0
    install_dates(actors.zhao, term, import_id=sent.pk)
    follow()
    assert states(date(2026, 11, 12)) == {("校门早巡", "excused"), ("晚查", "excused")}
    note = Task.objects.filter(on=date(2026, 11, 12)).values_list("note", flat=True)[0]
    assert note == "校历有调整：导入《放假.csv》"
    assert states(date(2026, 11, 14)) == {("校门早巡", "open"), ("晚查", "open")}
    assert states(date(2026, 11, 11)) == {("校门早巡", "open"), ("晚查", "open")}
    for school in (net.school, net.other_school):
        assert queries.day_kind(net.bureau.pk, school.pk, "", date(2026, 11, 13)) == "holiday"
    assert queries.day_of(net.bureau.pk, None, "", date(2026, 11, 14)).name == "补校庆"
    assert Event.objects.get(name="duties.dates_installed").facts["days"] == 3


@pytest.mark.django_db
def test_taken_back_everything_is_as_it_was_and_what_is_done_stays(sent, net, actors, term):
    before = list(CalendarDay.objects.order_by("on").values_list("on", "kind", "term", "week_no", "name", "origin"))
    open_before = states(date(2026, 11, 12))
    install_dates(actors.zhao, term, import_id=sent.pk)
    follow()
    kept = Task.objects.filter(on=date(2026, 11, 14), title="晚查").first()
    Task.objects.filter(pk=kept.pk).update(state="done")
    undo_dates(actors.zhao, term, import_id=sent.pk)
    follow()
    after = list(CalendarDay.objects.order_by("on").values_list("on", "kind", "term", "week_no", "name", "origin"))
    assert after == before
    assert states(date(2026, 11, 12)) == open_before
    assert states(date(2026, 11, 14), state="open") == set()
    assert Task.objects.get(pk=kept.pk).state == "done"
    refused("duties.dates_undone", lambda: undo_dates(actors.zhao, term, import_id=sent.pk))


@pytest.mark.django_db
def test_a_day_that_a_person_set_stays_and_falls_back_to_the_list(sent, net, actors, term):
    install_dates(actors.zhao, term, import_id=sent.pk)
    where = {"org_id": net.bureau.pk, "on": date(2026, 11, 13)}
    set_day(actors.zhao, term, **where, kind="school", name="不放了")
    other = send(actors.zhao, term, net, "2026-11-13,,停课,台风\n2026-11-16,,停课,台风\n")
    install_dates(actors.zhao, term, import_id=other.pk)
    assert queries.day_kind(net.bureau.pk, None, "", date(2026, 11, 13)) == "school"
    assert queries.day_kind(net.bureau.pk, None, "", date(2026, 11, 16)) == "closure"
    set_day(actors.zhao, term, **where, kind=None)
    assert queries.day_of(net.bureau.pk, None, "", date(2026, 11, 13)).name == "台风"
    undo_dates(actors.zhao, term, import_id=other.pk)
    assert queries.day_of(net.bureau.pk, None, "", date(2026, 11, 13)).name == "校庆"


@pytest.mark.django_db
def test_a_new_school_year_is_known_generated_and_forgotten_again(net, actors, duty, term):
    duty(title="校门早巡")
    generate(term)
    text = "2027-09-01,2028-01-21,学期,\n2027-10-01,2027-10-07,放假,国庆节\n"
    row = send(actors.zhao, term, net, text)
    last = CalendarDay.objects.order_by("on").last().on
    install_dates(actors.zhao, term, import_id=row.pk)
    page = queries.calendar_page(actors.zhao, org_id=None, term="2027-2028-1")
    assert (page.term, page.known_to) == ("2027-2028-1", date(2028, 1, 21))
    assert page.term_choices[-1] == ("2027-2028-1", "2027年第一学期")
    autumn = moment("2027-09-02T06:00")
    with clock.travel(autumn):
        assert generate(autumn) > 0
        assert Task.objects.filter(on=date(2027, 9, 3), state="open").count() == 1
    assert packs.calendar(net.bureau.pk)["school_years"][-1]["name"] == "2027—2028学年"
    undo_dates(actors.zhao, term, import_id=row.pk)
    assert CalendarDay.objects.order_by("on").last().on == last
    assert queries.calendar_page(actors.zhao, org_id=None).known_to == date(2027, 7, 9)


@pytest.mark.django_db
def test_one_wrong_row_installs_nothing(net, actors, duty, term):
    duty()
    text = LIST + "2026-11-12,,考试,\n不是日期,,放假,\n"
    row = send(actors.zhao, term, net, text)
    no = refused("duties.dates_wrong", lambda: install_dates(actors.zhao, term, import_id=row.pk))
    assert "还有 2 行要改，先看第 4 行" in no.sentence
    assert queries.day_kind(net.bureau.pk, None, "", date(2026, 11, 12)) == "school"
    assert not CalendarImport.objects.get(pk=row.pk).installed_at
    refused("duties.dates_not_installed", lambda: undo_dates(actors.zhao, term, import_id=row.pk))


@pytest.mark.django_db
def test_a_list_that_changes_nothing_or_says_nothing_is_refused(net, actors, duty, term):
    duty()

    row = send(actors.zhao, term, net, "2027-01-01,,放假,元旦\n")
    refused("duties.dates_change_nothing", lambda: install_dates(actors.zhao, term, import_id=row.pk))
    refused("duties.unreadable_dates", lambda: send(actors.zhao, term, net, "日期,类型\n,\n"))
    refused("duties.unreadable_dates", lambda: send(actors.zhao, term, net, "2027-01-01,放假", "放假.doc"))
    refused("duties.unreadable_dates", lambda: send(actors.zhao, term, net, "2027-01-01,,放假,元旦\n" * 401))
    assert CalendarImport.objects.count() == 1  # the next list takes the place of mine that was not installed
    send(actors.zhao, term, net, LIST)
    assert CalendarImport.objects.count() == 1


@pytest.mark.django_db
def test_only_who_keeps_the_bureaus_calendar_sends_and_installs(sent, net, actors, term):
    given = {"id": uuid7(), "org_id": net.bureau.pk, "file_name": "a.csv", "content": LIST.encode()}
    refused("foundation.not_yours", lambda: send_dates(actors.chief, term, **given))
    refused("foundation.not_yours", lambda: send_dates(actors.zhou, term, **{**given, "org_id": net.school.pk}))
    for who in (actors.wu, actors.sun, actors.zhou):
        refused("foundation.not_found", lambda who=who: send_dates(who, term, **given))
        refused("foundation.not_found", lambda who=who: install_dates(who, term, import_id=sent.pk))
        refused("foundation.not_found", lambda who=who: undo_dates(who, term, import_id=sent.pk))
    assert not Event.objects.filter(name="duties.dates_installed").exists()
    assert CalendarImport.objects.get().installed_at is None


@pytest.mark.django_db
def test_sent_twice_under_one_envelope_is_once(net, actors, duty, term):
    duty()
    envelope, given = uuid7(), args(net)
    for _ in range(2):
        execute(actors.zhao, term, id=envelope, name="duties.send_dates", args=given)
    for name in ("install_dates", "undo_dates"):
        envelope = uuid7()
        for _ in range(2):
            execute(actors.zhao, term, id=envelope, name=f"duties.{name}", args={"import_id": given["id"]})
    assert Event.objects.filter(name__startswith="duties.dates_").count() == 3
    refused("duties.dates_installed", lambda: install_dates(actors.zhao, term, import_id=given["id"]))


@pytest.mark.django_db
def test_a_day_far_behind_the_calendar_takes_nothing_away(net, actors, duty, term):
    duty()
    set_day(actors.zhao, term, org_id=net.bureau.pk, on=date(2027, 12, 1), kind="holiday", name="远")
    calendar = queries.calendar_of(net.bureau.pk, net.school.pk)
    assert calendar[date(2026, 11, 10)].kind == "school"
    assert date(2027, 12, 1) not in calendar


# --- pages ------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_dates_are_pasted_looked_at_installed_and_taken_back_on_pages(net, door, duty, term):
    duty()
    page = door("zhao").get("/duties/calendar/").content.decode()
    assert "导入放假日期" in page
    assert "导入放假日期" not in door("zhou").get("/duties/calendar/").content.decode()
    assert door("zhou").get("/duties/calendar/import/").status_code == 404
    home = door("zhao")
    assert "还没有导入过日期" in home.get("/duties/calendar/import/").content.decode()
    assert home.post("/duties/calendar/import/", {"_id": str(uuid7())}).status_code == 422
    text = "2026-11-12至2026-11-13 放假 校庆\n2026-11-14 调休上课 补校庆"
    sent = home.post("/duties/calendar/import/", {"_id": str(uuid7()), "text": text})
    report = home.get(sent.url).content.decode()
    assert "共 2 行：可以导入 2" in report
    assert "导入，改 3 天" in report
    assert home.post(sent.url, {"_id": str(uuid7())}).status_code == 302
    assert "校庆" in home.get("/duties/calendar/").content.decode()
    assert "撤回这份日期" in home.get(sent.url).content.decode()
    assert home.post(sent.url, {"_id": str(uuid7())}).status_code == 409
    assert home.post(f"{sent.url}undo/", {"_id": str(uuid7())}).status_code == 302
    assert "校庆" not in home.get("/duties/calendar/").content.decode()
    assert "已撤回" in home.get("/duties/calendar/import/").content.decode()
    assert door("sun").get(sent.url).status_code == 404


@pytest.mark.django_db
def test_the_calendar_says_when_it_runs_out_and_where_to_mend_it(net, door, duty, term):
    duty()
    with clock.travel(moment("2027-05-20T08:00")):
        said = door("zhao").get("/duties/calendar/").content.decode()
        assert "校历只排到 2027年7月9日" in said
        assert "导入新学年的学期和放假日期" in said
        assert "请联系局里管理校历的人" in door("zhou").get("/duties/calendar/").content.decode()
    assert "校历只排到" not in door("zhao").get("/duties/calendar/").content.decode()


@pytest.mark.django_db
def test_without_terms_the_calendar_says_so(net, door):
    assert "还没有排学期" in door("zhao").get("/duties/calendar/").content.decode()


def test_the_template_can_be_sent_as_it_is():
    (_, table), *_ = read_workbook(printouts.dates_template(), "模板.xlsx")
    rows = listing.read_rows(table)
    assert [row.faults for row in rows] == [(), (), (), ()]
    assert [row.kind for row in rows] == ["term", "holiday", "makeup", "exam"]
