"""A roster's journey: sent, checked, installed whole, taken back."""

from __future__ import annotations

import base64
from datetime import UTC, date, datetime

import pytest

from bihuan.engines.responsibility import queries
from bihuan.engines.responsibility.commands import (
    appoint,
    end_appointment,
    install_roster,
    stand_in,
    undo_roster,
)
from bihuan.engines.responsibility.models import Appointment, RosterImport
from bihuan.engines.responsibility.tests.test_units import code_of
from bihuan.engines.responsibility.tests.workbooks import clean, nasty, xlsx
from bihuan.foundation.commands import execute
from bihuan.foundation.ids import uuid7
from bihuan.foundation.models import Event
from bihuan.foundation.refusals import Refusal

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
TODAY = date(2026, 11, 22)


def send(by, place, content, name="名册.xlsx"):
    args = {
        "id": str(uuid7()),
        "org_id": str(place.pk),
        "file_name": name,
        "content": base64.b64encode(content).decode(),
    }
    execute(by, AT, id=uuid7(), name="responsibility.upload_roster", args=args)
    return RosterImport.objects.get(pk=args["id"])


def report(by, row):
    return queries.roster_check(by, row, header_row=row.header_row, columns=row.columns, on=TODAY)


def install(by, row, **more):
    given = {"import_id": row.pk, "header_row": row.header_row, "columns": row.columns, "on": TODAY} | more
    return install_roster(by, AT, **given)


def undo(by, row):
    return undo_roster(by, AT, import_id=row.pk)


def everybody():
    return Appointment.objects.count(), Appointment._meta.get_field("user").related_model.objects.count()


def test_every_row_of_a_nasty_roster_gets_its_verdict(net, actors):
    row = send(actors.admin, net.bureau, nasty())
    found = report(actors.admin, row)
    said = {one.row.number: (one.verdict, *one.sentences) for one in found.rows}
    assert said == {
        4: ("ok",),
        5: ("ok",),
        6: ("ok",),
        8: ("error", "没有叫「门卫」的岗位"),
        9: ("ok",),
        10: ("warning", "与第9行重复，只登记一次"),
        11: (
            "error",
            "「孙丽、周涛」像是几个人，请一人一行",
            "任职日期「九月一日」认不出，请写成 2026-09-01 这样",
            "没有叫「灞东二中」的单位，或它不归你管。最接近的是：灞东区第二中学",
            "电话「123」位数不对，照原样登记，请核对",
        ),
        12: ("warning", "已经在任，不重复登记"),
    }
    assert found.counts == {"ok": 4, "warning": 2, "error": 2, "rows": 8, "appointments": 4, "people": 3}
    assert [(person.name, person.staff_no) for person in found.people] == [
        ("王秀英", ""),
        ("李强", "T-02"),
        ("赵敏", ""),
    ]


def test_a_roster_with_a_wrong_row_installs_nothing(net, actors):
    row = send(actors.admin, net.bureau, nasty())
    before = everybody()
    with pytest.raises(Refusal) as said:
        install(actors.admin, row)
    assert said.value.sentence.startswith("有2行需要修改，一行也没有导入。第一处在第8行：没有叫「门卫」的岗位")
    assert everybody() == before
    row.refresh_from_db()
    assert row.installed_at is None


def test_a_clean_roster_is_installed_whole_and_taken_back_whole(net, actors):
    before = everybody()
    row = send(actors.li, net.school, clean(40))
    assert report(actors.li, row).counts["people"] == 40
    done = install(actors.li, row)
    assert everybody() == (before[0] + 40, before[1] + 40)
    made = Appointment.objects.filter(import_id=row.pk).select_related("user").order_by("user__phone").first()
    assert (made.user.name, made.user.phone, made.starts_on, made.school_id, made.path, made.initials) == (
        "新老师甲", "13900000000", date(2026, 9, 1), net.school.pk, net.school.path, "xlsj",
    )  # fmt: skip
    assert not made.user.has_usable_password()
    done.refresh_from_db()
    assert done.table == [], "personal data goes when it is not needed any more"
    assert code_of(install, actors.li, row) == "responsibility.installed_already"
    undo(actors.li, row)
    assert everybody() == before
    assert code_of(undo, actors.li, row) == "responsibility.undone_already"
    assert list(Event.objects.filter(subject_id=row.pk).order_by("id").values_list("name", flat=True)) == [
        "responsibility.roster_uploaded", "responsibility.roster_installed", "responsibility.roster_undone",
    ]  # fmt: skip


