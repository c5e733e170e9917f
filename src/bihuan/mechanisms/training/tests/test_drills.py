"""A drill from its plan to its record: who may, what is counted, what it does to duties and hazards."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.apps import apps
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from bihuan.engines.duties.queries import TaskFilter, tasks_page
from bihuan.foundation.commands import execute
from bihuan.foundation.ids import uuid7
from bihuan.foundation.models import Event
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.training import commands, queries, rules
from bihuan.mechanisms.training.commands import FindingIn, GroupIn
from bihuan.mechanisms.training.models import Drill
from bihuan.mechanisms.training.tests.conftest import AT

GROUPS = [GroupIn(name="三（1）班", due=45), GroupIn(name="三（2）班", due=44), GroupIn(name="教职工", due=12)]


def plan(by, net, kind="fire", groups=GROUPS, **given):
    return commands.plan_drill(
        by, AT, id=uuid7(), org_id=net.school.pk, kind=kind, planned_at=AT, groups=groups, **given
    )


def seconds(n):
    return AT + timedelta(seconds=n)


def run(by, drill, counts=((40, 45), (75, 44), (100, 12))):
    commands.begin_drill(by, AT, drill_id=drill.pk)
    for n, (after, came) in enumerate(counts, start=1):
        commands.group_out(by, seconds(after), drill_id=drill.pk, group=f"{n:02d}", came=came)


@pytest.mark.django_db
@pytest.mark.clause("CB-22")
def test_a_drill_is_timed_class_by_class(kinds, net, actors):
    drill = plan(actors.li, net, roles={"commander": "周校长"})
    run(actors.li, drill)
    done = commands.end_drill(actors.li, seconds(300), drill_id=drill.pk, verdict="东侧楼梯两班同时到，拥堵十秒")
    page = queries.drill_page(actors.zhao, done.pk)
    assert (page.outcome.seconds, page.outcome.within, page.outcome.slowest) == (100, True, "教职工")
    assert page.time_words == "1 分 40 秒"
    assert (page.outcome.due, page.outcome.came, page.drill.state) == (101, 101, "done")
    names = list(Event.objects.filter(subject_id=drill.pk).order_by("at", "id").values_list("name", flat=True))
    assert names == [
        "training.drill_planned",
        "training.drill_begun",
        *["training.group_out"] * 3,
        "training.drill_ended",
    ]


@pytest.mark.django_db
def test_nobody_is_safe_who_was_not_counted(kinds, net, actors):
    drill = plan(actors.li, net)
    run(actors.li, drill, counts=((40, 45), (75, 43)))
    with pytest.raises(Refusal) as silent:
        commands.end_drill(actors.li, seconds(200), drill_id=drill.pk, verdict="还可以")
    assert silent.value.code == "training.groups_left"
    commands.group_out(actors.li, seconds(210), drill_id=drill.pk, group="03", came=12)
    with pytest.raises(Refusal) as lost:
        commands.end_drill(actors.li, seconds(220), drill_id=drill.pk, verdict="还可以")
    assert lost.value.code == "training.people_left"
    assert "三（2）班" in lost.value.sentence
    assert Drill.objects.get(pk=drill.pk).state == "running"
    commands.end_drill(
        actors.li, seconds(230), drill_id=drill.pk, verdict="还可以", missing_words="一人在校医室，校医陪同"
    )
    assert Event.objects.get(name="training.drill_ended").facts["missing"] == "一人在校医室，校医陪同"


@pytest.mark.django_db
def test_more_than_there_are_cannot_come_and_a_correction_keeps_the_time(kinds, net, actors):
    drill = plan(actors.li, net)
    commands.begin_drill(actors.li, AT, drill_id=drill.pk)
    with pytest.raises(Refusal) as many:
        commands.group_out(actors.wang, seconds(30), drill_id=drill.pk, group="01", came=46)
    assert many.value.code == "training.too_many"
    commands.group_out(actors.wang, seconds(30), drill_id=drill.pk, group="01", came=44)
    commands.group_out(actors.wang, seconds(90), drill_id=drill.pk, group="01", came=45, note="一人归队")
    row = Drill.objects.get(pk=drill.pk).results["01"]
    assert (row["came"], row["out_at"], row["by"]) == (45, seconds(30).isoformat(), "王保安")
    with pytest.raises(Refusal) as unknown:
        commands.group_out(actors.wang, seconds(30), drill_id=drill.pk, group="99", came=1)
    assert unknown.value.code == "training.unknown_group"


@pytest.mark.django_db
def test_a_finding_becomes_a_hazard(kinds, net, actors, cases):
    drill = plan(actors.li, net)
    run(actors.li, drill)
    findings = [
        FindingIn(words="二楼东侧安全出口推不开", becomes="hazard"),
        FindingIn(words="集合点改到操场西侧", becomes="revision"),
    ]
    done = commands.end_drill(actors.li, seconds(300), drill_id=drill.pk, verdict="总体有序", findings=findings)
    hazard = apps.get_model("cases", "Case").objects.get()
    assert (hazard.title, hazard.source_id, str(hazard.pk)) == (
        "二楼东侧安全出口推不开",
        drill.pk,
        done.findings[0]["case_id"],
    )
    assert "case_id" not in done.findings[1]


@pytest.mark.django_db
@pytest.mark.clause("CB-22")
def test_one_drill_of_the_first_week_does_the_month_too(kinds, net, actors, due):
    before = {row["title"] for row in _tasks(actors.fang)}
    assert before == {"开学第一周综合应急演练", "每月应急疏散演练"}
    drill = plan(actors.li, net, kind="first-week")
    run(actors.li, drill)
    done = commands.end_drill(actors.li, seconds(300), drill_id=drill.pk, verdict="首周演练完成")
    assert [one["title"] for one in done.fulfilled] == ["开学第一周综合应急演练"]
    assert {row["state"] for row in _tasks(actors.fang, state="all")} == {"done"}  # the month's by the first week's


def _tasks(viewer, state="open"):
    rows = apps.get_model("duties", "Task").objects.filter(
        act="drill", school_id=viewer.holds[0].org_id, on__year=2026, on__month__in=(8, 9)
    )
    return list((rows.filter(state="open") if state == "open" else rows).values("title", "state"))


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["wu", "sun", "nobody"])
def test_an_outsider_finds_nothing(kinds, net, actors, door, who):
    drill, stranger = plan(actors.li, net), getattr(actors, who)
    for attempt in (
        lambda: plan(stranger, net),
        lambda: commands.begin_drill(stranger, AT, drill_id=drill.pk),
        lambda: commands.group_out(stranger, AT, drill_id=drill.pk, group="01", came=1),
        lambda: commands.end_drill(stranger, AT, drill_id=drill.pk, verdict="不该成功"),
        lambda: commands.cancel_drill(stranger, AT, drill_id=drill.pk, reason="不该成功"),
        lambda: queries.drill_page(stranger, drill.pk),
    ):
        with pytest.raises(Refusal) as refused:
            attempt()
        assert refused.value.code == "foundation.not_found"
    assert door(who).get(f"/training/{drill.pk}/").status_code == 404
    assert door(who).get(f"/training/{drill.pk}/record.pdf").status_code == 404
    assert not queries.drills(stranger, queries.DrillFilter()).rows
    assert Drill.objects.get().state == "planned"


@pytest.mark.django_db
def test_a_guard_reports_but_does_not_lead(kinds, net, actors):
    drill = plan(actors.li, net)
    for attempt in (lambda: plan(actors.wang, net), lambda: commands.begin_drill(actors.wang, AT, drill_id=drill.pk)):
        with pytest.raises(Refusal) as refused:
            attempt()
        assert refused.value.code == "foundation.not_yours"
    commands.begin_drill(actors.li, AT, drill_id=drill.pk)
    assert commands.group_out(actors.wang, seconds(9), drill_id=drill.pk, group="01", came=45)["reported"] == 1


@pytest.mark.django_db
def test_steps_out_of_order_are_refused_and_sent_twice_is_once(kinds, net, actors):
    drill, envelope = plan(actors.li, net), uuid7()
    with pytest.raises(Refusal) as early:
        commands.group_out(actors.li, AT, drill_id=drill.pk, group="01", came=1)
    assert early.value.code == "training.not_running"
    for replayed in (False, True):
        args = {"drill_id": str(drill.pk)}
        assert execute(actors.li, AT, id=envelope, name="training.begin_drill", args=args).replayed is replayed
    with pytest.raises(Refusal) as again:
        commands.begin_drill(actors.li, AT, drill_id=drill.pk)
    assert again.value.code == "training.not_planned"
    with pytest.raises(Refusal):
        commands.cancel_drill(actors.li, AT, drill_id=drill.pk, reason="已经开始")
    with pytest.raises(Refusal) as kind:
        plan(actors.li, net, kind="flood")
    assert kind.value.code == "training.unknown_kind"
    with pytest.raises(Refusal) as nobody:
        plan(actors.li, net, groups=[])
    assert nobody.value.code == "training.no_groups"


@pytest.mark.django_db(transaction=True)
def test_all_classes_report_at_the_same_moment(kinds, net, actors):
    groups = [GroupIn(name=f"{n}班", due=40) for n in range(1, 7)]
    drill = plan(actors.li, net, groups=groups)
    commands.begin_drill(actors.li, AT, drill_id=drill.pk)
    gate, failed = Barrier(6), []

    def report(n):
        gate.wait()
        try:
            commands.group_out(actors.wang, seconds(n), drill_id=drill.pk, group=f"{n:02d}", came=40)
        except Exception as error:  # noqa: BLE001 - told below
            failed.append(error)
        finally:
            connection.close()

    threads = [Thread(target=report, args=(n,)) for n in range(1, 7)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert not failed
    assert [row["came"] for row in Drill.objects.get().results.values()] == [40] * 6


@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60), st.integers(0, 600)), min_size=1, max_size=12),
    st.integers(30, 600),
)
def test_the_numbers_of_a_drill(rows, limit):
    groups = [
        rules.Group(str(n), f"{n}班", due, min(came, due), seconds(after)) for n, (due, came, after) in enumerate(rows)
    ]
    found = rules.outcome(groups, AT, limit)
    assert found.seconds == max(after for _, _, after in rows)
    assert found.within == (found.seconds <= limit)
    assert found.missing == sum(group.missing for group in groups) >= 0
    open_group = [*groups, rules.Group("x", "没到的班", 5)]
    assert rules.outcome(open_group, AT, limit).seconds is None


# --- pages ------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_planned_run_and_ended_on_pages(kinds, net, actors, door, now):
    lead, guard = door("li"), door("wang")
    form = {
        "_id": str(uuid7()),
        "id": str(uuid7()),
        "org_id": str(net.school.pk),
        "kind": "fire",
        "planned_at": "2026-09-03T10:00",
        "groups": "三（1）班 45\n教职工 12人",
        "role.commander": "周校长",
    }
    bad = lead.post("/training/new/", form | {"groups": "三（1）班"})
    assert bad.status_code == 422
    assert "没有写人数" in bad.content.decode()
    assert "周校长" in bad.content.decode()
    made = lead.post("/training/new/", form, follow=True)
    assert "拉响警报" in made.content.decode()
    address = f"/training/{form['id']}/"
    lead.post(f"{address}begin/", {"_id": str(uuid7())})
    assert "到了" in guard.get(address).content.decode()
    guard.post(f"{address}out/", {"_id": str(uuid7()), "group": "01", "came": "45", "note": ""})
    guard.post(f"{address}out/", {"_id": str(uuid7()), "group": "02", "came": "11", "note": ""})
    early = lead.post(
        f"{address}end/",
        {"_id": str(uuid7()), "verdict": "有一人没到", "finding": ["门推不开"], "becomes": ["revision"]},
    )
    assert early.status_code == 409
    assert "还有 1 人没有下落" in early.content.decode()
    assert "有一人没到" in early.content.decode()
    ended = lead.post(
        f"{address}end/",
        {
            "_id": str(uuid7()),
            "verdict": "有一人没到",
            "missing_words": "在校医室",
            "finding": ["门推不开"],
            "becomes": ["revision"],
        },
        follow=True,
    )
    assert "修订预案" in ended.content.decode()
    assert lead.get(f"{address}record.pdf").content.startswith(b"%PDF")


@pytest.mark.django_db
def test_the_list_narrows_and_pages(kinds, net, actors, door, now):
    for _ in range(3):
        plan(actors.li, net)
    assert len(queries.drills(actors.zhao, queries.DrillFilter(state="planned"), size=2).rows) == 2
    assert not queries.drills(actors.zhao, queries.DrillFilter(state="done")).rows
    assert door("zhao").get("/training/?state=planned").status_code == 200
    assert door("zhao").get(f"/training/new/?school={net.school.pk}").status_code == 200


@pytest.mark.django_db
def test_tasks_of_drills_are_told_apart(kinds, net, actors, due, now):
    assert tasks_page(actors.fang, now, TaskFilter(act="drill")).rows
