"""A post inside a school keeps its ledgers: a class teacher of a class the own class, and nobody sees further than that."""

from __future__ import annotations

from datetime import date

import pytest
from django.apps import apps

from bihuan.conftest import placed_at
from bihuan.engines.duties.commands import keep_duty
from bihuan.engines.responsibility.queries import actor_of, forget_actors
from bihuan.engines.sheets.queries import in_force_by_code
from bihuan.foundation.actors import SYSTEM
from bihuan.foundation.commands import execute
from bihuan.foundation.ids import uuid7
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.ledgers import queries
from bihuan.mechanisms.ledgers.commands import report_nil, strike_row, write_rows
from bihuan.mechanisms.ledgers.models import Entry, Leaf
from bihuan.mechanisms.ledgers.reach import CLASS
from bihuan.mechanisms.ledgers.tests.conftest import AT

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 20)


def refused(code, call):
    with pytest.raises(Refusal) as no:
        call()
    assert no.value.code == code, no.value.sentence
    return no.value


@pytest.fixture
def classes(net, books):
    """Two classes of the school, and one of another school."""
    org = apps.get_model("responsibility", "Org")
    names = (("own", net.school, "三年级1班"), ("next", net.school, "三年级2班"), ("far", net.other_school, "初一1班"))
    found = {}
    for n, (key, school, name) in enumerate(names):
        path = f"{school.path}zzz{n}."
        ancestors = {name: getattr(school, name) for name in ("province_id", "city_id", "bureau_id", "school_id")}
        found[key] = org.objects.create(parent=school, kind=CLASS, tier="area", name=name, path=path, **ancestors)
    return found


@pytest.fixture
def teacher(cast, classes):
    """``teacher("own")``: somebody who is class teacher of that class and nothing else."""

    def appointed(*keys, post="class-teacher", name="nobody"):
        person = getattr(cast, name)
        for key in keys:
            apps.get_model("responsibility", "Appointment").objects.create(
                user=person, org=classes[key], post=post, starts_on=date(2024, 9, 1), **placed_at(classes[key])
            )
        forget_actors()
        return actor_of(person.pk)

    return appointed


@pytest.fixture
def send(net, books, now):
    """``send(by, "三年级1班")`` writes a row of the class log through its command."""
    items = in_force_by_code(SYSTEM, "ledger-class-log", on=TODAY).content.items
    usual = {one.code: one.options[0] if one.options else "1" for one in items if one.required}

    def sent(by, klass="", *, org=None, envelope=None, **more):
        rows = [{"id": str(more.pop("id", uuid7())), "answers": {**usual, "class": klass}, **more}]
        args = {"ledger": "class-log", "org_id": str((org or net.school).pk), "on": TODAY.isoformat(), "rows": rows}
        return execute(by, AT, id=envelope or uuid7(), name="ledgers.write_rows", args=args)

    return sent


def test_a_class_teacher_of_a_class_fills_and_sees_the_own_class_only(net, actors, classes, teacher, send):
    own, other = teacher("own"), teacher("next", name="wang")
    send(own)
    send(other, "三年级2班")
    rows = Entry.objects.order_by("made_at", "id")
    assert {(one.org_id, one.path, one.answers["class"]) for one in rows} == {
        (net.school.pk, classes["own"].path, "三年级1班"), (net.school.pk, classes["next"].path, "三年级2班"),
    }  # fmt: skip
    both = ["三年级1班", "三年级2班"]  # who is also the guard of the whole school reads all of it, as before
    for viewer, seen in ((own, ["三年级1班"]), (other, both), (actors.zhou, both)):
        page = queries.ledger_page(viewer, net.school.pk, "class-log", on=TODAY, at=AT)
        assert sorted(line.entry.answers["class"] for line in page.lines) == seen
        _, _, entries = queries.entries_between(viewer, net.school.pk, "class-log", since=TODAY, until=TODAY)
        assert sorted(one.answers["class"] for one in entries) == seen
    page = queries.ledger_page(other, net.school.pk, "class-log", on=TODAY, at=AT)
    assert {line.entry.answers["class"]: line.is_own for line in page.lines} == {"三年级1班": False, "三年级2班": True}
    for viewer, key in ((own, "own"), (other, "next")):
        assert queries.ledger_page(viewer, classes[key].pk, "class-log", on=TODAY, at=AT).org.pk == net.school.pk


def test_another_class_is_refused_and_nothing_is_written(net, classes, teacher, send):
    own = teacher("own")
    no = refused("ledgers.bad_rows", lambda: send(own, "三年级2班"))
    assert no.fields["0.class"] == "只能登记自己的班：三年级1班"
    assert not Entry.objects.exists()
    both = teacher("next")  # the same person has both classes now
    refused("ledgers.bad_rows", lambda: send(both))
    send(both, "三年级２班")
    assert Entry.objects.get().path == classes["next"].path


def test_whoever_has_a_building_writes_about_any_class_and_sees_the_own_rows(net, actors, cast, classes, teacher, send):
    apps.get_model("responsibility", "Appointment").objects.create(
        user=cast.nobody, org=net.building, post="class-teacher", starts_on=date(2024, 9, 1), **placed_at(net.building)
    )
    forget_actors()
    send(teacher("next", name="huo"), "三年级2班")
    keeper = actor_of(cast.nobody.pk)
    send(keeper, "五年级3班")
    assert Entry.objects.get(answers__class="五年级3班").path == net.building.path
    page = queries.ledger_page(keeper, net.school.pk, "class-log", on=TODAY, at=AT)
    assert [line.entry.answers["class"] for line in page.lines] == ["五年级3班"]
    assert page.own_class == ""