def test_the_same_person_on_several_rows_is_one_person(net, actors):
    rows = [
        ["姓名", "岗位", "手机", "工号", "区域"],
        ["张三丰", "班主任", "13900000001", "", ""],
        ["张三丰", "总务主任", "13900000001", "N1", ""],
        ["张三丰", "保安", "", "N1", "化学实验室"],
        ["张三丰", "实验室管理员", "13900000002", "", ""],
        ["李安", "班主任", "", "", ""],
        ["王小二", "班主任", "13900000002", "", ""],
    ]
    row = send(actors.li, net.school, xlsx(rows))
    found = report(actors.li, row)
    planned = [one.planned.person if one.planned else one.sentences for one in found.rows]
    assert planned[:3] == ["+1", "+1", "+1"]
    assert planned[3] == "+2"
    assert planned[4] == ("不能给自己任职，请由另一位管理人员登记这一行",)
    assert found.rows[5].sentences == ("电话与第5行的张三丰相同，请核对",)


def test_a_school_cannot_slip_a_verifier_in_by_roster(net, actors):
    row = send(
        actors.li,
        net.school,
        xlsx([["姓名", "岗位"], ["张三丰", "包校干部"], ["张四", "校长"], ["张五", "教育局局长"]]),
    )
    assert [one.sentences[0] for one in report(actors.li, row).rows] == [
        "包校干部由教育局登记，请报局里", "校长由教育局登记，请报局里", "教育局局长由教育局登记，请报局里",
    ]  # fmt: skip


def test_units_and_areas_outside_ones_own_are_unknown(net, actors):
    rows = [
        ["学校", "姓名", "岗位", "区域"],
        ["灞东区第二中学", "张三", "保安", ""],
        ["灞东区第一小学", "张四", "保安", "游泳馆"],
    ]
    found = report(actors.li, send(actors.li, net.school, xlsx(rows)))
    assert found.rows[0].sentences == ("没有叫「灞东区第二中学」的单位，或它不归你管。最接近的是：灞东区第一小学",)
    assert found.rows[1].sentences[0].startswith("灞东区第一小学没有叫「游泳馆」的区域")


def test_who_may_not_bring_a_roster(net, actors):
    assert code_of(send, actors.zhou, net.school, clean()) == "foundation.not_yours"
    assert code_of(send, actors.wu, net.school, clean()) == "foundation.not_found"
    assert code_of(send, actors.sun, net.bureau, clean()) == "foundation.not_found"
    assert code_of(send, actors.li, net.site, clean()) == "foundation.not_yours"
    row = send(actors.li, net.school, clean())
    for outsider in (actors.wu, actors.sun, actors.nobody, actors.wang):
        assert code_of(install, outsider, row) == "foundation.not_found"
        assert code_of(undo, outsider, row) == "foundation.not_found"
        assert code_of(queries.roster, outsider, row.pk) == "foundation.not_found"
    assert queries.rosters(actors.wu) == []
    assert [one.pk for one in queries.rosters(actors.li)] == [row.pk]
    assert not Appointment.objects.filter(import_id=row.pk).exists()


