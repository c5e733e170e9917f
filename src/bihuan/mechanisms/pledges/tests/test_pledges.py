"""Letters issued, signed by their own people, chased, re-signed after a change of post; checks; plates and badges."""

import base64
from datetime import date, timedelta
from threading import Barrier, Thread

import pytest
from django.apps import apps
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from bihuan.engines.responsibility.commands import appoint, end_appointment, hand_over
from bihuan.engines.responsibility.queries import actor_of, forget_actors
from bihuan.foundation import clock
from bihuan.foundation.commands import execute
from bihuan.foundation.ids import uuid7
from bihuan.foundation.models import Event, Notice
from bihuan.foundation.printing.pdf import render_pngs
from bihuan.foundation.reactions import react
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.pledges import commands, printouts, queries, rules
from bihuan.mechanisms.pledges.models import Pledge, RecordCheck
from bihuan.mechanisms.pledges.tests.conftest import AT, drawing

YEAR = "2026-2027"
PEOPLE = {"周校长", "方副校长", "李安", "钱主任", "王保安"}


def issue(by, net, at=AT):
    return commands.issue_year(by, at, org_id=net.school.pk, year=YEAR)


def of(name):
    return Pledge.objects.get(user_name=name, state__in=("waiting", "signed"))


@pytest.mark.django_db
@pytest.mark.clause("CB-06")
@pytest.mark.clause("XX-02")
def test_everybody_of_the_school_gets_a_letter_made_of_the_post(text, net, actors):
    assert issue(actors.li, net) == {"made": len(PEOPLE)}
    assert {row.user_name for row in Pledge.objects.all()} == PEOPLE  # the guard too; the sponsor of the bureau not
    guard = of("王保安")
    assert guard.content["duties"] == ["保安按职责做好安全工作"]
    assert guard.content["school"] == "灞东区第一小学"
    assert Notice.objects.filter(user_id=guard.user_id, kind="pledges.waiting").count() == 1
    assert issue(actors.li, net) == {"made": 0}
    assert Event.objects.filter(name="pledges.year_issued").count() == 1


@pytest.mark.django_db
@pytest.mark.clause("CB-06")
@pytest.mark.clause("XX-02")
def test_signed_by_its_own_person_and_counted(text, net, actors, drawn):
    issue(actors.li, net)
    row = of("王保安")
    with pytest.raises(Refusal) as other:
        commands.sign(actors.li, AT, pledge_id=row.pk, signature=drawn(actors.li))
    assert other.value.code == "pledges.not_yours"
    commands.sign(actors.wang, AT, pledge_id=row.pk, signature=drawn(actors.wang))
    row.refresh_from_db()
    assert (row.state, row.signed_at) == ("signed", AT)
    with pytest.raises(Refusal) as twice:
        commands.sign(actors.wang, AT, pledge_id=row.pk, signature=drawn(actors.wang))
    assert twice.value.code == "pledges.not_waiting"
    mine = next(one for one in queries.coverage(actors.zhao, year=YEAR) if one.org.pk == net.school.pk)
    assert (mine.signed, mine.waiting, mine.percent) == (1, 4, 20)
    fact = Event.objects.get(name="pledges.signed")
    assert fact.facts["letter"] == row.digest
    assert fact.facts["signature"][0]["sha256"]


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["wu", "sun", "nobody"])
def test_an_outsider_finds_nothing(text, net, actors, drawn, door, who):
    issue(actors.li, net)
    row, stranger = of("王保安"), getattr(actors, who)
    for attempt in (
        lambda: issue(stranger, net),
        lambda: commands.sign(stranger, AT, pledge_id=row.pk, signature=uuid7()),
        lambda: commands.remind(stranger, AT, org_id=net.school.pk, year=YEAR),
        lambda: commands.record_check(
            stranger,
            AT,
            id=uuid7(),
            org_id=net.school.pk,
            user_id=row.user_id,
            checked_on=date(2026, 9, 1),
            result="clear",
        ),
        lambda: queries.pledge(stranger, row.pk),
        lambda: queries.pledges(stranger, net.school.pk, year=YEAR),
        lambda: queries.record_checks(stranger, net.school.pk, on=date(2026, 9, 3)),
        lambda: queries.plates(stranger, net.school.pk, on=date(2026, 9, 3)),
    ):
        with pytest.raises(Refusal) as refused:
            attempt()
        assert refused.value.code == "foundation.not_found"
    for part in (
        f"{row.pk}/",
        f"{row.pk}/letter.pdf",
        f"school/{net.school.pk}/",
        f"school/{net.school.pk}/checks/",
        f"school/{net.school.pk}/badges.pdf",
    ):
        assert door(who).get(f"/pledges/{part}").status_code == 404
    assert of("王保安").state == "waiting"
    assert not RecordCheck.objects.exists()


