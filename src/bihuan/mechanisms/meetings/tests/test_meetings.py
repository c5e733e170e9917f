"""A meeting from its call to its minutes, and what it decided to the end."""

from datetime import date, timedelta
from threading import Barrier, Thread

import pytest
from django.apps import apps
from django.db import connection

from bihuan.foundation.commands import execute
from bihuan.foundation.ids import uuid7
from bihuan.foundation.models import Event, Notice
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.meetings import commands, queries
from bihuan.mechanisms.meetings.commands import ResolutionIn
from bihuan.mechanisms.meetings.models import Meeting, Seat
from bihuan.mechanisms.meetings.tests.conftest import AT


def call(by, net, cast, people=("zhou", "li", "qian"), **given):
    said = {
        "title": "9 月安全会商研判",
        "held_at": AT,
        "agenda": ["上月问题清零情况", "本月主要风险"],
        "place": "会议室",
    }
    ids = [getattr(cast, name).pk for name in people]
    return commands.plan_meeting(by, AT, id=uuid7(), org_id=net.school.pk, people=ids, **(said | given))


def decide(cast, words="更换食堂燃气软管", who="qian", until=date(2026, 9, 10)):
    return ResolutionIn(words=words, person=getattr(cast, who).pk, until=until)


@pytest.mark.django_db
@pytest.mark.clause("XX-15")
def test_called_signed_in_closed_and_each_resolution_is_a_case(cases, net, cast, actors, now):
    meeting = call(actors.fang, net, cast)
    assert Notice.objects.filter(kind="meetings.planned").count() == 3
    commands.sign_in(actors.qian, AT, meeting_id=meeting.pk)
    again = commands.sign_in(actors.qian, AT + timedelta(minutes=5), meeting_id=meeting.pk)
    assert again.came_at == AT
    commands.excuse_oneself(actors.li, AT, meeting_id=meeting.pk, reason="在区局开会")
    done = commands.close_meeting(
        actors.fang,
        AT + timedelta(hours=1),
        meeting_id=meeting.pk,
        minutes="逐项过了上月问题，两项超期。",
        resolutions=[decide(cast)],
    )
    case = apps.get_model("cases", "Case").objects.get()
    assert (case.title, case.source, case.rectifier_id, case.source_id) == (
        "更换食堂燃气软管",
        "meeting",
        cast.qian.pk,
        meeting.pk,
    )
    assert case.rectify_due_at.date() == date(2026, 9, 10)
    assert done.resolutions[0]["number"] == case.number
    assert queries.meeting_page(actors.zhou, meeting.pk).came == 1
    assert Event.objects.get(name="meetings.closed").facts["came"] == 1
    assert Event.objects.filter(name="meetings.signed_in").count() == 1


@pytest.mark.django_db
def test_minutes_are_frozen(cases, net, cast, actors):
    meeting = call(actors.fang, net, cast)
    commands.close_meeting(actors.fang, AT, meeting_id=meeting.pk, minutes="纪要内容在此。")
    for attempt in (
        lambda: commands.close_meeting(actors.fang, AT, meeting_id=meeting.pk, minutes="改一改纪要。"),
        lambda: commands.sign_in(actors.li, AT, meeting_id=meeting.pk),
        lambda: commands.cancel_meeting(actors.fang, AT, meeting_id=meeting.pk, reason="不算了"),
    ):
        with pytest.raises(Refusal) as refused:
            attempt()
        assert refused.value.code == "meetings.not_open"
    assert Meeting.objects.get().minutes == "纪要内容在此。"


@pytest.mark.django_db
def test_a_resolution_that_is_refused_closes_nothing(cases, net, cast, actors):
    meeting = call(actors.fang, net, cast)
    with pytest.raises(Refusal) as past:
        commands.close_meeting(
            actors.fang,
            AT,
            meeting_id=meeting.pk,
            minutes="纪要内容在此。",
            resolutions=[decide(cast), decide(cast, until=date(2026, 9, 1))],
        )
    assert past.value.code == "meetings.until_past"
    assert Meeting.objects.get().state == "planned"
    assert not apps.get_model("cases", "Case").objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["wu", "sun", "nobody"])
def test_an_outsider_finds_nothing(cases, net, cast, actors, door, who):
    meeting, stranger = call(actors.fang, net, cast), getattr(actors, who)
    for attempt in (
        lambda: call(stranger, net, cast),
        lambda: commands.sign_in(stranger, AT, meeting_id=meeting.pk),
        lambda: commands.excuse_oneself(stranger, AT, meeting_id=meeting.pk, reason="不在名单里"),
        lambda: commands.close_meeting(stranger, AT, meeting_id=meeting.pk, minutes="不该成功的纪要"),
        lambda: commands.cancel_meeting(stranger, AT, meeting_id=meeting.pk, reason="不该成功"),
        lambda: queries.meeting_page(stranger, meeting.pk),
    ):
        with pytest.raises(Refusal) as refused:
            attempt()
        assert refused.value.code == "foundation.not_found"
    assert door(who).get(f"/meetings/{meeting.pk}/").status_code == 404
    assert door(who).get(f"/meetings/{meeting.pk}/minutes.pdf").status_code == 404
    assert not queries.meetings(stranger).rows
    assert Meeting.objects.get().state == "planned"