def test_a_row_of_another_class_is_neither_changed_nor_struck(net, classes, teacher, send):
    own, other = teacher("own"), teacher("next", name="wang")
    send(other, "三年级2班")
    theirs = Entry.objects.get()
    refused("foundation.receipt_conflict", lambda: send(own, "三年级1班", id=theirs.pk, revision=0))
    refused("foundation.not_found", lambda: strike_row(own, AT, entry_id=theirs.pk, reason="写错了"))
    assert Entry.objects.get().struck_at is None
    strike_row(other, AT, entry_id=theirs.pk, reason="写错了")
    assert Entry.objects.get().struck_at


def test_the_nil_report_of_the_school_is_not_a_classes(net, actors, teacher, now):
    own = teacher("own")
    asked = {"ledger": "sick-leave", "org_id": net.school.pk, "on": TODAY}
    refused("ledgers.nil_of_school", lambda: report_nil(own, AT, **asked))
    assert not Leaf.objects.exists()


def test_outsiders_and_posts_without_ledgers_find_nothing(net, actors, classes, teacher, send):
    own, keeper, far = teacher("own"), teacher("own", post="grid-none", name="qian"), teacher("far", name="huo")
    unknown = uuid7()
    for viewer in (far, actors.wu, actors.sun):
        for org_id in (net.school.pk, classes["own"].pk, unknown):
            no = refused("foundation.not_found", lambda v=viewer, o=org_id: queries.shelf(v, o, on=TODAY, at=AT))
            assert no.status == 404
            refused(
                "foundation.not_found",
                lambda v=viewer, o=org_id: queries.ledger_page(v, o, "class-log", on=TODAY, at=AT),
            )
        refused("foundation.not_found", lambda v=viewer: send(v, "三年级1班"))
    refused("foundation.not_found", lambda: queries.shelf(own, net.other_school.pk, on=TODAY, at=AT))
    refused("foundation.not_found", lambda: send(own, org=net.other_school))
    assert keeper.posts_at(net.school) == {"logistics-lead"}  # over the whole school, as before
    assert not Entry.objects.exists()
    only = teacher("next", post="grid-none", name="chief")
    holds = [hold for hold in only.holds if hold.level == "path"]
    lone = type(only)(id=only.id, name=only.name, bureau_id=only.bureau_id, holds=tuple(holds))
    refused("foundation.not_found", lambda: queries.shelf(lone, net.school.pk, on=TODAY, at=AT))


def test_ledgers_of_other_posts_are_not_there(net, teacher, now):
    own = teacher("own")
    shelf = queries.shelf(own, net.school.pk, on=TODAY, at=AT)
    codes = {line.ledger.code for _, lines in shelf.groups for line in lines}
    assert "class-log" in codes
    assert "visitors" not in codes
    assert all(line.is_mine for _, lines in shelf.groups for line in lines)
    refused("ledgers.no_such_ledger", lambda: queries.ledger_page(own, net.school.pk, "visitors", on=TODAY, at=AT))
    asked = {"ledger": "visitors", "org_id": net.school.pk, "on": TODAY, "rows": []}
    refused("ledgers.no_such_ledger", lambda: write_rows(own, AT, **asked))


def test_sent_twice_is_written_once_and_the_own_line_says_so(net, teacher, send):
    own, other, envelope, id = teacher("own"), teacher("next", name="wang"), uuid7(), uuid7()
    for _ in range(2):
        send(own, "三年级1班", envelope=envelope, id=id)
    assert Entry.objects.count() == 1

    def state(viewer):
        shelf = queries.shelf(viewer, net.school.pk, on=TODAY, at=AT)
        return next(one.state for _, lines in shelf.groups for one in lines if one.ledger.code == "class-log")

    assert (state(own), state(other)) == ("filled", "filled")
    assert state(teacher("next", name="huo")) == ""


def test_each_class_does_the_task_of_its_own(net, actors, classes, teacher, send):
    task = apps.get_model("duties", "Task").objects
    keep_duty(
        SYSTEM, AT, id=uuid7(), org=net.bureau, code="ledger-class-log", title="班级安全日志", act="ledger", subject_id=None,
        post="class-teacher", cadence={"every": "day"}, windows=[], starts_on=date(2026, 9, 1), scope={"kinds": ["class"]},
    )  # fmt: skip
    own, other = teacher("own"), teacher("next", name="wang")
    send(own)

    def done():
        return set(task.filter(on=TODAY, state="done").values_list("org_id", flat=True))

    assert done() == {classes["own"].pk}
    send(other)
    assert done() == {classes["own"].pk, classes["next"].pk}


def test_on_pages_the_shelf_is_found_by_itself(net, door, teacher, cast, now):
    teacher("own")
    page = door("nobody").get("/ledgers/").content.decode()
    assert "班级安全日志" in page
    assert "来访" not in page
    sheet = door("nobody").get(f"/ledgers/{net.school.pk}/class-log/").content.decode()
    assert "只登记 三年级1班 的" in sheet
    assert "今日无因病缺课" not in door("nobody").get(f"/ledgers/{net.school.pk}/sick-leave/").content.decode()
    assert door("wu").get(f"/ledgers/{net.school.pk}/class-log/").status_code == 404
