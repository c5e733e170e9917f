"""Appointments, stand-ins, hand-overs, sponsors; and who it was on a day."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from bihuan.engines.responsibility import queries
from bihuan.engines.responsibility.commands import (
    NewPerson,
    appoint,
    assign_sponsor,
    end_appointment,
    hand_over,
    stand_in,
)
from bihuan.engines.responsibility.models import Appointment
from bihuan.engines.responsibility.tests.test_units import code_of
from bihuan.foundation import clock
from bihuan.foundation.commands import execute
from bihuan.foundation.ids import uuid7
from bihuan.foundation.models import Event

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
TODAY = date(2026, 11, 22)


def names(rows) -> list[str]:
    return [row.user.name for row in rows]


def make(by, place, post, **more):
    given = {"id": uuid7(), "org_id": place.pk, "post": post, "starts_on": TODAY} | more
    return appoint(by, AT, **given)


def serving(cast_member, post):
    return Appointment.objects.get(user=cast_member, post=post, kind="holder", ends_on=None)


def test_a_new_person_is_enlisted_and_serves(net, actors):
    row = make(actors.li, net.room, "lab-keeper", person=NewPerson(name="孙　晓燕", phone="１３９ 0000 0001"))
    assert (row.user.name, row.user.phone, row.initials) == ("孙晓燕", "13900000001", "sxy")
    assert row.school_id == net.school.pk
    assert row.path == net.room.path
    assert names(queries.who(net.room, "lab-keeper", on=TODAY)) == ["孙晓燕"]
    assert queries.who(net.room, "lab-keeper", on=date(2026, 11, 21)) == []
    assert queries.who(net.canteen, "lab-keeper", on=TODAY) == []
    fact = Event.objects.get(subject_id=row.pk)
    assert (fact.name, fact.facts["person_name"], fact.facts["place_name"]) == (
        "responsibility.appointed",
        "孙晓燕",
        "化学实验室",
    )


def test_the_same_person_is_recognised_and_a_namesake_elsewhere_is_not(net, actors, cast):
    again = make(actors.li, net.room, "lab-keeper", person=NewPerson(name="钱主任"))
    assert again.user_id == cast.qian.pk
    namesake = make(actors.wu, net.other_school, "lab-keeper", person=NewPerson(name="钱主任"))
    assert namesake.user_id != cast.qian.pk
    by_phone = make(
        actors.wu, net.other_school, "logistics-lead", person=NewPerson(name="钱主任", phone=cast.qian.phone)
    )
    assert by_phone.user_id == cast.qian.pk
    assert make(actors.admin, net.bureau, "safety-office", person=NewPerson(name="陈包校")).user_id == cast.chen.pk
    for phone in ("13911110001", "13911110002"):
        make(actors.li, net.canteen, "guard", person=NewPerson(name="张伟", phone=phone))
    assert code_of(make, actors.li, net.room, "guard", person=NewPerson(name="张伟")) == "responsibility.which_person"


def test_who_may_not_appoint(net, actors, cast):
    before = Appointment.objects.count()
    assert code_of(make, actors.zhou, net.school, "guard", user_id=cast.wang.pk) == "foundation.not_yours"
    assert code_of(make, actors.wu, net.school, "guard", user_id=cast.wang.pk) == "foundation.not_found"
    assert code_of(make, actors.sun, net.school, "guard", user_id=cast.wang.pk) == "foundation.not_found"
    assert code_of(make, actors.nobody, net.school, "guard", user_id=cast.wang.pk) == "foundation.not_found"
    # a school cannot make its own verifier or its own head, nor anybody themselves
    assert (
        code_of(make, actors.li, net.school, "sponsor-cadre", user_id=cast.fang.pk) == "responsibility.post_from_above"
    )
    assert code_of(make, actors.li, net.school, "head", user_id=cast.fang.pk) == "responsibility.post_from_above"
    assert code_of(make, actors.li, net.school, "line-leader", user_id=cast.li.pk) == "responsibility.not_oneself"
    assert (
        code_of(make, actors.admin, net.bureau, "safety-office", user_id=cast.admin.pk) == "responsibility.not_oneself"
    )
    assert Appointment.objects.count() == before


def test_what_makes_no_sense_is_refused(net, actors, cast):
    assert code_of(make, actors.admin, net.school, "保卫主任", user_id=cast.wang.pk) == "responsibility.no_such_post"
    assert code_of(make, actors.admin, net.bureau, "guard", user_id=cast.wang.pk) == "responsibility.post_elsewhere"
    assert (
        code_of(make, actors.admin, net.school, "safety-office", user_id=cast.wang.pk)
        == "responsibility.post_elsewhere"
    )
    assert code_of(make, actors.admin, net.school, "guard", user_id=cast.wang.pk) == "responsibility.already_serving"
    assert code_of(make, actors.admin, net.school, "guard") == "responsibility.no_person"
    assert code_of(make, actors.admin, net.school, "guard", user_id=cast.sun.pk) == "responsibility.unknown_person"
    assert (
        code_of(make, actors.admin, net.school, "lab-keeper", user_id=cast.wang.pk, ends_on=date(2026, 1, 1))
        == "responsibility.bad_span"
    )


def test_an_unknown_post_is_answered_with_the_nearest(net, actors, cast):
    with pytest.raises(Exception, match="安全负责人"):
        make(actors.admin, net.school, "安全责任人", user_id=cast.wang.pk)


def test_an_appointment_ends_and_stays_in_history(net, actors, cast):
    row = serving(cast.wang, "guard")
    end_appointment(actors.li, AT, appointment_id=row.pk, ends_on=TODAY, reason="退休")
    assert names(queries.who(net.school, "guard", on=TODAY)) == ["王保安"]
    assert queries.who(net.school, "guard", on=date(2026, 11, 23)) == []
    assert (
        code_of(end_appointment, actors.li, AT, appointment_id=row.pk, ends_on=TODAY) == "responsibility.already_ended"
    )
    assert code_of(end_appointment, actors.wu, AT, appointment_id=row.pk, ends_on=TODAY) == "foundation.not_found"
    chen = serving(cast.chen, "sponsor-cadre")
    assert (
        code_of(end_appointment, actors.li, AT, appointment_id=chen.pk, ends_on=TODAY)
        == "responsibility.post_from_above"
    )
    assert (
        code_of(end_appointment, actors.admin, AT, appointment_id=chen.pk, ends_on=date(2020, 1, 1))
        == "responsibility.bad_span"
    )


def test_a_stand_in_comes_first_for_a_while_and_has_the_rights(net, actors, cast):
    held = serving(cast.fang, "line-leader")
    stand_in(
        actors.admin, AT, id=uuid7(), stands_for_id=held.pk, user_id=cast.qian.pk,
        starts_on=date(2026, 11, 25), ends_on=date(2026, 11, 27),
    )  # fmt: skip
    assert names(queries.who(net.school, "line-leader", on=date(2026, 11, 24))) == ["方副校长"]
    assert names(queries.who(net.school, "line-leader", on=date(2026, 11, 26))) == ["钱主任", "方副校长"]
    assert names(queries.who(net.school, "line-leader", on=date(2026, 11, 28))) == ["方副校长"]
    with clock.travel(datetime(2026, 11, 26, 2, 0, tzinfo=UTC)):
        queries.forget_actors()
        assert queries.actor_of(cast.qian.pk).may("verify", net.school)
    assert not actors.qian.may("verify", net.school)

    def arranged(**more):
        given = {"id": uuid7(), "stands_for_id": held.pk, "user_id": cast.wang.pk} | more
        return stand_in(actors.admin, AT, **given)

    day = date(2026, 11, 27)
    assert code_of(arranged, starts_on=day, ends_on=day) == "responsibility.stand_in_taken"
    assert code_of(arranged, starts_on=date(2020, 1, 1), ends_on=day) == "responsibility.bad_span"
    assert code_of(arranged, starts_on=date(2026, 12, 2), ends_on=date(2026, 12, 1)) == "responsibility.bad_span"
    assert code_of(arranged, user_id=cast.fang.pk, starts_on=day, ends_on=day) == "responsibility.same_person"
    assert (
        code_of(
            stand_in, actors.wu, AT, id=uuid7(), stands_for_id=held.pk, user_id=cast.wu.pk, starts_on=day, ends_on=day
        )
        == "foundation.not_found"
    )


def test_a_hand_over_ends_one_begins_another_and_states_everything(net, actors, cast):
    held = serving(cast.fang, "line-leader")
    row = hand_over(
        actors.admin, AT, id=uuid7(), appointment_id=held.pk, on=TODAY, user_id=cast.qian.pk, note="退休交接"
    )
    held.refresh_from_db()
    assert held.ends_on == date(2026, 11, 21)
    assert names(queries.who(net.school, "line-leader", on=date(2026, 11, 21))) == ["方副校长"]
    assert names(queries.who(net.school, "line-leader", on=TODAY)) == ["钱主任"]
    fact = Event.objects.get(name="responsibility.handed_over")
    assert fact.subject_id == row.pk
    assert fact.facts == {
        "person_from": str(cast.fang.pk), "person_from_name": "方副校长", "person_to": str(cast.qian.pk), "person_to_name": "钱主任",
        "place": str(net.school.pk), "place_name": net.school.name, "place_path": net.school.path, "school": str(net.school.pk),
        "post": "line-leader", "post_name": "分管安全副校长", "on": "2026-11-22", "left": str(held.pk), "taken": str(row.pk), "note": "退休交接",
    }  # fmt: skip


def test_hand_overs_that_are_refused(net, actors, cast):
    held = serving(cast.wang, "guard")

    def over(by, **more):
        given = {"id": uuid7(), "appointment_id": held.pk, "on": TODAY, "user_id": cast.qian.pk} | more
        return hand_over(by, AT, **given)

    assert code_of(over, actors.zhou) == "foundation.not_yours"
    assert code_of(over, actors.wu) == "foundation.not_found"
    assert code_of(over, actors.li, on=date(2026, 11, 23)) == "responsibility.hand_over_ahead"
    assert code_of(over, actors.li, user_id=cast.wang.pk) == "responsibility.same_person"
    assert code_of(over, actors.li, on=date(2024, 9, 1)) == "responsibility.bad_span"
    held.refresh_from_db()
    assert held.ends_on is None
    over(actors.li)
    assert code_of(over, actors.li, user_id=cast.fang.pk) == "responsibility.already_ended"


def test_the_same_hand_over_sent_twice_is_one(net, actors, cast):
    held = serving(cast.wang, "guard")
    args = {"id": str(uuid7()), "appointment_id": str(held.pk), "on": "2026-11-22", "person": {"name": "新保安"}}
    envelope = uuid7()
    answers = [execute(actors.li, AT, id=envelope, name="responsibility.hand_over", args=args).answer for _ in range(3)]
    assert answers[0] == answers[1] == answers[2]
    assert Appointment.objects.filter(post="guard").count() == 2
    assert Event.objects.filter(name="responsibility.handed_over").count() == 1


@pytest.mark.clause("CB-01")
def test_sponsors_change_in_bulk_and_the_chain_follows(net, actors, cast):
    both = [net.school.pk, net.other_school.pk]
    assign_sponsor(actors.admin, AT, schools=both, post="sponsor-leader", on=TODAY, user_id=cast.gao.pk)
    assign_sponsor(actors.admin, AT, schools=both, post="office-head", on=TODAY, user_id=cast.meng.pk)
    made = assign_sponsor(
        actors.admin, AT, schools=both, post="sponsor-cadre", on=TODAY, person=NewPerson(name="刘包校")
    )
    assert len(made) == 2
    assert len({row.user_id for row in made}) == 1
    handed = Event.objects.get(name="responsibility.handed_over").facts
    assert (handed["person_from_name"], handed["person_to_name"], handed["place"]) == (
        "陈包校",
        "刘包校",
        str(net.school.pk),
    )
    links = queries.chain(net.school, on=TODAY)
    assert [(link.n, [row.user.name for row in link.people]) for link in links] == [
        (1, ["郑局长"]), (2, ["何副局长"]), (3, ["孟科长"]), (4, ["刘包校"]), (5, ["周校长"]),
    ]  # fmt: skip
    assert names(queries.chain(net.school, on=date(2026, 11, 21))[3].people) == ["陈包校"]
    assert assign_sponsor(actors.admin, AT, schools=both, post="sponsor-cadre", on=TODAY, user_id=made[0].user_id) == []
    assert queries.actor_of(cast.gao.pk).may("resume-use", net.other_school)


def test_sponsors_are_the_bureaus_business(net, actors, cast):
    both = [net.school.pk, net.other_school.pk]
    given = {"post": "sponsor-cadre", "on": TODAY, "user_id": cast.chen.pk}
    assert code_of(assign_sponsor, actors.li, AT, schools=[net.school.pk], **given) == "responsibility.post_from_above"
    assert code_of(assign_sponsor, actors.zhao, AT, schools=both, **given) == "foundation.not_yours"
    assert (
        code_of(assign_sponsor, actors.admin, AT, schools=[*both, net.far_school.pk], **given) == "foundation.not_found"
    )
    assert (
        code_of(assign_sponsor, actors.admin, AT, schools=both, **given | {"post": "head"})
        == "responsibility.not_a_sponsor_post"
    )
    assert not Appointment.objects.filter(org=net.other_school, post="sponsor-cadre").exists()


def test_holders_of_several_posts_agree_with_who(net, cast):
    held = queries.holders(net.room, ["guard", "safety-lead", "bureau-head", "lab-keeper"], on=TODAY)
    assert {post: names(rows) for post, rows in held.items()} == {
        "guard": ["王保安"], "safety-lead": ["李安"], "bureau-head": ["郑局长"], "lab-keeper": [],
    }  # fmt: skip
    assert held["guard"] == queries.who(net.room, "guard", on=TODAY)


def test_a_bureau_is_found_by_its_name_or_id(net):
    assert queries.bureau_named("灞东区教育局") == queries.bureau_named(str(net.bureau.pk)) == net.bureau
    assert code_of(queries.bureau_named, "灞东区第一小学") == "foundation.not_found"


def test_who_could_do_a_thing(net, actors, cast):
    could = queries.who_could("verify", net.room, on=TODAY)
    assert names(could) == ["方副校长", "陈包校", "赵科"]
    assert "李安" in names(queries.who_could("rectify", net.room, on=TODAY))
    assert names(queries.who_could("verify", net.other_school, on=TODAY)) == ["赵科"]


def test_people_are_found_by_name_initials_and_telephone(net, actors, cast):
    assert [one.words for one in queries.people(actors.zhao, "李安")] == [
        "李安 · 安全负责人（保卫主任） · 灞东区第一小学"
    ]
    assert [one.name for one in queries.people(actors.zhao, "la")] == ["李安"]
    assert [one.name for one in queries.people(actors.zhao, cast.li.phone)] == ["李安"]
    assert queries.people(actors.wu, "李安") == []
    assert queries.people(actors.sun, "la") == []
    assert queries.people(actors.nobody, "") == []
    assert len(queries.people(actors.zhao, "", most=3)) == 3


@pytest.mark.clause("CB-06")
def test_gaps_of_the_net_in_words(net, actors, cast):
    said = [gap.sentence(TODAY) for gap in queries.gaps(actors.zhao, since=TODAY, until=date(2026, 12, 22))]
    assert "灞东区第二中学 包校干部空缺" in said
    assert "灞东区第二中学 校长空缺" in said
    assert "灞东区第一小学 东校区 实验楼 无人负责" in said
    assert "灞东区第一小学 东校区 食堂后厨 无人负责" in said
    assert not [sentence for sentence in said if sentence.startswith("灞东区第一小学 ") and "空缺" in sentence]
    make(actors.li, net.building, "guard", user_id=cast.qian.pk, starts_on=TODAY)
    end_appointment(actors.admin, AT, appointment_id=serving(cast.li, "safety-lead").pk, ends_on=date(2026, 11, 30))
    make(actors.admin, net.school, "safety-lead", user_id=cast.qian.pk, starts_on=date(2026, 12, 6))
    mine = [gap.sentence(TODAY) for gap in queries.gaps(actors.zhou, since=TODAY, until=date(2026, 12, 22))]
    assert mine == ["灞东区第一小学 12月1日至12月5日 安全负责人（保卫主任）空缺", "东校区 食堂后厨 无人负责"]


@pytest.mark.clause("CB-01")
def test_the_tree_turns_to_the_day(net, actors, cast):
    hand_over(
        actors.admin,
        AT,
        id=uuid7(),
        appointment_id=serving(cast.zhou, "head").pk,
        on=TODAY,
        person=NewPerson(name="新校长"),
    )
    before = queries.net_as_of(actors.zhao, on=date(2026, 11, 21))
    after = queries.net_as_of(actors.zhao, on=TODAY)

    def head(page):
        return next(
            row.user.name for unit in page.rows if unit.org == net.school for row in unit.people if row.post == "head"
        )

    assert (head(before), head(after)) == ("周校长", "新校长")
    assert [(row.org.name, row.depth) for row in after.rows if row.org.tier in ("bureau", "school")] == [
        ("灞东区教育局", 0), ("灞东区第一小学", 1), ("灞东区第二中学", 1),
    ]  # fmt: skip
    inside = queries.net_as_of(actors.li, on=TODAY)
    assert [(row.org.name, row.depth) for row in inside.rows] == [
        ("灞东区第一小学", 0), ("东校区", 1), ("实验楼", 2), ("化学实验室", 3), ("食堂后厨", 2),
    ]  # fmt: skip
    assert code_of(queries.net_as_of, actors.wang, on=TODAY) == "foundation.not_yours"


def test_one_units_page(net, actors, cast):
    end_appointment(actors.li, AT, appointment_id=serving(cast.wang, "guard").pk, ends_on=date(2026, 11, 20))
    page = queries.unit_page(actors.li, net.school.pk, on=TODAY)
    assert [row.user.name for row in page.before] == ["王保安"]
    assert [row.user.name for row in page.now][:1] == ["周校长"]
    assert [unit.name for unit in page.above] == ["关中省教育厅", "长宁市教育局", "灞东区教育局"]
    assert [row.org.name for row in page.below] == ["东校区", "实验楼", "化学实验室", "食堂后厨"]
    assert (page.may_manage, page.may_sponsor) == (True, False)
    assert "head" not in [post["code"] for post in page.posts]
    assert "sponsor-cadre" in [post["code"] for post in queries.unit_page(actors.admin, net.school.pk, on=TODAY).posts]
    assert code_of(queries.unit_page, actors.wu, net.school.pk, on=TODAY) == "foundation.not_found"