@pytest.mark.django_db
def test_who_is_not_invited_or_may_not_call_is_told_so(cases, net, cast, actors):
    meeting = call(actors.fang, net, cast)
    with pytest.raises(Refusal) as guest:
        commands.sign_in(actors.wang, AT, meeting_id=meeting.pk)
    assert guest.value.code == "meetings.not_invited"
    with pytest.raises(Refusal) as guard:
        call(actors.wang, net, cast)
    assert guard.value.code == "foundation.not_yours"
    for people, code in ((("zhou",), "meetings.nobody"), (("zhou", "wu"), "meetings.unknown_person")):
        with pytest.raises(Refusal) as refused:
            call(actors.fang, net, cast, people=people)
        assert refused.value.code == code
    early = call(actors.fang, net, cast, held_at=AT + timedelta(days=1))
    with pytest.raises(Refusal) as soon:
        commands.sign_in(actors.li, AT, meeting_id=early.pk)
    assert soon.value.code == "meetings.too_early"


@pytest.mark.django_db
def test_sent_twice_is_one_meeting(cases, net, cast, actors):
    args = {
        "id": str(uuid7()),
        "org_id": str(net.school.pk),
        "title": "周碰头会",
        "held_at": AT.isoformat(),
        "people": [str(cast.zhou.pk), str(cast.li.pk)],
    }
    envelope = uuid7()
    for replayed in (False, True):
        assert execute(actors.fang, AT, id=envelope, name="meetings.plan_meeting", args=args).replayed is replayed
    assert (Meeting.objects.count(), Seat.objects.count()) == (1, 2)


@pytest.mark.django_db(transaction=True)
def test_two_leads_close_at_once_and_the_resolutions_are_handed_out_once(cases, net, cast, actors):
    meeting = call(actors.fang, net, cast)
    gate, said = Barrier(2), []

    def close(by):
        gate.wait()
        try:
            commands.close_meeting(by, AT, meeting_id=meeting.pk, minutes="纪要内容在此。", resolutions=[decide(cast)])
            said.append("closed")
        except Refusal as refusal:
            said.append(refusal.code)
        finally:
            connection.close()

    threads = [Thread(target=close, args=(by,)) for by in (actors.fang, actors.zhou)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert said.count("closed") == 1
    assert set(said) <= {"closed", "meetings.not_open", "foundation.changed_meanwhile"}
    assert apps.get_model("cases", "Case").objects.count() == 1


@pytest.mark.django_db
def test_called_signed_in_and_closed_on_pages(cases, net, cast, actors, door, now):
    lead, clerk = door("fang"), door("qian")
    form = {
        "_id": str(uuid7()), "id": str(uuid7()), "org_id": str(net.school.pk), "title": "9 月会商", "held_at": "2026-09-03T15:30",
        "agenda": "上月问题\n本月风险", "people": [str(cast.qian.pk)], "place": "",
    }  # fmt: skip
    short = lead.post("/meetings/new/", form)
    assert short.status_code == 422
    assert "本月风险" in short.content.decode()
    lead.post("/meetings/new/", form | {"people": [str(cast.qian.pk), str(cast.li.pk)]})
    address = f"/meetings/{form['id']}/"
    assert "签到" in clerk.get(address).content.decode()
    clerk.post(f"{address}sign-in/", {"_id": str(uuid7())})
    bad = lead.post(
        f"{address}close/",
        {
            "_id": str(uuid7()),
            "minutes": "这是纪要全文。",
            "words": ["换软管"],
            "person": [str(cast.qian.pk)],
            "until": ["昨天"],
        },
    )
    assert bad.status_code == 422
    assert "这是纪要全文。" in bad.content.decode()
    done = lead.post(
        f"{address}close/",
        {
            "_id": str(uuid7()),
            "minutes": "这是纪要全文。",
            "words": ["换软管"],
            "person": [str(cast.qian.pk)],
            "until": ["2026-09-10"],
        },
        follow=True,
    )
    assert "钱主任" in done.content.decode()
    assert lead.get(f"{address}minutes.pdf").content.startswith(b"%PDF")
    assert "9 月会商" in clerk.get("/meetings/").content.decode()