@pytest.mark.django_db
def test_a_guard_sees_his_own_letter_and_no_colleague(text, net, actors, door):
    issue(actors.li, net)
    assert door("wang").get(f"/pledges/{of('王保安').pk}/").status_code == 200
    assert door("wang").get(f"/pledges/{of('李安').pk}/").status_code == 404
    assert door("wang").get(f"/pledges/school/{net.school.pk}/").status_code == 404
    with pytest.raises(Refusal) as refused:
        issue(actors.wang, net)
    assert refused.value.code == "foundation.not_yours"


@pytest.mark.django_db
def test_sent_twice_is_signed_once(text, net, actors, drawn):
    issue(actors.li, net)
    row, envelope = of("王保安"), uuid7()
    args = {"pledge_id": str(row.pk), "signature": str(drawn(actors.wang))}
    for replayed in (False, True):
        outcome = execute(actors.wang, AT, id=envelope, name="pledges.sign", args=args)
        assert outcome.replayed is replayed
    assert Event.objects.filter(name="pledges.signed").count() == 1


@pytest.mark.django_db
def test_chased_once_a_day_until_nobody_is_left(text, net, actors, drawn):
    issue(actors.li, net)
    assert commands.remind(actors.li, AT, org_id=net.school.pk, year=YEAR) == {"reminded": 5}
    with pytest.raises(Refusal) as again:
        commands.remind(actors.li, AT + timedelta(hours=3), org_id=net.school.pk, year=YEAR)
    assert again.value.code == "pledges.told_today"
    Pledge.objects.update(state="signed")
    with pytest.raises(Refusal) as nobody:
        commands.remind(actors.li, AT + timedelta(days=1), org_id=net.school.pk, year=YEAR)
    assert nobody.value.code == "pledges.nobody_waits"


@pytest.mark.django_db
@pytest.mark.clause("XX-02")
def test_a_change_of_post_asks_for_a_new_letter_and_voids_the_unsigned_one(text, net, cast, actors):
    with clock.travel(AT):
        issue(actors.li, net)
        held = net_appointment(cast.wang)
        hand_over(actors.admin, AT, id=uuid7(), appointment_id=held.pk, user_id=cast.qian.pk, on=date(2026, 9, 3))
        react(clock.now() + timedelta(days=400))
        assert Pledge.objects.get(user_id=cast.wang.pk).state == "void"
        assert {(row.post, row.state) for row in Pledge.objects.filter(user_id=cast.qian.pk)} == {
            ("logistics-lead", "waiting"),
            ("guard", "waiting"),
        }
        appoint(
            actors.admin,
            AT,
            id=uuid7(),
            org_id=net.school.pk,
            post="class-teacher",
            user_id=cast.wang.pk,
            starts_on=date(2026, 9, 3),
        )
        react(clock.now() + timedelta(days=400))
        assert Pledge.objects.get(user_id=cast.wang.pk, state="waiting").post == "class-teacher"


@pytest.mark.django_db
def test_a_signed_letter_outlives_the_post(text, net, cast, actors, drawn):
    with clock.travel(AT):
        issue(actors.li, net)
        commands.sign(actors.wang, AT, pledge_id=of("王保安").pk, signature=drawn(actors.wang))
        end_appointment(actors.admin, AT, appointment_id=net_appointment(cast.wang).pk, ends_on=date(2026, 9, 3))
        react(clock.now() + timedelta(days=400))
        assert Pledge.objects.get(user_id=cast.wang.pk).state == "signed"
        forget_actors()
        assert queries.pledge(actor_of(cast.wang.pk), of("王保安").pk)


def net_appointment(person):
    return apps.get_model("responsibility", "Appointment").objects.get(user_id=person.pk, ends_on__isnull=True)


