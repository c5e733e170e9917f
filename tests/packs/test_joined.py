"""What schools do together with parents, the law's teachers and the bureau: books, rosters and lists, lived under their packs."""

from datetime import date, timedelta

import pytest
from django.apps import apps

from bihuan.engines.responsibility.queries import post_roster
from bihuan.engines.sheets.queries import in_force_by_code
from bihuan.foundation import clock, packs
from bihuan.foundation.commands import execute
from bihuan.foundation.ids import uuid7
from bihuan.foundation.packs.measures import measured
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.ledgers.queries import coverage
from tests.packs.test_policies import FIRST, Lived, chanba, moment

__all__ = ["chanba"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def hanyin(net, cast):
    """A school of a county under 333."""
    return Lived(net, cast, "hanyin-333")


def do(lived, who, at, command, **args):
    with clock.travel(at):
        return execute(lived.by(who), at, id=uuid7(), name=command, args=args).answer


def write(lived, who, at, ledger, *rows, org=None):
    """Rows of a ledger of the school (or of a class of it), written on a day."""
    rows = [{"id": str(uuid7()), "answers": row} for row in rows]
    where = {"org_id": str((org or lived.net.school).pk), "on": at.date().isoformat(), "ledger": ledger}
    return do(lived, who, at, "ledgers.write_rows", rows=rows, **where)


def lesson(kind, due="45", came="43", **more):
    return {"kind": kind, "theme": "开学安全第一课", "whom": "三（2）班", "due": due, "came": came, **more}


# --- CB-20 ------------------------------------------------------------------------------------------------------------

LESSONS = ("安全课·意识强化", "安全课·技能培训", "安全课·守护实践", "安全课·演练应急")


@pytest.mark.clause("CB-20")
def test_parents_are_registered_and_covered(chanba, door, net):
    at = chanba.live(date(2026, 9, 8), "10:00")
    task = chanba.task("ledger-family")
    write(
        chanba, "moral_education_director", at, "family", *(lesson(kind) for kind in (*LESSONS, "家长学校", "家长会"))
    )
    task.refresh_from_db()
    assert task.state == "done"
    page = coverage(chanba.by("zhao"), "family", on=at.date())
    assert (page.since, page.until) == (date(2026, 8, 1), date(2027, 1, 31))
    worst, mine = page.lines
    assert (worst.org.pk, worst.lacks, mine.org.pk, mine.lacks, page.whole) == (
        net.other_school.pk, 7, net.school.pk, 1, 0,
    )  # fmt: skip
    parts = {part.kind: part for part in mine.parts}
    assert all((parts[kind].came, parts[kind].due, parts[kind].percent) == (43, 45, 95) for kind in LESSONS)
    assert (parts["志愿岗"].times, parts["家长会"].whom) == (0, ("三（2）班",))
    write(chanba, "class_teacher", at, "family", lesson("志愿岗", "12", "12"), org=chanba.room)
    assert coverage(chanba.by("zhao"), "family", on=at.date()).whole == 1
    with clock.travel(at):
        shown = door("zhao").get("/ledgers/coverage/?ledger=family").content.decode()
        assert measured(chanba.by("zhao"), "covered-this-term").number == "7"
    assert "43 / 45 人，95%" in shown
    assert "没有" in shown


@pytest.mark.clause("CB-20")
def test_a_month_without_anything_is_said_so_and_nobody_else_writes(chanba):
    at = chanba.live(date(2026, 9, 8), "10:00")
    where = {"org_id": str(chanba.net.school.pk), "on": at.date().isoformat(), "ledger": "family"}
    for who, code in (("wang", "ledgers.not_my_post"), ("wu", "foundation.not_found")):
        with pytest.raises(Refusal) as refused:
            do(chanba, who, at, "ledgers.report_nil", **where)
        assert refused.value.code == code
    do(chanba, "moral_education_director", at, "ledgers.report_nil", **where)
    task = chanba.task("ledger-family")
    assert (task.state, task.nil) == ("done", True)
    assert coverage(chanba.by("li"), "family", on=at.date()).lines[0].lacks == 7


# --- HY-23 ------------------------------------------------------------------------------------------------------------


@pytest.mark.clause("HY-23")
def test_law_teachers_are_a_roster_and_their_lessons_a_book(hanyin, net, door):
    early = moment(FIRST - timedelta(days=3))
    for school in (net.school, net.other_school):
        person = {"name": "陈警官", "phone": "13900000001"}
        do(hanyin, "admin", early, "responsibility.appoint", id=str(uuid7()), org_id=str(school.pk), post="law-vice-head",
           starts_on=FIRST.isoformat(), person=person)  # fmt: skip
    at = hanyin.live(date(2026, 9, 8), "10:00")
    with clock.travel(at):
        found = post_roster(hanyin.by("zhao"), "law-vice-head", on=at.date())
        assert (found.filled, found.post["most_schools"], found.crowded) == (2, 2, {})
        before = post_roster(hanyin.by("zhao"), "law-vice-head", on=FIRST - timedelta(days=1))
        assert [people for _, people in before.lines] == [[], []]
        shown = door("zhao").get("/net/posts/law-vice-head/holders/").content.decode()
        assert "陈警官" in shown
        assert measured(hanyin.by("zhao"), "law-vice-heads").number == "2"
    talk = lesson("法治副校长授课", teacher="陈警官", hours="2")
    write(hanyin, "moral_education_director", at, "law-mind", talk, lesson("心理健康课", teacher="刘老师", hours="1"))
    assert hanyin.task("ledger-law-mind").state == "done"
    year = coverage(hanyin.by("zhao"), "law-mind", on=at.date())
    assert (year.since, year.until) == (date(2026, 8, 1), date(2027, 7, 31))
    law = next(line.parts[0] for line in year.lines if line.org.pk == net.school.pk)
    assert (law.kind, law.times, law.least, law.enough) == ("法治副校长授课", 2, 4, False)
    write(hanyin, "moral_education_director", at + timedelta(minutes=5), "law-mind", talk)
    year = coverage(hanyin.by("zhao"), "law-mind", on=at.date())
    assert next(line.parts[0] for line in year.lines if line.org.pk == net.school.pk).enough


@pytest.mark.clause("HY-23")
def test_a_school_without_a_law_teacher_and_a_person_at_too_many_are_said_so(hanyin, net, cast, door):
    early = moment(FIRST - timedelta(days=3))
    person = {"name": "陈警官", "phone": "13900000001"}
    do(hanyin, "admin", early, "responsibility.appoint", id=str(uuid7()), org_id=str(net.school.pk), post="law-vice-head",
       starts_on=FIRST.isoformat(), person=person)  # fmt: skip
    found = post_roster(hanyin.by("zhao"), "law-vice-head", on=FIRST)
    assert [(school.pk, len(people)) for school, people in found.lines] == [
        (net.other_school.pk, 0),
        (net.school.pk, 1),
    ]
    model = apps.get_model("foundation", "PackEntry")
    entry = model.objects.get(section="posts", code="law-vice-head")
    entry.data = {**entry.data, "most_schools": 1}
    entry.save()
    do(hanyin, "admin", early, "responsibility.appoint", id=str(uuid7()), org_id=str(net.other_school.pk),
       post="law-vice-head", starts_on=FIRST.isoformat(), person=person)  # fmt: skip
    packs.forget()
    found = post_roster(hanyin.by("zhao"), "law-vice-head", on=FIRST)
    assert list(found.crowded.values()) == [2]
    with clock.travel(moment(FIRST)):
        assert "兼了 2 所" in door("zhao").get("/net/posts/law-vice-head/holders/").content.decode()
        assert door("wang").get("/net/posts/law-vice-head/holders/").status_code == 403
        theirs = door("wu").get("/net/posts/law-vice-head/holders/").content.decode()
    assert "灞东区第一小学" not in theirs


# --- HY-09 ------------------------------------------------------------------------------------------------------------


@pytest.mark.clause("HY-09")
def test_each_of_the_six_lists_is_a_template_and_is_filled(hanyin, net):
    at = hanyin.live(date(2026, 9, 8), "10:00")
    filled = {
        "deploy-list": ("zhou", {"02-01": "护学岗、食堂、宿舍三件", "02-02": "62"}),
        "publicity-list": ("moral_education_director", {"01-01": "交通安全", "01-02": "主题班会", "01-03": "1200"}),
        "special-list": ("li", {"01-01": "消防", "01-06": "3"}),
        "assessment-list": ("zhou", {"03-03": "安保人员配足"}),
    }
    for code, (who, values) in filled.items():
        if code == "assessment-list":
            at = hanyin.live(date(2026, 12, 8), "10:00")
        answers = {item: {"value": value} for item, value in values.items()}
        task = hanyin.task(code)
        do(
            hanyin,
            who,
            at,
            "duties.answer_task",
            task_id=str(task.pk),
            id=str(uuid7()),
            answers=answers,
            rest_normal=True,
        )
        task.refresh_from_db()
        assert task.state in ("done", "late"), code
        kept = apps.get_model("sheets", "Submission").objects.get(pk=task.ref_id)
        assert all(kept.answers[item]["value"] for item in values)
    with clock.travel(at):
        assert in_force_by_code(hanyin.by("zhao"), "campus-checklist", on=at.date()).content.items
    id = str(uuid7())
    do(hanyin, "chen", at, "inspections.open_inspection", id=id, school=str(net.school.pk), kind="sponsor_round")
    first = in_force_by_code(hanyin.by("zhao"), "campus-checklist", on=at.date()).content.items[0].code
    do(hanyin, "chen", at, "inspections.answer", inspection_id=id, answers={first: {"result": "pass"}})
    drill = str(uuid7())
    groups = [{"name": "三（2）班", "due": 45}]
    do(hanyin, "li", at, "training.plan_drill", id=drill, org_id=str(net.school.pk), kind="fire",
       planned_at=(at + timedelta(hours=1)).isoformat(), groups=groups)  # fmt: skip
    do(hanyin, "li", at, "training.begin_drill", drill_id=drill)
    do(hanyin, "li", at + timedelta(minutes=1), "training.group_out", drill_id=drill, group="01", came=45)
    do(
        hanyin,
        "li",
        at + timedelta(minutes=2),
        "training.end_drill",
        drill_id=drill,
        verdict="一分钟到齐，口令要再响些",
    )
    assert apps.get_model("training", "Drill").objects.get().state == "done"