def test_files_and_columns_that_make_no_sense(net, actors):
    assert code_of(send, actors.li, net.school, b"PK\x03\x04nonsense") == "responsibility.unreadable"
    assert code_of(send, actors.li, net.school, xlsx([["甲", "乙"], ["1", "2"]])) == "responsibility.no_header"
    row = send(actors.li, net.school, clean())
    assert code_of(install, actors.li, row, columns={"name": 1}) == "responsibility.bad_columns"
    assert code_of(install, actors.li, row, columns={"name": 1, "post": 1}) == "responsibility.bad_columns"
    assert code_of(install, actors.li, row, columns={"name": 1, "post": 99}) == "responsibility.bad_columns"
    assert code_of(install, actors.li, row, columns={"name": 1, "post": 2, "x": 3}) == "responsibility.bad_columns"
    assert code_of(install, actors.li, row, header_row=999) == "responsibility.bad_columns"
    assert code_of(undo, actors.li, row) == "responsibility.not_installed"


def test_nothing_new_is_not_an_import(net, actors):
    row = send(actors.admin, net.bureau, xlsx([["单位", "姓名", "岗位"], ["灞东区第一小学", "王保安", "保安"]]))
    assert code_of(install, actors.admin, row) == "responsibility.nothing_to_install"


def test_the_same_envelope_installs_once(net, actors):
    row = send(actors.li, net.school, clean())
    args = {"import_id": str(row.pk), "header_row": 0, "columns": row.columns, "on": "2026-11-22"}
    envelope = uuid7()
    answers = [execute(actors.li, AT, id=envelope, name="responsibility.install_roster", args=args) for _ in range(2)]
    assert [one.replayed for one in answers] == [False, True]
    assert Appointment.objects.filter(import_id=row.pk).count() == 3


@pytest.mark.parametrize("what", ["ended", "stood in for", "serves elsewhere", "acted", "named"])
def test_an_import_on_which_something_was_built_stays(net, actors, cast, what):
    row = send(actors.li, net.school, clean())
    install(actors.li, row)
    one = Appointment.objects.filter(import_id=row.pk).select_related("user").first()
    if what == "ended":
        end_appointment(actors.li, AT, appointment_id=one.pk, ends_on=TODAY)
    elif what == "stood in for":
        stand_in(actors.li, AT, id=uuid7(), stands_for_id=one.pk, user_id=cast.wang.pk, starts_on=TODAY, ends_on=TODAY)
    elif what == "serves elsewhere":
        appoint(actors.li, AT, id=uuid7(), org_id=net.room.pk, post="guard", user_id=one.user_id, starts_on=TODAY)
    else:
        by = one.user_id if what == "acted" else cast.li.pk
        facts = {"rectifier": str(one.user_id)} if what == "named" else {}
        Event.objects.create(
            bureau_id=net.bureau.pk, name="cases.assigned", subject_kind="x", subject_id=uuid7(), by_id=by, by_name="某人",
            channel="page", at=AT, recorded_at=datetime(2027, 1, 1, tzinfo=UTC), facts=facts, digest="x",
        )  # fmt: skip
    before = everybody()
    with pytest.raises(Refusal) as said:
        undo(actors.li, row)
    assert said.value.code == "responsibility.built_upon"
    assert everybody() == before


def test_bulk_insert_is_the_twin_of_the_orm(net, actors, cast):
    """What the hot path wrote reads back as if the ORM had written it."""
    install(actors.li, row := send(actors.li, net.school, clean(2)))
    hot = Appointment.objects.filter(import_id=row.pk).first()
    twin = appoint(
        actors.li,
        AT,
        id=uuid7(),
        org_id=net.school.pk,
        post="class-teacher",
        user_id=cast.wang.pk,
        starts_on=date(2026, 9, 1),
    )
    twin = Appointment.objects.get(pk=twin.pk)
    differ = {"id", "user_id", "import_id", "initials"}
    assert {k: v for k, v in vars(hot).items() if k not in differ | {"_state"}} == {
        k: v for k, v in vars(twin).items() if k not in differ | {"_state"}
    }
    person = hot.user
    assert (person.is_active, person.version, person.username, person.email) == (True, 1, None, "")
