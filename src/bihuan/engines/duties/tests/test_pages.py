"""The pages: lists, one task with its sheet, excusing, the calendar, the rules; scope and refusals at the door."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.apps import apps

from bihuan.conftest import SINCE, placed_at
from bihuan.engines.duties import queries
from bihuan.engines.duties.commands import fulfil, miss_over
from bihuan.engines.duties.models import CalendarDay, Task
from bihuan.engines.duties.queries import TaskFilter
from bihuan.engines.duties.tests.conftest import moment, set_day
from bihuan.foundation import clock
from bihuan.foundation.ids import uuid7

pytestmark = pytest.mark.django_db


def first(made):
    return Task.objects.filter(duty=made).order_by("on", "slot").first()


@pytest.fixture
def morning(term):
    """Half past seven on Monday."""
    with clock.travel(moment("2026-11-09T07:30")) as _:
        yield moment("2026-11-09T07:30")


def test_my_list_shows_mine_and_the_units_list_shows_all(duty, door, morning):
    mine, other = duty(title="校门早巡"), duty(title="带班日志", post="head")
    page = door("wang").get("/duties/").content.decode()
    assert "校门早巡" in page
    assert "带班日志" not in page
    page = door("wang").get("/duties/?whose=all").content.decode()
    assert "校门早巡" in page
    assert "带班日志" in page
    assert f"/duties/{first(mine).pk}/" in page
    assert f"/duties/{first(other).pk}/" in page


def test_nobody_sees_another_schools_tasks(duty, door, actors, morning):
    task = first(duty())
    assert "校门早巡" not in door("wu").get("/duties/?whose=all&state=any").content.decode()
    assert door("wu").get(f"/duties/{task.pk}/").status_code == 404
    assert door("wu").post(f"/duties/{task.pk}/answer/").status_code == 404
    assert door("wu").post(f"/duties/{task.pk}/excuse/", {"reason": "请假"}).status_code == 404
    assert queries.open_tasks(actors.wu, morning) == []
    assert queries.open_tasks(actors.nobody, morning) == []
    assert door("nobody").get("/duties/").status_code == 200
    assert door("nobody").get("/duties/calendar/").status_code == 404
    assert door("").get("/duties/").status_code == 302
    assert Task.objects.get(pk=task.pk).state == "open"


def test_open_tasks_are_mine_by_name_or_by_post_and_soon(duty, actors, cast, net, morning):
    duty(title="校门早巡")
    duty(title="实验室", org=net.room, post="lab-keeper", assignee_id=cast.qian.pk)
    duty(title="带班日志", post="head")
    duty(title="巡查", act="patrol")
    lines = queries.open_tasks(actors.wang, morning, days=1)
    assert [(line["title"], line["on"].day, line["is_open_now"]) for line in lines] == [
        ("校门早巡", 9, True), ("巡查", 9, True), ("校门早巡", 10, False), ("巡查", 10, False),
    ]  # fmt: skip
    assert {line["act"] for line in queries.open_tasks(actors.wang, morning, acts={"patrol"})} == {"patrol"}
    assert {line["title"] for line in queries.open_tasks(actors.qian, morning)} == {"实验室"}
    said = (lines[0]["org_name"], lines[0]["post_name"], lines[0]["act_word"], lines[0]["nil_allowed"])
    assert said == ("灞东区第一小学", "保安", "完成", False)


def test_open_tasks_are_one_statement(duty, actors, morning, django_assert_num_queries):
    duty()
    queries.open_tasks(actors.wang, morning)
    with django_assert_num_queries(1):
        queries.open_tasks(actors.wang, morning)


def test_a_bureau_sees_its_schools_and_filters(duty, actors, door, net, morning):
    duty(org=net.bureau, title="带班日志", post="head")
    everywhere = queries.tasks_page(actors.zhao, morning, TaskFilter(whose="all", when="ahead"), size=100).rows
    assert {row["school_id"] for row in everywhere} == {net.school.pk, net.other_school.pk}
    one = queries.tasks_page(actors.zhao, morning, TaskFilter(whose="all", school=net.school.pk, when="today")).rows
    assert [row["org_id"] for row in one] == [net.school.pk]
    now = queries.tasks_page(actors.zhao, morning, TaskFilter(whose="all")).rows
    assert {(row["on"].day, row["org_id"]) for row in now} == {(9, net.school.pk), (9, net.other_school.pk)}
    assert queries.tasks_page(actors.zhao, morning, TaskFilter()).rows == []
    assert queries.tasks_page(actors.sun, morning, TaskFilter(whose="all", state="any")).rows == []
    assert (
        queries.tasks_page(actors.zhao, morning, TaskFilter(whose="all", on=date(2026, 11, 12))).rows[0]["on"].day == 12
    )


def test_pages_of_the_list_follow_each_other(duty, actors, morning):
    duty(windows=[])
    duty(windows=[])
    seen, cursor = [], ""
    while True:
        page = queries.tasks_page(actors.wang, morning, TaskFilter(when="ahead"), cursor=cursor, size=3)
        seen += [row["id"] for row in page.rows]
        if not (cursor := page.next):
            break
    assert len(seen) == len(set(seen)) == 14


def test_ended_tasks_say_how(duty, actors, door, morning):
    tasks = list(Task.objects.filter(duty=duty()).order_by("on"))
    fulfil(actors.wang, morning, task_id=tasks[0].pk, ref_id=None, done_at=morning)
    later = moment("2026-11-10T12:00")
    miss_over(later)
    with clock.travel(later):
        assert "王保安" in door("wang").get("/duties/?state=done").content.decode()
        assert "漏办" in door("wang").get("/duties/?state=missed").content.decode()
        page = door("wang").get(f"/duties/{tasks[1].pk}/").content.decode()
        assert "可补到" in page


def test_a_task_page_says_until_when_and_what_else_it_does(duty, door, morning):
    duty(code="month", cadence={"every": "month"}, windows=[], title="每月演练")
    task = first(duty(satisfies=["month"]))
    page = door("wang").get(f"/duties/{task.pk}/").content.decode()
    assert "每个上课日" in page
    assert "每月演练" in page
    assert "已完成" in page
    assert "批准免办" not in page
    door("wang").post(f"/duties/{task.pk}/answer/", {"_id": str(uuid7())})
    assert Task.objects.get(pk=task.pk).state == "done"
    month = Task.objects.get(duty__code="month")
    assert month.state == "done"
    assert "一并办了" in door("wang").get(f"/duties/{month.pk}/").content.decode()
    assert "同时办了" in door("wang").get(f"/duties/{task.pk}/").content.decode()


def test_a_sheet_is_filled_on_its_page(duty, door, sheet, morning):
    task = first(duty(act="sheet", subject_id=sheet.pk, post="logistics-lead", windows=[], nil=True))
    page = door("qian").get(f"/duties/{task.pk}/").content.decode()
    assert "留样齐全" in page
    assert "今天无事，一下报完" in page
    assert "冷藏温度" in page
    typed = {"_id": str(uuid7()), "rest_normal": "1", "result-01-02": "fail", "note-01-02": "", "value-01-03": "4"}
    refused = door("qian").post(f"/duties/{task.pk}/answer/", typed)
    assert refused.status_code == 422
    assert "用一句话写明看到了什么" in refused.content.decode()
    assert 'name="result-01-02" value="fail" checked' in refused.content.decode()
    sent = door("qian").post(
        f"/duties/{task.pk}/answer/", typed | {"note-01-02": "昨日留样缺一份", "_id": str(uuid7())}
    )
    assert sent.status_code == 302
    page = door("qian").get(f"/duties/{task.pk}/").content.decode()
    assert "昨日留样缺一份" in page
    assert "已完成" in page


def test_nothing_to_report_is_one_button(duty, door, sheet, morning):
    task = first(duty(act="sheet", subject_id=sheet.pk, post="logistics-lead", windows=[], nil=True))
    door("qian").post(f"/duties/{task.pk}/answer/", {"_id": str(uuid7()), "nil": "1"})
    assert (Task.objects.get(pk=task.pk).state, Task.objects.get(pk=task.pk).nil) == ("done", True)
    assert "无事" in door("qian").get(f"/duties/{task.pk}/").content.decode()


def test_what_cannot_be_done_now_says_why(duty, door, morning):
    task = list(Task.objects.filter(duty=duty()).order_by("on"))[1]
    page = door("wang").get(f"/duties/{task.pk}/").content.decode()
    assert "11-10 07:00 开始" in page
    assert "由别的岗位办理" in door("qian").get(f"/duties/{task.pk}/").content.decode()
    head = first(duty(post="head"))
    assert "自己要办的事不能由自己批准免办" in door("zhou").get(f"/duties/{head.pk}/").content.decode()


def test_a_task_is_excused_on_its_page(duty, door, morning):
    task = first(duty())
    assert door("zhou").post(f"/duties/{task.pk}/excuse/", {"reason": ""}).status_code == 422
    assert door("zhou").post(f"/duties/{task.pk}/excuse/", {"reason": "外出培训"}).status_code == 302
    page = door("wang").get(f"/duties/{task.pk}/").content.decode()
    assert "外出培训" in page
    assert "周校长" in page


def test_the_calendar_shows_a_term_and_is_changed_by_those_who_may(duty, door, net, morning):
    duty()
    page = door("zhou").get("/duties/calendar/").content.decode()
    assert "2026年11月" in page
    assert "国庆" in page
    assert "本学期上课" in page
    assert "改校历" in page
    assert "改校历" not in door("wang").get("/duties/calendar/").content.decode()
    unit = f"/duties/calendar/?unit={net.school.pk}"
    form = {"_id": str(uuid7()), "on": "2026-11-12", "kind": "closure", "name": ""}
    assert door("zhou").post(unit, form).status_code == 422
    assert door("zhou").post(unit, form | {"name": "台风", "_id": str(uuid7())}).status_code == 302
    assert CalendarDay.objects.get(org_id=net.school.pk).name == "台风"
    assert "台风" in door("zhou").get(unit).content.decode()
    assert door("zhou").post(unit, {"_id": str(uuid7()), "on": "2026-11-12", "kind": ""}).status_code == 302
    assert not CalendarDay.objects.filter(org_id=net.school.pk).exists()
    assert door("wu").get(unit).status_code == 404
    assert door("zhao").get("/duties/calendar/?stage=junior").status_code == 200
    assert door("zhao").get("/duties/calendar/?stage=moon").status_code == 404


def test_the_rules_are_read_aloud(duty, door, net, morning):
    duty(title="校门早巡")
    duty(org=net.bureau, title="演练", scope={"stages": ["junior"]}, cadence={"every": "month", "day": "last"})
    page = door("li").get("/duties/rules/").content.decode()
    assert "每个上课日" in page
    assert "早07:00–07:40" in page
    assert "每月，最后一个上课日" in page
    assert "初中" in page
    assert "校门早巡" not in door("wu").get("/duties/rules/").content.decode()


def test_a_day_is_read_alike_as_one_day_and_from_the_calendar(duty, actors, net, term):
    duty()
    set_day(actors.zhou, term, org_id=net.school.pk, on=date(2026, 11, 12), kind="closure", name="台风")
    set_day(actors.zhao, term, org_id=net.bureau.pk, on=date(2026, 11, 13), kind="exam", name="联考", stage="junior")
    for school in (net.school, net.other_school):
        calendar = queries.calendar_of(net.bureau.pk, school.pk, on=date(2026, 11, 9))
        for n in range(9, 16):
            day = date(2026, 11, n)
            assert queries.day_of(net.bureau.pk, school.pk, "", day) == calendar[day]
    assert queries.day_kind(net.bureau.pk, net.school.pk, "", date(2026, 11, 12)) == "closure"
    assert queries.day_kind(net.bureau.pk, net.other_school.pk, "", date(2026, 11, 13)) == "exam"
    assert queries.day_kind(net.bureau.pk, None, "", date(2035, 1, 1)) == ""
    assert queries.school_days(net.bureau.pk, net.school.pk, "", date(2026, 11, 11), date(2026, 11, 13)) == [
        date(2026, 11, 11), date(2026, 11, 13),
    ]  # fmt: skip


def test_a_bureau_without_duties_has_its_days_from_the_pack(net, term):
    assert queries.day_kind(net.bureau.pk, net.school.pk, "", date(2026, 10, 1)) == "holiday"
    assert queries.calendar_of(net.bureau.pk, net.school.pk)[date(2026, 10, 10)].kind == "makeup"


def test_the_list_of_a_class_teacher_is_that_of_their_class(duty, actors, cast, net, morning):
    from django.apps import apps

    from bihuan.conftest import placed_at
    from bihuan.engines.responsibility.queries import actor_of, forget_actors

    apps.get_model("responsibility", "Appointment").objects.create(
        user=cast.nobody, org=net.room, post="class-teacher", starts_on=date(2024, 9, 1), **placed_at(net.room)
    )
    forget_actors()
    duty(scope={"kinds": ["room"]}, post="class-teacher", title="班级日志", windows=[])
    teacher = actor_of(cast.nobody.pk)
    lines = queries.open_tasks(teacher, morning)
    assert {line["org_id"] for line in lines} == {net.room.pk}
    assert queries.own_count(teacher, morning) == 1
    assert (
        queries.tasks_page(teacher, morning + timedelta(), TaskFilter(whose="all"), size=50).rows[0]["org_id"]
        == net.room.pk
    )


def test_whoever_looks_after_one_room_or_a_department_sees_the_calendar_of_where_they_work(net, cast, door, term):
    apps.get_model("responsibility", "Appointment").objects.create(
        user=cast.nobody, org=net.room, post="guard", starts_on=SINCE, **placed_at(net.room)
    )
    assert net.school.name in door("nobody").get("/duties/calendar/").content.decode()
    assert net.bureau.name in door("huo").get("/duties/calendar/").content.decode()
    assert door("huo").get(f"/duties/calendar/?unit={net.school.pk}").status_code == 404


def test_nobody_without_a_post_is_led_to_a_calendar(door, term):
    assert door("nobody").get("/duties/calendar/").status_code == 404
    assert "/duties/calendar/" not in door("nobody").get("/duties/").content.decode()
    assert "/duties/calendar/" in door("li").get("/duties/").content.decode()
