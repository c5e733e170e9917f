"""Lessons of the staff: all present is one tap, the absent have a reason, make it up, and each person's year is counted."""

from datetime import date, timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from bihuan.foundation.commands import execute
from bihuan.foundation.ids import uuid7
from bihuan.foundation.models import Event
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.training import commands, queries, rules
from bihuan.mechanisms.training.commands import AbsentIn
from bihuan.mechanisms.training.models import Lesson
from bihuan.mechanisms.training.tests.conftest import AT

TODAY = timezone.localdate(AT)
STAFF = {"周校长", "方副校长", "李安", "钱主任", "王保安"}
SAID = st.fixed_dictionaries(
    {"absent": st.sampled_from(["", "病假"]), "made_up_on": st.sampled_from(["", "2026-09-09"])}
)
LESSONS = st.lists(st.tuples(st.integers(5, 90), st.dictionaries(st.sampled_from("abcd"), SAID)), max_size=6)


def refused(code, call):
    with pytest.raises(Refusal) as no:
        call()
    assert no.value.code == code, no.value.sentence


def hold(by, net, **said):
    given = {"id": uuid7(), "org_id": net.school.pk, "title": "灭火器怎么用", "on": TODAY, "minutes": 45, **said}
    return commands.hold_lesson(by, AT, **given)


@given(lessons=LESSONS)
def test_a_year_adds_up_for_each_person(lessons):
    rows = [(n, {who: {"name": who, "post": "p", **said} for who, said in people.items()}) for n, people in lessons]
    found = {one.person: one for one in rules.trained(rows)}
    assert sum(one.asked for one in found.values()) == sum(len(people) for _, people in rows)
    for who, one in found.items():
        mine = [(n, people[who]) for n, people in rows if who in people]
        had = [n for n, said in mine if not said["absent"] or said["made_up_on"]]
        assert (one.asked, one.had, one.left, one.minutes) == (len(mine), len(had), len(mine) - len(had), sum(had))
    left = [one.left for one in rules.trained(rows)]
    assert left == sorted(left, reverse=True)


@pytest.mark.django_db
def test_everybody_of_the_school_was_there_but_for_the_absent(net, actors, cast, now):
    row = hold(actors.li, net, absent=[AbsentIn(person=cast.wang.pk, reason="夜班休息")])
    assert {one["name"] for one in row.people.values()} == STAFF  # the sponsor cadre is of the bureau
    page = queries.lesson_page(actors.zhou, row.pk)
    assert [(one["name"], one["absent"]) for _, one in page.absent] == [("王保安", "夜班休息")]
    assert len(page.came) == 4
    year = queries.lessons_page(actors.zhao, net.school.pk)
    assert next((one.name, one.had, one.left) for one in year.people) == ("王保安", 0, 1)
    assert {one.minutes for one in year.people[1:]} == {45}
    assert not queries.lessons_page(actors.zhou, net.school.pk, year=2024).lessons
    only = hold(actors.li, net, posts=["guard"])
    assert {one["name"] for one in only.people.values()} == {"王保安"}


@pytest.mark.django_db
def test_what_was_missed_is_made_up_once(net, actors, cast, now):
    row = hold(actors.li, net, on=TODAY - timedelta(days=2), absent=[AbsentIn(person=cast.wang.pk, reason="夜班休息")])

    def make_up(by=actors.li, person=cast.wang.pk, on=TODAY):
        return commands.make_up(by, AT, lesson_id=row.pk, user_id=person, on=on)

    refused("training.made_up_early", lambda: make_up(on=TODAY + timedelta(days=1)))
    refused("training.made_up_early", lambda: make_up(on=TODAY - timedelta(days=3)))
    refused("training.not_absent", lambda: make_up(person=cast.li.pk))
    refused("training.not_absent", lambda: make_up(person=uuid7()))
    assert make_up().people[str(cast.wang.pk)]["made_up_on"] == TODAY.isoformat()
    refused("training.not_absent", make_up)
    assert {one.left for one in queries.lessons_page(actors.zhou, net.school.pk).people} == {0}
    assert Event.objects.get(name="training.lesson_made_up").facts["person"] == str(cast.wang.pk)


