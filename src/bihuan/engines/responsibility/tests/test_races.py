"""Two people at once: one wins, the other gets a sentence, and nothing is half done."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection

from bihuan.engines.responsibility.commands import create_org, hand_over, install_roster, stand_in
from bihuan.engines.responsibility.models import Appointment, Org
from bihuan.engines.responsibility.tests.test_roster import send
from bihuan.engines.responsibility.tests.workbooks import clean
from bihuan.foundation.commands import execute
from bihuan.foundation.ids import uuid7
from bihuan.foundation.models import Event
from bihuan.foundation.refusals import Refusal

pytestmark = pytest.mark.django_db(transaction=True)
AT = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
TODAY = date(2026, 11, 22)


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Run the calls in threads that start together; each one's result or refusal code."""
    gate = threading.Barrier(len(calls))
    answers: list[Any] = [None] * len(calls)

    def one(place: int, call: Callable[[], Any]) -> None:
        try:
            gate.wait()
            answers[place] = call()
        except Refusal as refusal:
            answers[place] = refusal
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_two_hand_overs_of_one_post(net, actors, cast):
    held = Appointment.objects.get(user=cast.wang, post="guard")
    answers = at_once(
        *(
            lambda person=person, by=by: hand_over(
                by, AT, id=uuid7(), appointment_id=held.pk, on=TODAY, user_id=person.pk
            )
            for person, by in ((cast.qian, actors.li), (cast.fang, actors.admin))
        )
    )
    refused = [answer for answer in answers if isinstance(answer, Refusal)]
    assert [refusal.code for refusal in refused] in (["foundation.changed_meanwhile"], ["responsibility.already_ended"])
    assert Appointment.objects.filter(org=net.school, post="guard", ends_on=None).count() == 1
    assert Event.objects.filter(name="responsibility.handed_over").count() == 1


def test_two_stand_ins_for_the_same_days(net, actors, cast):
    held = Appointment.objects.get(user=cast.wang, post="guard")
    answers = at_once(
        *(
            lambda person=person: stand_in(
                actors.admin, AT, id=uuid7(), stands_for_id=held.pk, user_id=person.pk, starts_on=TODAY, ends_on=TODAY
            )
            for person in (cast.qian, cast.fang)
        )
    )
    assert sum(isinstance(answer, Refusal) for answer in answers) == 1
    assert Appointment.objects.filter(kind="stand_in").count() == 1


def test_schools_made_at_once_get_their_own_addresses(net, actors):
    answers = at_once(
        *(
            lambda n=n: create_org(
                actors.admin, AT, id=uuid7(), parent_id=net.bureau.pk, kind="primary", name=f"新建第{n}小学"
            )
            for n in range(6)
        )
    )
    assert not [answer for answer in answers if isinstance(answer, Refusal)]
    assert len({answer.path for answer in answers}) == 6
    assert Org.objects.filter(name__startswith="新建第").count() == 6


def test_the_same_school_made_at_once_is_made_once(net, actors):
    answers = at_once(
        *(
            lambda: create_org(
                actors.admin,
                AT,
                id=uuid7(),
                parent_id=net.bureau.pk,
                kind="primary",
                name="新建小学",
                code="2161000088",
            )
            for _ in range(3)
        )
    )
    codes = [answer.code for answer in answers if isinstance(answer, Refusal)]
    assert len(codes) == 2
    assert set(codes) <= {"responsibility.name_taken", "responsibility.code_taken"}


def test_a_roster_installed_by_two_at_once(net, actors):
    row = send(actors.li, net.school, clean(20))
    given = {"import_id": row.pk, "header_row": 0, "columns": row.columns, "on": TODAY}
    answers = at_once(*(lambda: install_roster(actors.admin, AT, **given) for _ in range(2)))
    (refusal,) = [answer for answer in answers if isinstance(answer, Refusal)]
    assert refusal.code == "responsibility.installed_already"
    assert Appointment.objects.filter(import_id=row.pk).count() == 20
    assert Event.objects.filter(name="responsibility.roster_installed").count() == 1


def test_the_same_envelope_six_times_at_once_is_one_fact(net, actors, cast):
    held = Appointment.objects.get(user=cast.wang, post="guard")
    args = {"id": str(uuid7()), "appointment_id": str(held.pk), "on": "2026-11-22", "person": {"name": "新保安"}}
    envelope = uuid7()
    answers = at_once(
        *(lambda: execute(actors.li, AT, id=envelope, name="responsibility.hand_over", args=args) for _ in range(6))
    )
    assert {str(answer.answer) for answer in answers} == {str(answers[0].answer)}
    assert sum(not answer.replayed for answer in answers) == 1
    assert Event.objects.filter(name="responsibility.handed_over").count() == 1
