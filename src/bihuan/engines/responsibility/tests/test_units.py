"""Units: made, changed, moved, closed; who may and who may not."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.apps import apps

from bihuan.engines.responsibility.commands import change_org, close_org, create_org, follow_moves, move_org
from bihuan.engines.responsibility.models import Appointment, Org
from bihuan.foundation.actors import SYSTEM
from bihuan.foundation.commands import execute
from bihuan.foundation.ids import uuid7
from bihuan.foundation.models import Event
from bihuan.foundation.refusals import Refusal

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)


def create(by, above, kind="primary", name="灞东区第三小学", **more):
    return create_org(by, AT, id=uuid7(), parent_id=above.pk, kind=kind, name=name, **more)


def code_of(call, *args, **kwargs) -> str:
    with pytest.raises(Refusal) as said:
        call(*args, **kwargs)
    return said.value.code


def test_a_school_is_added_with_its_ancestors(net, actors):
    school = create(actors.admin, net.bureau, code="２１６１００００９９", students=800)
    school.refresh_from_db()
    assert school.code == "2161000099"
    assert (school.province_id, school.city_id, school.bureau_id, school.school_id) == (
        net.province.pk, net.city.pk, net.bureau.pk, school.pk,
    )  # fmt: skip
    assert school.path.startswith(net.bureau.path)
    assert len(school.path) == len(net.bureau.path) + 5
    site = create(actors.admin, school, "site", "主校区")
    assert site.school_id == school.pk
    assert Event.objects.get(subject_id=school.pk).name == "responsibility.org_created"


def test_a_province_stands_on_top_and_owns_its_rows(posts):
    top = create_org(SYSTEM, AT, id=uuid7(), parent_id=None, kind="province", name="关中省教育厅")
    assert top.bureau_id == top.province_id == top.pk
    city = create(SYSTEM, top, "city", "长宁市教育局")
    assert (city.bureau_id, city.city_id, city.province_id) == (city.pk, city.pk, top.pk)


def test_who_may_not_add_a_unit(net, actors):
    assert code_of(create, actors.li, net.bureau) == "foundation.not_found"  # a school does not see the bureau's row
    assert code_of(create, actors.zhou, net.school, "site", "西校区") == "foundation.not_yours"
    assert code_of(create, actors.wu, net.school, "site", "西校区") == "foundation.not_found"
    assert code_of(create, actors.sun, net.bureau) == "foundation.not_found"
    assert not Org.objects.filter(name="西校区").exists()
    assert create(actors.li, net.school, "site", "西校区").school_id == net.school.pk


@pytest.mark.parametrize(
    ("kind", "name", "more", "refusal"),
    [
        ("castle", "城堡", {}, "responsibility.no_such_kind"),
        ("building", "实验楼", {}, "responsibility.wrong_parent"),
        ("primary", "灞东区第一小学", {}, "responsibility.name_taken"),
        ("primary", "灞东区第三小学", {"code": "2161000001"}, "responsibility.code_taken"),
        ("primary", "灞东区第三小学", {"code": "12345"}, "responsibility.bad_code"),
        ("primary", "灞东区第三小学", {"code": "1161000009"}, "responsibility.bad_code"),
    ],
)
def test_what_is_refused(net, actors, kind, name, more, refusal):
    before = Org.objects.count()
    assert code_of(create, actors.admin, net.bureau, kind, name, **more) == refusal
    assert Org.objects.count() == before


def test_the_same_envelope_makes_one_unit(net, actors):
    args = {"id": str(uuid7()), "parent_id": str(net.bureau.pk), "kind": "primary", "name": "灞东区第三小学"}
    envelope = uuid7()
    first = execute(actors.admin, AT, id=envelope, name="responsibility.create_org", args=args)
    again = execute(actors.admin, AT, id=envelope, name="responsibility.create_org", args=args)
    assert (first.replayed, again.replayed) == (False, True)
    assert first.answer == again.answer
    assert Org.objects.filter(name="灞东区第三小学").count() == 1


def test_a_known_id_makes_no_second_unit(net, actors):
    assert (
        code_of(
            create_org, actors.admin, AT, id=net.school.pk, parent_id=net.bureau.pk, kind="primary", name="另一所小学"
        )
        == "responsibility.id_taken"
    )


def test_a_school_is_renamed_and_keeps_its_code(net, actors):
    changed = change_org(actors.admin, AT, org_id=net.school.pk, revision=1, name="灞东区实验小学", students=1300)
    changed.refresh_from_db()
    assert (changed.name, changed.students, changed.code, changed.revision) == ("灞东区实验小学", 1300, "2161000001", 2)
    fact = Event.objects.get(subject_id=net.school.pk, name="responsibility.org_changed")
    assert fact.facts == {"name": "灞东区实验小学", "students": 1300}


def test_a_stale_change_is_refused_and_names_who_was_quicker(net, actors):
    change_org(actors.admin, AT, org_id=net.school.pk, revision=1, students=1300)
    with pytest.raises(Refusal) as said:
        change_org(actors.li, AT, org_id=net.school.pk, revision=1, students=1)
    assert said.value.code == "foundation.changed_meanwhile"
    assert "管理员小林" in said.value.sentence
    assert Org.objects.get(pk=net.school.pk).students == 1300


def test_another_kind_of_school_needs_another_code(net, actors):
    assert (
        code_of(change_org, actors.admin, AT, org_id=net.school.pk, revision=1, kind="junior")
        == "responsibility.bad_code"
    )
    changed = change_org(actors.admin, AT, org_id=net.school.pk, revision=1, kind="junior", code="3161000077")
    assert changed.kind == "junior"


def test_outsiders_change_nothing(net, actors):
    assert code_of(change_org, actors.wu, AT, org_id=net.school.pk, revision=1, students=1) == "foundation.not_found"
    assert code_of(change_org, actors.zhou, AT, org_id=net.school.pk, revision=1, students=1) == "foundation.not_yours"
    assert (
        code_of(close_org, actors.wu, AT, org_id=net.school.pk, revision=1, on=date(2026, 12, 1))
        == "foundation.not_found"
    )
    assert (
        code_of(move_org, actors.wu, AT, org_id=net.room.pk, parent_id=net.site.pk, revision=1)
        == "foundation.not_found"
    )


def test_a_moved_subtree_takes_its_addresses_and_its_rows_along(net, actors, cast):
    town = create(actors.admin, net.bureau, "town", "长乐镇")
    Appointment.objects.filter(user=cast.li).update(org=net.room, path=net.room.path)
    case = apps.get_model("responsibility", "RosterImport")(
        org=net.room,
        by_name="x",
        at=AT,
        **{name: getattr(net.room, name) for name in ("bureau_id", "province_id", "city_id", "school_id", "path")},
    )
    case.save()
    moved = move_org(actors.admin, AT, org_id=net.school.pk, parent_id=town.pk, revision=1)
    room = Org.objects.get(pk=net.room.pk)
    assert moved.path.startswith(town.path)
    assert room.path == moved.path + net.room.path[len(net.school.path) :]
    assert Appointment.objects.get(user=cast.li).path == room.path, "who serves where changes with the tree"
    assert follow_moves(AT) == 1
    case.refresh_from_db()
    assert case.path == room.path
    assert Org.objects.get(pk=net.other_school.pk).path == net.other_school.path
    fact = Event.objects.get(name="responsibility.org_moved").facts
    assert (fact["old_path"], fact["new_path"]) == (net.school.path, moved.path)


def test_moves_that_make_no_sense_are_refused(net, actors):
    floor = create(actors.admin, net.building, "floor", "一层")
    assert (
        code_of(move_org, SYSTEM, AT, org_id=net.building.pk, parent_id=floor.pk, revision=1)
        == "responsibility.move_into_itself"
    )
    assert (
        code_of(move_org, SYSTEM, AT, org_id=net.site.pk, parent_id=net.other_school.pk, revision=1)
        == "responsibility.move_across"
    )
    assert (
        code_of(move_org, SYSTEM, AT, org_id=net.school.pk, parent_id=net.other_bureau.pk, revision=1)
        == "responsibility.move_across"
    )
    assert (
        code_of(move_org, SYSTEM, AT, org_id=net.room.pk, parent_id=net.school.pk, revision=1)
        == "responsibility.wrong_parent"
    )
    assert (
        code_of(move_org, actors.admin, AT, org_id=net.room.pk, parent_id=net.site.pk, revision=7)
        == "foundation.changed_meanwhile"
    )
    assert Org.objects.get(pk=net.room.pk).path == net.room.path


def test_a_unit_with_people_is_not_closed(net, actors, cast):
    with pytest.raises(Refusal) as said:
        close_org(actors.admin, AT, org_id=net.school.pk, revision=1, on=date(2026, 12, 31))
    assert said.value.code == "responsibility.still_served"
    assert "6人在任" in said.value.sentence
    Appointment.objects.filter(org=net.school).update(ends_on=date(2026, 12, 31))
    closed = close_org(actors.admin, AT, org_id=net.school.pk, revision=1, on=date(2026, 12, 31))
    assert closed.active_to == date(2026, 12, 31)
    assert Org.objects.get(pk=net.room.pk).active_to == date(2026, 12, 31)
    assert (
        code_of(close_org, actors.admin, AT, org_id=net.school.pk, revision=2, on=date(2027, 1, 1))
        == "responsibility.closed"
    )