@pytest.mark.django_db
def test_what_cannot_be_a_lesson_is_refused(net, actors, cast, now):
    refused("training.lesson_ahead", lambda: hold(actors.li, net, on=TODAY + timedelta(days=1)))
    refused("training.not_of_school", lambda: hold(actors.li, net, absent=[AbsentIn(person=cast.wu.pk, reason="病")]))
    refused("training.nobody_asked", lambda: hold(actors.li, net, posts=["lab-keeper"]))
    refused("training.nobody_asked", lambda: hold(actors.li, net, on=date(2020, 1, 1)))
    refused("training.not_a_school", lambda: hold(actors.zhao, net, org_id=net.bureau.pk))
    assert not Lesson.objects.exists()


@pytest.mark.django_db
def test_only_who_leads_writes_and_outsiders_find_nothing(net, actors, cast, now):
    refused("foundation.not_yours", lambda: hold(actors.wang, net))
    for who in (actors.wu, actors.sun):
        refused("foundation.not_found", lambda who=who: hold(who, net))
    assert not Lesson.objects.exists()
    row = hold(actors.li, net, absent=[AbsentIn(person=cast.wang.pk, reason="夜班")])
    said = {"lesson_id": row.pk, "user_id": cast.wang.pk, "on": TODAY}
    refused("foundation.not_yours", lambda: commands.make_up(actors.wang, AT, **said))
    for who in (actors.wu, actors.sun):
        refused("foundation.not_found", lambda who=who: commands.make_up(who, AT, **said))
    for who in (actors.wu, actors.sun, actors.wang):  # a guard does not read why colleagues were absent
        refused("foundation.not_found", lambda who=who: queries.lesson_page(who, row.pk))
        refused("foundation.not_found", lambda who=who: queries.lessons_page(who, net.school.pk))
    refused("foundation.not_found", lambda: queries.lesson_choices(actors.qian, net.school.pk))
    assert not Lesson.objects.get().people[str(cast.wang.pk)]["made_up_on"]


@pytest.mark.django_db
def test_sent_twice_is_done_once(net, actors, cast, now):
    absent = [{"person": str(cast.wang.pk), "reason": "夜班"}]
    id, first, second = uuid7(), uuid7(), uuid7()
    held = {
        "id": str(id), "org_id": str(net.school.pk), "title": "灭火器", "on": TODAY.isoformat(), "minutes": 45, "absent": absent,
    }  # fmt: skip
    made = {"lesson_id": str(id), "user_id": str(cast.wang.pk), "on": TODAY.isoformat()}
    for _ in range(2):
        execute(actors.li, AT, id=first, name="training.hold_lesson", args=held)
    for _ in range(2):
        execute(actors.li, AT, id=second, name="training.make_up", args=made)
    assert Lesson.objects.count() == 1
    assert Event.objects.filter(name__startswith="training.lesson").count() == 2


@pytest.mark.django_db
def test_held_looked_at_and_made_up_on_pages(net, door, cast, now):
    li, school = door("li"), net.school.pk
    assert "还没有登记教职工培训" in li.get("/training/lessons/").content.decode()
    form = li.get("/training/lessons/new/").content.decode()
    assert "教职工 5 人" in form
    said = {"_id": str(uuid7()), "id": str(uuid7()), "org_id": str(school), "title": "灭火器怎么用", "minutes": "45"}
    said |= {"on": TODAY.isoformat(), f"absent.{cast.wang.pk}": "夜班休息"}
    wrong = li.post("/training/lessons/new/", said | {"title": ""})
    assert wrong.status_code == 422
    assert "夜班休息" in wrong.content.decode()
    sent = li.post("/training/lessons/new/", said | {"_id": str(uuid7())})
    assert sent.status_code == 302
    page = li.get(sent.url).content.decode()
    assert "夜班休息" in page
    assert "补了" in page
    assert "还差 1 次" in li.get("/training/lessons/").content.decode()
    bad = {"_id": str(uuid7()), "user_id": str(cast.wang.pk), "on": "2020-01-01"}
    assert li.post(f"{sent.url}made-up/", bad).status_code == 422
    good = bad | {"_id": str(uuid7()), "on": TODAY.isoformat()}
    assert li.post(f"{sent.url}made-up/", good).status_code == 302
    assert "不用补" in li.get(f"/training/lessons/?school={school}").content.decode()
    assert door("wu").get(sent.url).status_code == 404
    assert door("wang").get("/training/lessons/").status_code == 404