@pytest.mark.django_db(transaction=True)
def test_two_leads_issue_at_once_and_each_person_has_one_letter(text, net, actors):
    gate, errors = Barrier(2), []

    def run(by):
        gate.wait()
        try:
            issue(by, net)
        except Exception as error:  # noqa: BLE001 - told below
            errors.append(error)
        finally:
            connection.close()

    threads = [Thread(target=run, args=(by,)) for by in (actors.li, actors.zhou)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert not errors
    assert Pledge.objects.count() == len(PEOPLE)


# --- record checks ----------------------------------------------------------------------------------------------------


@given(st.dates(date(2000, 1, 1), date(2090, 12, 31)), st.integers(1, 36))
def test_the_next_check_is_so_many_months_later(day, months):
    due = rules.next_check(day, months)
    assert (due.year * 12 + due.month) - (day.year * 12 + day.month) == months
    assert due.day <= day.day


@pytest.mark.django_db
def test_checks_of_everybody_with_what_is_urgent_first(text, net, cast, actors):
    def check(person, day, result="clear"):
        commands.record_check(
            actors.li, AT, id=uuid7(), org_id=net.school.pk, user_id=person.pk, checked_on=day, result=result
        )

    check(cast.wang, date(2025, 9, 1))
    check(cast.qian, date(2026, 9, 1))
    check(cast.zhou, date(2025, 9, 20))
    check(cast.fang, date(2026, 9, 2), "found")
    _, found = queries.record_checks(actors.li, net.school.pk, on=date(2026, 9, 3))
    states = {one.name: one.state for one in found}
    assert states == {
        "方副校长": "found",
        "李安": "never",
        "王保安": "due",
        "周校长": "soon",
        "钱主任": "valid",
        "陈包校": "never",
    }
    assert found[0].name == "方副校长"
    for person, day, code in (
        (cast.wang, date(2026, 9, 4), "pledges.in_future"),
        (cast.wu, date(2026, 9, 1), "pledges.not_serving"),
    ):
        with pytest.raises(Refusal) as refused:
            check(person, day)
        assert refused.value.code == code


# --- pages and papers -------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_signing_on_the_page(text, net, actors, door, now):
    issue(actors.li, net)
    row, guard = of("王保安"), door("wang")
    assert "读完并签字" in guard.get("/pledges/").content.decode()
    empty = guard.post(f"/pledges/{row.pk}/sign/", {"_id": str(uuid7()), "signature": ""})
    assert empty.status_code == 422
    picture = "data:image/png;base64," + base64.b64encode(drawing()).decode()
    done = guard.post(f"/pledges/{row.pk}/sign/", {"_id": str(uuid7()), "signature": picture}, follow=True)
    assert "已签" in done.content.decode()
    paper = guard.get(f"/pledges/{row.pk}/letter.pdf")
    assert paper.content.startswith(b"%PDF")


@pytest.mark.django_db
def test_the_school_page_issues_and_reminds(text, net, actors, door, now):
    lead, address = door("li"), f"/pledges/school/{net.school.pk}/"
    assert "还没有下发" in lead.get(address).content.decode()
    lead.post(f"{address}issue/", {"_id": str(uuid7()), "year": YEAR})
    assert "还差 <b>5</b>" in lead.get(address).content.decode()
    assert (
        "已催 5 人" in lead.post(f"{address}remind/", {"_id": str(uuid7()), "year": YEAR}, follow=True).content.decode()
    )
    wrong = lead.post(
        f"{address}checks/",
        {
            "_id": str(uuid7()),
            "id": str(uuid7()),
            "user_id": "",
            "checked_on": "昨天",
            "result": "clear",
            "reference": "A-1",
        },
    )
    assert wrong.status_code == 422
    assert "A-1" in wrong.content.decode()


@pytest.mark.django_db
@pytest.mark.clause("XX-09")
def test_plates_say_who_keeps_an_area_and_who_does_not(text, net, cast, actors, now):
    appoint(
        actors.admin,
        AT,
        id=uuid7(),
        org_id=net.room.pk,
        post="lab-keeper",
        user_id=cast.qian.pk,
        starts_on=date(2026, 9, 1),
    )
    school, found = queries.plates(actors.li, net.school.pk, on=date(2026, 9, 3))
    said = {plate.area.name: [name for _, name, _ in plate.keepers] for plate in found}
    assert said == {"实验楼": [], "化学实验室": ["钱主任"], "食堂后厨": []}
    assert printouts.plates_pdf(school, found, site="https://x", on=date(2026, 9, 3)).startswith(b"%PDF")
    data = {"school": school.name, "on": "", "phone": "", "plates": []}
    assert len(render_pngs(printouts.PLATES, data)) == 1


@pytest.mark.django_db
def test_badges_of_everybody(text, net, actors, door, now):
    assert door("li").get(f"/pledges/school/{net.school.pk}/badges.pdf").content.startswith(b"%PDF")
